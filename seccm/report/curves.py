"""Galvanostatic records: potential against time and charge, by condition and one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seccm.analysis.statistics import FEWEST_FOR_SD
from seccm.analysis.step_trace import StepTrace
from seccm.report import style
from seccm.report.study import MOST_CURVES, Group, Study, evenly

FloatArray = npt.NDArray[np.float64]

POINTS = 600
"""Points of a drawn curve; more rows than that are averaged."""
_LEGEND, _PANELS = 16, 24
"""Most conditions that are named in a legend, and that get a panel each."""
_WHOLE = 0.95
"""A repeat counts for the mean if it lasted for this share of the longest."""
_HEADROOM = 0.4
"""Volts above the ends of the records that are shown, if the records have been there."""
_LOG = 4.0
"""Durations that differ by more than this factor need a logarithmic axis of time."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One repeat as it is drawn."""

    t: FloatArray
    """s since contact."""
    q: FloatArray
    """C/m2 passed, cathodic positive if the step is cathodic."""
    e: FloatArray
    """V against the reference."""

    @property
    def end(self) -> float:
        """Seconds that it lasted."""
        return float(self.t[-1])


def curve(trace: StepTrace) -> Curve | None:
    """Prepare a galvanostatic step for drawing; None if nothing of it was in range."""
    row = float(np.median(np.diff(trace.t)))
    sign = -1.0 if trace.segment.waveform.extremes[0] < 0.0 else 1.0
    after = trace.t > 0.0
    # What the galvanostat's overload shows is not a potential of the cell.
    good = after & ~trace.overload & np.isfinite(trace.E)
    if good.sum() < 3:
        return None
    q = sign * np.cumsum(np.where(after, trace.I, 0.0)) * row / trace.area.value
    return Curve(trace.t[good], q[good], trace.E[good])


def thinned(curve: Curve) -> Curve:
    """Average rows until few enough are left; finely at first, where the potential falls."""
    if curve.t.size <= POINTS:
        return curve
    edges = np.unique(np.geomspace(1, curve.t.size, POINTS).astype(np.int64))
    edges = np.unique(np.concatenate([edges, np.linspace(1, curve.t.size, POINTS).astype(int)]))
    starts, counts = edges[:-1], np.diff(edges)
    t, q, e = (np.add.reduceat(v, starts)[: counts.size] for v in (curve.t, curve.q, curve.e))
    counts = np.diff(np.append(starts, curve.t.size))
    return Curve(t / counts, q / counts, e / counts)


@dataclass(frozen=True, slots=True)
class Band:
    """Mean and standard deviation of the repeats that ran to the end."""

    t: FloatArray
    q: FloatArray
    mean: FloatArray
    sd: FloatArray
    """NaN of fewer than `FEWEST_FOR_SD`."""
    n: int


