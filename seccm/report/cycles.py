"""Results of each cycle against its number, such as charge and efficiency."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seccm.analysis import scales
from seccm.analysis.statistics import FEWEST_FOR_SD
from seccm.arrays import FloatArray
from seccm.program.figures import ByCycle
from seccm.report import style
from seccm.report.study import MOST_CURVES, Study, evenly
from seccm.results import Result

FEWEST_CYCLES = 3
"""From so many cycles on, results are drawn against the number of the cycle."""
MOST = 12
"""Most conditions that are drawn."""
_LOOKS = ((style.BLUE, "o"), (style.ORANGE, "s"), (style.GREY, "^"), ("black", "v"))
"""Colours and markers of the results in one panel."""


def of_cycles(
    study: Study, step: int, what: ByCycle, sites: npt.NDArray[np.int64]
) -> dict[Result, FloatArray] | None:
    """Determine results of each cycle; None if no site completed one.

    Returns:
        For each result an array of shape (sites, cycles), NaN where there is no number.
    """
    found = [study.arrays(int(number), step) for number in evenly(sites, MOST_CURVES)]
    found = [each for each in found if all(result.name in each for result in what.results)]
    first = what.results[0].name
    most = max((each[first].values.size for each in found), default=0)
    if most == 0:
        return None
    table = {result: np.full((len(found), most), np.nan) for result in what.results}
    for row, each in enumerate(found):
        for result, numbers in table.items():
            own = each[result.name].values
            numbers[row, : own.size] = own
    return table


@style.styled
def by_cycle(study: Study, step: int, what: ByCycle) -> Figure | None:
    """Draw results against the number of the cycle: a panel for each unit.

    Returns:
        None if the figure says nothing of this scan, or no site has enough cycles.
    """
    telling = study.name(what.telling.name, step) if what.telling is not None else ""
    if what.telling is not None and not study.telling(telling):
        return None
    groups = [study.groups[k] for k in evenly(np.arange(len(study.groups)), MOST)]
    found = [(group, of_cycles(study, step, what, group.counted)) for group in groups]
    done = [(group, table) for group, table in found if table is not None]
    first = what.results[0]
    most = max((table[first].shape[1] for _, table in done), default=0)
    if most < FEWEST_CYCLES:
        return None
    panels: dict[str, list[Result]] = {}
    for result in what.results:
        panels.setdefault(result.unit, []).append(result)
    fig = study.figure(style.TWO_COLUMNS, 2.5)
    grid = fig.subplots(1, len(panels), squeeze=False)[0]
    for letter, axes, results in zip("abcdefgh", grid, panels.values(), strict=False):
        everything = np.concatenate([t[r].ravel() for _, t in done for r in results])
        scale = scales.scale(results[0].unit, everything)
        for group, table in done:
            own = group.colour if study.groups.several else ""
            for (colour, marker), result in zip(_LOOKS, results, strict=False):
                usual = "0.15" if len(results) == 1 else colour
                label = result.symbol if len(results) > 1 and not own else ""
                if own and result is first:
                    label = f"{group.label}  ({table[result].shape[0]})"
                _against_cycle(axes, scale(table[result]), own or usual, marker, label)
        axes.set_ylabel(scale.label(", ".join(result.symbol for result in results)))
        shown = scale(everything[np.isfinite(everything)])
        if shown.size and shown.min() >= 0.0:
            ceiling = 1.0 if results[0].unit == "1" else 0.0
            axes.set_ylim(0.0, max(ceiling, 1.05 * float(shown.max())) or None)
        _finish(axes, letter, most)
    if study.groups.several:
        fig.legend(*grid[0].get_legend_handles_labels(), title=study.groups.legend_title or None,
                   loc="outside right center")  # fmt: skip
    for axes, results in zip(grid, panels.values(), strict=True):
        if len(results) == 1:
            continue
        if study.groups.several:
            for (_, marker), result in zip(_LOOKS, results, strict=False):
                axes.plot([], [], f"{marker}-", color=style.GREY, lw=0.9, label=result.symbol)
        axes.legend(loc="best")
    return fig


def _finish(axes: Axes, letter: str, most: int) -> None:
    axes.set_xlabel("cycle")
    axes.set_xlim(0.4, most + 0.6)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(10, integer=True))
    axes.xaxis.set_minor_locator(mpl.ticker.NullLocator())
    style.panel(axes, letter)


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
