"""Features of one sweep of a voltammogram: peaks, onsets, the current at a potential.

A sweep is first averaged onto an even grid of potentials, which makes it independent of the scan
rate and of pauses, then smoothed (Savitzky-Golay, order 3). Potentials are always ascending on
the grid; the direction of the sweep is kept beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.arrays import FloatArray
from seccm.results import Status, Value, noise

_FEWEST = 9
_CLEAR = 8.0
"""Standard deviations by which a peak or a loop stands out; the best of mere noise reach six."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """One sweep on an even grid of potentials."""

    potential: FloatArray
    """V, ascending."""
    current: FloatArray
    """A, smoothed."""
    raw: FloatArray
    """A, averaged onto the grid and not smoothed."""
    sigma: float
    """A, standard deviation of `current` from noise."""
    anodic: bool
    """The potential was driven upwards."""
    sigma_end: float = math.nan
    """A, the same of the first and the last of `current`, which have neighbours on one side."""

    @property
    def usable(self) -> bool:
        """Tell whether there are points enough for any feature."""
        return self.potential.size >= _FEWEST


def sweep(
    potential: FloatArray, current: FloatArray, step: float = 1e-3, window: float = 17e-3
) -> Sweep:
    """Average one sweep onto a grid of potentials and smooth it.

    Args:
        potential: shape (n,), V, of one sweep from vertex to vertex.
        current: shape (n,), A.
        step: V, the grid; widened to two rows of the data if they are further apart.
        window: V, width of the smoothing.
    """
    keep = np.isfinite(potential) & np.isfinite(current)
    e, i = potential[keep], current[keep]
    nothing = np.empty(0)
    if e.size < _FEWEST or np.ptp(e) == 0.0:
        return Sweep(nothing, nothing, nothing, math.nan, anodic=True)
    step = max(step, 2.0 * float(np.ptp(e)) / e.size)
    # Bins lie about the middle: a sweep turned upside down has the same ones. A row between two
    # goes up whatever rounding says of it: nothing depends on the zero of potential.
    bins = max(1, math.ceil(float(np.ptp(e)) / step - 1e-6))
    low = 0.5 * (float(e.min()) + float(e.max()) - bins * step)
    place = np.clip(np.floor((e - low) / step + 1e-6).astype(np.int64), 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    filled = count > 0
    total_i, total_e = (np.bincount(place, y, minlength=bins) for y in (i, e))
    centre: FloatArray = low + (np.arange(bins, dtype=np.float64) + 0.5) * step
    # The mean current belongs to the mean potential of its rows, not to the middle of the bin.
    mean: FloatArray = np.interp(
        centre, total_e[filled] / count[filled], total_i[filled] / count[filled]
    )
    if mean.size < _FEWEST:
        return Sweep(nothing, nothing, nothing, math.nan, anodic=True)
    largest = mean.size - 1 + mean.size % 2
    width = min(max(5, int(window / step) | 1), largest)
    smooth: FloatArray = scipy.signal.savgol_filter(mean, width, 3)
    white = noise(mean)
    sigma, sigma_end = (white * left for left in _left_of_noise(width))
    half = e.size // 2
    anodic = bool(e[half:].mean() > e[:half].mean())
    return Sweep(centre, smooth, mean, sigma, anodic, sigma_end)


@lru_cache(maxsize=64)
def _left_of_noise(width: int) -> tuple[float, float]:
    """Return the share of white noise that smoothing leaves: in the middle and at the ends."""
    inside, at_end = (
        scipy.signal.savgol_coeffs(width, 3, pos=pos) for pos in (width // 2, width - 1)
    )
    return math.sqrt(float(inside @ inside)), math.sqrt(float(at_end @ at_end))


def current_at(s: Sweep, potential: float) -> Value:
    """Read the current at a potential; absent outside the sweep, never extrapolated."""
    if not s.usable:
        return Value.none(Status.TOO_SHORT)
    if not s.potential[0] <= potential <= s.potential[-1]:
        return Value.none(Status.NOT_REACHED)
    last = potential in (s.potential[0], s.potential[-1])
    error = s.sigma_end if last else s.sigma
    return Value.of(float(np.interp(potential, s.potential, s.current)), error)


# --------------------------------------------------------------------------------- peaks


@dataclass(frozen=True, slots=True)
class Peak:
    """A current peak."""

    potential: Value
    """V, apex of a parabola through the points around the highest one."""
    current: Value
    """A, from zero; or from the extrapolated foot if one was given."""
    width: float
    """V, at half the prominence."""
    prominence: float
    """A."""


def anodic_peaks(s: Sweep, foot: tuple[float, float] | None = None) -> tuple[Peak, ...]:
    """Find the anodic peaks, in ascending order of potential.

    A peak must stand out by 1 % of the range of the current and by eight standard deviations of
    its noise. For cathodic peaks pass a sweep with the sign of the current turned.

    Args:
        s: the sweep.
        foot: V, V: a straight line through this range, extrapolated, is the base of the heights.
    """
    if not s.usable:
        return ()
    least = max(_CLEAR * s.sigma, 0.01 * float(np.ptp(s.current)))
    # Below that, what stands out of a constant current is rounding.
    if least <= 1e-12 * float(np.max(np.abs(s.current))):
        return ()
    base = np.zeros(s.potential.size)
    if foot is not None:
        base = _line(s, foot)[0]
    step = float(s.potential[1] - s.potential[0])
    at, found = scipy.signal.find_peaks(s.current, prominence=least, width=0, rel_height=0.5)
    peaks = []
    for k, prominence, width in zip(at, found["prominences"], found["widths"], strict=True):
        offset, height, error = _apex(s, int(k), float(width))
        peaks.append(
            Peak(
                potential=Value.of(s.potential[k] + offset * step, error * step),
                current=Value.of(height - base[k], s.sigma),
                width=float(width) * step,
                prominence=float(prominence),
            )
        )
    return tuple(peaks)


def _apex(s: Sweep, k: int, width: float) -> tuple[float, float, float]:
    """Vertex of the parabola around point k: offset in points, height, error in points.

    From no more points than are of the peak, whose width is in points, too.
    """
    half = max(1, min(8, k, s.current.size - 1 - k, round(0.5 * width)))
    x = np.arange(-half, half + 1)
    a, b, c = np.polyfit(x, s.raw[k - half : k + half + 1], 2)
    if a >= 0.0:
        return 0.0, float(s.current[k]), float(half)
    offset = float(np.clip(-b / (2.0 * a), -half, half))
    slope_error = noise(s.raw) / math.sqrt(float(x @ x))
    return offset, float(c - b * b / (4.0 * a)), float(min(half, slope_error / (2.0 * abs(a))))


# --------------------------------------------------------------------------------- onset


def onset_threshold(
    s: Sweep, foot: tuple[float, float], significance: float = 5.0, points: int = 5
) -> Value:
    """Find the cathodic onset where the current leaves the straight line through the foot.

    The onset is the first potential below the foot from which `points` points in a row lie below
    the line by `significance` standard deviations of the scatter around it. It depends on the
    noise and comes earlier than `onset_tangent`, by some 50 mV for lithium on gold: always
    name the definition with the number.

    Args:
        s: the sweep, in either direction.
        foot: V, V: 80 to 100 mV just before the onset.
        significance: in standard deviations.
        points: of the grid.
    """
    inside = within(s, foot)
    if not s.usable or inside.sum() < _FEWEST:
        return Value.none(Status.NOT_REACHED if s.usable else Status.TOO_SHORT)
    line, scatter = _line(s, foot)
    below = (s.raw < line - significance * scatter) & (s.potential < min(foot))
    downward = below[::-1].astype(np.int64)
    run = np.convolve(downward, np.ones(points, np.int64), "valid") == points
    if not run.any():
        return Value.none(Status.NOT_FOUND)
    k = downward.size - 1 - int(np.argmax(run))
    return Value.of(float(s.potential[k]), float(s.potential[1] - s.potential[0]))


def onset_tangent(s: Sweep, foot: tuple[float, float]) -> Value:
    """Find the cathodic onset where the steepest tangent below the foot meets the foot's line.

    Args:
        s: the sweep.
        foot: V, V: 80 to 100 mV just before the onset.
    """
    below = s.potential < min(foot)
    if not s.usable or within(s, foot).sum() < _FEWEST or below.sum() < _FEWEST:
        return Value.none(Status.NOT_REACHED if s.usable else Status.TOO_SHORT)
    line, scatter = _line(s, foot)
    excess = s.current - line
    if float(-np.min(excess[below])) < 10.0 * scatter:
        return Value.none(Status.NOT_FOUND)
    # Towards the reaction's peak, not behind it.
    peak = int(np.argmin(np.where(below, excess, 0.0)))
    step = float(s.potential[1] - s.potential[0])
    slope = np.gradient(excess, step)
    rising = below & (np.arange(excess.size) >= peak)
    k = int(np.argmax(np.where(rising, slope, -math.inf)))
    if slope[k] <= 0.0:
        return Value.none(Status.NOT_FOUND)
    return Value.of(float(s.potential[k] - excess[k] / slope[k]), s.sigma / float(slope[k]))


def crossover(down: Sweep, up: Sweep) -> Value:
    """Find the upper end of the nucleation loop: where the reverse sweep meets the forward sweep.

    Just after the cathodic vertex the return sweep carries the larger cathodic current, because
    there are nuclei now; the crossover is the first potential above at which it no longer does.
    It lies close to the equilibrium potential of the deposit. Without a loop it is not found.

    Args:
        down: the cathodic sweep.
        up: the anodic sweep that follows it.
    """
    if not (down.usable and up.usable):
        return Value.none(Status.TOO_SHORT)
    low = max(down.potential[0], up.potential[0])
    high = min(down.potential[-1], up.potential[-1])
    step = float(down.potential[1] - down.potential[0])
    e = np.arange(low, high, step)
    if e.size < _FEWEST:
        return Value.none(Status.NOT_REACHED)
    gap = np.interp(e, up.potential, up.current) - np.interp(e, down.potential, down.current)
    sigma = math.hypot(down.sigma, up.sigma)
    inside = gap < -_CLEAR * sigma
    if sigma == 0.0:
        inside = gap < -1e-9 * float(np.ptp(down.current))
    if not inside.any():
        return Value.none(Status.NOT_FOUND)
    start = int(np.argmax(inside))
    closed = gap[start:] >= 0.0
    if not closed.any():
        return Value.none(Status.NOT_FOUND)
    k = start + int(np.argmax(closed))
    slope = float(gap[k] - gap[k - 1]) / step
    return Value.of(float(e[k] - gap[k] / slope), sigma / slope)


def within(s: Sweep, span: tuple[float, float]) -> npt.NDArray[np.bool_]:
    """Tell which points of the grid lie between two potentials."""
    inside: npt.NDArray[np.bool_] = (s.potential >= min(span)) & (s.potential <= max(span))
    return inside


def _line(s: Sweep, span: tuple[float, float]) -> tuple[FloatArray, float]:
    """Straight line through a range, extrapolated over the sweep, and the scatter around it."""
    inside = within(s, span)
    if inside.sum() < 3:
        return np.zeros(s.potential.size), math.nan
    x = s.potential - s.potential[inside].mean()
    slope, height = np.polyfit(x[inside], s.raw[inside], 1)
    line: FloatArray = height + slope * x
    return line, float(np.std(s.raw[inside] - line[inside]))
