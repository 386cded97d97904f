"""Tafel slope and exchange current of one sweep.

Far from equilibrium a current that electron transfer alone limits rises by one decade with each
2.303 RT / (alpha F), 118.3 mV for alpha = 1/2 at 25 degrees C. The longest straight stretch of the
logarithm of the current is looked for, of more than a decade; carried back to where no current
flows, it gives the exchange current.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seccm.analysis.peak_shape import turned
from seccm.analysis.sweep import Sweep
from seccm.arrays import FloatArray
from seccm.results import Status, Value

_LEAST_DECADES = 1.2
_STRAIGHT = 0.01
"""Decades by which a straight stretch may be bent in its middle."""
_CLEAR = 10.0
"""Standard deviations of noise that the current is above."""
_AWAY = 0.07
"""V from where no current flows: there the reverse reaction is 7 % of the current at most."""
_NERNST = 0.0592
"""V per decade of a reversible reaction of one electron."""
_STARTS, _FEWEST = 60, 12
"""Places at which a stretch is tried to begin; and its fewest points."""


@dataclass(frozen=True, slots=True)
class Tafel:
    """What the logarithm of a current says."""

    slope: Value
    """V per decade, positive."""
    exchange: Value
    """A, positive: the exchange current; only where the sweep passes zero current."""
    equilibrium: Value
    """V, where no current flows."""
    span: tuple[float, float]
    """V, ascending, of the straight stretch and of zero current."""


def tafel(s: Sweep) -> Tafel:
    """Look for a straight stretch on the side to which a sweep goes.

    Args:
        s: one sweep, slow against mass transfer and charging.
    """
    if not s.usable:
        return _nothing(Status.TOO_SHORT, s)
    if not s.anodic:
        found = tafel(turned(s))
        low, high = found.span
        potential = found.equilibrium
        if potential.status.has_value:
            potential = Value.of(-potential.value, potential.error, potential.status)
        return Tafel(found.slope, found.exchange, potential, (-high, -low))
    zero = _zero(s)
    first = 0 if zero is None else int(np.searchsorted(s.potential, zero.value + _AWAY))
    e, i = s.potential[first:], s.current[first:]
    clear = i > max(_CLEAR * s.sigma, 1e-4 * float(np.max(s.current)))
    begin = 0 if clear.all() else e.size - int(np.argmin(clear[::-1]))
    e, log = e[begin:], np.log10(np.maximum(i[begin:], 1e-300))
    stretch = _longest(e, log, s.sigma / np.maximum(i[begin:], 1e-300) / math.log(10.0))
    if stretch is None:
        return _nothing(Status.NOT_FOUND, s)
    a, b = stretch
    (per_volt, height), bent = _line(e[a:b], log[a:b])
    half = (a + b) // 2
    lower, upper = (_line(e[p:q], log[p:q])[0][0] for p, q in ((a, half), (half, b)))
    slope = 1.0 / per_volt
    # Its halves differ by what the stretch is still bent.
    error = slope * abs(upper - lower) / per_volt / math.sqrt(12.0)
    steep = slope - 3.0 * error < _NERNST * 1.05
    status = Status.NERNSTIAN if steep else Status.OK
    exchange = Value.none(Status.NOT_REACHED)
    begins = float(e[a])
    if zero is not None:
        begins = zero.value
        at = height + per_volt * (zero.value - float(e[a:b].mean()))
        far = float(e[a:b].mean()) - zero.value
        decades = math.hypot(bent, far * per_volt * error / slope, zero.error * per_volt)
        current = 10.0**at
        exchange = Value.of(current, current * math.log(10.0) * decades, status)
    none = Value.none(Status.NOT_REACHED)
    return Tafel(
        Value.of(slope, error, status), exchange, none if zero is None else zero,
        (begins, float(e[b - 1])),
    )  # fmt: skip


def _zero(s: Sweep) -> Value | None:
    """Return where the current of an anodic sweep becomes positive for good; None if nowhere."""
    below = np.flatnonzero(s.current <= -3.0 * s.sigma)
    if below.size == 0 or below[-1] == s.current.size - 1 or s.current[-1] <= 3.0 * s.sigma:
        return None
    above = np.flatnonzero(s.current[below[-1] :] > 3.0 * s.sigma)
    low, high = int(below[-1]), int(below[-1] + above[0])
    x, y = s.potential[low : high + 1], s.current[low : high + 1]
    slope, height = np.polyfit(x - x.mean(), y, 1)
    if not slope > 0.0:
        return None
    return Value.of(float(x.mean() - height / slope), s.sigma / float(slope))


def _longest(e: FloatArray, log: FloatArray, noise: FloatArray) -> tuple[int, int] | None:
    """Return first and last point (excluded) of the straight stretch of the most decades.

    Every end is tried for some beginnings, with sums that are added up once.
    """
    if e.size < _FEWEST:
        return None
    x = e - e.mean()
    sums = [
        np.concatenate([[0.0], np.cumsum(v)]) for v in (x, x**2, log, x * log, x**2 * log, log**2)
    ]
    spread = np.concatenate([[0.0], np.cumsum(noise)])
    step, best, most = float(e[1] - e[0]), None, _LEAST_DECADES
    for a in np.unique(np.linspace(0, e.size - _FEWEST, _STARTS).astype(int)).tolist():
        b = np.arange(a + _FEWEST, e.size + 1)
        n = (b - a).astype(float)
        sx, sxx, sy, sxy, sxxy, syy = (v[b] - v[a] for v in sums)
        middle = sx / n
        slope = (sxy - middle * sy) / (sxx - middle * sx)
        rest = np.maximum(syy - sy**2 / n - slope * (sxy - middle * sy), 0.0)
        # Of a parabola that is orthogonal to a line, on an even grid.
        curved = (sxxy - 2.0 * middle * sxy + middle**2 * sy) - (sxx / n - middle**2) * sy
        bend = curved / (step**2 * n * (n**2 - 1.0) * (n**2 - 4.0) / 180.0) * 0.25 * n**2
        allowed = _STRAIGHT + (spread[b] - spread[a]) / n
        missed = np.maximum(np.abs(bend), np.sqrt(rest / n))
        good = np.flatnonzero((missed <= allowed) & (slope > 0.0))
        decades = log[b[good] - 1] - log[a]
        if good.size and float(decades[-1]) > most:
            best, most = (a, int(b[good[-1]])), float(decades[-1])
    return best


def _line(e: FloatArray, log: FloatArray) -> tuple[tuple[float, float], float]:
    """Fit a line: slope and height at the mean of e; and by how much it is bent."""
    x = e - e.mean()
    power = float(x @ x)
    slope, height = float(x @ log) / power, float(log.mean())
    curve = x**2 - float((x**2).mean())
    rest = log - height - slope * x
    bend = abs(float(curve @ rest) / float(curve @ curve)) * 0.25 * float(np.ptp(x)) ** 2
    return (slope, height), max(bend, float(np.sqrt(np.mean(rest**2))))


def _nothing(status: Status, s: Sweep) -> Tafel:
    none = Value.none(status)
    span = (float(s.potential[0]), float(s.potential[-1])) if s.usable else (-math.inf, math.inf)
    return Tafel(none, none, none, span)
