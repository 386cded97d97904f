"""Galvanostatic records: potential against time and charge, by condition and one by one.

Repeats turn at different times. Averaged at equal times, their minima smear into one that is
shallower than every single one; here they are put on one another at the turn first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seccm import typography
from seccm.analysis import scales
from seccm.analysis.repeats import Repeat, mean_of
from seccm.analysis.statistics import FEWEST_FOR_SD
from seccm.arrays import FloatArray
from seccm.program.segment import Segment
from seccm.program.trace import StepTrace
from seccm.report import style
from seccm.report.groups import Group
from seccm.report.study import MOST_CURVES, Study, evenly
from seccm.results import charge

POINTS = 600
"""Rows of a drawn curve; of more, so many are chosen, so that the noise is that of a row."""
_LEGEND, PANELS = 16, 24
"""Most conditions that are named in a legend, and that get a panel each."""
_WHOLE = 0.95
"""A repeat counts for the mean if it lasted for this share of the longest."""
_HEADROOM = 0.4
"""Volts above the ends of the records that are shown, if the records have been there."""
_LOG = 4.0
"""Durations that differ by more than this factor need a logarithmic axis of time."""
_SHORT = 29
"""Characters of a panel's title that fit four to a line."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One repeat as it is drawn."""

    t: FloatArray
    """s since contact."""
    q: FloatArray
    """C/m2 passed, as a magnitude: |Q|."""
    e: FloatArray
    """V against the reference."""
    t_turn: float = math.nan
    """When it turned, s; NaN if it did not, or not within this curve."""
    e_turn: float = math.nan
    """V, the potential there, as the analysis found it."""

    @property
    def end(self) -> float:
        """Seconds that it lasted."""
        return float(self.t[-1])

    @property
    def turned(self) -> bool:
        """Whether it has a minimum to be put on that of the others."""
        return math.isfinite(self.t_turn)


def curve(trace: StepTrace, t_turn: float = math.nan, e_turn: float = math.nan) -> Curve | None:
    """Prepare a galvanostatic step for drawing; None if nothing of it was in range.

    Args:
        trace: the step.
        t_turn: when it turned, s; NaN if it did not.
        e_turn: at which potential, V.
    """
    sign = -1.0 if _is_cathodic(trace.segment) else 1.0
    after = trace.t > 0.0
    # What the galvanostat's overload shows is not a potential of the cell.
    good = after & ~trace.overload & np.isfinite(trace.E)
    if good.sum() < 3:
        return None
    q = sign * charge(trace.t[after], trace.I[after]) / trace.area.value
    t = trace.t[good]
    if not (t[0] < t_turn < t[-1] and math.isfinite(e_turn)):
        t_turn = e_turn = math.nan
    return Curve(t, q[good[after]], trace.E[good], t_turn, e_turn)


def thinned(curve: Curve) -> Curve:
    """Choose rows until few enough are left; finely at first, where the potential falls."""
    if curve.t.size <= POINTS:
        return curve
    last = curve.t.size - 1
    rows = np.unique(
        np.concatenate([[0], np.geomspace(1, last, POINTS), np.linspace(0, last, POINTS)]).round()
    ).astype(np.int64)
    return replace(curve, t=curve.t[rows], q=curve.q[rows], e=curve.e[rows])


@dataclass(frozen=True, slots=True)
class Band:
    """Mean and standard deviation of the repeats that ran to the end."""

    t: FloatArray
    q: FloatArray
    mean: FloatArray
    sd: FloatArray
    """NaN of fewer than `FEWEST_FOR_SD`."""
    n: int
    aligned: bool
    """Whether the repeats were put on one another at their minima."""


def band(curves: Sequence[Curve]) -> Band | None:
    """Average repeats; those that ended early are left out.

    Repeats that nucleated are put on one another at their minimum: see `mean_of`.
    """
    longest = max((c.end for c in curves), default=0.0)
    whole = [c for c in curves if c.end >= _WHOLE * longest]
    found = mean_of([Repeat(c.t, {"e": c.e, "q": c.q}, c.t_turn) for c in whole])
    if found is None:
        return None
    e = found.each["e"]
    sd = e.std(axis=0, ddof=1) if found.n >= FEWEST_FOR_SD else np.full(found.t.size, math.nan)
    return Band(found.t, found.of("q"), found.of("e"), sd, found.n, found.aligned)


