"""What came of all sites of a scan: results against what was imposed on them, or by condition.

The numbers are those of the map, so that a page grows while a run goes on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.analysis.decades import of_one_sign, spans_decades
from seccm.arrays import FloatArray
from seccm.events import Outcome
from ui.models.across_page import AcrossPage
from ui.models.colours import Shown, shown
from ui.models.sample import samples
from ui.models.showing import Showing
from ui.models.site_map import SiteMap

BESIDE = 0.18
"""By how much the sites of a condition are apart, where conditions stand side by side."""


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of the sites of one condition, with the larger of scatter and uncertainty."""

    x: float
    y: float
    low: float
    """Mean minus error, as shown; NaN where the error is not known."""
    high: float
    condition: int
    column: int
    n: int


@dataclass(frozen=True, slots=True)
class Across:
    """The points of a page, as its axes show them: logarithms on an axis of decades."""

    x: FloatArray
    """Of every site that has a number, shape (n,)."""
    y: FloatArray
    condition: npt.NDArray[np.int64]
    column: npt.NDArray[np.int64]
    """Which result of the page a point is of."""
    open: npt.NDArray[np.bool_]
    """Whether it is left out of the means: it is doubtful, or has another caveat than they."""
    means: tuple[Mean, ...]
    x_title: str
    """With its unit, HTML."""
    y_title: str
    symbols: tuple[str, ...]
    """Of the results, HTML."""
    x_decades: bool
    y_decades: bool
    conditions: int
    """How many stand side by side; 0 where something was imposed."""


def is_told(sites: SiteMap, page: AcrossPage) -> bool:
    """Tell whether a page has something to draw by now: a number, and two values imposed."""
    known = [c for c in page.columns if c in sites.quantities]
    values = [sites.quantities[c].values for c in known]
    if not any(np.isfinite(each).any() for each in values):
        return False
    if not page.against:
        return True
    imposed = sites.quantities.get(page.against)
    return imposed is not None and len(set(_medians(sites, imposed.values).values())) > 1


def across_sites(sites: SiteMap, page: AcrossPage, showing: Showing) -> Across:
    """Return what is drawn of the selected sites, or of all where none is selected."""
    columns = [c for c in page.columns if c in sites.quantities]
    seen = [shown(sites, column, showing) for column in columns]
    results = [sites.quantities[column].declared for column in columns]
    factor = abs(seen[0].factor)
    values = [_in_unit(sites, c, s, factor) for c, s in zip(columns, seen, strict=True)]
    chosen = sites.selected if sites.selected.any() else np.ones(sites.x.size, bool)
    chosen = chosen & (sites.outcome == Outcome.OK)
    every = np.concatenate([each[chosen] for each in values])
    decades = all(r.has_zero for r in results) and _by_decades(every)
    x, x_title, x_decades = _imposed(sites, page, showing)
    at = _medians(sites, x)
    parts, means = [], []
    for k, column in enumerate(columns):
        taken = np.zeros(sites.x.size, bool)
        for sample in samples(sites, column):
            taken[sample.sites] = True
            if sample.spread is not None and sample.condition in at:
                means.append(_mean(sample.spread.mean, sample.spread.error, seen[k], factor,
                                   at[sample.condition], sample.condition, k, sample.spread.n,
                                   decades=decades))  # fmt: skip
        known = np.flatnonzero(chosen & np.isfinite(values[k]) & np.isfinite(x))
        parts.append((known, k, ~taken[known]))
    rows = np.concatenate([known for known, _, _ in parts])
    up = np.concatenate([values[k][known] for known, k, _ in parts])
    return Across(
        x=x[rows] if page.against else _side_by_side(sites, rows),
        y=_on_axis(up, decades=decades),
        condition=sites.condition[rows],
        column=np.concatenate([np.full(known.size, k) for known, k, _ in parts]),
        open=np.concatenate([doubts for _, _, doubts in parts]),
        means=tuple(means),
        x_title=x_title,
        y_title=_title([s.label for s in seen], seen[0].unit, magnitude=_turned(every, decades)),
        symbols=tuple(s.label for s in seen),
        x_decades=x_decades,
        y_decades=decades,
        conditions=0 if page.against else len(sites.labels),
    )


def _in_unit(sites: SiteMap, column: str, seen: Shown, factor: float) -> FloatArray:
    """Return the values of a column in the unit of the whole panel."""
    values = sites.quantities[column].values
    shifted: FloatArray = (values + seen.shift) * math.copysign(factor, seen.factor)
    return shifted


def _imposed(sites: SiteMap, page: AcrossPage, showing: Showing) -> tuple[FloatArray, str, bool]:
    """Return what was imposed on each site, as its axis shows it, and its title."""
    if not page.against:
        return sites.condition.astype(np.float64), "condition", False
    seen = shown(sites, page.against, showing)
    result = sites.quantities[page.against].declared
    decades = result.signed and of_one_sign(seen.values)
    magnitude = _turned(seen.values, decades)
    title = _title([seen.label], seen.unit, magnitude=magnitude)
    return _on_axis(seen.values, decades=decades), title, decades


def _medians(sites: SiteMap, values: FloatArray) -> dict[int, float]:
    """Return the median of each condition that has a value."""
    known = np.isfinite(values)
    return {
        int(k): float(np.median(values[known & (sites.condition == k)]))
        for k in np.unique(sites.condition[known])
    }


def _side_by_side(sites: SiteMap, rows: npt.NDArray[np.int64]) -> FloatArray:
    """Return places for the sites of each condition beside one another, so that all are seen."""
    x = sites.condition[rows].astype(np.float64)
    for condition in np.unique(sites.condition[rows]):
        own = sites.condition[rows] == condition
        count = int(own.sum())
        x[own] += np.linspace(-BESIDE, BESIDE, count) if count > 1 else 0.0
    return x


def _mean(
    mean: float, error: float, seen: Shown, factor: float, x: float, condition: int, column: int,
    n: int, *, decades: bool,
) -> Mean:  # fmt: skip
    sign = math.copysign(factor, seen.factor)
    middle, half = (mean + seen.shift) * sign, abs(error * factor)
    if not decades:
        return Mean(x, middle, middle - half, middle + half, condition, column, n)
    size = abs(middle)
    # An error as large as the value goes beyond any decade: down to a tenth of it.
    low = math.log10(max(size - half, 0.1 * size)) if half == half else math.nan
    high = math.log10(size + half) if half == half else math.nan
    return Mean(x, math.log10(size), low, high, condition, column, n)


def _by_decades(values: FloatArray) -> bool:
    return bool(np.isfinite(values).any()) and spans_decades(values)


def _turned(values: FloatArray, decades: bool) -> bool:
    """Tell whether an axis of decades is that of magnitudes of negative values."""
    return decades and bool(np.nanmax(values) < 0.0)


def _on_axis(values: FloatArray, *, decades: bool) -> FloatArray:
    made: FloatArray = np.log10(np.abs(values)) if decades else values
    return made


def _title(labels: Sequence[str], unit: str, *, magnitude: bool) -> str:
    words = ", ".join(labels)
    return f"{'magnitude of ' if magnitude else ''}{words}{f' ({unit})' if unit else ''}"
