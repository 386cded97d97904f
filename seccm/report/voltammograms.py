"""Voltammograms, coloured by cycle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from seccm.analysis import scales
from seccm.analysis.legs import legs_of
from seccm.analysis.quality import Quality
from seccm.analysis.site_quality import ripple
from seccm.arrays import FloatArray
from seccm.program.trace import StepTrace
from seccm.report import style
from seccm.report.study import Study, evenly
from seccm.typography import readable
from seccm.units import show

POINTS = 500
"""Points of a drawn cycle; more rows than that are averaged."""
_VISIBLE = 0.004
"""Share of the range of a current from which on a ripple is seen in a figure."""
PANELS, MOST_PANELS = 6, 12
"""Sites whose cycles are drawn, each in a panel of its own; and at most, if so many conditions."""
_ALIKE = 4.0
"""Currents of panels that differ by more than this factor get axes of their own."""


@dataclass(frozen=True, slots=True)
class Loop:
    """One cycle as it is drawn."""

    e: FloatArray
    """V against the reference."""
    i: FloatArray
    """A."""


def loops(trace: StepTrace) -> list[Loop]:
    """Cut a voltammogram into its commanded cycles, a started one included, thinned."""
    bounds = trace.segment.cycles or (0.0, trace.segment.waveform.duration)
    found = []
    for a, b in pairwise(bounds):
        first, last = np.searchsorted(trace.t, (a, b), side="right")
        if last - first > 1:
            found.append(thinned(trace.E[first:last], trace.I[first:last]))
    return found


def thinned(e: FloatArray, i: FloatArray) -> Loop:
    """Average rows until few enough are left."""
    merge = max(1, e.size // POINTS)
    n = e.size // merge * merge
    return Loop(*(v[:n].reshape(-1, merge).mean(axis=1) for v in (e, i)))


@style.styled
def by_cycle(study: Study, step: int) -> Figure | None:
    """Draw current density against potential, a panel for each of some sites, colour by cycle.

    Where there are several conditions, the sites are of all of them, or of as many as there are
    panels, and every panel names its own.
    """
    found = [
        (n, cycles)
        for n in chosen_sites(study, step).tolist()
        if (trace := study.seen(n, step)) is not None and (cycles := loops(trace))
    ]
    if not found or study.area is None:
        return None
    columns = min(len(found), 2 if len(found) < 5 else 3)
    rows = math.ceil(len(found) / columns)
    width = style.ONE_COLUMN + 0.7 if columns == 1 else style.TWO_COLUMNS
    note = hum_words(study, step, np.array([n for n, _ in found]))
    fig = study.figure(width, 0.5 + 2.1 * rows, potentials=True, note=note)
    ranges = [current_range([cycles]) for _, cycles in found]
    reach = [max(abs(low), abs(high)) for low, high in ranges]
    alike = max(reach) <= _ALIKE * min(reach)
    grid = fig.subplots(rows, columns, sharex=True, sharey=alike, squeeze=False)
    most = max(len(cycles) for _, cycles in found)
    colours = scales.ordered(most)
    scale = scales.scale("A/m^2")
    whole = current_range([cycles for _, cycles in found])
    named = {int(n): study.groups.named(group) for group in study.groups for n in group.sites}
    for axes, (number, cycles), own in zip(grid.flat, found, ranges, strict=False):
        axes.axhline(0.0, color=style.GREY, lw=0.5)
        # In the order of time, thin: where cycles differ all can be seen, where not, the last.
        for cycle, colour in zip(cycles, colours, strict=False):
            axes.plot(cycle.e, scale(cycle.i / study.area.value), color=colour, lw=0.6)
        axes.set_ylim(*(scale(v / study.area.value) for v in (whole if alike else own)))
        title = f"site {number}" + (f", {named[number]}" if study.groups.several else "")
        if len(found) > 1 or study.groups.several:
            axes.set_title(title, fontsize=7, pad=3)
    for axes, (_, cycles) in zip(grid.flat, found, strict=False):
        style.arrows(axes, cycles[-1].e, scale(cycles[-1].i / study.area.value))
    for axes in grid.flat[len(found) :]:
        axes.set_visible(False)
    fig.supxlabel(scales.potential_label(study.reference), fontsize=8)
    fig.supylabel(scale.label("$j$"), fontsize=8)
    if most > 1:
        _cycle_bar(fig, grid, most)
    return fig


def chosen_sites(study: Study, step: int) -> npt.NDArray[np.int64]:
    """Choose the sites that get a panel: the same number of each condition, while there is room."""
    regular = [group.counted for group in study.groups if group.counted.size]
    if not regular:
        return evenly(_begun(study, step), PANELS)
    if len(regular) > PANELS:
        regular = [regular[k] for k in evenly(np.arange(len(regular)), MOST_PANELS)]
    each = max(1, PANELS // len(regular))
    return np.concatenate([evenly(sites, each) for sites in regular])


def hum_words(study: Study, step: int, sites: npt.NDArray[np.int64]) -> str:
    """Say that the ripple in the currents of some sites is mains hum, if there is any to see."""
    loud: list[tuple[float, float]] = []
    traces = [trace for _, trace in study.traces(sites, step, PANELS)]
    for trace in traces:
        height = float(np.ptp(np.percentile(trace.I, [1, 99])))
        for leg in legs_of(trace)[:2]:
            settled = slice(leg.start + (leg.stop - leg.start) // 6, leg.stop)
            mains, amplitude = ripple(trace.I[settled], trace.row)
            least = max(5.0 * amplitude.error, _VISIBLE * height)
            if amplitude.status.has_value and amplitude.value > least:
                loud.append((mains, amplitude.value))
                break
    if 2 * len(loud) <= len(traces):
        return ""
    mains, middle = (float(np.median(column)) for column in zip(*loud, strict=True))
    flagged = (study.quality[sites] & int(Quality.HUM)).any()
    limit = "" if flagged else ", below the limit of the quality flag"
    said = f"Ripple: {mains:.0f} Hz hum of the mains, amplitude {show(middle, 'A', 2)}{limit}"
    return readable(said)


def current_range(sites: list[list[Loop]]) -> tuple[float, float]:
    """Choose the range of currents worth seeing, in A: not the charging at the very start."""
    parts = []
    for cycles in sites:
        parts += [loop.i for loop in cycles[1:]]
        first = cycles[0].i
        parts.append(first[max(1, first.size * 3 // 100) :])
    low = min(float(p.min()) for p in parts if p.size)
    high = max(float(p.max()) for p in parts if p.size)
    room = 0.06 * (high - low) or 1e-15
    return low - room, high + room


def _begun(study: Study, step: int) -> npt.NDArray[np.int64]:
    landed = np.flatnonzero(study.landed)[: 4 * PANELS]
    return np.array([n for n in landed if study.trace(int(n), step) is not None], np.int64)


def _cycle_bar(fig: Figure, grid: npt.NDArray[np.object_], most: int) -> None:
    """Add a bar that tells the number of a cycle from its colour."""
    chosen = mpl.colors.ListedColormap(scales.ordered(most))
    norm = mpl.colors.BoundaryNorm(np.arange(0.5, most + 1), most)
    bar = fig.colorbar(
        mpl.cm.ScalarMappable(norm, chosen), ax=grid, label="cycle", aspect=30, pad=0.02
    )
    every = max(1, math.ceil(most / 10))
    bar.set_ticks(list(range(1, most + 1, every)))
    bar.minorticks_off()
    bar.ax.tick_params(length=0)
