"""The rows of one step at one site, as the analyses want them: time from zero, E vs reference."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from seccm.arrays import BoolArray, FloatArray
from seccm.events import EndReason
from seccm.program.descent import Descent
from seccm.program.segment import Segment
from seccm.results import Value, noise
from seccm.rig import NO_LEADS, Flag, Leads

T = TypeVar("T")
_WRONG = Flag.SATURATED | Flag.OVERLOAD | Flag.GAP
"""What is wrong with the numbers of a row; other flags are of motion."""
CONTACT_ROWS = 20
"""Rows at the start of the first step in which an open circuit is the contact's own."""
CONTACT_SECONDS = 0.06
"""Seconds of it at most: data points of a staircase are longer than rows of the rig."""


@dataclass(frozen=True, slots=True)
class Area:
    """The wetted area that densities refer to."""

    value: float
    """m2."""
    error: float
    """m2, standard uncertainty; NaN where unknown."""
    basis: str
    """How it is known: "aperture", "retraction", "footprint" or "nominal"."""

    def density(self, amount: Value) -> Value:
        """Divide a current or charge by the area; the area's uncertainty goes into the result."""
        if not amount.status.has_value:
            return amount
        share = amount.value / self.value
        error = math.hypot(amount.error / self.value, share * self.error / self.value)
        return Value.of(share, error, amount.status)


@dataclass(frozen=True, eq=False, slots=True)
class SecondRows:
    """What a second drive of the rig read in the rows of a step; every array of shape (rows,)."""

    E: FloatArray
    """V against the reference."""
    I: FloatArray  # noqa: E741
    """A, anodic positive."""

    def part(self, rows: slice) -> SecondRows:
        """Return some rows of it."""
        return SecondRows(self.E[rows], self.I[rows])


@dataclass(frozen=True)
class StepTrace:
    """One step; every array of shape (rows,)."""

    segment: Segment
    t: FloatArray
    """s since contact if the step goes on with the approach, else since the step began."""
    E: FloatArray
    """V against the reference."""
    I: FloatArray  # noqa: E741
    """A, anodic positive."""
    flag: npt.NDArray[np.uint8]
    """What is special about each row, bits of `Flag`; rows without a number, or not in their
    place in time, are marked as `GAP`."""
    row: float
    """Seconds from row to row."""
    reason: EndReason | None
    """What ended it; None if the run did."""
    area: Area
    leads: Leads = NO_LEADS
    """What wires and electrometer of the rig do to fast signals."""
    lost: int | None = None
    """The first row after the contact was lost; None if it was kept."""
    descent: Descent | None = None
    """How the tip came to the surface, of the first step at a site; None of the others."""
    second: SecondRows | None = None
    """What a second drive read, where the step imposes something on one and its data points are
    those of the rig: shorter ones are made of the samples of the cell alone."""

    @cached_property
    def _found(self) -> dict[Callable[[StepTrace], Any], Any]:
        return {}

    def once(self, analysis: Callable[[StepTrace], T]) -> T:
        """Return what an analysis finds, without repeating it for results, arrays and curves."""
        if analysis not in self._found:
            self._found[analysis] = analysis(self)
        found: T = self._found[analysis]
        return found

    @property
    def in_contact(self) -> StepTrace:
        """The step without the rows after the contact was lost."""
        if self.lost is None:
            return self
        kept = slice(0, self.lost)
        second = None if self.second is None else self.second.part(kept)
        return replace(
            self, t=self.t[kept], E=self.E[kept], I=self.I[kept], flag=self.flag[kept], lost=None,
            second=second,
        )  # fmt: skip

    @property
    def overload(self) -> BoolArray:
        """Rows in which the galvanostat was at its compliance limit."""
        overload: BoolArray = (self.flag & Flag.OVERLOAD) != 0
        return overload

    @cached_property
    def flaws(self) -> npt.NDArray[np.uint8]:
        """Flags that tell that the numbers of a row are wrong.

        Without those of an open circuit at the start, which is the contact's own: only the first
        step at a site begins with a contact. A row of a galvanostat in which the contact comes may
        be no overload by its mean, though some of its samples were beyond the input.
        """
        found: npt.NDArray[np.uint8] = self.flag & np.uint8(_WRONG)
        if self.segment.index == 0:
            before = self.overload[:CONTACT_ROWS]
            opened = 0 if before.all() else int(before.argmin())
            if opened and self.t[opened - 1] > CONTACT_SECONDS:
                opened = 0
            elif self.segment.mode == "current" and opened < self.t.size:
                opened += bool(opened or self.t[0] <= 0.0) and not self.overload[opened]
            found[:opened] &= ~np.uint8(Flag.OVERLOAD | Flag.SATURATED)
        return found

    def misses(self, rows: slice) -> bool:
        """Tell whether data points are missing or damaged among some rows."""
        return bool((self.flaws[rows] & Flag.GAP).any())

    def sound(self, values: FloatArray) -> FloatArray:
        """Return what was measured in each row, NaN where something is wrong with the row."""
        found: FloatArray = np.where(self.flaws == 0, values, np.nan)
        return found

    def between(self, start: float, stop: float) -> slice:
        """Return the rows of some time: later than `start`, up to the row that `stop` is in."""
        first, last = np.searchsorted(self.t, (start, stop))
        return slice(int(first), int(last) + 1)

    @cached_property
    def own(self) -> slice:
        """The rows that are of the step alone: the contact row is of before it."""
        return slice(int(np.searchsorted(self.t, 0.0, side="right")), None)

    @property
    def passed(self) -> FloatArray:
        """The currents of the step's own rows."""
        return self.I[self.own]

    @cached_property
    def scatter(self) -> float:
        """Standard deviation of one row of the current, A."""
        return noise(self.passed)
