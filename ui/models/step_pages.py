"""What the kinds of steps draw themselves, made for the selected sites: declared, never by name.

A curve of one step is a page, and so is each result that has a number for every cycle, and each
histogram.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from seccm.analysis import series
from seccm.analysis.any_step import half_way
from seccm.analysis.features import area_of
from seccm.analysis.step_features import Drawn, arrays_of, curves_of
from seccm.analysis.step_trace import step_traces
from seccm.arrays import FloatArray
from seccm.data import Scan
from seccm.errors import PlanError
from seccm.plan import Plan
from seccm.plan.site import Site
from seccm.program.figures import Axis, ByCycle, Figure, Histogram, OwnCurve, Series
from seccm.program.registry import kinds
from seccm.program.trace import StepTrace
from seccm.results import Result, Values
from seccm.typography import readable

CYCLE = Axis("cycle", "1", counts=True)
OF_ALL = -1
"""In place of a step, for what is of all steps together."""
_NONE = np.empty(0)


@dataclass(frozen=True, slots=True)
class StepRan:
    """A step that ran at a site."""

    number: int
    """Its place among those that ran there."""
    kind: str
    words: str
    """What it is called and what it did."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Numbers of one site for a histogram."""

    what: Histogram
    result: Result
    step: int
    values: FloatArray
    """Those that can be trusted, SI, shape (n,)."""


@dataclass(frozen=True, slots=True)
class OfSteps:
    """What the steps of one site have to show beside their data points."""

    steps: tuple[StepRan, ...] = ()
    drawn: tuple[Drawn, ...] = ()
    counted: tuple[Counted, ...] = ()


def name_of_page(drawn: Drawn) -> str:
    """Return the name of the page on which a curve is drawn: one for each step and curve."""
    return f"{drawn.what.slug}-{drawn.step}"


def name_of_count(counted: Counted) -> str:
    """Return the name of the page of a histogram: one for each step and result."""
    return f"{counted.what.slug}-{counted.result.name}-{counted.step}"


def ran_at(scan: Scan, number: int) -> tuple[StepTrace, ...]:
    """Return the steps that ran at a site; none where the plan cannot be read.

    Raises:
        DamagedError: the site is damaged in the file.
    """
    site = scan.planned.get(number)
    try:
        plan = Plan.from_json(scan.plan_json, source=str(scan.path))
    except PlanError:
        return ()
    if site is None:
        return ()
    record = scan.record(number)
    return step_traces(site, record, scan.header.reference_offset, area_of(plan))


def has_pages(site: Site | None) -> bool:
    """Tell whether the steps of a site have figures of their own, for which they must be read."""
    own = {name for name, kind in kinds().items() if any(map(_is_page, kind.figures))}
    return site is not None and (
        any(segment.kind in own for segment in site.segments)
        or series.may_have_series(site.segments)
    )


def steps_of(scan: Scan, number: int) -> tuple[StepRan, ...]:
    """Return the steps that ran at a site and have ended, in their order."""
    table, site = scan.steps, scan.planned.get(number)
    planned = {} if site is None else {segment.index: segment for segment in site.segments}
    found = []
    for step, row in sorted(scan.steps_of(number).items()):
        kind, name, label = (str(table[column][row]) for column in ("kind", "name", "label"))
        if not kind and step in planned:  # the file does not say it with the step
            segment = planned[step]
            kind, name, label = segment.kind, segment.name, segment.label
        words = readable(f"{name}: {label}" if name else label)
        found.append(StepRan(step, kind, f"{step + 1} · {words}"))
    return tuple(found)


def pages_of(ran: Sequence[StepTrace]) -> OfSteps:
    """Work out the curves and the numbers that the kinds of these steps declare."""
    drawn: list[Drawn] = []
    counted: list[Counted] = []
    drawn += series.pages_of(ran)
    for count, trace in enumerate(ran):
        drawn += curves_of(trace.in_contact)
        kind = kinds().get(trace.segment.kind)
        figures = kind.figures if kind is not None else ()
        if any(isinstance(what, ByCycle | Histogram) for what in figures):
            arrays = arrays_of(trace, ran[:count])
            for what in figures:
                drawn += _by_cycle(what, trace.segment.index, arrays)
                counted += _counted(what, trace.segment.index, arrays)
    return OfSteps((), tuple(drawn), tuple(counted))


def half_ways(ran: Sequence[StepTrace]) -> dict[int, float]:
    """Return the potential at half of the charge of each step at constant current that ended."""
    galvanic = (
        trace for trace in ran if trace.segment.mode == "current" and trace.reason is not None
    )
    found = {trace.segment.index: half_way(trace).checked(trace) for trace in galvanic}
    return {step: value.value for step, value in found.items() if value.status.has_value}


@cache
def cycle_curve(result: Result, slug: str) -> OwnCurve:
    """Return the page of a result that has a number for each cycle."""
    y = Axis(
        result.words, result.unit, against_reference=result.against_reference, signed=result.signed
    )
    return OwnCurve(f"{slug}-{result.name}", result.words.capitalize(), CYCLE, y, _of_arrays,
                    marks=True)  # fmt: skip


def _of_arrays(_: StepTrace) -> tuple[FloatArray, FloatArray]:
    return _NONE, _NONE


def drawn_by_cycle(
    what: OwnCurve, step: int, cycle: FloatArray, values: FloatArray, errors: FloatArray = _NONE
) -> Drawn:
    """Return the numbers of cycles as a curve; those that are not there are left out."""
    known = np.isfinite(values)
    error = errors[known] if errors.size else _NONE
    return Drawn(what, step, cycle[known], values[known], _NONE, _NONE, _NONE, _NONE, error)


def _is_page(what: Figure) -> bool:
    return isinstance(what, OwnCurve | ByCycle | Histogram | Series)


def _by_cycle(what: Figure, step: int, arrays: Mapping[str, Values]) -> list[Drawn]:
    if not isinstance(what, ByCycle):
        return []
    found = []
    for result in what.results:
        own = arrays.get(result.name)
        if own is not None and len(own) and np.isfinite(own.values).any():
            cycles, curve = np.arange(1.0, len(own) + 1.0), cycle_curve(result, what.slug)
            found.append(drawn_by_cycle(curve, step, cycles, own.values, own.errors))
    return found


def _counted(what: Figure, step: int, arrays: Mapping[str, Values]) -> list[Counted]:
    if not isinstance(what, Histogram):
        return []
    found = []
    for result in what.results:
        own = arrays.get(result.name)
        if own is not None and len(own):
            trusted = [own.entry(k).status.trusted for k in range(len(own))]
            found.append(Counted(what, result, step, own.values[np.array(trusted, bool)]))
    return found
