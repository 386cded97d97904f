"""How a result goes with a property of the sites, such as the size of particles.

A property that is known of each site is no condition: every site has its own value, and the sites
together tell a law. Through the origin are fitted y = a x and y = a x^2; a power y = c x^m is
fitted robustly, and its exponent says which of them, if any, it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seccm.analysis.statistics import Interval, Trend, power_law, r_squared_interval
from seccm.arrays import FloatArray
from seccm.results import Status, Value

FEWEST = 5
"""Sites from which on a law is looked for."""


@dataclass(frozen=True, slots=True)
class Proportion:
    """A fit of y = a x^power, through the origin."""

    power: int
    coefficient: Value
    """a, with its standard uncertainty from the scatter of the points."""
    r_squared: float
    """1 - sum (y - a x^power)^2 / sum (y - mean y)^2: below 0 where a constant would fit better;
    NaN where all values are alike."""
    interval: Interval
    """95 % of it, symmetric (Olkin and Finn); NaN where R^2 is below 0."""
    inside: Interval
    """The same by Fisher's z, which stays between 0 and 1."""
    n: int

    def __call__(self, x: FloatArray) -> FloatArray:
        """Return the line."""
        return self.coefficient.value * x**self.power


def proportion(x: FloatArray, y: FloatArray, power: int = 1) -> Proportion:
    """Fit y = a x^power by least squares; rows with NaN are left out.

    Args:
        x: shape (n,), the property of each site.
        y: shape (n,), the result.
        power: 1 for a straight line, 2 for a parabola.
    """
    keep = np.isfinite(x) & np.isfinite(y)
    a, b = x[keep] ** power, y[keep]
    nowhere = Interval(math.nan, math.nan)
    if a.size < 3 or not np.any(a != 0.0):
        return Proportion(power, Value.none(Status.TOO_FEW), math.nan, nowhere, nowhere, a.size)
    # Relative to the largest: squares of picoamperes would be lost.
    large_x, large_y = float(np.max(np.abs(a))), float(np.max(np.abs(b))) or 1.0
    u, v = a / large_x, b / large_y
    slope = float(u @ v) / float(u @ u)
    left = float(np.sum((v - slope * u) ** 2))
    error = math.sqrt(left / (u.size - 1) / float(u @ u))
    whole = float(np.sum((v - v.mean()) ** 2))
    r2 = 1.0 - left / whole if whole > 0.0 else math.nan
    symmetric, inside = r_squared_interval(r2, u.size) if r2 >= 0.0 else (nowhere, nowhere)
    scale = large_y / large_x
    return Proportion(power, Value.of(slope * scale, error * scale), r2, symmetric, inside, u.size)


@dataclass(frozen=True, slots=True)
class Law:
    """How a result goes with a property of the sites."""

    linear: Proportion
    quadratic: Proportion
    exponent: Trend
    """Of a power law, from the logarithms: its slope and 95 % of it."""

    @property
    def better(self) -> Proportion:
        """The one of the two proportions that leaves less."""
        a, b = self.linear, self.quadratic
        return b if b.r_squared > a.r_squared else a

    @property
    def size_matters(self) -> bool:
        """Whether the interval of the exponent leaves out 0."""
        low, high = self.exponent.interval.low, self.exponent.interval.high
        return bool(low > 0.0 or high < 0.0)


def law(x: FloatArray, y: FloatArray) -> Law | None:
    """Look for a law between a property and the magnitude of a result; None of too few sites.

    Args:
        x: shape (n,), positive.
        y: shape (n,); NaN where there is none.
    """
    size = np.abs(y)
    keep = np.isfinite(x) & np.isfinite(size) & (x > 0.0)
    if keep.sum() < FEWEST or np.unique(x[keep]).size < FEWEST:
        return None
    return Law(
        proportion(x[keep], size[keep]),
        proportion(x[keep], size[keep], 2),
        power_law(x[keep], size[keep]),
    )
