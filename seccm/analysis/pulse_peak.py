"""The peak of a difference current over the potential."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray
from seccm.results import Status, Value, noise

_ENDS = 0.1
"""Share of the potentials at each end that tells the background."""
_TOP = 0.8
"""Share of the height above which points tell the top of a peak."""
_CLEAR = 6.0
"""Standard deviations by which a peak stands out."""
_USUAL = 1.5
"""Standard deviations of noise alone that a background does not seem to be bent by."""


@dataclass(frozen=True, slots=True)
class PulsePeak:
    """A peak above a straight background."""

    potential: Value
    """V."""
    height: Value
    """A, with its sign."""
    width: Value
    """V, at half the height."""


def _background(potential: FloatArray, current: FloatArray) -> FloatArray:
    """Return the straight line through the means of both ends."""
    count = max(2, int(_ENDS * potential.size))
    (a, b), (i, j) = (
        (float(np.mean(y[:count])), float(np.mean(y[-count:]))) for y in (potential, current)
    )
    line: FloatArray = i + (j - i) * (potential - a) / (b - a)
    return line


def _bent(potential: FloatArray, current: FloatArray, at: float, sigma: float) -> float:
    """Return by how much a background that is not straight may be off at a potential, A.

    Both ends have slopes of their own; what they say of a place between them, and what the straight
    line through both says, are the same of a straight background.
    """
    count = max(4, int(1.5 * _ENDS * potential.size))
    line = float(np.interp(at, potential, _background(potential, current)))
    found = []
    for end in (slice(None, count), slice(-count, None)):
        x = potential[end] - float(np.mean(potential[end]))
        slope = float(x @ current[end]) / float(x @ x)
        away = at - float(np.mean(potential[end]))
        there = float(np.mean(current[end])) + slope * away
        noisy = _USUAL * sigma * math.hypot(count**-0.5, away / math.sqrt(float(x @ x)))
        found.append(math.sqrt(max((there - line) ** 2 - noisy**2, 0.0)))
    return max(found)


def pulse_peak(potential: FloatArray, current: FloatArray) -> PulsePeak:
    """Measure the largest peak of a difference current.

    Args:
        potential: V, shape (n,), rising or falling.
        current: A, shape (n,).
    """
    nothing = Value.none(Status.NOT_FOUND)
    if potential.size < 10 or not (np.isfinite(potential) & np.isfinite(current)).all():
        return PulsePeak(*(Value.none(Status.TOO_SHORT),) * 3)
    order = np.argsort(potential)
    potential, current = potential[order], current[order]
    e, above = potential, current - _background(potential, current)
    sigma = noise(above)
    largest = int(np.argmax(np.abs(above)))
    sign = math.copysign(1.0, float(above[largest]))
    y = sign * above
    if not y[largest] > _CLEAR * sigma or largest < 2 or largest > e.size - 3:
        return PulsePeak(nothing, nothing, nothing)
    high = y >= _TOP * y[largest]
    first, last = largest, largest
    while first > 0 and high[first - 1]:
        first -= 1
    while last < e.size - 1 and high[last + 1]:
        last += 1
    first, last = min(first, largest - 2), max(last, largest + 2)
    first, last = max(first, 0), min(last, e.size - 1)
    x, top = e[first : last + 1], y[first : last + 1]
    curve = np.polynomial.Polynomial.fit(x, top, min(4, x.size - 2))
    fine = np.linspace(float(x[0]), float(x[-1]), 801)
    found = curve(fine)
    best = int(np.argmax(found))
    at, height = float(fine[best]), float(found[best])
    error = sigma * math.sqrt(4.0 / x.size)
    bent = _bent(potential, current, at, sigma)
    bend = abs(float(curve.deriv(2)(at)))
    off = math.sqrt(2.0 * error / bend) / math.sqrt(x.size) if bend else math.nan
    if best in (0, fine.size - 1):
        return PulsePeak(nothing, nothing, nothing)
    return PulsePeak(
        Value.of(at, off),
        Value.of(sign * height, math.hypot(error, bent)),
        _width(e, y, largest, height, sigma, bent),
    )


def _width(
    e: FloatArray, y: FloatArray, largest: int, height: float, sigma: float, bent: float
) -> Value:
    """Measure how wide a peak is at half its height, between points."""
    low = y < height / 2.0
    left, right = np.flatnonzero(low[:largest]), np.flatnonzero(low[largest:])
    if left.size == 0 or right.size == 0:
        return Value.none(Status.INCOMPLETE)
    a, b = int(left[-1]), largest + int(right[0])
    ends, slopes = [], []
    for outside, inside in ((a, a + 1), (b, b - 1)):
        slope = (y[inside] - y[outside]) / (e[inside] - e[outside])
        ends.append(e[outside] + (height / 2.0 - y[outside]) / slope)
        slopes.append(abs(slope))
    noisy = sigma * math.hypot(*(1.0 / s for s in slopes))
    background = 0.5 * bent * sum(1.0 / s for s in slopes)
    return Value.of(float(ends[1] - ends[0]), math.hypot(noisy, background))
