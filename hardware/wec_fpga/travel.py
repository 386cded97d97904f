"""Motions sideways as lines: short ones, because nothing ends such a line but its goal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from hardware.wec_fpga.codes import TICKS
from hardware.wec_fpga.frames import Travel, exponent, line, speed_word


@dataclass(frozen=True, slots=True)
class Leg:
    """What one axis has to do, in codes."""

    start: int
    goal: int
    per_tick: float
    """Codes per tick."""

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return abs(self.goal - self.start) / (self.per_tick * TICKS)

    @property
    def exponent(self) -> int:
        """With which its speed is written."""
        return exponent(self.per_tick)

    def at(self, t: float) -> int:
        """Return its code after some seconds."""
        way = self.goal - self.start
        done = min(abs(way), self.per_tick * TICKS * t)
        return self.start + (round(done) if way > 0 else -round(done))


def cut(legs: Mapping[str, Leg], longest: float) -> list[tuple[float, list[int]]]:
    """Cut motions into lines; return when each is due, in seconds from the first, and its words.

    Args:
        legs: by the target's axis.
        longest: seconds of a line, at most.

    Raises:
        LimitError: a speed cannot be written.
    """
    legs = {axis: leg for axis, leg in legs.items() if leg.goal != leg.start}
    words = {axis: speed_word(leg.per_tick, leg.exponent) for axis, leg in legs.items()}
    total = max((leg.seconds for leg in legs.values()), default=0.0)
    pieces = max(1, math.ceil(total / longest))
    found: list[tuple[float, list[int]]] = []
    before = {axis: leg.start for axis, leg in legs.items()}
    for k in range(pieces):
        end = total * (k + 1) / pieces
        goals = {axis: leg.goal if k == pieces - 1 else leg.at(end) for axis, leg in legs.items()}
        travels = [
            Travel(axis, goal, words[axis]) for axis, goal in goals.items() if goal != before[axis]
        ]
        if travels:
            found.append((total * k / pieces, line(*travels)))
        before = goals
    return found
