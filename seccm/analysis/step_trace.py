"""The rows of one step at one site, as the analyses want them: time from zero, E vs reference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from seccm.analysis.jumps import stuck
from seccm.analysis.result import Value
from seccm.analysis.trace import noise, spacing
from seccm.data import SiteRecord
from seccm.events import EndReason
from seccm.plan.site import Segment, Site
from seccm.rig import Flag

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

CONTACT_ROWS = 20
"""Rows at the start of a step in which an open circuit is the contact's own."""


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

    @property
    def overload(self) -> BoolArray:
        """Rows in which the galvanostat was at its compliance limit."""
        overload: BoolArray = (self.flag & Flag.OVERLOAD) != 0
        return overload

    @cached_property
    def flaws(self) -> npt.NDArray[np.uint8]:
        """Flags without those of an open circuit at the start, which is the contact's own."""
        before = self.overload[:CONTACT_ROWS]
        opened = 0 if before.all() else int(before.argmin())
        found = self.flag.copy()
        found[:opened] &= ~np.uint8(Flag.OVERLOAD | Flag.SATURATED)
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


def step_traces(
    site: Site, record: SiteRecord, offset: float, area: Area
) -> tuple[StepTrace | None, ...]:
    """Cut a site's record into its steps; None for those that never began.

    Args:
        site: says what each step was.
        record: potentials raw.
        offset: volts that turn a raw potential into one against the reference.
        area: that densities refer to.
    """
    reasons = {end.step: end.reason for end in record.ends}
    row = spacing(record.t)
    found: list[StepTrace | None] = []
    for segment in site.segments:
        rows = record.steps.get(segment.index)
        if rows is None or record.landing is None:
            found.append(None)
            continue
        t = record.t[rows]
        if segment.index == 0 and site.approach.continues:
            since = record.t_contact
        else:
            # Rows are stamped when they are complete: the first one began a row earlier.
            since = float(t[0]) - row
        found.append(
            StepTrace(
                segment=segment,
                t=t - since,
                E=record.E[rows] + offset,
                I=record.I[rows],
                flag=_flags(record, rows, row),
                row=row,
                reason=reasons.get(segment.index),
                area=area,
            )
        )
    return tuple(found)


def _flags(record: SiteRecord, rows: slice, row: float) -> npt.NDArray[np.uint8]:
    """Flags of some rows, with `GAP` wherever a number or a stretch of time is missing.

    Rows that repeat one number in a noisy record were not measured: at its end the input was
    saturated, whatever the rig says of it; elsewhere they are a gap.
    """
    lost = ~(np.isfinite(record.E[rows]) & np.isfinite(record.I[rows]))
    apart = np.diff(record.t[rows])
    lost[1:] |= ~(np.abs(apart - row) < 0.5 * row)
    flag = np.where(lost, record.flag[rows] | Flag.GAP, record.flag[rows])
    for y in (record.E[rows], record.I[rows]):
        still = stuck(y) & ((flag & Flag.OVERLOAD) == 0)
        if still.any():
            at_end = (y == np.nanmax(y)) | (y == np.nanmin(y))
            flag[still & at_end] |= Flag.SATURATED
            flag[still & ~at_end] |= Flag.GAP
    return flag.astype(np.uint8)
