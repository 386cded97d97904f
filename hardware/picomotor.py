"""Newport's 8742 controller of picomotors, over TCP: lines of text, such as "1PR25".

Queries answer with one line; orders do not answer at all, and are checked by asking for errors
("TB?") and for the position afterwards. An order whose fate is unknown, because an answer did not
come, is never sent again: the controller is asked where it is, over a new connection, and whoever
gave the order decides. Source: New Focus Picomotor Controller/Driver 8742 user's manual, chapter
on the command set.
"""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from seccm.errors import DriverError, LimitError, RigError

PORT = 23
"""The controller's TCP port."""
IAC = b"\xff"
"""Begins the three bytes of a telnet option, some of which the controller says on connection."""
SLOWEST = 500.0
"""Steps per second that every motor makes; it is given twice the time."""
PAUSE = 0.02
"""Seconds between two questions whether a motion has ended."""
LONGEST_LINE = 256


@dataclass(frozen=True, slots=True)
class Address:
    """Where a picomotor is."""

    host: str
    axis: int
    """Connector of the motor, 1 to 4."""
    towards: int
    """+1 if positive steps bring pipette and surface closer, -1 if negative ones do."""
    step: float
    """The longest that one step can be, in metres."""
    most: int
    """Steps that are allowed at once."""
    port: int = PORT

    def __post_init__(self) -> None:
        """Refuse what no controller has.

        Raises:
            LimitError: with the value; nothing was sent.
        """
        sound = {
            "axis": self.axis in (1, 2, 3, 4),
            "towards": self.towards in (1, -1),
            "step": math.isfinite(self.step) and self.step > 0.0,
            "most": self.most >= 1,
        }
        for name, holds in sound.items():
            if not holds:
                what = f"{name} = {getattr(self, name)} makes no sense; nothing moved."
                raise LimitError("wrong-setting", "picomotor", what)


def connect(
    host: str,
    *,
    axis: int,
    towards: int,
    step: float,
    most: int,
    port: int = PORT,
    wait: Callable[[float], None] = time.sleep,
) -> Picomotor:
    """Connect to a controller; nothing moves. For `wait` see `Picomotor`.

    Raises:
        LimitError: a setting makes no sense.
        RigError: nothing answers there.
    """
    motor = Picomotor(Address(host, axis, towards, step, most, port), wait=wait)
    motor.identity()
    return motor


class Picomotor:
    """One motor on an 8742; implements `seccm.rig.CoarseStage`.

    Args:
        address: of the motor, and its limits.
        patience: seconds that any single answer may take.
        wait: lets time pass between two questions; may raise to put an end to it.
    """

    def __init__(
        self,
        address: Address,
        *,
        patience: float = 2.0,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._address, self._patience, self._wait = address, patience, wait
        self._where = f"picomotor {address.axis} at {address.host}"
        self._line: socket.socket | None = None
        self._heard = b""

    @property
    def step(self) -> float:
        """The longest that one step can be, in metres."""
        return self._address.step

    def identity(self) -> str:
        """Say which controller answers; see `CoarseStage.identity`."""
        return self._ask("*IDN?")

    def position(self) -> int:
        """Return the count of steps, positive closer; see `CoarseStage.position`."""
        return self._address.towards * self._number("TP?")

    def closer(self, steps: int) -> int:
        """Make so many steps and wait for their end; see `CoarseStage.closer`."""
        address = self._address
        if abs(steps) > address.most:
            what = f"{steps} steps at once are more than {address.most}; nothing moved."
            raise LimitError("too-many-steps", self._where, what, "Make fewer.")
        if not self._number("MD?"):
            what = "is moving already; nothing was ordered."
            raise RigError("busy", self._where, what, "Wait, or stop it.")
        before = self.position()
        if steps == 0:
            return before
        try:
            self._say(f"{address.axis}PR{address.towards * steps}")
            self._refuse_errors()
            self._wait_for_end(steps)
            after = self.position()
        except DriverError:
            after = self._position_after_silence(steps, before)
        if after != before + steps:
            raise RigError(
                "steps-missing",
                self._where,
                f"was to go from {before} to {before + steps} and is at {after}. It was not told "
                "again.",
                "Look at the stage before anything else is ordered.",
            )
        return after

    def stop(self) -> None:
        """Stop at once; see `CoarseStage.stop`."""
        self._say("AB")
        self._refuse_errors()

    def close(self) -> None:
        """Let go of the connection."""
        if self._line is not None:
            self._line.close()
        self._line, self._heard = None, b""

    # A motion.

    def _wait_for_end(self, steps: int) -> None:
        allowed = self._patience + 2.0 * abs(steps) / SLOWEST
        until = time.monotonic() + allowed
        while not self._number("MD?"):
            if time.monotonic() > until:
                self.stop()
                what = f"{steps} steps had not ended after {allowed:.1f} s; it was stopped."
                raise RigError("not-arrived", self._where, what, "Check motor and cable.")
            self._wait(PAUSE)

    def _position_after_silence(self, steps: int, before: int) -> int:
        """Ask over a new connection where the motor is: answers to old questions may yet come."""
        self.close()
        try:
            self._wait_for_end(steps)
            return self.position()
        except DriverError as error:
            raise RigError(
                "position-unknown",
                self._where,
                f"was told to make {steps} steps from {before} and does not answer any more: it "
                "may have made all, some or none. It was not told again.",
                "Raise the tip by hand, look at the stage, then ask for its position.",
            ) from error

    def _refuse_errors(self) -> None:
        answer = self._ask("TB?")
        code, _, text = answer.partition(",")
        if code.strip() != "0":
            what = f"refused: {text.strip() or 'error'} ({code.strip()})."
            raise RigError("refused", self._where, what, "Check the motor and its cable.")

    # The lines of text.

    def _number(self, query: str) -> int:
        answer = self._ask(f"{self._address.axis}{query}")
        try:
            return int(answer)
        except ValueError:
            # Out of step with the controller: nothing after this could be trusted.
            self.close()
            what = f'{query} was answered by "{answer}", which is no number.'
            raise DriverError("bad-answer", self._where, what, "Ask again.") from None

    def _ask(self, query: str) -> str:
        self._say(query)
        until = time.monotonic() + self._patience
        while b"\n" not in self._heard:
            if len(self._heard) > LONGEST_LINE or time.monotonic() > until:
                raise self._lost(f"{query} was not answered in {self._patience:g} s")
            try:
                more = self._open().recv(LONGEST_LINE)
            except OSError as error:
                raise self._lost(f"{query} was not answered ({error})") from error
            if not more:
                raise self._lost(f"the connection was closed instead of answering {query}")
            self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        while line.startswith(IAC):
            line = line[3:]
        return line.decode("ascii", "replace").strip()

    def _say(self, line: str) -> None:
        try:
            self._open().sendall(f"{line}\r".encode("ascii"))
        except OSError as error:
            raise self._lost(f"{line} could not be sent ({error})") from error

    def _open(self) -> socket.socket:
        if self._line is None:
            there = self._address.host, self._address.port
            self._line = socket.create_connection(there, timeout=self._patience)
        return self._line

    def _lost(self, what: str) -> DriverError:
        self.close()
        return DriverError("no-answer", self._where, f"{what}.", "Check its power and network.")
