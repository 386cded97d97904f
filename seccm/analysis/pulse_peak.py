"""The peak of a difference current over the potential, and the wave of pulses that grow."""

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
_PLATEAU = 0.2
"""Share of the potentials at the end of a wave that is its plateau."""
_LEVEL = 0.05
"""Share of a wave by which its plateau may rise from end to end."""


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
    e, above = potential[order], (current - _background(potential, current))[order]
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
    bend = abs(float(curve.deriv(2)(at)))
    off = math.sqrt(2.0 * error / bend) / math.sqrt(x.size) if bend else math.nan
    if best in (0, fine.size - 1):
        return PulsePeak(nothing, nothing, nothing)
    return PulsePeak(
        Value.of(at, off), Value.of(sign * height, error), _width(e, y, largest, height, sigma)
    )


def _width(e: FloatArray, y: FloatArray, largest: int, height: float, sigma: float) -> Value:
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
    return Value.of(float(ends[1] - ends[0]), sigma * math.hypot(*(1.0 / s for s in slopes)))


@dataclass(frozen=True, slots=True)
class PulseWave:
    """A wave of currents, each at the end of a pulse from the same potential."""

    half: Value
    """V: half-wave potential."""
    limit: Value
    """A: the plateau above the foot, with its sign."""


def pulse_wave(potential: FloatArray, current: FloatArray) -> PulseWave:
    """Measure a wave from its foot to its plateau.

    Args:
        potential: V, shape (n,), in the order of time.
        current: A, shape (n,).
    """
    if potential.size < 10 or not (np.isfinite(potential) & np.isfinite(current)).all():
        return PulseWave(*(Value.none(Status.TOO_SHORT),) * 2)
    ends, plateau = max(2, int(_ENDS * current.size)), max(3, int(_PLATEAU * current.size))
    foot, final = float(np.mean(current[:ends])), current[-plateau:]
    limit, sigma = float(np.mean(final)) - foot, noise(current)
    if not abs(limit) > _CLEAR * sigma:
        none = Value.none(Status.NO_WAVE)
        return PulseWave(none, none)
    rise = float(np.polyfit(np.linspace(0.0, 1.0, plateau), final, 1)[0])
    status = Status.OK if abs(rise) <= _LEVEL * abs(limit) else Status.NO_PLATEAU
    share = (current - foot) / limit
    crossed = int(np.argmax(share >= 0.5))
    if crossed == 0:
        return PulseWave(Value.none(Status.NO_WAVE), Value.none(Status.NO_WAVE))
    low, high = share[crossed - 1], share[crossed]
    part = (0.5 - low) / (high - low)
    change = float(potential[crossed] - potential[crossed - 1])
    error = sigma / abs(limit) * abs(change) / float(high - low)
    return PulseWave(
        Value.of(float(potential[crossed - 1]) + part * change, error, status),
        Value.of(limit, sigma * math.sqrt(1.0 / ends + 1.0 / plateau), status),
    )
