"""Round numbers for advice that must hold."""

from __future__ import annotations

import math

from seccm.units import show


def rounded_up(value: float) -> float:
    """Return a positive value with two digits that is no smaller."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return math.ceil(value / step * (1 - 1e-9)) * step


def rounded_down(value: float) -> float:
    """Return a positive value with two digits that is no larger."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return math.floor(value / step * (1 + 1e-12)) * step


def length(value: float) -> str:
    """Write a length with two digits."""
    return show(value, "m", 2)
