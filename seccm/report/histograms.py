"""How many of something there are: the numbers of arrays, all sites of a condition together."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from seccm.analysis import scales
from seccm.analysis.decades import spans_decades
from seccm.arrays import FloatArray
from seccm.program.figures import Histogram
from seccm.report import style
from seccm.report.distribution import bins
from seccm.report.groups import Group
from seccm.report.study import MOST_CURVES, Study, evenly
from seccm.results import Result

MOST = 8
"""Most conditions that are drawn over one another."""
FEWEST = 5
"""Numbers below which there is no histogram."""


def pooled(study: Study, group: Group, step: int, result: Result) -> FloatArray:
    """Return the numbers of all sites of a condition that may be averaged, shape (numbers,)."""
    found = [np.empty(0)]
    for number in evenly(group.counted, MOST_CURVES).tolist():
        own = study.arrays(number, step).get(result.name)
        if own is not None:
            trusted = [own.entry(k).status.trusted for k in range(len(own))]
            found.append(own.values[np.array(trusted, bool)])
    return np.concatenate(found)


@style.styled
def histogram(study: Study, step: int, what: Histogram) -> Figure | None:
    """Draw how numbers are distributed, a panel for each result; None if there are too few."""
    groups = [study.groups[k] for k in evenly(np.arange(len(study.groups)), MOST)]
    drawn: list[tuple[Result, list[tuple[Group, FloatArray]]]] = []
    for result in what.results:
        each = [(group, pooled(study, group, step, result)) for group in groups]
        if sum(values.size for _, values in each) >= FEWEST:
            drawn.append((result, each))
    if not drawn:
        return None
    width = min(style.TWO_COLUMNS, 1.4 + 2.6 * len(drawn))
    fig = study.figure(width, 2.5, currents=False)
    grid = fig.subplots(1, len(drawn), squeeze=False)[0]
    for letter, axes, (result, each) in zip("abcdefgh", grid, drawn, strict=False):
        _panel(axes, study, what, result, each)
        if len(drawn) > 1:
            style.panel(axes, letter)
    if study.groups.several:
        handles, labels = grid[0].get_legend_handles_labels()
        fig.legend(handles, labels, title=study.groups.legend_title or None,
                   loc="outside right center")  # fmt: skip
    return fig


def _panel(
    axes: Axes, study: Study, what: Histogram, result: Result,
    each: list[tuple[Group, FloatArray]],
) -> None:  # fmt: skip
    everything = np.concatenate([values for _, values in each])
    scale = scales.scale(result.unit, everything)
    symbol = result.symbol or result.name
    size = np.abs if result.signed else np.asarray
    log = result.has_zero and spans_decades(np.abs(everything))
    shown = size(scale(everything))
    edges = 10.0 ** bins(np.log10(shown)) if log else bins(shown)
    edges[0], edges[-1] = min(edges[0], shown.min()), max(edges[-1], shown.max())
    for group, values in each:
        own = size(scale(values))
        if not own.size:
            continue
        label = f"{group.label}  ({own.size})"
        colour = group.colour if study.groups.several else style.BLUE
        if study.groups.several:
            axes.hist(own, edges.tolist(), histtype="step", color=colour, lw=1.0, label=label)
        else:
            axes.hist(own, edges.tolist(), color=colour, alpha=0.75, edgecolor="white", lw=0.4)
            axes.axvline(float(np.median(own)), color="black", lw=0.9)
            unit = "" if scale.unit == "1" else f" {scale.unit}"
            middle = f"median {np.median(own):.3g}{unit}"
            axes.set_title(f"{middle}, $n$ = {own.size}", fontsize=6.5, pad=3, loc="right")
    if log:
        axes.set_xscale("log")
        style.nice_log_ticks(axes, "x", axes.get_xlim())
    axes.set_xlabel(scale.label(f"$|${symbol}$|$" if result.signed else symbol))
    axes.set_ylabel(what.counted)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
