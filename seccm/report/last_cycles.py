"""The last cycle of every site, and how some of its results scatter over the sites."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seccm.analysis import scales
from seccm.analysis.legs import legs_of
from seccm.arrays import FloatArray
from seccm.program.figures import Scatter
from seccm.program.trace import StepTrace
from seccm.report import style
from seccm.report.distribution import MOST_ROWS, distribution
from seccm.report.study import MOST_CURVES, Study, evenly
from seccm.report.voltammograms import Loop, current_range, hum_words, thinned


@style.styled
def last_cycles(study: Study, step: int, what: Scatter) -> Figure | None:
    """Draw the last complete cycle of every site (a), and how its results scatter (b and so on).

    Every condition has a colour, a median and a row of its own.
    """
    features = [study.result(result, step) for result in what.results]
    shown = [feature.name for feature in features if feature is not None]
    if len(shown) < len(features) or study.features[shown[0]].trusted[study.measured].sum() < 2:
        return None
    groups = [study.groups[k] for k in evenly(np.arange(len(study.groups)), MOST_ROWS)]
    each = max(1, MOST_CURVES // len(groups))
    found = []
    for group in groups:
        last = [last_cycle(trace) for _, trace in study.traces(group.counted, step, each)]
        drawn = [loop for loop in last if loop is not None]
        if drawn:
            found.append((group, drawn))
    if not found:
        return None
    note = hum_words(study, step, study.measured)
    fig = study.figure(
        style.TWO_COLUMNS, max(2.5, 1.3 + 0.3 * len(found)), potentials=True, note=note
    )
    a, *others = fig.subplots(1, 1 + len(shown), width_ratios=(1.35, *[1] * len(shown)))
    low, high = current_range([[loop] for _, loops in found for loop in loops])
    scale = scales.scale("A", [low, high])
    a.set_ylim(scale(low), scale(high))
    for group, loops in found:
        colour = group.colour if study.groups.several else style.BLUE
        words = group.label if study.groups.several else "median"
        _bundle(a, loops, scale, colour, f"{words} ({len(loops)})", bold=not study.groups.several)
    if not study.groups.several:
        a.plot([], [], color=style.BLUE, lw=0.6, label="each site")
    _, loops = found[-1]
    style.arrows(a, *_middle(loops, scale))
    a.axhline(0.0, color=style.GREY, lw=0.5, zorder=0)
    a.legend(loc="upper left", title=study.groups.legend_title or None)
    a.set_xlabel(scales.potential_label(study.reference))
    a.set_ylabel(scale.label("$i$"))
    for axes, name in zip(others, shown, strict=True):
        distribution(axes, study, name)
    for letter, axes in zip("abcdefgh", (a, *others), strict=False):
        style.panel(axes, letter)
    return fig


def _bundle(
    axes: Axes, loops: Sequence[Loop], scale: scales.Scale, colour: str, label: str, *, bold: bool
) -> None:
    """Draw the sites of one condition thin, and their median thick."""
    thin = max(0.06, min(0.5, 12 / len(loops)))
    for loop in loops:
        axes.plot(loop.e, scale(loop.i), color=colour, lw=0.4, alpha=thin)
    # Not the mean, which lies between active and inactive sites, where there is none.
    axes.plot(*_middle(loops, scale), color="black" if bold else colour, lw=1.2, label=label)


def _middle(loops: Sequence[Loop], scale: scales.Scale) -> tuple[FloatArray, FloatArray]:
    size = min(loop.e.size for loop in loops)
    e = np.median([loop.e[:size] for loop in loops], axis=0)
    return e, scale(np.median([loop.i[:size] for loop in loops], axis=0))


def last_cycle(trace: StepTrace) -> Loop | None:
    """Return the last cycle all of whose legs were finished."""
    count = max(1, len(trace.segment.cycles) - 1)
    for cycle in reversed(range(count)):
        legs = legs_of(trace, cycle)
        if legs and (cycle == 0 or len(legs) == len(legs_of(trace, 0))):
            rows = slice(legs[0].start, legs[-1].stop)
            return thinned(trace.E[rows], trace.I[rows])
    return None
