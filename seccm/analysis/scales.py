"""In which unit a result is shown, under which symbol, and over which range of colours."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seccm.analysis.declared import declared
from seccm.analysis.spread import Spread
from seccm.arrays import FloatArray
from seccm.typography import plus_minus, superscripted

_ORDERED = (
    "#440154",
    "#482576",
    "#404588",
    "#34618d",
    "#297a8e",
    "#20938c",
    "#25ac82",
    "#4cc26c",
    "#86d549",
)
"""Matplotlib's viridis without its yellow end, in equal steps from dark to light."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How a quantity is shown: the factor from SI, and the unit to write."""

    factor: float
    unit: str

    def __call__(self, values: Any) -> Any:
        """Return SI values in the unit shown."""
        return np.asarray(values) * self.factor

    def label(self, name: str) -> str:
        """Return the text of an axis."""
        return f"{name} ({self.unit})" if self.unit else name


_FIXED = {
    "A/m^2": Scale(0.1, "mA cm$^{-2}$"),
    "C/m^2": Scale(1e2 / 3600, "µAh cm$^{-2}$"),
    "V": Scale(1.0, "V"),
    "s": Scale(1.0, "s"),
    "1": Scale(1.0, ""),
    "": Scale(1.0, ""),
    "V/s": Scale(1.0, "V s$^{-1}$"),
    "m/s": Scale(1e6, "µm s$^{-1}$"),
    "m^2": Scale(1e12, "µm$^{2}$"),
    "1/m^2": Scale(1e-4, "cm$^{-2}$"),
    "m^-2 s^-1": Scale(1e-4, "cm$^{-2}$ s$^{-1}$"),
    "m^3": Scale(1e18, "µm$^{3}$"),
    "A/m^3": Scale(1e-6, "pA µm$^{-3}$"),
    "C/m^3": Scale(1e-6 / 3.6, "mAh cm$^{-3}$"),
    "kg/m^3": Scale(1e-3, "g cm$^{-3}$"),
    "kg/mol": Scale(1e3, "g mol$^{-1}$"),
    "rad": Scale(180 / math.pi, "deg"),
    "1/h": Scale(1.0, "h$^{-1}$"),
    "m^2/s": Scale(1e14, "10$^{-10}$ cm$^{2}$ s$^{-1}$"),
    "1/s": Scale(1.0, "s$^{-1}$"),
    "s^-1/2": Scale(1.0, "s$^{-1/2}$"),
    "(V/s)^0.5": Scale(1.0, "V$^{1/2}$ s$^{-1/2}$"),
    "A/m^2/(V/s)^0.5": Scale(0.1, "mA cm$^{-2}$ (V/s)$^{-1/2}$"),
    "A/m^2/(V/s)": Scale(0.1, "mA cm$^{-2}$ (V/s)$^{-1}$"),
}
_LARGE = {"ohm": "Ω", "Hz": "Hz", "ohm s^-1/2": "Ω s$^{-1/2}$"}
"""Units whose numbers may be large, and how they are written."""
_LARGER = ((1e3, "k"), (1e6, "M"), (1e9, "G"))
_POWER = re.compile(r"\w+\^")
_PREFIXES = ((1e-15, "f"), (1e-12, "p"), (1e-9, "n"), (1e-6, "µ"), (1e-3, "m"), (1.0, ""))


def scale(unit: str, values: Any = ()) -> Scale:
    """Choose how values of an SI unit are shown; those without a custom get a prefix.

    Args:
        unit: SI unit, as in the data file.
        values: in SI; the largest one decides about the prefix.
    """
    if unit in _FIXED:
        return _FIXED[unit]
    if _POWER.match(unit):  # A prefix before it would have this power, too.
        return Scale(1.0, unit)
    finite = np.abs(np.asarray(values, float).ravel())
    finite = finite[np.isfinite(finite)]
    largest = float(finite.max()) if finite.size else 0.0
    if largest == 0.0:
        return Scale(1.0, _LARGE.get(unit, unit))
    known = (*_PREFIXES, *_LARGER) if unit in _LARGE else _PREFIXES
    fitting = [p for p in known if largest >= 0.9 * p[0]] or [_PREFIXES[0]]
    size, prefix = fitting[-1]
    return Scale(1.0 / size, prefix + _LARGE.get(unit, unit))


def customary(unit: str) -> Scale | None:
    """Return the unit that everybody expects for a compound SI unit, such as mA cm-2 for A/m^2.

    None where there is none: the unit takes a prefix.
    """
    found = _FIXED.get(unit)
    return found if found is not None and found.unit not in ("", unit) else None


def potential_label(reference: str, unit: str = "V") -> str:
    """Return the label of a potential axis, such as E vs Li/Li+ (V)."""
    return f"$E$ vs {superscripted(reference)} ({unit})"


def feature_scale(unit: str, values: Any = ()) -> Scale:
    """Choose how a feature is shown, the same way in figures and tables.

    Potentials read off a record are in mV; recorded ones, along an axis, in V.
    """
    return Scale(1e3, "mV") if unit == "V" else scale(unit, values)


def symbol(name: str) -> str:
    """Return a quantity's symbol as it is printed: italic, with an upright subscript.

    That of a result is declared with it; any other name, such as that of a factor, is set alike.
    """
    if found := declared(name).symbol:
        return found
    head, _, tail = name.partition("_")
    if not tail or len(head) > 2:
        return name.replace("_", " ")
    return rf"${head}_\mathrm{{{tail.replace('_', ',')}}}$"


def told(spread: Spread, factor: float, unit: str = "") -> str:
    """Write a mean with what is larger, scatter or stated uncertainty, and say which it is."""
    number_with_error = plus_minus(spread.mean * factor, spread.error * factor)
    kind = {"sd": "(sd)", "stated": "(stated)", "": ""}[spread.basis]
    return " ".join(part for part in (number_with_error, unit, kind) if part)


def colour_range(shown: FloatArray, error: float = math.nan) -> tuple[float, float]:
    """Choose the range of colours: all values, unless a few lie far from the rest.

    Args:
        shown: the values, shape (n,).
        error: median standard uncertainty of one of them. The colours never span less than three
            of it to either side: noise is not made to look like a pattern.

    Returns:
        The values at the two ends of the colours.
    """
    if shown.size == 0:
        return 0.0, 1.0
    low, high = float(shown.min()), float(shown.max())
    q1, q3 = np.percentile(shown, [25, 75])
    reach = 3.0 * float(q3 - q1)
    if shown.size >= 8 and reach > 0.0:
        low, high = max(low, float(q1) - reach), min(high, float(q3) + reach)
    if not high > low:
        room = max(abs(low) * 1e-2, 1e-9)
        low, high = low - room, high + room
    short = 3.0 * error - 0.5 * (high - low)
    if short > 0.0:  # not so where the error is not known
        low, high = low - short, high + short
    return low, high


def ordered(count: int, among: Sequence[str] = _ORDERED) -> list[str]:
    """Return colours for levels that have an order, from dark to light, as "#rrggbb".

    Args:
        count: of levels.
        among: colours in equal steps from dark to light, between which they lie.
    """
    known = np.array([list(bytes.fromhex(colour[1:])) for colour in among], float)
    last = len(among) - 1
    places = np.linspace(0.0, last, count) if count > 1 else np.array([0.44 * last])
    mixed = [np.interp(places, np.arange(last + 1), known[:, k]) for k in range(3)]
    return ["#" + bytes(rgb).hex() for rgb in np.rint(mixed).T.astype(np.uint8).tolist()]
