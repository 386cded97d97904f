"""Every peak of a sweep: where, how high, how wide, and the charge in it.

A peak stands on the straight line between its feet: the points on either side where the current
has come down, to zero or to a valley beside another peak. Where it has not come down before the
sweep ends, as behind a peak of diffusion, the line is level with the foot before the peak; such a
peak has no width and no charge of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seccm.analysis.sweep import Sweep, anodic_peaks
from seccm.arrays import FloatArray
from seccm.results import Status, Value

_DOWN = 0.005
"""Share of the height of a peak that is left at its foot."""
_LEFT = 0.1
"""Share of its current that is left of a peak that comes down no more before the sweep ends."""
_NOISE = 2.0
"""Standard deviations of the current at a foot that are noise."""
_MOST_MOVES = 8
"""Times that the feet of a peak are moved."""
_RELATED = 8.0
"""Points in succession that smoothing makes alike."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A peak of a sweep; currents have the sign of the current."""

    potential: Value
    """V."""
    current: Value
    """A, from zero."""
    height: Value
    """A, from the line between its feet."""
    width: Value
    """V, at half of the height."""
    charge: Value
    """A V, area over the line; over the scan rate in V/s it is a charge in C."""
    half: Value
    """V, where half of the height flows before the peak, in the direction of the sweep."""
    feet: tuple[float, float]
    """V, ascending."""


def shapes(s: Sweep) -> tuple[Shape, ...]:
    """Find the peaks in the direction of a sweep: anodic ones if it goes up, cathodic if down.

    They come in the order of the sweep. What counts as a peak: see `anodic_peaks`.
    """
    seen = s if s.anodic else turned(s)
    found = [peak for peak in anodic_peaks(seen) if peak.current.value > 0.0]
    places = [int(np.argmin(np.abs(seen.potential - peak.potential.value))) for peak in found]
    bounds = [-1, *places, seen.potential.size]
    return tuple(
        _shape(seen, k, peak.potential, peak.current, (bounds[n], bounds[n + 2]), s.anodic)
        for n, (k, peak) in enumerate(zip(places, found, strict=True))
    )


def turned(s: Sweep) -> Sweep:
    """Turn a sweep about the origin: a cathodic one downwards looks like an anodic one upwards."""
    return Sweep(
        -s.potential[::-1], -s.current[::-1], -s.raw[::-1], s.sigma, not s.anodic, s.sigma_end
    )


def _shape(
    s: Sweep, top: int, potential: Value, current: Value, between: tuple[int, int], anodic: bool
) -> Shape:
    """Measure the peak at point `top` of an upward sweep, between its neighbours."""
    e, i, sign = s.potential, s.current, 1.0 if anodic else -1.0
    low, high = (_foot(s, top, bound) for bound in between)
    whole = high is not None
    low = 0 if low is None else low
    high = e.size - 1 if high is None else high
    whole = whole and low < top < high  # a level stretch has its foot at its top
    line = np.full(e.size, i[low])
    if whole:
        low, high = _touching(e, i, low, top, high)
        line = i[low] + (i[high] - i[low]) * (e - e[low]) / (e[high] - e[low])
    over = i - line
    height = current.value - float(line[top])
    before = _crossing(e[low : top + 1], over[low : top + 1], 0.5 * height)
    behind = _crossing(-e[top : high + 1][::-1], over[top : high + 1][::-1], 0.5 * height)
    half = Value.none(Status.NOT_FOUND)
    width = charge = Value.none(Status.INCOMPLETE)
    if before is not None:
        at, slope = before
        half = Value.of(sign * at, s.sigma / slope)
        if whole and behind is not None:
            doubt = math.hypot(s.sigma / slope, s.sigma / behind[1])
            width = Value.of(-behind[0] - at, doubt)
    if whole:
        step, count = float(e[1] - e[0]), high - low + 1
        area = step * float(over[low : high + 1].sum())
        # Of the points, of which neighbours are smoothed together; of the line's two ends; and of
        # what is left of the peak there.
        noise = s.sigma * math.hypot(math.sqrt(count * _RELATED), 0.7 * count)
        doubt = step * math.hypot(noise, _DOWN * height * count)
        charge = Value.of(sign * area, doubt)
    feet = sorted((sign * float(e[low]), sign * float(e[high])))
    return Shape(
        potential=Value.of(sign * potential.value, potential.error),
        current=Value.of(sign * current.value, current.error),
        height=Value.of(sign * height, math.sqrt(2.0) * s.sigma),
        width=width,
        charge=charge,
        half=half,
        feet=(feet[0], feet[1]),
    )


def _foot(s: Sweep, top: int, bound: int) -> int | None:
    """Walk from a peak to where its current has come down; None if it has not before the end.

    Args:
        s: the sweep.
        top: point of the peak.
        bound: point of the next peak on this side, or the one beyond the end.
    """
    way = np.arange(top, bound, 1 if bound > top else -1)
    i = s.current[way]
    crossed = np.flatnonzero(i <= 0.0)
    if crossed.size:
        return int(way[crossed[0]])
    lowest = float(i.min())
    height = float(i[0]) - lowest
    down = np.flatnonzero(i - lowest <= max(_DOWN * height, _NOISE * s.sigma))
    behind, at_end = bound > top, bound == s.current.size
    if behind and at_end and lowest > _LEFT * i[0] and i.argmin() > 0.98 * i.size - 2:
        return None  # it still falls where the sweep ends
    place = int(down[0])
    return int(way[place])


def _touching(e: FloatArray, i: FloatArray, low: int, top: int, high: int) -> tuple[int, int]:
    """Move the feet of a peak inwards until the line between them cuts the current nowhere."""
    for _ in range(_MOST_MOVES):
        before = low, high
        low += int(np.argmax((i[high] - i[low:top]) / (e[high] - e[low:top])))
        behind = slice(top + 1, high + 1)
        high = top + 1 + int(np.argmin((i[behind] - i[low]) / (e[behind] - e[low])))
        if (low, high) == before:
            break
    return low, high


def _crossing(x: FloatArray, y: FloatArray, level: float) -> tuple[float, float] | None:
    """Return where y last rises through a level, and its slope there; None if nowhere."""
    below = np.flatnonzero(y < level)
    if below.size == 0 or below[-1] == y.size - 1:
        return None
    k = int(below[-1])
    slope = float((y[k + 1] - y[k]) / (x[k + 1] - x[k]))
    return float(x[k] + (level - y[k]) / slope), slope