def all_curves(study: Study, step: int, most: int) -> list[tuple[Group, list[Curve]]]:
    """Return the repeats of every condition that have something to draw.

    Args:
        study: the scan.
        step: of the program.
        most: conditions; of more, evenly chosen ones are returned.
    """
    groups = [study.groups[k] for k in evenly(np.arange(len(study.groups)), most)]
    each = max(1, MOST_CURVES // max(1, len(groups)))
    turn = study.turn(step)
    found = []
    for group in groups:
        traces = study.traces(group.sites, step, each)
        curves = [c for n, trace in traces if (c := curve(trace, *(turn.at(n) if turn else ())))]
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
    fig = study.figure(style.TWO_COLUMNS, 2.9, potentials=True)
    left, right = fig.subplots(1, 2, sharey=True)
    q_scale = scales.scale("C/m^2")
    labels = []
    for group, curves in found:
        middle = band(curves)
        for c in map(thinned, curves):
            alone = middle is None
            look = {"color": group.colour, "lw": 1.0 if alone else 0.35}
            look["alpha"] = 1.0 if alone else 0.45
            left.plot(c.t, c.e, **look)
            right.plot(q_scale(c.q), c.e, **look)
        _draw_band(left, right, middle, group, q_scale)
        labels.append(_with_count(study, group, curves, middle))
    for group, curves in found:
        _mark_minima(left, right, [c for c in curves if c.turned], group, q_scale)
    durations = [max(c.end for c in curves) for _, curves in found]
    if max(durations) > _LOG * min(durations):
        left.set_xscale("log")
        left.set_xlim(0.01 * max(min(durations), 0.1), 1.1 * max(durations))
        style.nice_log_ticks(left, "x", left.get_xlim())
    else:
        left.set_xlim(0.0, max(durations))
    right.set_xlim(0.0, float(q_scale(max(c.q[-1] for c in everything))) * 1.02)
    left.set_ylim(*potential_range(everything, direction(study, step) == "cathodic"))
    left.set_xlabel("$t$ (s)")
    right.set_xlabel(q_scale.label(f"{direction(study, step)} charge $|Q|$".lstrip()))
    left.set_ylabel(scales.potential_label(study.reference))
    style.panel(left, "a")
    style.panel(right, "b")
    for k in evenly(np.arange(len(found)), _LEGEND):
        left.plot([], [], color=found[k][0].colour, lw=1.6, label=labels[k])
    turn = study.turn(step)
    if turn is not None and any(c.turned for c in everything):
        left.plot([], [], **style.TURN, color="0.3", label=scales.symbol(turn.level.name))
    fig.legend(title=study.groups.legend_title or None, loc="outside right center")
    return fig


def _draw_band(
    left: Axes, right: Axes, middle: Band | None, group: Group, q_scale: scales.Scale
) -> None:
    if middle is None:
        return
    low, high = middle.mean - middle.sd, middle.mean + middle.sd
    for axes, x in ((left, middle.t), (right, q_scale(middle.q))):
        if middle.n >= FEWEST_FOR_SD:
            axes.fill_between(x, low, high, color=group.colour, alpha=0.25, lw=0)
        axes.plot(x, middle.mean, color=group.colour, lw=1.3)


def _mark_minima(
    left: Axes, right: Axes, turned: Sequence[Curve], group: Group, q_scale: scales.Scale
) -> None:
    """Mark the nucleation potential of every repeat, where it was found."""
    if not turned:
        return
    e = [c.e_turn for c in turned]
    q = q_scale([float(np.interp(c.t_turn, c.t, c.q)) for c in turned])
    for axes, x in ((left, [c.t_turn for c in turned]), (right, q)):
        axes.plot(x, e, **style.TURN, color=group.colour, zorder=4)


def _with_count(study: Study, group: Group, curves: Sequence[Curve], middle: Band | None) -> str:
    """Say how many repeats are drawn, and how many of them are in the mean if not all."""
    drawn = len(curves)
    count = f"{drawn}" if middle is None or middle.n == drawn else f"{drawn}, mean of {middle.n}"
    if not study.groups.several:
        return f"{count} site{'' if count == '1' else 's'}"
    return f"{group.label}  ({count})"


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


def direction(study: Study, step: int) -> str:
    """Return "cathodic" or "anodic", whichever a galvanostatic step is; empty if it varies."""
    sites = (study.site(int(group.sites[0])) for group in study.groups)
    segments = [s.segments[step] for s in sites if s is not None and step < len(s.segments)]
    found = {"cathodic" if _is_cathodic(segment) else "anodic" for segment in segments}
    return found.pop() if len(found) == 1 else ""


def _is_cathodic(segment: Segment) -> bool:
    return segment.waveform.extremes[0] < 0.0


def _width(title: str) -> int:
    return len(typography.html(title))


@style.styled
def repeats(study: Study, step: int) -> Figure | None:
    """Draw every repeat of every condition, a panel for each condition, on common axes."""
    found = all_curves(study, step, PANELS)
    if len(found) < 2:
        return None
    titles = [f"{study.groups.named(group)}, $n$ = {len(curves)}" for group, curves in found]
    columns = min(4 if max(map(_width, titles)) <= _SHORT else 3, len(found))
    rows = math.ceil(len(found) / columns)
    fig = study.figure(style.TWO_COLUMNS, 0.45 + 1.55 * rows, potentials=True)
    grid = fig.subplots(rows, columns, sharey=True, squeeze=False)
    ends = [max(c.end for c in curves) for _, curves in found]
    common = max(ends) <= _LOG * min(ends)
    everything = [c for _, curves in found for c in curves]
    low, high = potential_range(everything, direction(study, step) == "cathodic")
    for axes, title, (group, curves) in zip(grid.flat, titles, found, strict=False):
        shades = style.repeats(group.colour, len(curves))
        for c, colour in zip(map(thinned, curves), shades, strict=True):
            axes.plot(c.t, c.e, lw=0.7, color=colour)
            if c.turned:
                axes.plot(c.t_turn, c.e_turn, **style.TURN, color=colour, zorder=4)
        axes.set_xlim(0.0, max(ends) if common else max(c.end for c in curves))
        axes.set_ylim(low, high)
        axes.set_title(title, fontsize=7 if _width(title) <= _SHORT else 6, pad=3)
    for axes in grid.flat[len(found) :]:
        axes.set_visible(False)
    fig.supxlabel("$t$ (s)", fontsize=8)
    fig.supylabel(scales.potential_label(study.reference), fontsize=8)
    return fig
