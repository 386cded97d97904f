"""How controllers of stages are spoken to: orders and questions as lines of text.

A controller of another maker is one class with these methods, see docs/extending/stage.md. What is
believed of the two that are here is from their manuals as programs quote them (ESP300 User's
Manual; MCS2 Programmer's Guide, ASCII interface), and was not tried on a device.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Speaks(Protocol):
    """What a controller is told and asked. Lengths are metres of its own scale, speeds m/s.

    What interprets an answer raises `ValueError` where it is not one: it is asked once more then.
    """

    @property
    def ends(self) -> str:
        """What ends a line to it."""

    @property
    def answer_ends(self) -> str:
        """What ends a line of it."""

    def hello(self) -> str:
        """Return a question that it always answers."""

    def go(self, axis: str, to: float, speed: float) -> Sequence[str]:
        """Return the orders that send an axis to a place; one under way is sent on."""

    def stop(self, axes: Sequence[str]) -> Sequence[str]:
        """Return the orders that stop axes at once."""

    def where(self, axis: str) -> str:
        """Return the question where an axis is."""

    def metres(self, answer: str) -> float:
        """Return where it is, from its answer."""

    def moving(self, axis: str) -> str:
        """Return the question whether an axis is under way."""

    def is_moving(self, answer: str) -> bool:
        """Tell whether it is, from its answer."""

    def errors(self) -> str:
        """Return the question for the oldest error that nobody was told of."""

    def error(self, answer: str) -> str:
        """Return what is wrong, in its words; empty if nothing is."""


class NewportEsp:
    """Newport's ESP300, ESP301 and ESP302: "1PA2.5", in millimetres."""

    ends, answer_ends = "\r", "\r\n"

    def hello(self) -> str:
        """Return the question for its version."""
        return "VE?"

    def go(self, axis: str, to: float, speed: float) -> Sequence[str]:
        """Return orders for the speed and the place."""
        return f"{axis}VA{speed * 1e3:.7f}", f"{axis}PA{to * 1e3:.7f}"

    def stop(self, axes: Sequence[str]) -> Sequence[str]:
        """Return an order for each axis."""
        return [f"{axis}ST" for axis in axes]

    def where(self, axis: str) -> str:
        """Return the question for the true position."""
        return f"{axis}TP?"

    def metres(self, answer: str) -> float:
        """Return millimetres as metres."""
        return float(answer) * 1e-3

    def moving(self, axis: str) -> str:
        """Return the question whether a motion is done."""
        return f"{axis}MD?"

    def is_moving(self, answer: str) -> bool:
        """Tell by 0 and 1."""
        return not {"0": False, "1": True}[answer.strip()]

    def errors(self) -> str:
        """Return the question for "code, time, message"."""
        return "TB?"

    def error(self, answer: str) -> str:
        """Return all of it unless the code is 0."""
        return "" if int(answer.partition(",")[0]) == 0 else answer.strip()


class SmaractMcs2:
    """SmarAct's MCS2 by its ASCII interface: ":MOVE0 2500000", in picometres."""

    ends, answer_ends = "\n", "\n"

    def hello(self) -> str:
        """Return the question for its serial number."""
        return ":DEV:SNUM?"

    def go(self, axis: str, to: float, speed: float) -> Sequence[str]:
        """Return orders for the mode (to a place, closed loop), the speed and the place."""
        channel = f":CHAN{axis}"
        return (
            f"{channel}:MMOD 0",
            f"{channel}:VEL {round(speed * 1e12)}",
            f":MOVE{axis} {round(to * 1e12)}",
        )

    def stop(self, axes: Sequence[str]) -> Sequence[str]:
        """Return an order for each axis."""
        return [f":STOP{axis}" for axis in axes]

    def where(self, axis: str) -> str:
        """Return the question for the position."""
        return f":CHAN{axis}:POS?"

    def metres(self, answer: str) -> float:
        """Return picometres as metres."""
        return int(answer) * 1e-12

    def moving(self, axis: str) -> str:
        """Return the question for the state of a channel."""
        return f":CHAN{axis}:STAT?"

    def is_moving(self, answer: str) -> bool:
        """Tell by its lowest bit."""
        return bool(int(answer) & 1)

    def errors(self) -> str:
        """Return the question for the error queue."""
        return ":SYST:ERR?"

    def error(self, answer: str) -> str:
        """Return all of it unless the code is 0."""
        return "" if int(answer.partition(",")[0]) == 0 else answer.strip()
