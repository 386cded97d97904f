"""Limits of a map's colours: typed with or without a unit, kept in SI, shown as all else is."""

from __future__ import annotations

import math
from dataclasses import dataclass

from seccm.arrays import FloatArray
from seccm.units import number, parse
from ui.models.colours import Shown, limits_of


@dataclass(frozen=True, slots=True)
class Limits:
    """Two limits, SI and IUPAC as stored; None for an open side."""

    low: float | None = None
    high: float | None = None

    def seen(self, shown: Shown) -> tuple[float | None, float | None]:
        """Return the lower and the upper limit as they are shown: turned signs swap them."""
        low, high = (None if each is None else shown.of(each) for each in (self.low, self.high))
        return (high, low) if shown.factor < 0 else (low, high)

    @classmethod
    def typed(cls, low: float | None, high: float | None, shown: Shown) -> Limits:
        """Keep limits that were typed as numbers that are shown.

        Raises:
            ValueError: the lower one is not below the upper one.
        """
        if low is not None and high is not None and low >= high:
            below, above = written(low, shown), written(high, shown)
            raise ValueError(f"The lower limit, {below}, is not below the upper one, {above}.")
        ends = [None if each is None else shown.back(each) for each in (low, high)]
        return cls(*(reversed(ends) if shown.factor < 0 else ends))


@dataclass(frozen=True, slots=True)
class Range:
    """The range of the colours in numbers that are shown, and what lies beyond it."""

    low: float
    high: float
    below: int = 0
    """How many values have the colour of the lower end although they are lower."""
    above: int = 0

    @classmethod
    def of(
        cls,
        values: FloatArray,
        limits: tuple[float | None, float | None],
        error: float = math.nan,
        middle: float | None = None,
    ) -> Range:
        """Choose the range: limits where there are any, what serves the values elsewhere.

        Args:
            values: as they are shown, NaN where there is none; shape (n,).
            limits: the lower and the upper one, as they are shown; None for an open side.
            error: median standard uncertainty of a value, as it is shown.
            middle: what lies in the middle of the colours while no limit is given.
        """
        auto_low, auto_high = limits_of(values, error, middle)
        low, high = limits
        # At least so much that a limit far off is not all there is to the scale.
        span = max([auto_high - auto_low, *(1e-6 * abs(each) for each in limits if each)]) or 1.0
        if low is None:
            low = auto_low if high is None or auto_low < high else high - span
        if high is None:
            high = auto_high if low < auto_high else low + span
        # Ends that were reckoned lie on values: what is there is not beyond.
        slack = 1e-9 * (high - low)
        below, above = int((values < low - slack).sum()), int((values > high + slack).sum())
        return cls(low, high, below, above)


def read(text: str, shown: Shown, unit: str) -> float | None:
    """Read a limit as it was typed; returns it as it is shown, None for an open side.

    Args:
        text: a number in the unit that is shown, or a number with a unit of its own.
        shown: how the quantity is shown.
        unit: the SI unit of the quantity.

    Raises:
        ValueError: neither.
    """
    text = text.strip()
    bare = text.removesuffix(shown.unit).strip() if shown.unit else text
    if not text:
        return None
    try:
        value = number(bare)
    except ValueError:
        value = parse(text, unit or "1") * abs(shown.factor)
    return value


def written(value: float | None, shown: Shown) -> str:
    """Write a limit that is shown, with its unit; nothing for an open side."""
    return "" if value is None else f"{value:.6g} {shown.unit}".strip()
