"""A motion of z under way: a line that only a comparator ends, and the line behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hardware.wec_fpga.comparators import DEAF, Pair
from seccm.rig import Move

Why = Literal["arrived", "frozen", "broken off"]
"""Why the program ends a motion of z."""
OBEYS = 24
"""Rows within which the target must have obeyed."""


@dataclass(slots=True)
class Run:
    """A motion of z that was sent."""

    move: Move
    goal: int
    sentinel: int
    """Number of the line behind it: once that has begun, the motion is over."""
    due: int
    """Row by which it should have arrived."""
    pair: Pair = DEAF
    why: Why | None = None
    """Why the program has asked for its end; None as long as it has not."""
    asked: int = 0
    """Row from which its end was asked for."""

    def obeyed_by(self) -> int:
        """Return the row by which it must be over, once its end was asked for."""
        return self.asked + OBEYS
