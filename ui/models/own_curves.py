"""Curves that kinds of steps work out themselves, read from a file for the selected sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seccm.analysis.features import area_of
from seccm.analysis.step_features import Drawn, curves_of
from seccm.analysis.step_trace import step_traces
from seccm.arrays import FloatArray
from seccm.data import Scan
from seccm.errors import PlanError
from seccm.plan import Plan
from seccm.plan.site import Site
from seccm.program.figures import OwnCurve
from seccm.program.registry import kinds
from seccm.program.trace import StepTrace
from ui.models.frames import Frame

ROOM = 0.05
"""Room around the curves, as a share of their range."""


@dataclass(frozen=True, slots=True)
class OwnPage:
    """A page of the window: one curve of one step."""

    name: str
    what: OwnCurve


def own_curves(scan: Scan, number: int) -> tuple[Drawn, ...]:
    """Work out the curves of a site that its kinds of steps have themselves.

    Without such a kind nothing is read. A plan that cannot be read has none.

    Raises:
        DamagedError: the site is damaged in the file.
    """
    own = {
        name
        for name, kind in kinds().items()
        if any(isinstance(what, OwnCurve) for what in kind.figures)
    }
    site = scan.planned.get(number) if own else None
    if site is None or not any(segment.kind in own for segment in site.segments):
        return ()
    ran = ran_at(scan, site)
    return tuple(drawn for trace in ran for drawn in curves_of(trace.in_contact))


def ran_at(scan: Scan, site: Site) -> tuple[StepTrace, ...]:
    """Return the steps that ran at a site; none where the plan cannot be read.

    Raises:
        DamagedError: the site is damaged in the file.
    """
    try:
        plan = Plan.from_json(scan.plan_json, source=str(scan.path))
    except PlanError:
        return ()
    record = scan.record(site.number)
    return step_traces(site, record, scan.header.reference_offset, area_of(plan))


def page_of(drawn: Drawn) -> OwnPage:
    """Return the page on which a curve is drawn: one for each step and curve."""
    return OwnPage(f"{drawn.what.slug}-{drawn.step}", drawn.what)


def shown(drawn: Drawn) -> tuple[FloatArray, FloatArray]:
    """Return the points of a curve as they are drawn: logarithms on logarithmic axes."""
    return _on_axes(drawn, drawn.x, drawn.y)


def shown_line(drawn: Drawn) -> tuple[FloatArray, FloatArray]:
    """Return the line through the points of a curve as it is drawn; empty if there is none."""
    return _on_axes(drawn, drawn.model_x, drawn.model_y)


def shown_events(drawn: Drawn) -> tuple[FloatArray, FloatArray]:
    """Return the points of a curve that are marked as they are drawn; empty if there are none."""
    return _on_axes(drawn, drawn.event_x, drawn.event_y)


def _on_axes(drawn: Drawn, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    return (np.log10(x) if drawn.what.x.log else x), (np.log10(y) if drawn.what.y.log else y)


def frame_around(curves: Sequence[tuple[FloatArray, FloatArray]]) -> Frame | None:
    """Return the range that shows all of some curves; None of none."""
    if not curves:
        return None
    x, y = (np.concatenate([curve[k] for curve in curves]) for k in (0, 1))
    return Frame(_with_room(x), _with_room(y))


def _with_room(values: FloatArray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = ROOM * (high - low) or 0.5 * abs(high) or 0.5
    return low - room, high + room
