"""How features follow current density: nucleation and growth potential, time, charge."""

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
from seccm.analysis.declared import declared
from seccm.analysis.spread import spread
from seccm.analysis.statistics import FEWEST_FOR_SD, Survival, survival
from seccm.arrays import FloatArray
from seccm.report import style
from seccm.report.feature import Feature
from seccm.report.plausible import growing_above_zero
from seccm.report.study import Group, Study
from seccm.results import Status

_POTENTIALS = (("E_nuc", style.BLUE, "o"), ("E_growth", style.ORANGE, "s"))
"""What is drawn in panel a, its colour and its marker."""
_J = scales.scale("A/m^2")
_EVENT = ("t_nuc", "Q_nuc")
"""What is drawn in panels b and c."""
_LATE = "not nucleated before the end"
DRAWN = (*(name for name, _, _ in _POTENTIALS), *_EVENT)


@dataclass(frozen=True, slots=True)
class Point:
    """One condition in a plot of a feature against current density."""

    group: Group
    j: float
    """A/m2, magnitude: median of the repeats."""
    values: FloatArray
    """Of the repeats that have one which stands for itself, SI."""
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


@dataclass(frozen=True, slots=True)
class Series:
    """Conditions that differ in the current density alone."""

    label: str
    """What they have in common; empty if there is one series."""
    colour: str
    """Empty if there is one series: then the features have colours."""
    groups: tuple[Group, ...]


def series(study: Study, step: int) -> list[Series]:
    """Sort the conditions into series that a line may connect.

    Where no current density occurs twice, there is one. Otherwise all that differs besides it
    tells the series apart: a mean over it would be of different experiments.
    """
    densities = [p.j for p in points(study, "j", step)]
    if len(densities) == len({f"{j:.2e}" for j in densities}) or study.plan is None:
        return [Series("", "", study.groups)]
    sorted_out: dict[str, list[Group]] = {}
    for group in study.groups:
        sorted_out.setdefault(study.besides_current(group), []).append(group)
    colours = scales.ordered(len(sorted_out))
    return [
        Series(label, colour, tuple(groups))
        for (label, groups), colour in zip(sorted_out.items(), colours, strict=True)
    ]


def points(
    study: Study, result: str, step: int, groups: Sequence[Group] | None = None
) -> list[Point]:
    """Collect a feature by condition, ordered by current density.

    Args:
        study: with a feature j of the same step.
        result: which one, without the number of its step.
        step: of the program.
        groups: the conditions; all unless given.
    """
    name = study.name(result, step)
    feature, density = study.features[name], study.features[study.name("j", step)]
    end = study.waited(name)
    found = []
    plain = feature.known & ~feature.qualified
    for group in study.groups if groups is None else groups:
        j = np.abs(density.values[group.counted])
        if not np.isfinite(j).any():
            continue
        late = feature.censored[group.counted]
        waited = end.values[group.counted][late] if end is not None else np.empty(0)
        own = group.counted[plain[group.counted]]
        caveats = feature.caveats(group.counted)
        found.append(
            Point(
                group=group,
                j=float(np.nanmedian(j)),
                values=feature.values[own],
                errors=feature.errors[own],
                qualified={status: feature.values[sites] for status, sites in caveats.items()},
                doubts={status: feature.errors[sites] for status, sites in caveats.items()},
                n_censored=int(late.sum()),
                waited=float(np.nanmax(waited)) if np.isfinite(waited).any() else math.nan,
            )
        )
    return sorted(found, key=lambda p: p.j)


def survivals(feature: Feature, end: Feature, sites: npt.NDArray[np.int64]) -> Survival:
    """Estimate median time or charge to nucleation of some sites, those in vain included."""
    late = feature.censored[sites]
    values = np.where(late, end.values[sites], feature.values[sites])
    usable = late | feature.trusted[sites]
    return survival(values[usable], late[usable])


@style.styled
def nucleation(study: Study, step: int) -> Figure | None:
    """Draw potentials (a), time (b) and charge (c) of nucleation against current density.

    Returns:
        None if nothing nucleated, or only one current density was tried.
    """
    if not study.has(*(study.name(result, step) for result in (*DRAWN, "j"))):
        return None
    js = [float(_J(p.j)) for p in points(study, "E_nuc", step)]
    if len({f"{j:.2e}" for j in js}) < 2:
        return None
    fig = study.figure(style.TWO_COLUMNS, 2.75, potentials=True)
    a, b, c = fig.subplots(1, 3)
    chosen = series(study, step)
    for one in chosen:
        for name, colour, marker in _POTENTIALS:
            found = points(study, name, step, one.groups)
            counts = f"$n$ = {'/'.join(str(p.n) for p in found)}" if one.label else ""
            parts = (scales.symbol(name), one.label, counts)
            label = ", ".join(part for part in parts if part)
            _values(a, found, 1e3, one.colour or colour, marker, label)
    a.set_ylabel(scales.potential_label(study.reference, "mV"))
    if growing_above_zero(study, study.name("E_growth", step)).size:
        a.axhline(0.0, color=style.GREY, lw=0.6, ls=(0, (4, 2)), zorder=0)
    handles, labels = a.get_legend_handles_labels()
    # A caveat takes half the width of the figure.
    longest = max((len(typography.html(label)) for label in labels), default=0)
    columns = 3 if longest <= 24 or len(labels) == 2 else 2 if longest <= 62 else 1
    fig.legend(handles, labels, loc="outside lower left", ncols=columns)
    for axes, name in zip((b, c), _EVENT, strict=True):
        _events(axes, study, name, step, chosen)
    for axes, name, letter in ((a, "E_nuc", "a"), (b, "t_nuc", "b"), (c, "Q_nuc", "c")):
        axes.set_xscale("log")
        axes.set_xlabel(_J.label("$|j|$"))
        axes.set_xlim(min(js) / 1.35, max(js) * 1.35)
        style.nice_log_ticks(axes, "x", axes.get_xlim())
        style.panel(axes, letter, pad=9.0 if len(chosen) == 1 else 3.0)  # above the counts
        if len(chosen) == 1:
            _counts(axes, points(study, name, step))
    return fig


