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

from seccm.analysis.sweep import Peak, Sweep, anodic_peaks
from seccm.arrays import FloatArray
from seccm.results import Status, Value, noise

_DOWN = 0.005
"""Share of the height of a peak that is left at its foot."""
_LEFT = 0.1
"""Share of its current that is left of a peak that comes down no more before the sweep ends."""
_NOISE = 2.0
"""Standard deviations of the current at a foot that are noise."""
_MOST_MOVES = 8
"""Times that the feet of a peak are moved."""
_DECAY = 3.53
"""Width of a peak at half of its height over the length by which its tail decays: that of what is
adsorbed, 90.6 mV over RT/F."""
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
    found: list[Peak] = []
    places: list[int] = []
    for peak in anodic_peaks(seen):
        place = int(np.argmin(np.abs(seen.potential - peak.potential.value)))
        # Of two whose tops are in one place, the later one stands on the shoulder of the other.
        if peak.current.value > 0.0 and (not places or place > places[-1]):
            found.append(peak)
            places.append(place)
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
    wide = _wide(over, top, 0.5 * height)
    tails = [_tail(s, foot, wide) for foot in (low, high)] if whole else [0.0, 0.0]
    left = 0.5 * sum(tails)
    before = _crossing(e[low : top + 1], over[low : top + 1], 0.5 * height)
    behind = _crossing(-e[top : high + 1][::-1], over[top : high + 1][::-1], 0.5 * height)
    half = Value.none(Status.NOT_FOUND)
    width = charge = Value.none(Status.INCOMPLETE)
    if before is not None:
        at, slope = before
        half = Value.of(sign * at, math.hypot(s.sigma, 0.5 * left) / slope)
        if whole and behind is not None:
            doubt = math.hypot(s.sigma / slope, s.sigma / behind[1])
            both = 0.5 * left * (1.0 / slope + 1.0 / behind[1])
            width = Value.of(-behind[0] - at, math.hypot(doubt, both))
    if whole:
        step, count = float(e[1] - e[0]), high - low + 1
        area = step * float(over[low : high + 1].sum())
        # Of the points, of which neighbours are smoothed together; of the line's two ends; and of
        # what is left of the peak there.
        white = s.sigma * math.hypot(math.sqrt(count * _RELATED), 0.7 * count)
        beyond = left * count + sum(tails) * wide / _DECAY
        doubt = step * math.hypot(white, _DOWN * height * count, beyond)
        charge = Value.of(sign * area, doubt)
    feet = sorted((sign * float(e[low]), sign * float(e[high])))
    return Shape(
        potential=Value.of(sign * potential.value, potential.error),
        current=Value.of(sign * current.value, current.error),
        height=Value.of(sign * height, math.hypot(math.sqrt(2.0) * s.sigma, left)),
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


def _wide(over: FloatArray, top: int, level: float) -> float:
    """Return about how wide a peak is at a level, in points."""
    before, behind = np.flatnonzero(over[:top] < level), np.flatnonzero(over[top:] < level)
    low = int(before[-1]) if before.size else 0
    high = top + int(behind[0]) if behind.size else over.size - 1
    return float(high - low)


def _tail(s: Sweep, foot: int, wide: float) -> float:
    """Return how much of a peak is left at its foot, A: of one whose tail decays exponentially.

    On a sloping background the current has its least value, or touches the line, where the tail
    still falls as steeply as the background rises. There it is bent: its second derivative is what
    is left over the square of the length by which it decays.
    """
    reach = max(3, round(0.25 * wide))
    rows = slice(max(0, foot - reach), foot + reach + 1)
    y = s.raw[rows]
    if y.size < 7:
        return 0.0
    x = np.arange(y.size) - 0.5 * (y.size - 1)
    square = x**2 - float(np.mean(x**2))
    bend = 2.0 * float(square @ y) / float(square @ square)
    noisy = 2.0 * noise(s.raw) / math.sqrt(float(square @ square))
    return max(bend - noisy, 0.0) * (wide / _DECAY) ** 2


def _crossing(x: FloatArray, y: FloatArray, level: float) -> tuple[float, float] | None:
    """Return where y last rises through a level, and its slope there; None if nowhere."""
    below = np.flatnonzero(y < level)
    if below.size == 0 or below[-1] == y.size - 1:
        return None
    k = int(below[-1])
    slope = float((y[k + 1] - y[k]) / (x[k + 1] - x[k]))
    return float(x[k] + (level - y[k]) / slope), slope
