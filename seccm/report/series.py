"""Series of steps within a site, such as sweeps at several scan rates: every site, by condition."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from seccm.analysis import scales
from seccm.analysis.series import SeriesOfSite, SeriesPoints, may_have_series
from seccm.analysis.spread import spread
from seccm.analysis.statistics import FEWEST_FOR_SD
from seccm.arrays import BoolArray, FloatArray
from seccm.data import Table
from seccm.program.figures import Axis, Series, SeriesPanel
from seccm.report import style
from seccm.report.groups import Group
from seccm.report.study import Study
from seccm.results import UNTRUSTED, Status
from seccm.typography import number

_COLUMNS = 3
_LINE = 32
"""Letters of a line along an axis of a panel."""
_TOLD = 3
"""Most conditions whose slopes are told above a panel."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A series that some sites have, and the step with which it ends."""

    what: Series
    step: int
    each: tuple[tuple[Group, tuple[SeriesOfSite, ...]], ...]

    def points(self, panel: int) -> list[tuple[Group, list[SeriesPoints]]]:
        """Return the points of one panel by condition; of those that have some."""
        found = ((group, [one.panels[panel] for one in own]) for group, own in self.each)
        return [(g, some) for g, own in found if (some := [p for p in own if p.x.size])]


def of_study(study: Study) -> Iterator[Drawn]:
    """Yield every series of a scan, each with all sites that have it."""
    if not may_have_series(study.segments):
        return
    by_step: dict[tuple[str, int], list[tuple[Group, tuple[SeriesOfSite, ...]]]] = {}
    kept: dict[tuple[str, int], Series] = {}
    for group in study.groups:
        own: dict[tuple[str, int], list[SeriesOfSite]] = {}
        for site in study.repeats(group).tolist():
            for one in study.series(site):
                key = (one.what.slug, one.step)
                own.setdefault(key, []).append(one)
                kept[key] = one.what
        for key, sites in own.items():
            by_step.setdefault(key, []).append((group, tuple(sites)))
    for key in sorted(by_step, key=lambda key: key[1]):
        yield Drawn(kept[key], key[1], tuple(by_step[key]))


