"""The line to a controller: text out, text in, within a time, and never an order twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from hardware.serial_stage.speaking import Speaks
from seccm.errors import RigError

T = TypeVar("T")
LONGEST = 200
"""Bytes of an answer."""


class Port(Protocol):
    """What is used of a serial port; `serial.Serial` is one."""

    def write(self, data: bytes, /) -> int | None:
        """Send bytes."""

    def read_until(self, expected: bytes, size: int) -> bytes:
        """Return bytes up to and with some, or what came within the time limit."""

    def reset_input_buffer(self) -> None:
        """Forget what came."""

    def close(self) -> None:
        """Let go of it."""


class Line:
    """The line to one controller.

    Args:
        port: open, with a time limit for answers.
        speaks: how it is spoken to.
        where: what it is, for messages.
    """

    def __init__(self, port: Port, speaks: Speaks, where: str) -> None:
        self._port, self._speaks, self._where = port, speaks, where
        self._lock = threading.RLock()
        """Bytes of two threads do not mix; nobody has it for longer than an answer takes."""

    def tell(self, orders: list[str]) -> None:
        """Give orders, and ask whether there is an error.

        Raises:
            RigError: the port is gone, or the controller reports an error or does not answer. What
                became of the orders is not known then; they are not given again.
        """
        with self._lock:
            self.shout(orders)
            wrong = self.ask(self._speaks.errors(), self._speaks.error)
        if wrong:
            raise RigError(
                "stage-refuses",
                self._where,
                f"the controller reports an error: {wrong}.",
                "Look up the error in its manual, then resume the scan from its file.",
            )

    def shout(self, orders: list[str]) -> None:
        """Give orders without asking anything.

        Raises:
            RigError: the port is gone.
        """
        with self._lock:
            for order in orders:
                self._send(order)

    def ask(self, question: str, understand: Callable[[str], T]) -> T:
        """Ask something, a second time where no answer or none that makes sense came.

        Raises:
            RigError: the port is gone, or both failed.
        """
        heard = ""
        with self._lock:
            for _ in range(2):
                heard = self._asked(question)
                with suppress(ValueError, KeyError):
                    return understand(heard)
        said = f"{heard[:40]!r} is not an answer to it" if heard else "no answer came in time"
        raise RigError(
            "silent-stage" if not heard else "garbled-stage",
            self._where,
            f"the controller was asked {question!r} twice, and {said}.",
            "Check cable, baud rate and power of the controller, then resume the scan.",
        )

    def close(self) -> None:
        """Let go of the port."""
        with suppress(OSError):
            self._port.close()

    def _send(self, text: str) -> None:
        try:
            self._port.write((text + self._speaks.ends).encode("ascii"))
        except OSError as error:
            raise self._lost(error) from error

    def _asked(self, question: str) -> str:
        end = self._speaks.answer_ends.encode("ascii")
        try:
            self._port.reset_input_buffer()  # of an answer that came too late
            self._send(question)
            heard = self._port.read_until(end, LONGEST)
        except OSError as error:
            raise self._lost(error) from error
        if not heard.endswith(end):
            return heard.decode("ascii", "replace") + ("\ufffd" if heard else "")
        return heard[: -len(end)].decode("ascii", "replace")

    def _lost(self, error: OSError) -> RigError:
        return RigError(
            "lost-stage",
            self._where,
            f"the port of the controller is gone ({error}). It stops at the end of what it was "
            "sent, a short way on.",
            "Check cable and power, raise the tip at the controller, then resume the scan.",
        )
