"""How features follow current density: nucleation and growth potential, time, charge."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seccm.analysis.result import Status
from seccm.analysis.statistics import FEWEST_FOR_SD, Survival, survival
from seccm.report import style
from seccm.report.study import Feature, Group, Study

FloatArray = npt.NDArray[np.float64]

_POTENTIALS = (("E_nuc", style.BLUE, "o"), ("E_growth", style.ORANGE, "s"))
"""What is drawn in panel a, its colour and its marker."""
_EVENT = ("t_nuc", "Q_nuc")
"""What is drawn in panels b and c."""
DRAWN = (*(name for name, _, _ in _POTENTIALS), *_EVENT)


@dataclass(frozen=True, slots=True)
class Point:
    """One condition in a plot of a feature against current density."""

    group: Group
    j: float
    """A/m2, magnitude: median of the repeats."""
    values: FloatArray
    """Of the repeats that have one which stands for itself, SI."""
    qualified: Mapping[Status, FloatArray]
    """Of the others that have one, by what has to be said of them."""
    n_censored: int
    """Repeats at which the event was awaited in vain."""
    waited: float
    """The longest wait in vain, in the unit of the feature; NaN if there was none."""


def points(study: Study, name: str, suffix: str = "") -> list[Point]:
    """Collect a feature by condition, ordered by current density.

    Args:
        study: with a feature j of the same step.
        name: of the feature without the suffix of its step.
        suffix: such as "_3" for a later step.
    """
    feature, density = study.features[name + suffix], study.features["j" + suffix]
    end = study.waited(name + suffix)
    found = []
    plain = feature.known & ~feature.qualified
    for group in study.groups:
        j = np.abs(density.values[group.counted])
        if not np.isfinite(j).any():
            continue
        late = feature.censored[group.counted]
        waited = end.values[group.counted][late] if end is not None else np.empty(0)
        found.append(
            Point(
                group=group,
                j=float(np.nanmedian(j)),
                values=feature.values[group.counted][plain[group.counted]],
                qualified={
                    status: feature.values[sites]
                    for status, sites in feature.caveats(group.counted).items()
                },
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
def nucleation(study: Study, suffix: str = "") -> Figure | None:
    """Draw potentials (a), time (b) and charge (c) of nucleation against current density.

    Returns:
        None if nothing nucleated, or only one current density was tried.
    """
    if not study.has("E_nuc" + suffix, "t_nuc" + suffix, "j" + suffix):
        return None
    potentials = points(study, "E_nuc", suffix)
    if len(potentials) < 2:
        return None
    fig = style.figure(style.TWO_COLUMNS, 2.75, virtual=study.virtual)
    a, b, c = fig.subplots(1, 3)
    j_scale = style.scale("A/m^2")
    js = [float(j_scale(p.j)) for p in potentials]
    for name, colour, marker in _POTENTIALS:
        _values(a, points(study, name, suffix), j_scale, 1e3, colour, marker, style.symbol(name))
    a.set_ylabel(style.potential_label(study.reference, "mV"))
    fig.legend(*a.get_legend_handles_labels(), loc="outside lower left", ncols=3)
    for axes, name in zip((b, c), _EVENT, strict=True):
        scale = style.scale(study.features[name + suffix].column.unit)
        found = points(study, name, suffix)
        _values(axes, found, j_scale, scale.factor, style.BLUE, "o", "")
        _limits(axes, found, j_scale, scale.factor)
        axes.set_yscale("log")
        axes.set_ylabel(scale.label(style.symbol(name)))
        shown = [
            v * scale.factor
            for p in found
            for values in (p.values, *p.qualified.values(), np.array([p.waited]))
            for v in values
        ]
        _decent_log_range(axes, shown)
        if any(p.n_censored or p.qualified for p in found):
            axes.legend(loc="best", handlelength=1.0)
    for axes, letter in ((a, "a"), (b, "b"), (c, "c")):
        axes.set_xscale("log")
        axes.set_xlabel(j_scale.label("$|j|$"))
        axes.set_xlim(min(js) / 1.35, max(js) * 1.35)
        style.nice_log_ticks(axes, "x", axes.get_xlim())
        style.panel(axes, letter)
    return fig


def _values(
    axes: Axes,
    found: list[Point],
    j_scale: style.Scale,
    factor: float,
    colour: str,
    marker: str,
    label: str,
) -> None:
    """Draw every repeat small and means large; those with a caveat open, apart and unconnected.

    A line through values that are not what they would come to would show a trend that is none.
    """
    _series(axes, [(p, p.values) for p in found], j_scale, factor, colour, marker, label)
    for status in sorted({status for p in found for status in p.qualified}):
        some = [(p, p.qualified.get(status, np.empty(0))) for p in found]
        said = f"{label}: {status.caveat}" if label else textwrap.fill(status.caveat, 30)
        _series(axes, some, j_scale, factor, colour, marker, said, whole=False)


def _series(
    axes: Axes,
    some: list[tuple[Point, FloatArray]],
    j_scale: style.Scale,
    factor: float,
    colour: str,
    marker: str,
    label: str,
    *,
    whole: bool = True,
) -> None:
    face = colour if whole else "white"
    for p, values in some:
        # Repeats side by side, within a fiftieth of a decade, so that they can be counted.
        spread = 10 ** (0.02 * np.linspace(-1, 1, values.size)) if values.size > 1 else 1.0
        side_by_side = float(j_scale(p.j)) * spread * np.ones(values.size)
        edge = 0.0 if whole else 0.4
        axes.plot(
            side_by_side, values * factor, "o", color=colour, ms=1.8, alpha=0.5, mew=edge, mfc=face
        )
    # A mean of those that did nucleate is too early where others had not yet: no mean there.
    full = [(p, v) for p, v in some if v.size and not p.n_censored]
    if not full:
        return
    x = [float(j_scale(p.j)) for p, _ in full]
    mean = np.array([v.mean() for _, v in full]) * factor
    sd = [v.std(ddof=1) * factor if v.size >= FEWEST_FOR_SD else math.nan for _, v in full]
    axes.errorbar(
        x, mean, sd, fmt=marker + ("-" if whole else ""), color=colour, ms=4.2, lw=0.9,
        elinewidth=0.8, mfc=face, mew=0.9, label=label or None,
    )  # fmt: skip


def _limits(axes: Axes, found: list[Point], j_scale: style.Scale, factor: float) -> None:
    """Mark conditions in which some records ended first: at their end, with an arrow upwards."""
    late = [p for p in found if p.n_censored and math.isfinite(p.waited)]
    for k, p in enumerate(late):
        x, y = float(j_scale(p.j)), p.waited * factor
        axes.errorbar(
            x, y, 0.22 * y, lolims=True, fmt="_", color=style.ORANGE, ms=7, mew=1.0,
            elinewidth=0.9,
        )  # fmt: skip
        if k == 0:
            axes.plot(
                [], [], ls="", marker=r"$\uparrow$", color=style.ORANGE, ms=7,
                label="not nucleated by then",
            )  # fmt: skip
        axes.annotate(
            f"{p.n_censored} of {p.n_censored + p.values.size}",
            (x, y), xytext=(0, -4), textcoords="offset points", ha="center", va="top",
            fontsize=6, color=style.ORANGE,
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
