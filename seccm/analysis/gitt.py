"""A pulse of constant current between two rests: diffusion in a particle from its potential.

Theory of operation. Under a constant flux the concentration at the surface of a sphere rises as
`seccm.analysis.sphere.flux_response` says. While the open-circuit potential is straight over the
small change of one pulse, so does the potential: its height is known from the two rests, and only
D/R^2 and a constant, current times resistance, are sought.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.analysis.pitt import Intervals, intervals
from seccm.analysis.sphere import flux_response
from seccm.arrays import FloatArray
from seccm.results import Status, Value

_SKIPPED = 0.02
"""Seconds at the start in which the double layer charges."""
_FEWEST = 12
_SLOWEST, _FASTEST = 1e-4, 30.0
"""D t / R^2 of the pulse between which diffusion is looked for."""
_UNKNOWN = 0.5
"""Standard uncertainty of ln D from which on only a bound is known."""
_STEP = 1e-3


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a pulse of current says of a particle."""

    rate: Value
    """D/R^2, 1/s."""
    resistance: Value
    """Of contact, solution and surface together, ohm."""


def pulse(
    t: FloatArray, potential: FloatArray, sigma: float, current: float, rests: tuple[float, float]
) -> Pulse:
    """Fit the potential of a pulse between two rests.

    Args:
        t: shape (n,), s since the pulse began, at the end of each data point.
        potential: shape (n,), V.
        sigma: standard deviation of a data point, V.
        current: of the pulse, A.
        rests: potentials at the end of the rest before and after it, V.
    """
    none = Value.none(Status.TOO_SHORT)
    if t.size < 3 or current == 0.0:
        return Pulse(none, none)
    row = float(np.median(np.diff(t)))
    first = int(np.searchsorted(t, max(_SKIPPED, 2.0 * row) + 0.5 * row))
    if t.size - first < _FEWEST:
        return Pulse(none, none)
    of = intervals(t[first:], potential[first:], max(sigma, 1e-9))
    lasts, change = float(t[-1]), rests[1] - rests[0]
    if of.current.size < _FEWEST or abs(change) < 5.0 * float(of.sigma.min()):
        none = Value.none(Status.NOT_FOUND)
        return Pulse(none, none)

    def weighed(log: float) -> tuple[float, float, float]:
        """Return the sum of squares, the constant, and the size of the profile's part."""
        rate = math.exp(log)
        middle = (0.5 * (np.sqrt(of.start) + np.sqrt(of.stop))) ** 2
        rise = change * flux_response(rate * middle) / (3.0 * rate * lasts)
        return _constant(of, of.current - rise)

    low, high = math.log(_SLOWEST / lasts), math.log(_FASTEST / lasts)
    grid = np.linspace(low, high, 60)
    best = float(grid[int(np.argmin([weighed(log)[0] for log in grid]))])
    width = float(grid[1] - grid[0])
    found = scipy.optimize.minimize_scalar(
        lambda log: weighed(log)[0], bounds=(max(best - width, low), min(best + width, high)),
        method="bounded", options={"xatol": 1e-6},
    )  # fmt: skip
    log = float(found.x)
    squares, level, error = weighed(log)
    bend = (weighed(log + _STEP)[0] + weighed(log - _STEP)[0] - 2.0 * squares) / _STEP**2
    chi = max(1.0, squares / (of.current.size - 2))
    spread = math.sqrt(2.0 * chi / bend) if bend > 0.0 else math.inf
    rate = math.exp(log)
    resistance = Value.of((level - rests[0]) / current, math.sqrt(chi) * error / abs(current))
    if spread > _UNKNOWN or log > high - width:
        bound = max(rate * math.exp(-2.0 * min(spread, 10.0)), _SLOWEST / lasts)
        return Pulse(Value(bound, math.nan, Status.AT_LEAST), resistance)
    return Pulse(Value.of(rate, rate * spread), resistance)


def _constant(of: Intervals, rest: FloatArray) -> tuple[float, float, float]:
    """Return the weighted sum of squares about the best constant, the constant, and its error."""
    weight = of.sigma**-2
    level = float((weight @ rest) / weight.sum())
    return float(weight @ (rest - level) ** 2), level, float(weight.sum()) ** -0.5
