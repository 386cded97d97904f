"""The first minimum of a noisy record: found by the recovery after it, refined on raw rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.analysis.growth import Climb, climb, turns
from seccm.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class MinimumRule:
    """What counts as a minimum, and how widely to look at it."""

    least_recovery: float = 2e-3
    """Volts by which the smoothed potential must rise again, at least."""
    significance: float = 8.0
    """The same in standard deviations of the smoothed potential; the larger one counts.

    On a record that ends flat, the largest of many independent rises is itself 5 sigma: 5 here
    finds a minimum in every second such record, 7 in one of a hundred, 8 in one of thousands.
    """
    smoothing: float = 0.03
    """Width of the smoothing window as a fraction of the rows looked at."""
    refinement: float = 0.09
    """Half width of the fit around the minimum as a fraction of the time since contact."""


@dataclass(frozen=True, slots=True)
class Record:
    """A potential against time, free of gaps and overloads."""

    t: FloatArray
    """s since contact."""
    e: FloatArray
    """V."""
    row: float
    """s from row to row."""
    noise: float
    """V, standard deviation of one row."""

    def turns(self, low: int) -> bool:
        """Tell whether it turns round at a row, rather than drift out of its fall."""
        return turns(self.e, low, self.noise)


@dataclass(frozen=True, slots=True)
class Smooth:
    """A smoothed record without the half windows at its ends."""

    value: FloatArray
    row: FloatArray
    """Rows of the record at which the values stand (halves are possible)."""
    sigma: float
    """Standard deviation of a value."""
    half: float
    """Half the smoothing window, rows."""


@dataclass(frozen=True, slots=True)
class Found:
    """A minimum of the smoothed record."""

    row: int
    half: float
    """Half the smoothing window that showed it, rows."""
    growth: bool
    """Whether the record shows that the recovery lasts; it may end before."""


@lru_cache(maxsize=64)
def _kernel(width: int) -> FloatArray:
    """Weights of the Savitzky-Golay mean of order 2; symmetric."""
    weights: FloatArray = scipy.signal.savgol_coeffs(width, 2)
    weights.flags.writeable = False
    return weights


def smoothed(e: FloatArray, sigma: float, fraction: float) -> Smooth:
    """Smooth `e` over `fraction` of its length, at least 7 rows, at most a quarter."""
    width = min(max(7, int(fraction * e.size)), e.size // 4) | 1
    # Wide windows work on means of a few rows: the same curve for a hundredth of the time.
    merge = max(1, width // 48)
    n = e.size // merge
    mean: FloatArray = e[: n * merge].reshape(n, merge).mean(axis=1)
    weights = _kernel((width // merge) | 1)
    half = weights.size // 2
    value: FloatArray = np.convolve(mean, weights, "valid")
    row = (np.arange(value.size, dtype=np.float64) + half) * merge + 0.5 * (merge - 1)
    spread = sigma * math.sqrt(float(weights @ weights) / merge)
    return Smooth(value, row, max(spread, _wander(value[:: weights.size])), half * merge)


def _wander(value: FloatArray) -> float:
    """Estimate the standard deviation of smoothed values that are no neighbours, from their bends.

    Third differences leave the course of the record out. A potential that wanders more slowly
    than from row to row is not seen by the noise of one row, and here it is.
    """
    if value.size < 12:
        return 0.0
    # The estimate of a few dozen values scatters: only what is beyond that counts.
    return float(1.4826 * np.median(np.abs(np.diff(value, 3))) / math.sqrt(20.0)) / 1.5


def _stages(n: int) -> Iterator[int]:
    """Lengths to look at, short ones first: n, n/4, n/16 ... while a window fills a stage."""
    lengths = [n]
    while lengths[-1] // 4 > 240:
        lengths.append(lengths[-1] // 4)
    yield from reversed(lengths)


def search(record: Record, rule: MinimumRule) -> tuple[Found | None, Smooth, bool]:
    """Find the first minimum; also return the smoothed whole and whether another one follows.

    The record is walked forward; the running minimum is accepted as soon as the record has
    recovered from it by the threshold, if growth follows, whatever happens later. This is done on
    the first n/16, n/4, n rows and so on, each with a window in proportion: one window for all
    would wipe out an early minimum of a long record.
    """
    found: Found | None = None
    for n in _stages(record.e.size):
        smooth = smoothed(record.e[:n], record.noise, rule.smoothing)
        if found is None:
            hit = _first_genuine(record, smooth, rule)
            if hit is not None:
                found, recovered = hit
    if found is None:
        return None, smooth, False
    return found, smooth, _another(record, smooth, recovered, rule)


def threshold(smooth: Smooth, rule: MinimumRule) -> float:
    """Tell by how many volts a smoothed potential must rise to have risen."""
    return max(rule.least_recovery, rule.significance * smooth.sigma)


def _first_genuine(
    record: Record, smooth: Smooth, rule: MinimumRule, start: int = 0
) -> tuple[Found, float] | None:
    """Find the first minimum behind which the raw rows grow; and the row of its recovery.

    Where the potential falls by volts within a few rows, as it does after contact, the smoothed
    record rings, and the ringing looks like a minimum. Medians of raw rows do not ring.
    """
    least = threshold(smooth, rule)
    while (hit := _first_minimum(smooth.value[start:], least)) is not None:
        low, recovered = (start + k for k in hit)
        row = round(float(smooth.row[low]))
        verdict = climb(record.e[row:], float(record.t[row] / record.row), 0.5 * least)
        if verdict is not Climb.PASSING and record.turns(row):
            found = Found(row, smooth.half, verdict is Climb.GROWTH)
            return found, float(smooth.row[recovered])
        fall = _first_fall(smooth.value[recovered:], least)
        if fall is None:
            return None
        start = recovered + fall
    return None


def _first_minimum(e: FloatArray, least: float) -> tuple[int, int] | None:
    """Walk forward: indices of the first minimum, and of where it is recovered from by `least`."""
    recovered = e - np.minimum.accumulate(e) > least
    if not recovered.any():
        return None
    end = int(np.argmax(recovered))
    return int(np.argmin(e[: end + 1])), end


def _first_fall(e: FloatArray, least: float) -> int | None:
    """Walk forward: index at which the record has fallen by `least`."""
    fallen = np.maximum.accumulate(e) - e > least
    return int(np.argmax(fallen)) if fallen.any() else None


def _another(record: Record, smooth: Smooth, row: float, rule: MinimumRule) -> bool:
    """Tell whether the record falls and recovers once more after `row`."""
    start = int(np.searchsorted(smooth.row, row + smooth.half))
    fall = _first_fall(smooth.value[start:], threshold(smooth, rule))
    return fall is not None and _first_genuine(record, smooth, rule, start + fall) is not None


# -------------------------------------------------------------------------- the refinement


@dataclass(frozen=True, slots=True)
class Vertex:
    """A minimum of the raw record, with standard uncertainties; s and V."""

    t: float
    t_error: float
    e: float
    e_error: float
    at_edge: bool
    """The record does not reach far enough to both sides of it."""
    curvature: float = math.nan
    """V/s2; NaN where it is not known."""


def refined(record: Record, found: Found, rule: MinimumRule) -> Vertex:
    """Refine the minimum on the raw rows around it, moving the fit until it sits in the middle.

    The polynomial has degree seven where there are rows enough, because the minimum is lopsided:
    a parabola of the same width is tens of milliseconds late, and a parabola narrow enough to be
    right is less precise.
    """
    n, centre = record.e.size, found.row
    vertex: Vertex | None = None
    for _ in range(3):
        since_contact = record.t[centre] / record.row
        wish = max(8, round(rule.refinement * since_contact))
        half = min(wish, centre, n - 1 - centre)
        if half < 5:
            break
        vertex = _fit(record, centre, half) or vertex
        if vertex is None or abs(vertex.t - record.t[centre]) < 0.2 * half * record.row:
            break
        moved = int(np.clip(np.searchsorted(record.t, vertex.t), 0, n - 1))
        if moved == centre:
            break
        centre = moved
    if vertex is None:
        e, t = float(record.e[found.row]), float(record.t[found.row])
        return Vertex(t, found.half * record.row, e, record.noise, at_edge=True)
    at_edge = not found.half <= found.row <= n - 1 - found.half or half < min(wish, 8)
    return replace(vertex, at_edge=at_edge)


def _fit(record: Record, centre: int, half: int) -> Vertex | None:
    """Fit a polynomial around `centre` and take its lowest turning point, if it has one.

    Errors come from the covariance of the fit, widened by sqrt((1+r)/(1-r)) for the correlation
    r of neighbouring residuals: what the polynomial cannot follow is not white noise.
    """
    rows = slice(centre - half, centre + half + 1)
    t0 = record.t[centre]
    span = max(t0 - record.t[rows][0], record.t[rows][-1] - t0)
    x, y = (record.t[rows] - t0) / span, record.e[rows]
    y0 = float(y.mean())  # an offset must come out as exactly that, whatever its size
    for degree in (7, 3, 2):
        if x.size < 4 * degree - 1:
            continue
        basis = np.vander(x, degree + 1)
        normal = np.linalg.inv(basis.T @ basis)
        c = normal @ (basis.T @ (y - y0))
        v = _turning_point(c)
        if v is None:
            continue
        residual = y - y0 - basis @ c
        variance = float(residual @ residual) / (x.size - degree - 1) * _widening(residual)
        powers = np.arange(degree, -1, -1)
        value_at = v**powers
        slope_at = powers * v ** np.maximum(powers - 1, 0)
        curvature = float(np.polyval(np.polyder(c, 2), v))
        return Vertex(
            t=float(t0 + v * span),
            t_error=math.sqrt(variance * float(slope_at @ normal @ slope_at)) / curvature * span,
            e=float(value_at @ c) + y0,
            e_error=math.sqrt(variance * float(value_at @ normal @ value_at)),
            at_edge=False,
            curvature=curvature / span**2,
        )
    return None


def _turning_point(c: FloatArray) -> float | None:
    """Find the lowest minimum of a polynomial (highest power first) inside of [-0.7, 0.7]."""
    slope = np.polyder(c)
    roots = np.roots(slope)
    real = roots[np.abs(roots.imag) < 1e-9].real
    real = real[(np.abs(real) < 0.7) & (np.polyval(np.polyder(slope), real) > 0.0)]
    if real.size == 0:
        return None
    return float(real[np.argmin(np.polyval(c, real))])


def _widening(residual: FloatArray) -> float:
    """Factor on the variance of a fitted value for residuals that resemble their neighbours."""
    power = float(residual @ residual)
    if power == 0.0:
        return 1.0
    r = min(max(float(residual[1:] @ residual[:-1]) / power, 0.0), 0.95)
    return (1.0 + r) / (1.0 - r)