def _events(axes: Axes, study: Study, name: str, step: int, chosen: Sequence[Series]) -> None:
    """Draw a feature that may be censored, on a logarithmic axis."""
    scale = scales.scale(declared(name).unit)
    shown: list[float] = []
    marked = False
    for one in chosen:
        found = points(study, name, step, one.groups)
        _values(axes, found, scale.factor, one.colour or style.BLUE, "o", "")
        _limits(axes, found, scale.factor, one.colour or style.ORANGE)
        for p in found:
            each = (p.values, *p.qualified.values(), np.array([p.waited]))
            shown += [float(v) * scale.factor for values in each for v in values]
            marked |= bool(p.n_censored or p.qualified)
    axes.set_yscale("log")
    axes.set_ylabel(scale.label(scales.symbol(name)))
    _decent_log_range(axes, shown)
    if marked:
        axes.legend(loc="best", handlelength=1.0)


def _counts(axes: Axes, found: Sequence[Point]) -> None:
    """Write below each condition how many repeats have a value."""
    above_axis = axes.get_xaxis_transform()
    for k, p in enumerate(found):
        axes.text(
            float(_J(p.j)), 1.015, f"{p.n}" if k else f"$n$ = {p.n}", transform=above_axis,
            ha="center", va="bottom", fontsize=5.5, color=style.GREY,
        )  # fmt: skip


def _values(
    axes: Axes, found: list[Point], factor: float, colour: str, marker: str, label: str
) -> None:
    """Draw every repeat small and means large; those with a caveat open, apart and unconnected.

    A line through values that are not what they would come to would show a trend that is none.
    """
    plain = [(p, p.values, p.errors) for p in found]
    _repeats(axes, plain, factor, colour, marker, label)
    nothing = np.empty(0)
    for status in sorted({status for p in found for status in p.qualified}):
        some = [(p, p.qualified.get(status, nothing), p.doubts.get(status, nothing)) for p in found]
        said = f"{label}: {status.caveat}" if label else textwrap.fill(status.caveat, 30)
        _repeats(axes, some, factor, colour, marker, said, whole=False)


def _repeats(
    axes: Axes,
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
        # Repeats side by side, within a fiftieth of a decade, so that they can be counted.
        apart = 10 ** (0.02 * np.linspace(-1, 1, values.size)) if values.size > 1 else 1.0
        side_by_side = float(_J(p.j)) * apart * np.ones(values.size)
        edge = 0.0 if whole else 0.4
        axes.plot(
            side_by_side, values * factor, "o", color=colour, ms=1.8, alpha=0.5, mew=edge, mfc=face
        )
    # A mean of those that did nucleate is too early where others had not yet: no mean there.
    full = [(p, spread(v, e)) for p, v, e in some if v.size and not p.n_censored]
    if not full:
        return
    x = [float(_J(p.j)) for p, _ in full]
    mean = np.array([s.mean for _, s in full]) * factor
    bars = [s.error * factor if s.n >= FEWEST_FOR_SD else math.nan for _, s in full]
    axes.errorbar(
        x, mean, bars, fmt=marker + ("-" if whole else ""), color=colour, ms=4.2, lw=0.9,
        elinewidth=0.8, mfc=face, mew=0.9, label=label or None,
    )  # fmt: skip


def _limits(axes: Axes, found: list[Point], factor: float, colour: str) -> None:
    """Mark conditions in which some records ended first: at their end, with an arrow upwards."""
    late = [p for p in found if p.n_censored and math.isfinite(p.waited)]
    for k, p in enumerate(late):
        x, y = float(_J(p.j)), p.waited * factor
        axes.errorbar(
            x, y, 0.22 * y, lolims=True, fmt="_", color=colour, ms=7, mew=1.0,
            elinewidth=0.9,
        )  # fmt: skip
        if k == 0 and _LATE not in axes.get_legend_handles_labels()[1]:
            axes.plot([], [], ls="", marker=r"$\uparrow$", color=colour, ms=7, label=_LATE)
        axes.annotate(
            f"{p.n_censored} of {p.n_censored + p.n}",
            (x, y), xytext=(0, -4), textcoords="offset points", ha="center", va="top",
            fontsize=6, color=colour,
        )  # fmt: skip


def _decent_log_range(axes: Axes, shown: list[float]) -> None:
    """Give a logarithmic axis at least a factor of four, with room for what is written on it."""
    finite = [v for v in shown if math.isfinite(v) and v > 0.0]
    if not finite:
        return
    low, high = min(finite) / 1.5, max(finite) * 2.0
    widen = math.sqrt(max(1.0, 4.0 * low / high))
    axes.set_ylim(low / widen, high * widen)
    style.nice_log_ticks(axes, "y", axes.get_ylim())
