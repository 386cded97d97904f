"""Curves that a kind of step works out itself, such as a spectrum: every repeat, by condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seccm.analysis import scales
from seccm.analysis.step_features import Drawn, curves_of
from seccm.arrays import FloatArray
from seccm.program.figures import Axis, OwnCurve
from seccm.report import style
from seccm.report.groups import Group
from seccm.report.study import Study, evenly
from seccm.typography import counted

_MARKS: Mapping[str, Any] = {"ls": "none", "marker": "o", "ms": 2.6, "mew": 0.6, "mfc": "none"}
PANELS = 6
"""Most sites that have a panel of their own."""
_START = 0.02
"""Share of a record at its start that sets no axis: the charging of the double layer."""
_NAMED = 16
"""Most conditions that are named in the legend."""


@style.styled
def own_curve(study: Study, step: int, what: OwnCurve) -> Figure | None:
    """Draw a curve of one step for every site; None if no site has one.

    Where the repeats of a condition have the same x, their median is drawn thick.
    """
    each = [(group, own) for group in study.groups if (own := _repeats(study, group, step, what))]
    if not each:
        return None
    if what.alone:
        return _panels(study, what, each)
    fig = study.figure(
        style.ONE_COLUMN + 1.2,
        2.6,
        currents=what.signed,
        potentials=what.against_reference,
    )
    axes = fig.subplots()
    x, y = (_scale(what, name, axis, each) for name, axis in (("x", what.x), ("y", what.y)))
    for group, own in each:
        alone = len(own) == 1
        thin, faint = (1.0, 1.0) if alone else (0.4, 0.5)
        for one in own:
            axes.plot(x(one.x), y(one.y), color=group.colour, alpha=faint,
                      **(_MARKS if what.marks else {"lw": thin}))  # fmt: skip
            if one.model_x.size:
                axes.plot(x(one.model_x), y(one.model_y), color="black", ls=(0, (4, 2)), zorder=3,
                          lw=0.6 if alone else 0.4, alpha=faint)  # fmt: skip
            if one.event_x.size:
                axes.plot(
                    x(one.event_x), y(one.event_y), **style.TURN, color=group.colour, zorder=4
                )
        alike = not alone and all(_alike(one.x, own[0].x) for one in own)
        if alike and not what.equal:
            middle = np.median([one.y for one in own], axis=0)
            axes.plot(x(own[0].x), y(middle), color=group.colour, lw=1.3)
    if what.equal:
        axes.set_aspect("equal", adjustable="datalim")
    for k in evenly(np.arange(len(each)), _NAMED):
        group, own = each[k]
        words = (
            f"{group.label}  ({len(own)})" if study.groups.several else counted(len(own), "site")
        )
        axes.plot([], [], color=group.colour, lw=1.6, label=words)
    if any(one.model_x.size for _, own in each for one in own):
        axes.plot([], [], color="black", lw=0.6, ls=(0, (4, 2)), label="fit")
    _axes(study, axes, what, x, y)
    fig.legend(title=study.groups.legend_title or None, loc="outside right center")
    return fig


def _axes(study: Study, axes: Axes, what: OwnCurve, x: scales.Scale, y: scales.Scale) -> None:
    """Name the axes and choose their kinds."""
    for axis, scale, name in ((what.x, x, axes.set_xlabel), (what.y, y, axes.set_ylabel)):
        if axis.against_reference:
            name(scales.potential_label(study.reference, scale.unit))
        else:
            name(scale.label(style.literal(axis.words)))
    if what.x.log:
        axes.set_xscale("log")
        style.nice_log_ticks(axes, "x", axes.get_xlim())
    if what.y.log:
        axes.set_yscale("log")
        style.nice_log_ticks(axes, "y", axes.get_ylim())


def _panels(study: Study, what: OwnCurve, each: Sequence[tuple[Group, Sequence[Drawn]]]) -> Figure:
    """Draw the first site of each condition in a panel of its own; of one condition, its sites."""
    first = [(group, own[0]) for group, own in each]
    chosen = first if len(each) > 1 else [(group, one) for group, own in each for one in own]
    chosen = [chosen[k] for k in evenly(np.arange(len(chosen)), PANELS)]
    fig = study.figure(style.TWO_COLUMNS, 0.5 + 1.35 * len(chosen), currents=what.signed,
                       potentials=what.against_reference)  # fmt: skip
    grid = fig.subplots(len(chosen), 1, sharex=True, squeeze=False)[:, 0]
    x = _scale(what, "x", what.x, each)
    for axes, (group, one) in zip(grid, chosen, strict=True):
        span = _settled(one)
        y = scales.scale(what.y.unit, span)
        axes.plot(x(one.x), y(one.y), color=group.colour, lw=0.5)
        axes.plot(x(one.event_x), y(one.event_y), **style.TURN, color=style.ORANGE, zorder=4)
        _axes(study, axes, what, x, y)
        room = 0.08 * float(np.ptp(span)) or 0.5 * abs(float(span[0])) or 1.0
        axes.set_ylim(y(span.min() - room), y(span.max() + room))
        axes.label_outer()
        axes.margins(x=0.01)
        if len(each) > 1:
            axes.set_title(study.groups.named(group), fontsize=7, pad=3)
    return fig


def _settled(one: Drawn) -> FloatArray:
    """Return what an axis has to show: not the very start, but whatever is marked."""
    later = one.y[one.x >= one.x[0] + _START * (one.x[-1] - one.x[0])]
    return np.concatenate([later, one.event_y])


def _scale(
    what: OwnCurve, name: str, axis: Axis, each: Sequence[tuple[Group, Sequence[Drawn]]]
) -> scales.Scale:
    """Return the scale of an axis: one prefix for both where they are of one length.

    On a logarithmic axis the middle of its decades decides: 2 Hz to 1 kHz are hertz.
    """
    names = ("x", "y") if what.equal else (name,)
    values = np.concatenate([getattr(one, n) for _, own in each for one in own for n in names])
    if axis.log and (positive := values[values > 0.0]).size:
        values = np.exp(np.log(positive).mean(keepdims=True))
    return scales.scale(axis.unit, values)


def _alike(x: FloatArray, other: FloatArray) -> bool:
    """Tell whether two curves have the same x, but for rounding."""
    return x.shape == other.shape and bool(np.allclose(x, other, 1e-4, 1e-6 * np.ptp(other)))


def _repeats(study: Study, group: Group, step: int, what: OwnCurve) -> list[Drawn]:
    found = (study.trace(int(number), step) for number in study.repeats(group))
    return [
        drawn
        for trace in found
        if trace is not None
        for drawn in curves_of(trace.in_contact)
        if drawn.what is what
    ]
