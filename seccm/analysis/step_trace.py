"""Cuts the record of a site into its steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from seccm.analysis.alignment import misplaced
from seccm.analysis.descents import descent_of
from seccm.analysis.fine_rows import with_fine_rows
from seccm.analysis.jumps import at_an_end, stuck
from seccm.analysis.lost_contact import lost_at
from seccm.arrays import FloatArray
from seccm.data import SiteRecord
from seccm.plan.site import Site
from seccm.program.segment import Segment
from seccm.program.trace import CONTACT_ROWS, Area, SecondRows, StepTrace
from seccm.results import spacing
from seccm.rig import Flag, Leads
from seccm.rig.drives import signal_names
from seccm.rig.info import same_range


def steps_ran(site: Site, record: SiteRecord) -> Mapping[int, Segment]:
    """Return the steps that began at a site, by their number there, as far as they are known.

    What a step followed is written with its end: a step without an end is known if the plan alone
    says what it was.
    """
    ends = {end.step: end for end in record.ends}
    found = {}
    for index in sorted(record.steps):
        end = ends.get(index)
        # A path that is not said is the number itself.
        path, resolved = (end.path or (index,), end.resolved) if end is not None else ((), "")
        try:
            segment = site.program.ran(index, path, resolved)
        except ValueError:
            segment = None  # what the file says of it is no step
        if segment is not None:
            found[index] = segment
    return found


def step_traces(site: Site, record: SiteRecord, offset: float, area: Area) -> tuple[StepTrace, ...]:
    """Cut a site's record into the steps that began, in their order.

    Args:
        site: says what each step was.
        record: potentials raw.
        offset: volts that turn a raw potential into one against the reference.
        area: that densities refer to.
    """
    if record.landing is None:
        return ()
    reasons = {end.step: end.reason for end in record.ends}
    usual = spacing(record.t)
    moved = misplaced(site, record)
    found: list[StepTrace] = []
    for index, segment in steps_ran(site, record).items():
        rows = record.steps[index]
        row = _row_of(record, rows, usual)
        t = without_breaks(record, rows, row)
        flag = _flags(record, rows, row)
        if moved and index == 0:
            flag[:CONTACT_ROWS] |= np.uint8(Flag.GAP)
        # Rows are stamped when they are complete: the first one began a row earlier.
        goes_on = index == 0 and site.approach.continues
        since = record.t_contact if goes_on else float(t[0]) - row
        found.append(
            StepTrace(
                segment=segment,
                t=t - since,
                E=record.E[rows] + offset,
                I=record.I[rows],
                flag=flag,
                row=row,
                reason=reasons.get(index),
                area=area,
                leads=_leads(record, segment),
                descent=descent_of(site, record) if index == 0 else None,
                second=_second(segment, record, rows, offset),
            )
        )
    ranges = ["", *(trace.segment.range for trace in found)]
    return tuple(
        with_fine_rows(trace, record, record.steps[trace.segment.index], offset, before)
        for trace, before in zip(_with_contact(found, record, offset), ranges, strict=False)
    )


def _row_of(record: SiteRecord, rows: slice, usual: float) -> float:
    """Return the time from row to row of a step: that of the clock, or its own if imported."""
    own = spacing(record.t[rows]) if record.imported else math.nan
    return own if math.isfinite(own) else usual


def _leads(record: SiteRecord, segment: Segment) -> Leads:
    """Return what wires and electrometer did to a step, in the range that it had."""
    ranges = () if record.raw is None else record.raw.ranges
    for number, one in enumerate(ranges):
        own = same_range(one.name, segment.range) if segment.range else number == 0
        if own and one.time_constant is not None:
            return replace(record.leads, time_constant=one.time_constant)
    return record.leads


def _second(segment: Segment, record: SiteRecord, rows: slice, offset: float) -> SecondRows | None:
    """Return what a second drive read during a step; None where none was on, or none is kept."""
    if segment.second is None:
        return None
    potential, current = (record.signals.get(name) for name in signal_names(segment.second.drive))
    if potential is None or current is None:
        return None
    return SecondRows(potential[rows] + offset, current[rows])


IDLE_ROWS = 2000
"""Rows before contact that show the current of an open circuit: 5 s."""


def _with_contact(
    traces: list[StepTrace], record: SiteRecord, offset: float
) -> tuple[StepTrace, ...]:
    """Say in each trace from which row on the contact was lost."""
    at = record.contact
    if at is None or not traces:
        return tuple(traces)
    steps = record.steps[traces[0].segment.index].start - at
    lost = lost_at(traces, *around_contact(record, steps, offset))
    if lost is None:
        return tuple(traces)
    number, row = lost
    after = (replace(trace, lost=0) for trace in traces[number + 1 :])
    return (*traces[:number], replace(traces[number], lost=row), *after)


def around_contact(
    record: SiteRecord, steps: int, offset: float
) -> tuple[FloatArray, tuple[FloatArray, FloatArray]]:
    """Return the current of the approach before contact, and what was measured after it.

    Args:
        record: of a site with a contact, potentials raw.
        steps: rows from the contact row to that with which the first step begins.
        offset: volts that turn a raw potential into one against the reference.

    Returns:
        The current, A, and potential against the reference and current up to the first step.
    """
    at = record.contact
    assert at is not None
    idle = record.I[max(0, at - IDLE_ROWS) : max(0, at - CONTACT_ROWS)]
    held = slice(at + 1, at + steps)
    return idle, (record.E[held] + offset, record.I[held])


def without_breaks(record: SiteRecord, rows: slice, row: float) -> FloatArray:
    """Return the times of some rows as if no session had broken off in them, shape (rows,).

    A step goes on where it was: the time in between is none of what it imposed.
    """
    t = record.t[rows]
    for seam in (seam - rows.start for seam in record.seams if rows.start < seam < rows.stop):
        t = np.concatenate((t[:seam], t[seam:] - (t[seam] - t[seam - 1] - row)))
    return t


def _flags(record: SiteRecord, rows: slice, row: float) -> npt.NDArray[np.uint8]:
    """Flags of some rows, with `GAP` wherever a number or a stretch of time is missing.

    What comes from rows up to those that are missing, and what comes from rows after them, are
    both without them. Where a step has lost its beginning, no row is at its place in time.

    Rows that repeat one number in a noisy record were not measured: at its end the input was
    saturated, whatever the rig says of it; elsewhere they are a gap.
    """
    lost = ~(np.isfinite(record.E[rows]) & np.isfinite(record.I[rows]))
    around = record.t[max(0, rows.start - 1) : rows.stop + 1]
    missing = np.zeros(rows.stop - rows.start + 1, bool)
    first = min(rows.start, 1) ^ 1
    missing[first : first + around.size - 1] = ~(np.abs(np.diff(around) - row) < 0.5 * row)
    if record.imported:
        missing[[0, -1]] = False  # of what came between the steps nothing is known
    # A session that broke off between two steps lost neither the end of one nor the other's start.
    missing[0] &= rows.start not in record.seams
    missing[-1] &= rows.stop not in record.seams
    lost |= missing[:-1] | missing[1:] | missing[0]
    flag = np.where(lost, record.flag[rows] | Flag.GAP, record.flag[rows])
    for y in (record.E[rows], record.I[rows]):
        measured = (flag & Flag.OVERLOAD) == 0
        still, at_end = stuck(y), at_an_end(y)
        if still.any():
            at_end |= still & ((y == np.nanmax(y)) | (y == np.nanmin(y)))
        flag[at_end & measured] |= Flag.SATURATED
        flag[still & ~at_end & measured] |= Flag.GAP
    return flag.astype(np.uint8)
