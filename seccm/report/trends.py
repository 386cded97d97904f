"""How results follow what is imposed: every condition a point, every repeat to be seen."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seccm import typography
from seccm.analysis import scales
from seccm.analysis.spread import spread
from seccm.analysis.statistics import FEWEST_FOR_SD, Survival, survival
from seccm.arrays import FloatArray
from seccm.program.figures import Trend
from seccm.report import style
from seccm.report.feature import Feature
from seccm.report.groups import Group
from seccm.report.plausible import growing_above_zero
from seccm.report.study import Study
from seccm.results import Result, Status

_LOOKS = ((style.BLUE, "o"), (style.ORANGE, "s"), (style.GREY, "^"), ("black", "v"))
"""Colours and markers of the results in one panel."""
_BESIDE = 0.02
"""Decades, or share of a linear axis, over which the repeats of a condition are spread."""


@dataclass(frozen=True, slots=True)
class Point:
    """One condition in a plot of a result against what is imposed."""

    group: Group
    x: float
    """What is imposed, SI: median of the repeats, of a current the magnitude."""
    values: FloatArray
    """Of the repeats that have one which stands for itself, SI; of currents the magnitudes."""
    errors: FloatArray
    """Standard uncertainties of these, SI."""
    qualified: Mapping[Status, FloatArray]
    """Of the others that have one, by what has to be said of them."""
    doubts: Mapping[Status, FloatArray]
    """Standard uncertainties of those."""
    n_censored: int
    """Repeats at which the event was awaited in vain."""
    waited: float
    """The longest wait in vain, in the unit of the feature; NaN if there was none."""

    @property
    def n(self) -> int:
        """Repeats that have a value, with a caveat or without."""
        return int(self.values.size + sum(values.size for values in self.qualified.values()))

    @property
    def every(self) -> FloatArray:
        """All of these values, and the longest wait."""
        return np.concatenate([self.values, *self.qualified.values(), [self.waited]])


@dataclass(frozen=True, slots=True)
class Series:
    """Conditions that differ in what is imposed alone."""

    label: str
    """What they have in common; empty if there is one series."""
    colour: str
    """Empty if there is one series: then the results have colours."""
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Across:
    """The horizontal axis: what is imposed."""

    result: Result
    low: float
    """SI."""
    high: float

    @property
    def log(self) -> bool:
        """Whether the axis is logarithmic: that of a current is."""
        return self.result.signed

    @property
    def scale(self) -> scales.Scale:
        """How it is shown."""
        return scales.scale(self.result.unit, [self.high])

    def beside(self, x: float, count: int) -> FloatArray:
        """Return places side by side for so many repeats, so that they can be counted."""
        apart = _BESIDE * np.linspace(-1, 1, count) if count > 1 else np.zeros(count)
        if self.log:
            return np.asarray(self.scale(x * 10**apart))
        return np.asarray(self.scale(x + apart * (self.high - self.low)))

    def set_up(self, axes: Axes, reference: str) -> None:
        """Set range, ticks and label of an axis."""
        low, high = (float(self.scale(end)) for end in (self.low, self.high))
        if self.log:
            axes.set_xscale("log")
            axes.set_xlabel(self.scale.label(_magnitude(self.result.symbol)))
            axes.set_xlim(low / 1.35, high * 1.35)
            style.nice_log_ticks(axes, "x", axes.get_xlim())
            return
        room = 0.12 * (high - low)
        axes.set_xlim(low - room, high + room)
        potential = self.result.against_reference
        axes.set_xlabel(scales.potential_label(reference) if potential
                        else self.scale.label(self.result.symbol or self.result.name))  # fmt: skip


def series(study: Study, step: int, what: Trend) -> list[Series]:
    """Sort the conditions into series that a line may connect.

    Where nothing is imposed twice, there is one. Otherwise all that differs besides it tells the
    series apart: a mean over it would be of different experiments.
    """
    imposed = [p.x for p in points(study, what.against, what.against, step)]
    if len(imposed) == len({f"{x:.2e}" for x in imposed}) or study.plan is None:
        return [Series("", "", tuple(study.groups))]
    sorted_out: dict[str, list[Group]] = {}
    for group in study.groups:
        sorted_out.setdefault(study.groups.besides_imposed(group, step), []).append(group)
    colours = scales.ordered(len(sorted_out))
    return [
        Series(label, colour, tuple(groups))
        for (label, groups), colour in zip(sorted_out.items(), colours, strict=True)
    ]


def points(
    study: Study, result: Result, against: Result, step: int,
    groups: Sequence[Group] | None = None,
) -> list[Point]:  # fmt: skip
    """Collect a result by condition, ordered by what is imposed.

    Args:
        study: a scan.
        result: which one.
        against: what is imposed, of the same step.
        step: of the program.
        groups: the conditions; all unless given.
    """
    feature, imposed = study.result(result, step), study.result(against, step)
    if feature is None or imposed is None:
        return []
    end = study.waited(feature.name)
    found = []
    plain = feature.known & ~feature.qualified
    size = _size(result)
    for group in study.groups if groups is None else groups:
        x = imposed.values[group.counted]
        if not np.isfinite(x).any():
            continue
        late = feature.censored[group.counted]
        waited = end.values[group.counted][late] if end is not None else np.empty(0)
        own = group.counted[plain[group.counted]]
        caveats = feature.caveats(group.counted)
        found.append(
            Point(
                group=group,
                x=float(np.nanmedian(_size(against)(x))),
                values=size(feature.values[own]),
                errors=feature.errors[own],
                qualified={s: size(feature.values[sites]) for s, sites in caveats.items()},
                doubts={status: feature.errors[sites] for status, sites in caveats.items()},
                n_censored=int(late.sum()),
                waited=float(np.nanmax(waited)) if np.isfinite(waited).any() else math.nan,
            )
        )
    return sorted(found, key=lambda p: p.x)


def _size(result: Result) -> np.ufunc:
    """Return what is drawn of numbers: those with the sign of a current as magnitudes."""
    return np.abs if result.signed else np.positive


def _magnitude(symbol: str) -> str:
    return f"$|{symbol.strip('$')}|$"


def survivals(feature: Feature, end: Feature, sites: npt.NDArray[np.int64]) -> Survival:
    """Estimate median time or charge to an event at some sites, those in vain included."""
    late = feature.censored[sites]
    values = np.where(late, end.values[sites], feature.values[sites])
    usable = late | feature.trusted[sites]
    return survival(values[usable], late[usable])


@style.styled
def trend(study: Study, step: int, what: Trend) -> Figure | None:
    """Draw results against what is imposed, a panel for each group of them.

    Returns:
        None if a result has no number, or only one value was imposed.
    """
    if any(study.result(each, step) is None for each in (*what.results, what.against)):
        return None
    imposed = [p.x for p in points(study, what.against, what.against, step)]
    if len({f"{x:.2e}" for x in imposed}) < 2:
        return None
    across = Across(what.against, min(imposed), max(imposed))
    potentials = across.result.against_reference or any(r.against_reference for r in what.results)
    fig = study.figure(style.TWO_COLUMNS, 2.75, potentials=potentials)
    chosen = series(study, step, what)
    grid = fig.subplots(1, len(what.panels), squeeze=False)[0]
    for letter, axes, results in zip("abcdefgh", grid, what.panels, strict=False):
        found = {r: [points(study, r, what.against, step, s.groups) for s in chosen]
                 for r in results}  # fmt: skip
        if results[0].against_reference:
            _potentials(axes, study, step, across, chosen, found)
        else:
            _amounts(axes, across, chosen, found, what.event)
        across.set_up(axes, study.reference)
        style.panel(axes, letter, pad=9.0 if len(chosen) == 1 else 3.0)  # above the counts
        if len(chosen) == 1:
            _counts(axes, across, found[results[0]][0])
    _legend(fig, grid[0])
    return fig


def _legend(fig: Figure, first: Axes) -> None:
    """Name the results of the first panel below all of them, if it does not do so itself."""
    handles, labels = first.get_legend_handles_labels()
    if first.get_legend() is not None or not labels:
        return
    # A caveat takes half the width of the figure.
    longest = max((len(typography.html(label)) for label in labels), default=0)
    columns = 3 if longest <= 24 or len(labels) == 2 else 2 if longest <= 62 else 1
    fig.legend(handles, labels, loc="outside lower left", ncols=columns)


Found = Mapping[Result, list[list[Point]]]
"""The points of each result, series by series."""


def _potentials(
    axes: Axes, study: Study, step: int, across: Across, chosen: Sequence[Series], found: Found
) -> None:
    """Draw potentials, named with their series and numbers of repeats."""
    for k, one in enumerate(chosen):
        for (colour, marker), (result, each) in zip(_LOOKS, found.items(), strict=False):
            own = each[k]
            counts = f"$n$ = {'/'.join(str(p.n) for p in own)}" if one.label else ""
            parts = (scales.symbol(result.name), one.label, counts)
            label = ", ".join(part for part in parts if part)
            _values(axes, across, own, 1e3, one.colour or colour, marker, label)
    axes.set_ylabel(scales.potential_label(study.reference, "mV"))
    names = [study.name(result.name, step) for result in found]
    if any(growing_above_zero(study, name).size for name in names):
        axes.axhline(0.0, color=style.GREY, lw=0.6, ls=(0, (4, 2)), zorder=0)


def _amounts(
    axes: Axes, across: Across, chosen: Sequence[Series], found: Found, event: str
) -> None:
    """Draw what may be censored and is positive, on a logarithmic axis."""
    everything = np.concatenate([p.every for each in found.values() for own in each for p in own])
    finite = everything[np.isfinite(everything)]
    first = next(iter(found))
    scale = scales.scale(first.unit, finite)
    marked = False
    for k, one in enumerate(chosen):
        for (colour, marker), (result, each) in zip(_LOOKS, found.items(), strict=False):
            own = each[k]
            label = scales.symbol(result.name) if len(found) > 1 and not k else ""
            _values(axes, across, own, scale.factor, one.colour or colour, marker, label)
            _limits(axes, across, own, scale.factor, one.colour or style.ORANGE, event)
            marked |= bool(label) or any(p.n_censored or p.qualified for p in own)
    axes.set_ylabel(scale.label(", ".join(_symbol(result) for result in found)))
    if finite.size and finite.min() > 0.0:
        axes.set_yscale("log")
        _decent_log_range(axes, scale(finite))
    if marked:
        axes.legend(loc="best", handlelength=1.0)


def _symbol(result: Result) -> str:
    symbol = scales.symbol(result.name)
    return _magnitude(symbol) if result.signed else symbol


def _counts(axes: Axes, across: Across, found: Sequence[Point]) -> None:
    """Write above each condition how many repeats have a value."""
    above_axis = axes.get_xaxis_transform()
    for k, p in enumerate(found):
        axes.text(
            float(across.scale(p.x)), 1.015, f"{p.n}" if k else f"$n$ = {p.n}",
            transform=above_axis, ha="center", va="bottom", fontsize=5.5, color=style.GREY,
        )  # fmt: skip


def _values(
    axes: Axes, across: Across, found: list[Point], factor: float, colour: str, marker: str,
    label: str,
) -> None:  # fmt: skip
    """Draw every repeat small and means large; those with a caveat open, apart and unconnected.

    A line through values that are not what they would come to would show a trend that is none.
    """
    plain = [(p, p.values, p.errors) for p in found]
    _repeats(axes, across, plain, factor, colour, marker, label)
    nothing = np.empty(0)
    for status in sorted({status for p in found for status in p.qualified}):
        some = [(p, p.qualified.get(status, nothing), p.doubts.get(status, nothing)) for p in found]
        said = f"{label}: {status.caveat}" if label else textwrap.fill(status.caveat, 30)
        _repeats(axes, across, some, factor, colour, marker, said, whole=False)


def _repeats(
    axes: Axes,
    across: Across,
    some: list[tuple[Point, FloatArray, FloatArray]],
    factor: float,
    colour: str,
    marker: str,
    label: str,
    *,
    whole: bool = True,
) -> None:
    face = colour if whole else "white"
    for p, values, _ in some:
        edge = 0.0 if whole else 0.4
        axes.plot(
            across.beside(p.x, values.size), values * factor, "o", color=colour, ms=1.8,
            alpha=0.5, mew=edge, mfc=face,
        )  # fmt: skip
    # A mean of those with the event is too early where others had not come to it: no mean there.
    means = [(p, spread(v, e) if v.size and not p.n_censored else None) for p, v, e in some]
    known = [k for k, (_, s) in enumerate(means) if s is not None]
    if not known:
        return
    # No line goes past a condition without a mean: it would show what was not found there.
    shown = means[known[0] : known[-1] + 1]
    x = [float(across.scale(p.x)) for p, _ in shown]
    mean = np.array([math.nan if s is None else s.mean for _, s in shown]) * factor
    bars = [
        s.error * factor if s is not None and s.n >= FEWEST_FOR_SD else math.nan for _, s in shown
    ]
    axes.errorbar(
        x, mean, bars, fmt=marker + ("-" if whole else ""), color=colour, ms=4.2, lw=0.9,
        elinewidth=0.8, mfc=face, mew=0.9, label=label or None,
    )  # fmt: skip


def _limits(
    axes: Axes, across: Across, found: list[Point], factor: float, colour: str, event: str
) -> None:
    """Mark conditions in which some records ended first: at their end, with an arrow upwards."""
    late = [p for p in found if p.n_censored and math.isfinite(p.waited)]
    said = f"no {event} before the end"
    for k, p in enumerate(late):
        x, y = float(across.scale(p.x)), p.waited * factor
        axes.errorbar(
            x, y, 0.22 * y, lolims=True, fmt="_", color=colour, ms=7, mew=1.0,
            elinewidth=0.9,
        )  # fmt: skip
        if k == 0 and said not in axes.get_legend_handles_labels()[1]:
            axes.plot([], [], ls="", marker=r"$\uparrow$", color=colour, ms=7, label=said)
        axes.annotate(
            f"{p.n_censored} of {p.n_censored + p.n}",
            (x, y), xytext=(0, -4), textcoords="offset points", ha="center", va="top",
            fontsize=6, color=colour,
        )  # fmt: skip


def _decent_log_range(axes: Axes, shown: FloatArray) -> None:
    """Give a logarithmic axis at least a factor of four, with room for what is written on it."""
    low, high = float(shown.min()) / 1.5, float(shown.max()) * 2.0
    widen = math.sqrt(max(1.0, 4.0 * low / high))
    axes.set_ylim(low / widen, high * widen)
    style.nice_log_ticks(axes, "y", axes.get_ylim())