@style.styled
def series(study: Study, drawn: Drawn) -> Figure:
    """Draw the panels of a series: sites small, the mean of a condition large."""
    shown = [(k, every) for k in range(len(drawn.what.panels)) if (every := drawn.points(k))]
    columns = min(_COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    panels = [drawn.what.panels[k] for k, _ in shown]
    fig = study.figure(
        style.TWO_COLUMNS if columns > 1 else style.ONE_COLUMN + 1.2,
        2.6 * rows,
        currents=any(panel.y.signed for panel in panels),
        potentials=any(axis.against_reference for p in panels for axis in (p.x, p.y)),
    )
    grid = fig.subplots(rows, columns, squeeze=False).ravel()
    for letter, axes, panel, (_, every) in zip("abcdefghi", grid, panels, shown, strict=False):
        _panel(axes, study, drawn.step, panel, every)
        if len(shown) > 1:
            style.panel(axes, letter)
    for axes in grid[len(shown) :]:
        axes.remove()
    if study.groups.several:
        handles, labels = grid[0].get_legend_handles_labels()
        fig.legend(handles, labels, title=study.groups.legend_title or None,
                   loc="outside lower center", ncols=min(4, len(labels)))  # fmt: skip
    return fig


def _panel(
    axes: Axes, study: Study, step: int, panel: SeriesPanel,
    every: Sequence[tuple[Group, Sequence[SeriesPoints]]],
) -> None:  # fmt: skip
    x, y = (
        scales.scale(axis.unit, np.concatenate([getattr(p, name) for _, own in every for p in own]))
        for axis, name in ((panel.x, "x"), (panel.y, "y"))
    )
    for group, own in every:
        colour = group.colour if study.groups.several else style.BLUE
        alone = len(own) == 1
        for one in own:
            axes.plot(x(one.x), y(one.y), ls="none", marker="o", ms=4.0 if alone else 2.2, mew=0.6,
                      color=colour, alpha=1.0 if alone else 0.4, mfc="none")  # fmt: skip
            if alone:
                axes.errorbar(x(one.x), y(one.y), y(one.error), fmt="none", ecolor=colour, lw=0.8)
        label = f"{group.label}  ({len(own)})"
        place, middle, error, line = _pooled(own)
        if not alone:
            axes.errorbar(x(place), y(middle), y(error), fmt="o", ms=4.5, color=colour,
                          capsize=1.5, lw=0.8, label=label, zorder=3)  # fmt: skip
        else:
            axes.plot([], [], "o", color=colour, mfc="none", ms=4.0, label=label)
        axes.plot(x(place), y(line), color=colour, lw=0.9, zorder=2)
        if (beyond := _to_zero(panel, place, line)) is not None:
            axes.plot(x(beyond[0]), y(beyond[1]), color=colour, lw=0.7, ls=(0, (3, 2)), zorder=2)
    if panel.heading:
        axes.set_title(panel.heading, fontsize=8.0)
    for which, axis, scale in (("x", panel.x, x), ("y", panel.y, y)):
        _axis(axes, which, axis, scale, study.reference)
    told = _told(study, step, panel, [group for group, _ in every])
    if told:
        said = Line2D([], [], ls="none")
        axes.legend([said], [told], loc="best", fontsize=6.5, handlelength=0.0, handletextpad=0.0)


def _in_lines(label: str) -> str:
    """Break a label that is too long for its axis; its unit stays in one piece."""
    if len(re.sub(r"[${}^\\]", "", label)) <= _LINE:
        return label
    words, bracket, unit = label.rpartition(" (")
    return "\n".join([*textwrap.wrap(words, _LINE), f"({unit}"]) if bracket else label


def _axis(axes: Axes, which: str, axis: Axis, scale: scales.Scale, reference: str) -> None:
    """Name an axis and choose its kind."""
    label = (
        scales.potential_label(reference, axis.unit)
        if axis.against_reference
        else scale.label(style.literal(axis.words))
    )
    axes.set(**{f"{which}label": _in_lines(label)})
    if axis.log:
        axes.set(**{f"{which}scale": "log"})
        low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
        style.nice_log_ticks(axes, which, (low, high))
    elif not axis.against_reference:
        axes.margins(0.06)


def _pooled(
    own: Sequence[SeriesPoints],
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return x, mean, standard deviation and mean line of all sites of a condition.

    Points whose x are alike, but for rounding, are one. Of fewer than three values the deviation
    is NaN; those with a caveat are left out of the mean.
    """
    x = np.concatenate([one.x for one in own])
    y, line = (np.concatenate([getattr(one, name) for one in own]) for name in ("y", "line"))
    trusted = np.concatenate([one.trusted for one in own])
    order = np.argsort(x, kind="stable")
    apart = np.diff(x[order]) > 1e-3 * max(float(np.abs(x).max()), 1e-300)
    parts = np.split(order, np.flatnonzero(apart) + 1)
    rows = []
    for part in parts:
        good = part[trusted[part]]
        values = y[good]
        sd = float(values.std(ddof=1)) if values.size >= FEWEST_FOR_SD else np.nan
        mean = float(values.mean()) if values.size else np.nan
        fits = line[part][np.isfinite(line[part])]
        rows.append((float(x[part].mean()), mean, sd, float(fits.mean()) if fits.size else np.nan))
    place, middle, error, fit = np.array(rows).T
    return place, middle, error, fit


def _told(study: Study, step: int, panel: SeriesPanel, groups: Sequence[Group]) -> str:
    """Write what a panel is drawn for: the mean of the sites, how far it is to be trusted, a bound.

    Nothing of many conditions, and nothing where nobody has analysed the file yet.
    """
    lines: list[str] = []
    for result in panel.slopes if len(groups) <= _TOLD else ():
        try:
            table = study.scan.results(result.name)
        except KeyError:
            continue
        known = (table["step"] == step) & np.isfinite(table["value"])
        scale = scales.scale(result.unit, table["value"][known])
        each = [_in_words(table, known & np.isin(table["site"], g.counted), scale) for g in groups]
        if any(each):
            unit = [scale.unit] if scale.unit else []
            lines += [f"{result.symbol}", *filter(None, each), *unit]
    return "\n".join(lines)


def _in_words(table: Table, mine: BoolArray, scale: scales.Scale) -> str:
    """Write the mean of some numbers; without one that may be averaged, the median of bounds."""
    good = mine & (table["status"] < UNTRUSTED)
    if good.any():
        one = spread(table["value"][good], table["err"][good])
        return f"= {scales.told(one, scale.factor)}"
    for status, sign in ((Status.AT_LEAST, "≥"), (Status.AT_MOST, "≤")):
        bounds = table["value"][mine & (table["status"] == status)]
        if bounds.size:
            return f"{sign} {number(scale.factor * float(np.median(bounds)), 2)}"
    return ""


def _to_zero(
    panel: SeriesPanel, x: FloatArray, line: FloatArray
) -> tuple[FloatArray, FloatArray] | None:
    """Return a straight line from x = 0 to its first point; None where it is none, or bent."""
    known = np.isfinite(line)
    if panel.x.log or panel.y.log or panel.x.against_reference or known.sum() < 2:
        return None
    slope, height = np.polyfit(x[known], line[known], 1)
    if np.ptp(line[known] - height - slope * x[known]) > 1e-3 * float(np.ptp(line[known])):
        return None
    ends = np.array([0.0, float(x[known].min())])
    return ends, height + slope * ends
