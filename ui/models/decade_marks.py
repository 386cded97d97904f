"""The marks of a logarithmic axis: as many numbers as there is room for, and no more."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_PLAIN = (-3, 4)
"""Powers of ten between which numbers are written without one."""
_WITHIN = (tuple(range(1, 10)), (1, 2, 5), (1, 3), (1,))
"""Which multiples of a power of ten are told, the most first."""
_STEPS = (2, 3, 5, 10, 20)
"""Decades from one number to the next, where not even every decade can be told."""


def marks(low: float, high: float, most: int) -> tuple[list[float], list[float]]:
    """Choose the marks of an axis.

    Args:
        low: decimal logarithm of the lower end.
        high: of the upper end.
        most: how many numbers there is room for.

    Returns:
        Logarithms of what has a number, and of what has a mark alone.
    """
    every = list(_marks(low, high, _WITHIN[0], 1))
    if high - low < 1.0 and len(every) < 3:
        return _linear(low, high, most), []
    for told in (
        *(list(_marks(low, high, within, 1)) for within in _WITHIN),
        *(list(_marks(low, high, (1,), step)) for step in _STEPS),
    ):
        if all(b - a >= (high - low) / max(most, 1) for a, b in pairwise(told)):
            break
    silent = every if high - low < 8.0 else list(_marks(low, high, (1,), 1))
    return told, [mark for mark in silent if mark not in told]


def number(mark: float) -> str:
    """Write the number of a mark, given its logarithm."""
    power = math.floor(mark + 1e-9)
    if _PLAIN[0] <= power < _PLAIN[1]:
        return f"{10.0**mark:.4g}".replace("-", "−")
    factor, raised = f"{10.0 ** (mark - power):.3g}", str(power).translate(_SUPERSCRIPTS)
    return f"10{raised}" if factor == "1" else f"{factor}·10{raised}"


def _marks(low: float, high: float, within: tuple[int, ...], step: int) -> Iterator[float]:
    """Yield these multiples of every so manieth power of ten."""
    for power in range(math.floor(low), math.ceil(high) + 1):
        if power % step == 0:
            yield from (m for k in within if low <= (m := power + math.log10(k)) <= high)


def _linear(low: float, high: float, most: int) -> list[float]:
    """Return round numbers of an axis that is less than a decade long."""
    first, last = 10.0**low, 10.0**high
    rough = (last - first) / max(min(most, 5), 1)
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0.0 else 1.0
    step = next(k * power for k in (1, 2, 5, 10) if k * power >= rough * (1.0 - 1e-9))
    count = range(math.ceil(first / step - 1e-9), math.floor(last / step + 1e-9) + 1)
    return [math.log10(k * step) for k in count if k > 0]
