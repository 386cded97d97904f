"""Voltammograms: by cycle, their efficiency and charge, and waves of a dissolved couple."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seccm.analysis.quality import Quality
from seccm.analysis.site_quality import ripple
from seccm.analysis.statistics import FEWEST_FOR_SD
from seccm.analysis.step_trace import StepTrace
from seccm.analysis.sweep_features import cycles_of, legs_of
from seccm.report import style
from seccm.report.study import Study, evenly
from seccm.report.style import readable
from seccm.units import show

FloatArray = npt.NDArray[np.float64]

POINTS = 500
"""Points of a drawn cycle; more rows than that are averaged."""
_VISIBLE = 0.004
"""Share of the range of a current from which on a ripple is seen in a figure."""
PANELS = 6
"""Sites whose cycles are drawn, each in a panel of its own."""
FEWEST_CYCLES = 3
"""From so many cycles on, charge and efficiency are drawn against the number of the cycle."""


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
            found.append(_thinned(trace.E[first:last], trace.I[first:last]))
    return found


def _thinned(e: FloatArray, i: FloatArray) -> Loop:
    merge = max(1, e.size // POINTS)
    n = e.size // merge * merge
    return Loop(*(v[:n].reshape(-1, merge).mean(axis=1) for v in (e, i)))


@style.styled
def by_cycle(study: Study, step: int) -> Figure | None:
    """Draw current density against potential, a panel for each of some sites, colour by cycle."""
    sites = evenly(study.measured if study.measured.size else _begun(study, step), PANELS)
    found = [(n, loops(trace)) for n, trace in study.traces(sites, step)]
    found = [(n, cycles) for n, cycles in found if cycles]
    if not found or study.area is None:
        return None
    columns = min(len(found), 2 if len(found) < 5 else 3)
    rows = math.ceil(len(found) / columns)
    width = style.ONE_COLUMN + 0.7 if columns == 1 else style.TWO_COLUMNS
    note = hum_words(study, step, sites)
    fig = style.figure(width, 0.5 + 2.1 * rows, virtual=study.virtual, note=note)
    grid = fig.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    most = max(len(cycles) for _, cycles in found)
    colours = style.ordered(most)
    scale = style.scale("A/m^2")
    for axes, (number, cycles) in zip(grid.flat, found, strict=False):
        axes.axhline(0.0, color=style.GREY, lw=0.5)
        # In the order of time, thin: where cycles differ all can be seen, where not, the last.
        for cycle, colour in zip(cycles, colours, strict=False):
            axes.plot(cycle.e, scale(cycle.i / study.area.value), color=colour, lw=0.6)
        if len(found) > 1:
            axes.set_title(f"site {number}", fontsize=7, pad=3)
    low, high = current_range([cycles for _, cycles in found])
    grid[0, 0].set_ylim(scale(low / study.area.value), scale(high / study.area.value))
    for axes, (_, cycles) in zip(grid.flat, found, strict=False):
        style.arrows(axes, cycles[-1].e, scale(cycles[-1].i / study.area.value))
    for axes in grid.flat[len(found) :]:
        axes.set_visible(False)
    fig.supxlabel(style.potential_label(study.reference), fontsize=8)
    fig.supylabel(scale.label("$j$"), fontsize=8)
    if most > 1:
        _cycle_bar(fig, grid, most)
    return fig


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
    chosen = mpl.colors.ListedColormap(style.ordered(most))
    norm = mpl.colors.BoundaryNorm(np.arange(0.5, most + 1), most)
    bar = fig.colorbar(
        mpl.cm.ScalarMappable(norm, chosen), ax=grid, label="cycle", aspect=30, pad=0.02
    )
    every = max(1, math.ceil(most / 10))
    bar.set_ticks(list(range(1, most + 1, every)))
    bar.minorticks_off()
    bar.ax.tick_params(length=0)


@dataclass(frozen=True, slots=True)
class Cycling:
    """Charge and efficiency of every complete cycle at every site; NaN where there is none."""

    efficiency: FloatArray
    """Shape (sites, cycles)."""
    q_cathodic: FloatArray
    """C/m2, positive."""
    q_anodic: FloatArray
    """C/m2."""


def cycling(study: Study, step: int) -> Cycling | None:
    """Determine charge and efficiency of every cycle; None if no site completed one."""
    area = study.area
    done = [cycles_of(trace).cycles for _, trace in study.traces(study.measured, step)]
    most = max((len(cycles) for cycles in done), default=0)
    if area is None or most == 0:
        return None
    table = np.full((3, len(done), most), np.nan)
    for row, cycles in enumerate(done):
        for k, cycle in enumerate(cycles):
            charges = (cycle.q_cathodic.value / area.value, cycle.q_anodic.value / area.value)
            table[:, row, k] = (cycle.efficiency.value, *charges)
    return Cycling(*table)


@style.styled
def efficiency(study: Study, step: int) -> Figure | None:
    """Draw the coulombic efficiency (a) and both charges (b) against the number of the cycle."""
    found = cycling(study, step)
    if found is None or found.efficiency.shape[1] < FEWEST_CYCLES:
        return None
    fig = style.figure(style.TWO_COLUMNS, 2.5, virtual=study.virtual)
    left, right = fig.subplots(1, 2)
    scale = style.scale("C/m^2")
    _against_cycle(left, found.efficiency, "0.15", "o", "")
    _against_cycle(right, scale(found.q_cathodic), style.BLUE, "o", r"$Q_\mathrm{c}$, cathodic")
    _against_cycle(right, scale(found.q_anodic), style.ORANGE, "s", r"$Q_\mathrm{a}$, anodic")
    left.set_ylabel(r"CE = $Q_\mathrm{a}/Q_\mathrm{c}$")
    left.set_ylim(0.0, max(1.0, 1.05 * float(np.nanmax(found.efficiency, initial=0.0))))
    right.set_ylabel(scale.label("$Q$"))
    right.set_ylim(bottom=0.0)
    right.legend(loc="best")
    for axes, letter in ((left, "a"), (right, "b")):
        axes.set_xlabel("cycle")
        axes.set_xlim(0.4, found.efficiency.shape[1] + 0.6)
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(10, integer=True))
        axes.xaxis.set_minor_locator(mpl.ticker.NullLocator())
        style.panel(axes, letter)
    return fig


def _against_cycle(axes: Axes, values: FloatArray, colour: str, marker: str, label: str) -> None:
    """Draw sites thin, and their mean; with its standard deviation if there are enough."""
    cycle = np.arange(1, values.shape[1] + 1)
    if values.shape[0] == 1:
        axes.plot(cycle, values[0], marker + "-", color=colour, lw=0.9, label=label)
        return
    axes.plot(cycle, values.T, color=colour, lw=0.4, alpha=0.4)
    n = np.isfinite(values).sum(axis=0)
    some, several = n > 0, n >= FEWEST_FOR_SD
    mean, sd = np.full(n.size, np.nan), np.full(n.size, np.nan)
    mean[some] = np.nanmean(values[:, some], axis=0)
    sd[several] = np.nanstd(values[:, several], axis=0, ddof=1)
    axes.errorbar(
        cycle, mean, sd, fmt=marker + "-", color=colour, lw=0.9, elinewidth=0.8, label=label
    )


@style.styled
def waves(study: Study, step: int, suffix: str = "") -> Figure | None:
    """Draw the last complete cycle of every site (a), and how wave features scatter (b, c)."""
    e_half, i_lim = f"E_half{suffix}", f"i_lim{suffix}"
    if not study.has(e_half, i_lim) or study.features[e_half].trusted.sum() < 2:
        return None
    traces = list(study.traces(study.measured, step))
    last = [_last_cycle(trace) for _, trace in traces]
    drawn = [loop for loop in last if loop is not None]
    if not drawn:
        return None
    note = hum_words(study, step, study.measured)
    fig = style.figure(style.TWO_COLUMNS, 2.5, virtual=study.virtual, note=note)
    a, b, c = fig.subplots(1, 3, width_ratios=(1.35, 1, 1))
    low, high = current_range([[loop] for loop in drawn])
    scale = style.scale("A", [low, high])
    a.set_ylim(scale(low), scale(high))
    thin = max(0.06, min(0.5, 12 / len(drawn)))
    for loop in drawn:
        a.plot(loop.e, scale(loop.i), color=style.BLUE, lw=0.4, alpha=thin)
    size = min(loop.e.size for loop in drawn)
    # Not the mean, which lies between active and inactive sites, where there is none.
    middle_e = np.median([loop.e[:size] for loop in drawn], axis=0)
    middle_i = np.median([loop.i[:size] for loop in drawn], axis=0)
    a.plot(middle_e, scale(middle_i), color="black", lw=1.2, label=f"median of {len(drawn)}")
    a.plot([], [], color=style.BLUE, lw=0.6, label="each site")
    style.arrows(a, middle_e, scale(middle_i))
    a.axhline(0.0, color=style.GREY, lw=0.5, zorder=0)
    a.legend(loc="upper left")
    a.set_xlabel(style.potential_label(study.reference))
    a.set_ylabel(scale.label("$i$"))
    histogram(b, study, e_half)
    histogram(c, study, i_lim)
    for axes, letter in ((a, "a"), (b, "b"), (c, "c")):
        style.panel(axes, letter)
    return fig


def _last_cycle(trace: StepTrace) -> Loop | None:
    """Return the last cycle all of whose legs were finished."""
    count = max(1, len(trace.segment.cycles) - 1)
    for cycle in reversed(range(count)):
        legs = legs_of(trace, cycle)
        if legs and (cycle == 0 or len(legs) == len(legs_of(trace, 0))):
            rows = slice(legs[0].start, legs[-1].stop)
            return _thinned(trace.E[rows], trace.I[rows])
    return None


def histogram(axes: Axes, study: Study, name: str) -> None:
    """Draw how a feature is distributed over the sites; values with a caveat in open bars."""
    feature = study.features[name]
    counted = feature.trusted.copy()
    counted[np.setdiff1d(np.arange(counted.size), study.measured)] = False
    values = feature.values[counted]
    scale = style.feature_scale(feature.column.unit, values)
    shown = scale(values)
    edges, open_ones = bins(shown).tolist(), feature.qualified[counted]
    if not open_ones.all():
        axes.hist(shown[~open_ones], edges, color=style.BLUE, alpha=0.75, edgecolor="white", lw=0.4)
    if open_ones.any():
        axes.hist(shown[open_ones], edges, facecolor="none", edgecolor=style.BLUE, lw=0.7)
    mean = float(shown.mean())
    sd = float(shown.std(ddof=1)) if shown.size >= FEWEST_FOR_SD else math.nan
    axes.axvline(mean, color="black", lw=0.9)
    unit = f" {scale.unit}" if scale.unit else ""
    said = f"{style.plus_minus(mean, sd)}{unit}, $n$ = {shown.size}"
    axes.set_title(said, fontsize=7, pad=3, loc="right")
    axes.set_xlabel(scale.label(style.symbol(name)))
    axes.set_ylabel("sites")
    axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(5, integer=True))
    axes.yaxis.set_minor_locator(mpl.ticker.NullLocator())


def bins(values: FloatArray) -> FloatArray:
    """Choose edges of a histogram (Freedman and Diaconis), 5 to 40, also for equal values."""
    low, high = float(values.min()), float(values.max())
    if not high > low:
        width = max(abs(low) * 1e-3, 1e-12)
        return np.linspace(low - width, high + width, 6)
    quartiles = np.percentile(values, [25, 75])
    width = 2 * float(quartiles[1] - quartiles[0]) / values.size ** (1 / 3)
    count = (high - low) / width if width > 0.0 else 10.0
    return np.linspace(low, high, int(np.clip(round(count), 5, 40)) + 1)
