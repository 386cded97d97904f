"""Steps that hold a potential, or nothing: current or potential against time, by condition."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seccm.analysis import scales
from seccm.analysis.repeats import Repeat, mean_of
from seccm.arrays import FloatArray
from seccm.program.trace import StepTrace
from seccm.report import style
from seccm.report.groups import Group
from seccm.report.study import Study, Turned, evenly
from seccm.typography import counted

_NAMED = 16
"""Most conditions that are named in the legend."""
_MILLIVOLTS = 0.05
"""V: potentials that stay below are drawn in millivolts."""
_POINTS = 600
_DECADES = 30.0
"""A current that falls by more than this factor needs a logarithmic axis."""
_ONE_SIGN = 0.98
"""Share of the rows that must have one sign for that."""
_SPIKE = 0.02
"""Share of a step at its start that sets no linear axis: the charging of the double layer."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What is drawn of a kind of step."""

    column: str
    """Of a step's trace."""
    unit: str
    label: str
    """Of the axis, without unit."""
    signed: bool = False
    """Whether it has the sign of a current."""


@dataclass(frozen=True, slots=True)
class Transient:
    """One repeat as it is drawn."""

    t: FloatArray
    """s since the step began."""
    y: FloatArray
    """SI."""
    turn: tuple[float, float] = (math.nan, math.nan)
    """When it turned, s, and what it was there, SI; NaN if it did not."""


Repeats = Sequence[tuple[Group, Sequence[Transient]]]
"""What is drawn, by condition."""


def transients(study: Study, step: int, signal: Signal) -> Figure | None:
    """Draw a signal of a step against time; None if no site has anything to show."""
    found = [
        (group, own) for group in study.groups if (own := _repeats(study, group, step, signal))
    ]
    return drawn(study, found, signal, study.turn(step)) if found else None


@style.styled
def drawn(study: Study, found: Repeats, signal: Signal, turn: Turned | None = None) -> Figure:
    """Draw a signal against time: every repeat thin, the median of each condition thick.

    Where repeats turn, they are put on one another at their turns first, which are marked. A
    current that spans decades is drawn on logarithmic axes, as a magnitude.
    """
    everything = [one for _, own in found for one in own]
    current, potential = signal.column == "I", signal.column == "E"
    sign = _decaying(everything) if current else 0.0
    convention = current or signal.signed
    fig = study.figure(style.ONE_COLUMN + 1.2, 2.6, potentials=potential, currents=convention)
    axes = fig.subplots()
    largest = np.concatenate([_settled(one) for one in everything])
    scale = scales.scale(signal.unit, largest)
    if potential and float(np.abs(largest).max(initial=0.0)) < _MILLIVOLTS:
        scale = scales.Scale(1e3, "mV")
    factor = sign or 1.0
    for group, own in found:
        alone = len(own) == 1
        for one in own:
            axes.plot(one.t, factor * scale(one.y), color=group.colour, lw=1.0 if alone else 0.4,
                      alpha=1.0 if alone else 0.5)  # fmt: skip
        if not alone:
            t, y = _median(own)
            axes.plot(t, factor * scale(y), color=group.colour, lw=1.3)
        turns = np.array([one.turn for one in own if math.isfinite(one.turn[0])]).reshape(-1, 2).T
        axes.plot(turns[0], factor * scale(turns[1]), **style.TURN, color=group.colour, zorder=4)
    for k in evenly(np.arange(len(found)), _NAMED):
        group, own = found[k]
        words = (
            f"{group.label}  ({len(own)})" if study.groups.several else counted(len(own), "site")
        )
        axes.plot([], [], color=group.colour, lw=1.6, label=words)
    if turn is not None and any(math.isfinite(one.turn[0]) for one in everything):
        axes.plot([], [], **style.TURN, color="0.3", label=scales.symbol(turn.level.name))
    _axes(axes, study, signal, everything, scale, sign)
    fig.legend(title=study.groups.legend_title or None, loc="outside right center")
    return fig


def _repeats(study: Study, group: Group, step: int, signal: Signal) -> list[Transient]:
    turn = study.turn(step)
    found = []
    for number, trace in study.traces(study.repeats(group), step):
        one = _transient(trace, signal)
        if one is not None and turn is not None and turn.level.column.unit == signal.unit:
            one = replace(one, turn=turn.at(number))
        if one is not None:
            found.append(one)
    return found


