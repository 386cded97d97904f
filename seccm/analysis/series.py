"""Series of steps at one site, as curves: what came of each step against what differs between them.

A kind of step declares which of its arrays are a series (`seccm.program.figures.Series`). Every
step of a series yields that of the steps so far; the curves are those of the last one. The turns of
a repeat over values are a series without a word of their kind (`seccm.analysis.over_values`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seccm.analysis.over_values import over_values
from seccm.analysis.step_features import Drawn, arrays_of
from seccm.arrays import FloatArray
from seccm.program.figures import Series, SeriesPanel
from seccm.program.registry import kinds
from seccm.program.segment import Segment
from seccm.program.trace import StepTrace
from seccm.results import Status, Value, Values

_NONE = np.empty(0)


@dataclass(frozen=True, slots=True)
class SeriesPoints:
    """The points of one panel of a series at one site, in SI and in the order of x."""

    x: FloatArray
    """Shape (points,), to the power that is drawn."""
    y: FloatArray
    error: FloatArray
    """Standard uncertainty of y; NaN where unknown."""
    line: FloatArray
    """What the fit gives at x; NaN where there is none."""
    trusted: np.ndarray[tuple[int], np.dtype[np.bool_]]
    """Points that may be averaged without looking at them first."""


@dataclass(frozen=True, slots=True)
class SeriesOfSite:
    """A series of one site."""

    what: Series
    step: int
    """The last of its steps."""
    panels: tuple[SeriesPoints, ...]
    """In the order of those that are declared; without points where there is nothing to draw."""


def declares_series(kind: str) -> tuple[Series, ...]:
    """Return the series that a kind of step declares; none if it is not installed here."""
    known = kinds().get(kind)
    return tuple(what for what in known.figures if isinstance(what, Series)) if known else ()


def may_have_series(segments: Iterable[Segment]) -> bool:
    """Tell whether some steps may have a series: of their kind, or of a repeat over values."""
    return any(segment.values or declares_series(segment.kind) for segment in segments)


def series_of(ran: Sequence[StepTrace]) -> tuple[SeriesOfSite, ...]:
    """Return every series of a site, each once, as its last step knows it.

    Those that kinds of steps declare come first, then the results of repeats over values.

    Args:
        ran: the steps of the site, in their order.
    """
    return (*_declared(ran), *_of_repeats(ran))


def _of_repeats(ran: Sequence[StepTrace]) -> Iterator[SeriesOfSite]:
    for what, step, values, found in over_values(ran):
        none = Value.none(Status.NOT_MEASURED)
        panels = []
        for panel in what.panels:
            (across,) = values.values()
            each = [one.get(panel.up.name, none) for one in found]
            arrays = {
                panel.across.name: Values.of([Value.of(v, 0.0) for v in across.tolist()]),
                panel.up.name: Values.of(each),
            }
            panels.append(_points(panel, arrays))
        if any(points.x.size for points in panels):
            yield SeriesOfSite(what, step, tuple(panels))


def _declared(ran: Sequence[StepTrace]) -> tuple[SeriesOfSite, ...]:
    found: list[tuple[SeriesOfSite, Mapping[str, Values]]] = []
    for count, trace in enumerate(ran):
        declared = declares_series(trace.segment.kind)
        arrays = arrays_of(trace, ran[:count]) if declared else {}
        for what in declared:
            panels = tuple(_points(panel, arrays) for panel in what.panels)
            if not any(points.x.size for points in panels):
                continue
            # What goes on in this step is drawn with it.
            found = [
                (s, a) for s, a in found if s.what is not what or not _goes_on(what, a, arrays)
            ]
            found.append((SeriesOfSite(what, trace.segment.index, panels), arrays))
    return tuple(series for series, _ in found)


def pages_of(ran: Sequence[StepTrace]) -> tuple[Drawn, ...]:
    """Return the series of a site as curves, one for each panel that has points."""
    return tuple(
        _drawn(series.step, panel, points)
        for series in series_of(ran)
        for panel, points in zip(series.what.panels, series.panels, strict=True)
        if points.x.size
    )


def on_axes(panel: SeriesPanel, y: FloatArray) -> FloatArray:
    """Return what is drawn of some results: magnitudes on a logarithmic axis."""
    return np.abs(y) if panel.y.log else y


def _goes_on(what: Series, before: Mapping[str, Values], arrays: Mapping[str, Values]) -> bool:
    """Tell whether a series is the beginning of another one."""
    for panel in what.panels:
        for result in (panel.across, panel.up):
            early, late = before.get(result.name), arrays.get(result.name)
            if early is None:
                continue
            if late is None or len(late) < len(early):
                return False
            if not np.array_equal(early.values, late.values[: len(early)], equal_nan=True):
                return False
    return True


def _points(panel: SeriesPanel, arrays: Mapping[str, Values]) -> SeriesPoints:
    """Return the points of a panel that can be drawn."""
    across, up = arrays.get(panel.across.name), arrays.get(panel.up.name)
    if across is None or up is None or len(across) != len(up):
        return SeriesPoints(_NONE, _NONE, _NONE, _NONE, np.empty(0, bool))
    line = arrays.get(panel.line.name) if panel.line is not None else None
    fit = line.values if line is not None else np.full(len(up), np.nan)
    with np.errstate(invalid="ignore"):
        x = across.values**panel.power
    y = on_axes(panel, up.values)
    good = np.isfinite(x) & np.isfinite(y)
    good &= ((x > 0.0) | (not panel.x.log)) & ((y > 0.0) | (not panel.y.log))
    order = np.flatnonzero(good)[np.argsort(x[good], kind="stable")]
    trusted = np.array([up.entry(k).status.trusted for k in range(len(up))], bool)
    return SeriesPoints(
        x[order], y[order], up.errors[order], on_axes(panel, fit)[order], trusted[order]
    )


def _drawn(step: int, panel: SeriesPanel, points: SeriesPoints) -> Drawn:
    fitted = np.isfinite(points.line) & ((points.line > 0.0) | (not panel.y.log))
    line = points.x[fitted], points.line[fitted]
    return Drawn(panel, step, points.x, points.y, *line, _NONE, _NONE, points.error)