def band(curves: Sequence[Curve]) -> Band | None:
    """Average repeats on a common axis of time; those that ended early are left out."""
    if not curves:
        return None
    longest = max(c.end for c in curves)
    whole = [c for c in curves if c.end >= _WHOLE * longest]
    if len(whole) < 2:
        return None
    start, stop = max(c.t[0] for c in whole), min(c.end for c in whole)
    grid = np.unique(
        np.concatenate([np.geomspace(start, stop, POINTS // 2), np.linspace(start, stop, POINTS)])
    )
    e = np.array([np.interp(grid, c.t, c.e) for c in whole])
    q = np.mean([np.interp(grid, c.t, c.q) for c in whole], axis=0)
    several = len(whole) >= FEWEST_FOR_SD
    sd = e.std(axis=0, ddof=1) if several else np.full(grid.size, math.nan)
    return Band(grid, q, e.mean(axis=0), sd, len(whole))


def all_curves(study: Study, step: int, most: int) -> list[tuple[Group, list[Curve]]]:
    """Return the repeats of every condition that have something to draw.

    Args:
        study: the scan.
        step: of the program.
        most: conditions; of more, evenly chosen ones are returned.
    """
    groups = [study.groups[k] for k in evenly(np.arange(len(study.groups)), most)]
    each = max(1, MOST_CURVES // max(1, len(groups)))
    found = []
    for group in groups:
        traces = study.traces(group.sites, step, each)
        curves = [c for _, trace in traces if (c := curve(trace)) is not None]
        if curves:
            found.append((group, curves))
    return found


@style.styled
def potentials(study: Study, step: int) -> Figure | None:
    """Draw potential against time (a) and charge (b): means with bands, every repeat thin.

    Returns:
        None if no site has anything to show.
    """
    found = all_curves(study, step, MOST_CURVES)
    if not found:
        return None
    everything = [c for _, curves in found for c in curves]
    fig = style.figure(style.TWO_COLUMNS, 2.9, virtual=study.virtual)
    left, right = fig.subplots(1, 2, sharey=True)
    q_scale = style.scale("C/m^2")
    for group, curves in found:
        middle = band(curves)
        for c in map(thinned, curves):
            alone = middle is None
            look = {"color": group.colour, "lw": 1.0 if alone else 0.35}
            look["alpha"] = 1.0 if alone else 0.45
            left.plot(c.t, c.e, **look)
            right.plot(q_scale(c.q), c.e, **look)
        _draw_band(left, right, middle, group, q_scale)
    durations = [max(c.end for c in curves) for _, curves in found]
    if max(durations) > _LOG * min(durations):
        left.set_xscale("log")
        left.set_xlim(0.01 * max(min(durations), 0.1), 1.1 * max(durations))
        style.nice_log_ticks(left, "x", left.get_xlim())
    else:
        left.set_xlim(0.0, max(durations))
    right.set_xlim(0.0, float(q_scale(max(c.q[-1] for c in everything))) * 1.02)
    left.set_ylim(*potential_range(everything, _cathodic(study, step)))
    left.set_xlabel("$t$ (s)")
    right.set_xlabel(q_scale.label("$Q$"))
    left.set_ylabel(style.potential_label(study.reference))
    style.panel(left, "a")
    style.panel(right, "b")
    for k in evenly(np.arange(len(found)), _LEGEND):
        group, curves = found[k]
        left.plot([], [], color=group.colour, lw=1.6, label=_with_count(study, group, len(curves)))
    fig.legend(title=study.legend_title or None, loc="outside right center")
    return fig


def _draw_band(
    left: Axes, right: Axes, middle: Band | None, group: Group, q_scale: style.Scale
) -> None:
    if middle is None:
        return
    low, high = middle.mean - middle.sd, middle.mean + middle.sd
    for axes, x in ((left, middle.t), (right, q_scale(middle.q))):
        if middle.n >= FEWEST_FOR_SD:
            axes.fill_between(x, low, high, color=group.colour, alpha=0.25, lw=0)
        axes.plot(x, middle.mean, color=group.colour, lw=1.3)


def _with_count(study: Study, group: Group, drawn: int) -> str:
    return f"{group.label}  ({drawn})" if len(study.groups) > 1 else f"{drawn} sites"


def potential_range(curves: Sequence[Curve], cathodic: bool = True) -> tuple[float, float]:
    """Choose the range of potentials worth seeing: not the fall from overload after contact."""
    low = min(float(np.min(c.e)) for c in curves)
    high = max(float(np.max(c.e)) for c in curves)
    if cathodic:
        early, later = (
            max(float(np.interp(share * c.end, c.t, c.e)) for c in curves) for share in (0.02, 0.2)
        )
        last = max(float(c.e[-1]) for c in curves)
        high = min(early, max(later, last + _HEADROOM))
    room = 0.06 * max(high - low, 0.02)
    return low - room, high + room


def _cathodic(study: Study, step: int) -> bool:
    return study.segments[step].waveform.extremes[0] < 0.0


@style.styled
def repeats(study: Study, step: int) -> Figure | None:
    """Draw every repeat of every condition, a panel for each condition, on common axes."""
    found = all_curves(study, step, _PANELS)
    if len(found) < 2:
        return None
    columns = min(4, len(found))
    rows = math.ceil(len(found) / columns)
    fig = style.figure(style.TWO_COLUMNS, 0.45 + 1.55 * rows, virtual=study.virtual)
    grid = fig.subplots(rows, columns, sharey=True, squeeze=False)
    ends = [max(c.end for c in curves) for _, curves in found]
    common = max(ends) <= _LOG * min(ends)
    low, high = potential_range([c for _, curves in found for c in curves], _cathodic(study, step))
    for axes, (group, curves) in zip(grid.flat, found, strict=False):
        shades = style.repeats(group.colour, len(curves))
        for c, colour in zip(map(thinned, curves), shades, strict=True):
            axes.plot(c.t, c.e, lw=0.7, color=colour)
        axes.set_xlim(0.0, max(ends) if common else max(c.end for c in curves))
        axes.set_ylim(low, high)
        axes.set_title(_panel_title(study, group, len(curves)), fontsize=7, pad=3)
    for axes in grid.flat[len(found) :]:
        axes.set_visible(False)
    fig.supxlabel("$t$ (s)", fontsize=8)
    fig.supylabel(style.potential_label(study.reference), fontsize=8)
    return fig


def _panel_title(study: Study, group: Group, drawn: int) -> str:
    name, _, unit = study.legend_title.partition(" (")
    told = f"{name} = {group.label} {unit.rstrip(')')}" if name else group.label
    return f"{told}, $n$ = {drawn}"
