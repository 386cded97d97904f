"""Whether a run has to wait because a signal is past its limit.

Pure: fed blocks, answers in words. How long a block is does not matter: rows are counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seccm.arrays import BoolArray
from seccm.rig import Block
from seccm.rig.suspend import Suspend
from seccm.units import show


@dataclass(slots=True)
class _Watch:
    """One condition, and how it stands."""

    rule: Suspend
    past: int = 0
    """Rows in succession past the limit."""
    back: int = 0
    """Rows in succession that are back."""
    trips: bool = False
    """Whether the run has to wait."""
    begun: bool = False
    ignored: bool = False
    """Whether a person has resumed the run all the same: until the signal is back."""

    def feed(self, block: Block) -> str:
        """Take the next rows; return why the run has to wait from now on, if it newly has to."""
        values = np.asarray(block.data[self.rule.signal], float)
        if not values.size:
            return ""
        rule, period = self.rule, block.clock.period
        # What was not measured is not known to be good.
        sound = np.isfinite(values)
        above = rule.side == "above"
        past = ~sound | (values > rule.limit if above else values < rule.limit)
        back = sound & (values <= rule.back if above else values >= rule.back)
        tripped = self.trips
        for tells, stop in _turns(past, back):
            self._count(*tells, stop, period)
        self.begun = True
        if not self.trips or tripped:
            return ""
        newest = float(values[-1])
        shown = f" ({show(newest, rule.unit, 3)})" if math.isfinite(newest) else " (not measured)"
        return f"{rule.why}{shown}"

    def _count(self, past: bool, back: bool, rows: int, period: float) -> None:
        """Take so many rows that are alike."""
        first, self.begun = not self.begun, True
        self.past = self.past + rows if past else 0
        self.back = self.back + rows if back else 0
        if self.back * period >= self.rule.calm and self.back:
            self.trips = self.ignored = False
        if past and (first or self.past * period >= self.rule.lasting) and not self.ignored:
            self.trips = True


def _turns(past: BoolArray, back: BoolArray) -> list[tuple[tuple[bool, bool], int]]:
    """Return runs of rows that are alike: what they are, and how many."""
    kinds = past.astype(np.int8) + 2 * back.astype(np.int8)
    edges = np.flatnonzero(np.diff(kinds)) + 1
    starts = [0, *edges.tolist()]
    stops = [*edges.tolist(), len(kinds)]
    return [
        ((bool(past[start]), bool(back[start])), stop - start)
        for start, stop in zip(starts, stops, strict=True)
    ]


class Suspension:
    """All conditions of a run.

    Args:
        rules: those of rig and plan.
    """

    def __init__(self, rules: Sequence[Suspend] = ()) -> None:
        self._watches = tuple(_Watch(rule) for rule in rules)
        self._told: dict[str, str] = {}

    def feed(self, block: Block) -> tuple[str, ...]:
        """Take the next rows; return why the run newly has to wait, one clause for each reason."""
        new = []
        for watch in self._watches:
            if words := watch.feed(block):
                self._told[watch.rule.name] = words
                new.append(words)
        return tuple(new)

    @property
    def waits(self) -> bool:
        """Whether the run has to wait now."""
        return any(watch.trips for watch in self._watches)

    @property
    def leaves(self) -> bool:
        """Whether a site that is being visited has to be left."""
        return any(watch.trips and watch.rule.leave for watch in self._watches)

    @property
    def words(self) -> str:
        """Why the run has to wait, and what for, as a sentence; empty if it has not."""
        waiting = [watch.rule for watch in self._watches if watch.trips]
        if not waiting:
            return ""
        why = "; ".join(self._told[rule.name] for rule in waiting)
        until = " and ".join(f"{rule.words} has been {rule.until}" for rule in waiting)
        return f"{why[:1].upper()}{why[1:]}. The run goes on when {until}."

    @property
    def back(self) -> str:
        """Why a run that waited goes on, as a sentence."""
        rules = [watch.rule for watch in self._watches if watch.rule.name in self._told]
        self._told.clear()
        said = " and ".join(f"{rule.words} has been {rule.until}" for rule in rules)
        return f"{said[:1].upper()}{said[1:]}." if said else ""

    def ignore(self) -> None:
        """Let the run go on all the same: what trips now counts again once it has been back."""
        for watch in self._watches:
            if watch.trips:
                watch.trips, watch.ignored = False, True
        self._told.clear()
