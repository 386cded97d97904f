"""Results of all sites against a property that is known of each, such as a diameter."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from seccm.analysis import scales
from seccm.analysis.declared import by_rank
from seccm.analysis.regression import Law, Proportion, law
from seccm.analysis.statistics import Covariate, Interval, covariates
from seccm.arrays import FloatArray
from seccm.plan.channels import BLANK
from seccm.report import style
from seccm.report.study import Study
from seccm.typography import number, readable
from seccm.units import show

MOST = 9
"""Results in one figure."""


@dataclass(frozen=True, slots=True)
class Found:
    """A result against a property."""

    name: str
    """Of the result."""
    against: str
    """Of the property."""
    x: FloatArray
    y: FloatArray
    """Of the sites that have both, SI; of y the magnitude."""
    law: Law
    chance: Covariate
    """Rank correlation, corrected for all results that are looked at together."""


def properties(study: Study) -> dict[str, str]:
    """Return the units of what is known of each site, by name."""
    units = study.plan.own_units if study.plan is not None else {}
    known = ((name, unit) for name, unit in units.items() if _column(name) in study.scan.sites)
    # What all sites have in common explains nothing.
    return {name: unit for name, unit in known if name != BLANK and _varies(study, name)}


def _varies(study: Study, name: str) -> bool:
    values = np.asarray(study.scan.sites[_column(name)], np.float64)
    return len(np.unique(values[np.isfinite(values)])) > 1


def _column(name: str) -> str:
    """Return the column of a property in the table of sites."""
    return f"factor_{name}"


def found(study: Study, against: str) -> list[Found]:
    """Return every result that enough sites have, against one property."""
    x = np.asarray(study.scan.sites[_column(against)], np.float64)
    usable = {}
    for name in by_rank(study.features):
        feature = study.features[name]
        usual = feature.declared.tabulated and not study.repeats_plan(name)
        if not feature.declared.has_zero or not (usual or name in study.asked):
            continue
        chosen = np.zeros(x.size, bool)
        chosen[study.measured] = True
        if _column(BLANK) in study.scan.sites:
            chosen &= study.scan.sites[_column(BLANK)] != 1.0
        usable[name] = np.where(chosen & feature.trusted, np.abs(feature.values), np.nan)
    laws = {name: one for name, y in usable.items() if (one := law(x, y)) is not None}
    # One test for each result: the property is the same, and the results take its place.
    chances = {c.name: c for c in covariates(x, {name: usable[name] for name in laws})}
    return [
        Found(name, against, x[known], usable[name][known], one, chances[name])
        for name, one in laws.items()
        for known in [np.isfinite(usable[name]) & np.isfinite(x)]
    ]


@style.styled
def against(study: Study, name: str) -> Figure | None:
    """Draw results against a property of the sites, with lines through the origin."""
    drawn = found(study, name)[:MOST]
    if not drawn:
        return None
    columns = min(3, len(drawn))
    rows = -(-len(drawn) // columns)
    fig = study.figure(style.TWO_COLUMNS, 2.3 * rows, currents=False)
    grid = fig.subplots(rows, columns, squeeze=False).ravel()
    unit = properties(study)[name]
    for letter, axes, one in zip("abcdefghi", grid, drawn, strict=False):
        feature = study.features[one.name]
        sx, sy = scales.scale(unit, one.x), scales.scale(feature.column.unit, one.y)
        axes.plot(sx(one.x), sy(one.y), "o", color=style.BLUE, ms=3.5)
        laws = (
            ("--", style.GREY, one.law.linear, ""),
            (":", style.ORANGE, one.law.quadratic, "^2"),
        )
        line = np.linspace(0.0, 1.05 * float(one.x.max()), 100)
        for stroke, colour, fit, _ in laws:
            axes.plot(sx(line), sy(fit(line)), stroke, color=colour, lw=0.9)
        axes.set_xlim(0.0, float(sx(line[-1])))
        # Room for two lines of words above the points.
        axes.set_ylim(0.0, 1.5 * float(sy(one.y.max())))
        for k, (_, colour, fit, power) in enumerate(laws):
            axes.text(0.04, 0.96 - 0.1 * k, _explained(fit, power), transform=axes.transAxes,
                      color=colour, fontsize="x-small", va="top")  # fmt: skip
        axes.set_xlabel(sx.label(style.literal(name)))
        axes.set_ylabel(sy.label(scales.symbol(one.name)))
        slope = one.law.exponent
        axes.set_title(
            f"$m$ = {number(slope.slope.value, 2)} "
            f"({number(slope.interval.low, 2)} … {number(slope.interval.high, 2)})",
            fontsize="small", loc="right",
        )  # fmt: skip
        style.panel(axes, letter)
    for axes in grid[len(drawn) :]:
        axes.set_axis_off()
    return fig


def _explained(fit: Proportion, power: str) -> str:
    """Say how much of the scatter a proportion explains, with 95 % of it."""
    if not math.isfinite(fit.r_squared):
        return ""
    if fit.r_squared < 0.0:
        return f"$x{power}$: $R^2$ < 0"
    low, high = fit.interval.low, fit.interval.high
    return f"$x{power}$: $R^2$ = {fit.r_squared:.2f} ({low:.2f} … {high:.2f})"


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table of laws, as words."""

    cells: tuple[str, ...]
    telling: bool
    """Whether the exponent is certainly not 0."""


def table(study: Study) -> Iterator[Line]:
    """Yield a row for each result and property: both proportions, exponent, and chance."""
    for name, unit in properties(study).items():
        for one in found(study, name):
            of = study.features[one.name].column.unit
            exponent = one.law.exponent
            yield Line(
                (
                    readable(f"{one.name} against {name}"),
                    str(one.x.size),
                    *(
                        word
                        for fit, power in ((one.law.linear, ""), (one.law.quadratic, "^2"))
                        for word in (
                            _coefficient(fit.coefficient.value, fit.coefficient.error, of, unit,
                                         power),
                            _r_squared(fit.r_squared, fit.interval),
                        )
                    ),
                    f"{number(exponent.slope.value, 2)} {_between(exponent.interval)}",
                    number(one.chance.p_of_all, 2),
                ),
                one.law.size_matters,
            )  # fmt: skip


def _coefficient(value: float, error: float, of: str, unit: str, power: str) -> str:
    """Write a coefficient with its uncertainty in SI."""
    by = f"({unit}){power}" if power and "^" in unit else f"{unit}{power}"
    return readable(f"{value:.3g} ± {error:.1g} {of.removesuffix('1')}/{by}".replace(" /", " 1/"))


def _r_squared(value: float, interval: Interval) -> str:
    if not math.isfinite(value):
        return "–"
    return f"{value:.2f} {_between(interval)}".replace("-", "−").rstrip()


def _between(interval: Interval) -> str:
    if not math.isfinite(interval.low):
        return ""
    return f"({number(interval.low, 2)} … {number(interval.high, 2)})"


def words(study: Study, name: str) -> str:
    """Say over which range a property goes."""
    values = study.scan.sites[_column(name)][study.measured]
    unit = properties(study)[name]
    low, high = (show(float(end), unit, 3) for end in (np.nanmin(values), np.nanmax(values)))
    return f"{name} from {low} to {high}"
