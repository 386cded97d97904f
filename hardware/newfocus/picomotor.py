"""Newport's 8742 controller of picomotors, over TCP: lines of text, such as "1PR25".

Queries answer with one line; orders do not answer at all, and are checked by asking for errors
("TB?") and for the position afterwards. An order whose fate is unknown, because an answer did not
come, is never sent again: the controller is asked where it is, over a new connection, and whoever
gave the order decides.

What is believed of the controller, from New Focus' Picomotor Controller/Driver User's Manual,
Model 8742, chapter 6 (read at easymanua.ls, pages 74 and 77, and manualshive.com, page 64; for
TB? that of the Model 8743-CL, page 113, which has the same words), and from the driver
quartiq/newfocus8742 (newfocus8742/protocol.py and tcp.py), which quotes the manual:

- A line is an axis (1 to 4), two letters and a number, ended by a carriage return; answers end
  with carriage return and line feed. The TCP port is 23, and on connection the controller says
  the two telnet options IAC WILL ECHO and IAC WILL SUPPRESS-GO-AHEAD, which are no answer.
- `xxPRnn` moves by nn steps. While an axis moves it is ignored, with "MOTION IN PROGRESS".
- `xxMD?` answers 0 while the motion is in progress and 1 when it is not.
- `xxTP?` answers the steps made since power-on or the last home: no true position.
- `xxVA?` answers steps per second: up to 2000, 1750 for a "tiny" motor, and as few as were set.
- `TB?` answers "code, MESSAGE", 0 for none; 100 to 199 concern axis 1, and so on. Ten errors are
  kept, and each can be read once: what is left from before is read away before an order.
- `AB` stops everything at once; `ST` slows down first.
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
ERRORS = 10
"""Errors that the controller keeps."""
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
                what = f"{name} = {getattr(self, name)} is not a valid value; nothing moved."
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
            what = "is moving already; no command was sent."
            raise RigError("busy", self._where, what, "Wait, or stop it.")
        before = self.position()
        if steps == 0:
            return before
        # Twice the time that the speed which is set there takes.
        allowed = self._patience + 2.0 * abs(steps) / max(1, self._number("VA?"))
        self._read_old_errors()
        try:
            self._say(f"{address.axis}PR{address.towards * steps}")
            self._refuse_errors()
            self._wait_for_end(steps, allowed)
            # A motor that is not there may be noticed only when it is to move.
            self._refuse_errors()
            after = self.position()
        except DriverError:
            after = self._position_after_silence(steps, before, allowed)
        if after != before + steps:
            raise RigError(
                "steps-missing",
                self._where,
                f"was to go from {before} to {before + steps} and is at {after}. The "
                "command was not repeated.",
                "Check the stage before you send another command.",
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

    def _wait_for_end(self, steps: int, allowed: float) -> None:
        until = time.monotonic() + allowed
        while not self._number("MD?"):
            if time.monotonic() > until:
                self.stop()
                what = f"{steps} steps had not ended after {allowed:.1f} s; it was stopped."
                raise RigError("not-arrived", self._where, what, "Check motor and cable.")
            self._wait(PAUSE)

    def _position_after_silence(self, steps: int, before: int, allowed: float) -> int:
        """Ask over a new connection where the motor is: answers to old questions may yet come."""
        self.close()
        try:
            self._wait_for_end(steps, allowed)
            return self.position()
        except DriverError as error:
            raise RigError(
                "position-unknown",
                self._where,
                f"was told to make {steps} steps from {before} and does not answer any more: it "
                "may have made all, some or none. The command was not repeated.",
                "Raise the tip at the stage controller, check the stage, then read its position.",
            ) from error

    def _refuse_errors(self) -> None:
        code, text = self._error()
        if code != "0":
            what = f"refused: {text or 'error'} ({code})."
            raise RigError("refused", self._where, what, "Check the motor and its cable.")

    def _read_old_errors(self) -> None:
        """Read away what the controller kept of earlier errors, so that it is not taken for new."""
        for _ in range(ERRORS):
            if self._error()[0] == "0":
                return

    def _error(self) -> tuple[str, str]:
        """Return code and message of the last error that was not read yet; "0" for none."""
        code, _, text = self._ask("TB?").partition(",")
        return code.strip(), text.strip()

    # The lines of text.

    def _number(self, query: str) -> int:
        answer = self._ask(f"{self._address.axis}{query}")
        try:
            return int(answer)
        except ValueError:
            # Out of step with the controller: nothing after this could be trusted.
            self.close()
            what = f'{query} was answered by "{answer}", which is not a number.'
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