def _transient(trace: StepTrace, signal: Signal) -> Transient | None:
    """Choose rows of a step; None if too few of them are in range."""
    values: FloatArray = getattr(trace, signal.column)
    good = (trace.t > 0.0) & ~trace.overload & np.isfinite(values)
    return thinned(trace.t[good], values[good])


def thinned(t: FloatArray, y: FloatArray) -> Transient | None:
    """Choose rows, finely at the start; None if there are too few."""
    if t.size < 3:
        return None
    if t.size > _POINTS:
        last = t.size - 1
        rows = np.concatenate([[0], np.geomspace(1, last, _POINTS), np.linspace(0, last, _POINTS)])
        chosen = np.unique(rows.round()).astype(np.int64)
        t, y = t[chosen], y[chosen]
    return Transient(t, y)


def _settled(one: Transient) -> FloatArray:
    """Return what of a repeat sets a linear axis."""
    settled: FloatArray = one.y[one.t >= one.t[0] + _SPIKE * (one.t[-1] - one.t[0])]
    return settled


def _decaying(repeats: Sequence[Transient]) -> float:
    """Return the sign of currents that span decades without changing it; 0 if they do not."""
    everything = np.concatenate([one.y for one in repeats])
    sign = 1.0 if float(np.median(everything)) > 0.0 else -1.0
    last = max(min(map(_last, repeats)), 1e-300)
    spans = float(np.abs(everything).max()) > _DECADES * last
    return sign if spans and float(np.mean(sign * everything > 0.0)) >= _ONE_SIGN else 0.0


def _last(one: Transient) -> float:
    """Return the magnitude at the end of a repeat, SI."""
    return float(np.median(np.abs(one.y[-max(3, one.y.size // 10) :])))


def _median(repeats: Sequence[Transient]) -> tuple[FloatArray, FloatArray]:
    """Return the median of repeats, as far as all of them go.

    At equal times, or, where two or more turned, of these, on one another at their turns.
    """
    turned = [Repeat(one.t, {"y": one.y}, one.turn[0]) for one in repeats]
    together = mean_of(turned) if sum(r.turned for r in turned) > 1 else None
    if together is not None:
        return together.t, np.median(together.each["y"], axis=0)
    start, stop = max(one.t[0] for one in repeats), min(one.t[-1] for one in repeats)
    # At the rows of one of them: between rows there is nothing to interpolate on two axes alike.
    grid = repeats[0].t[(repeats[0].t >= start) & (repeats[0].t <= stop)]
    return grid, np.median([np.interp(grid, one.t, one.y) for one in repeats], axis=0)


def _axes(
    axes: Axes, study: Study, signal: Signal, repeats: Sequence[Transient], scale: scales.Scale,
    sign: float,
) -> None:  # fmt: skip
    """Set up the axes: logarithmic ones for a current that spans decades."""
    axes.set_xlabel("$t$ (s)")
    if signal.column == "E":
        axes.set_ylabel(scales.potential_label(study.reference, scale.unit))
    elif sign:
        axes.set_ylabel(scale.label(f"{'anodic' if sign > 0 else 'cathodic'} current $|i|$"))
    else:
        axes.set_ylabel(scale.label(signal.label))
    end = max(float(one.t[-1]) for one in repeats)
    if sign:
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(min(float(one.t[0]) for one in repeats), end)
        levels = [one.turn[1] for one in repeats]
        high = max(float((sign * scale(one.y)).max()) for one in repeats)
        # A row of noise near zero is far below on this axis, and tells nothing.
        least = min([*map(_last, repeats), *(abs(v) for v in levels if math.isfinite(v))])
        axes.set_ylim(0.3 * float(scale(least)), 1.5 * high)
        style.nice_log_ticks(axes, "x", axes.get_xlim())
        style.nice_log_ticks(axes, "y", axes.get_ylim())
        return
    axes.set_xlim(0.0, end)
    settled = scale(np.concatenate([_settled(one) for one in repeats]))
    low, high = float(settled.min()), float(settled.max())
    room = 0.06 * (high - low) or 1e-3 * abs(high) or 1.0
    axes.set_ylim(low - room, high + room)
    if signal.column == "I":
        axes.axhline(0.0, color=style.GREY, lw=0.5, zorder=0)
