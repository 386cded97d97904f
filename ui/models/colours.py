"""From values to colours, and from SI to what stands beside a map."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from seccm.analysis import scales
from seccm.analysis.own_condition import against_own
from seccm.analysis.scales import colour_range
from seccm.analysis.spread import stated
from seccm.arrays import FloatArray
from seccm.events import Outcome
from seccm.plan import Plan
from seccm.results import UNTRUSTED, Result
from seccm.typography import readable
from ui.models.palette import OUTCOME_COLOURS, Palette
from ui.models.quantity import Z
from ui.models.showing import Showing, html, largest, plain
from ui.models.site_map import CONDITION, OUTCOME, SiteMap

Rgba = npt.NDArray[np.uint8]
Lut = npt.NDArray[np.uint8]
NAMED = 12
"""Conditions that are named in a legend."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A quantity of the map in the unit and convention in which it is shown."""

    values: FloatArray
    label: str
    """HTML, without the unit."""
    unit: str
    factor: float
    shift: float
    error: float = math.nan
    """Median standard uncertainty of a value, as shown; NaN where unknown."""
    si_unit: str = ""
    """The unit in which `back` returns a value."""
    has_zero: bool = False
    """Whether zero means that nothing is there, so that there are logarithms."""
    middle: float | None = None
    """The number of a site that is like its condition, of values against those of their own
    condition; None of all others."""
    few: tuple[int, ...] = ()
    """Conditions with too few values for a median, against which theirs could be put."""

    def of(self, value: float) -> float:
        """Return the number that is shown for an SI value."""
        return (value + self.shift) * self.factor

    def back(self, shown: float) -> float:
        """Return the SI value of a number that is shown."""
        return shown / self.factor - self.shift

    @property
    def title(self) -> str:
        """The label with its unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


def shown(sites: SiteMap, name: str, showing: Showing, before: Shown | None = None) -> Shown:
    """Put a quantity into the unit and convention in which it is shown.

    Args:
        sites: the map.
        name: of the quantity.
        showing: convention and reference.
        before: how the same quantity was shown last; its unit stays while it serves.
    """
    values = sites.values(name)
    unit = sites.unit(name)
    if sites.is_category(name):
        return Shown(values, name, "", 1.0, 0.0)
    result = sites.quantities[name].declared
    scale = scales.feature_scale(unit, values)
    if before is not None and scale.unit != before.unit and unit not in ("V",):
        size = largest(values) * abs(before.factor)
        if 0.05 <= size < 5000.0 and before.unit.endswith(unit[-1:]):
            scale = scales.Scale(abs(before.factor), before.unit)
    label = _label(name, result)
    factor, shift = scale.factor, 0.0
    if result.against_reference:
        label = f"{label} vs {showing.against}"
        shift = showing.shift if showing.other else 0.0
    if result.signed:
        factor *= showing.sign
    error = abs(factor) * stated(sites.quantities[name].errors)
    return Shown(
        (values + shift) * factor, label, plain(scale.unit), factor, shift, error, unit,
        result.has_zero,
    )  # fmt: skip


def shown_against_own(sites: SiteMap, name: str, showing: Showing) -> Shown:
    """Put the values of a quantity against the medians of the sites' own conditions.

    Args:
        sites: the map.
        name: of the quantity; no category.
        showing: convention; a difference is the same against every reference.
    """
    quantity = sites.quantities[name]
    result = quantity.declared
    counted = (quantity.statuses < UNTRUSTED) & (sites.outcome == Outcome.OK)
    against = against_own(result, quantity.values, quantity.errors, counted, sites.condition)
    label = _label(name, result)
    if against.ratio:
        return Shown(
            against.values, f"{label} / median of condition", "", 1.0, 0.0, stated(against.errors),
            "1", has_zero=True, middle=against.middle, few=against.few,
        )  # fmt: skip
    scale = scales.feature_scale(quantity.unit, against.values)
    factor = scale.factor * (showing.sign if result.signed else 1.0)
    return Shown(
        against.values * factor, f"{label} − median of condition", plain(scale.unit), factor, 0.0,
        abs(factor) * stated(against.errors), quantity.unit, middle=against.middle, few=against.few,
    )  # fmt: skip


def _label(name: str, result: Result) -> str:
    return "contact <i>z</i>" if name == Z else html(result.symbol or scales.symbol(name))


def limits_of(
    values: FloatArray, error: float = math.nan, middle: float | None = None
) -> tuple[float, float]:
    """Choose the range of the colours: all values, unless a few lie far from the rest.

    Args:
        values: as shown, NaN where there is none.
        error: median standard uncertainty of one; the colours never span noise alone.
        middle: what lies in the middle of the colours; None if nothing has to.
    """
    low, high = colour_range(values[np.isfinite(values)], error)
    if middle is None:
        return low, high
    reach = max(high - middle, middle - low)
    return middle - reach, middle + reach


def coloured(
    sites: SiteMap, name: str, values: FloatArray, limits: tuple[float, float], lut: Lut,
    palette: Palette,
) -> Rgba:  # fmt: skip
    """Return the colour of every site, shape (sites, 4).

    Sites without a value have the colour of what became of them.
    """
    if name == OUTCOME:
        return outcome_colours(palette)[np.minimum(sites.outcome, len(Outcome) - 1)]
    if name == CONDITION:
        chosen = condition_colours(len(sites.labels), palette)
        return chosen[np.minimum(sites.condition, len(chosen) - 1)]
    made = outcome_colours(palette)[np.minimum(sites.outcome, len(Outcome) - 1)]
    if codes := sites.codes(name):
        known = np.isfinite(values)
        kinds = condition_colours(len(codes), palette)
        made[known] = kinds[np.minimum(values[known].astype(np.intp), len(codes) - 1)]
        return made
    made[sites.outcome == Outcome.OK] = _rgba(palette.border)
    known = np.isfinite(values)
    low, high = limits
    span = (high - low) or 1.0
    place = np.clip((values[known] - low) / span * (len(lut) - 1), 0, len(lut) - 1)
    made[known] = lut[place.astype(np.intp)]
    return made


def outcome_colours(palette: Palette) -> Rgba:
    """Return the colour of each outcome, by its number."""
    return np.array([_rgba(OUTCOME_COLOURS[o.words] or palette.pending) for o in Outcome])


def condition_colours(count: int, palette: Palette) -> Rgba:
    """Return colours of conditions, from dark to light, that are seen on the panels."""
    return np.array([_rgba(c) for c in scales.ordered(max(count, 1), palette.conditions)])


def _rgba(colour: str) -> Any:
    return np.array([*bytes.fromhex(colour[1:]), 255], np.uint8)


def condition_legend(plan: Plan, palette: Palette) -> str:
    """Name the conditions of a plan by their colours, as rich text; empty where there is one."""
    names = [readable(condition.label) for condition in plan.conditions]
    if len(names) < 2:
        return ""
    colours = condition_colours(len(names), palette).tolist()
    shown = [
        f'<span style="color:rgb({red},{green},{blue})">■</span>&nbsp;{escape(name)}'
        for (red, green, blue, *_), name in zip(colours, names, strict=False)
    ][:NAMED]
    more = [f"and {len(names) - NAMED} more"] if len(names) > NAMED else []
    return " &nbsp; ".join(shown + more)
