"""Curves that a kind of step works out itself, such as a spectrum: every repeat, by condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
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
    fig = study.figure(style.ONE_COLUMN + 1.2, 2.6, currents=False)
    axes = fig.subplots()
    x, y = (_scale(what, name, axis, each) for name, axis in (("x", what.x), ("y", what.y)))
    for group, own in each:
        alone = len(own) == 1
        thin, faint = (1.0, 1.0) if alone else (0.4, 0.5)
        for one in own:
            axes.plot(x(one.x), y(one.y), color=group.colour, alpha=faint,
                      **(_MARKS if what.marks else {"lw": thin}))  # fmt: skip
            axes.plot(x(one.model_x), y(one.model_y), color="black", lw=0.6, ls=(0, (4, 2)),
                      zorder=3)  # fmt: skip
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
    axes.set_xscale("log" if what.x.log else "linear")
    axes.set_yscale("log" if what.y.log else "linear")
    axes.set_xlabel(x.label(style.literal(what.x.words)))
    axes.set_ylabel(y.label(style.literal(what.y.words)))
    fig.legend(title=study.groups.legend_title or None, loc="outside right center")
    return fig


def _scale(
    what: OwnCurve, name: str, axis: Axis, each: Sequence[tuple[Group, Sequence[Drawn]]]
) -> scales.Scale:
    """Return the scale of an axis: one prefix for both where they are of one length."""
    names = ("x", "y") if what.equal else (name,)
    values = [getattr(one, name) for _, own in each for one in own for name in names]
    return scales.scale(axis.unit, np.concatenate(values))


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
