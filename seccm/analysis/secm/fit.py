"""What an approach curve says of the surface: where it is, and how fast it reacts.

The curves of `seccm.analysis.secm.feedback` are compared with the data at all heights z0 of the
surface and all rate constants, at one glass or at several, and the far current is chosen best for
each of them. So nothing depends on where a search began, and the profile of chi^2 over each
quantity, with all others free, is there at once: its 95 % interval is where chi^2 rises by 3.84.

Rate and height are one thing where only the beginning of a curve was measured; the intervals then
are wide or open, and the result is a bound, or none, rather than a number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seccm.analysis.secm.feedback import NEAREST, THICKEST, THINNEST, accuracy, finite
from seccm.arrays import FloatArray
from seccm.results import Status, Value

BINS = 40
"""Points into which a curve is averaged: evenly in the current and the height together."""
FEWEST = 8
"""Data points below which there is no curve."""
RISE = 3.84
"""Of chi^2 at the ends of a 95 % interval of one quantity."""
SIGMAS = 1.96
SLOWEST, FASTEST = 1e-4, 1e4
"""kappa between which curves can be told from those of an insulator and of a conductor."""
FARTHEST = 300.0
"""Radii from the lowest data point at which the surface may lie at most."""
GROUPS = 5.0
"""Independent parts of a curve: the closed forms deviate alike at neighbouring distances."""
BROAD = 1.5
"""Ratio of the ends of an interval from which on it stands in the place of a number."""
_STEPS = (121, 49, 9)
_FINE = (17, 241)
_ZOOMS = 5
_MISFIT = 9.0
"""Up to which mean square of the residuals, over what is expected, a curve is one of feedback."""


@dataclass(frozen=True, slots=True)
class Interval95:
    """A quantity with its 95 % interval by the profile of chi^2."""

    value: Value
    """The number; a bound where one end is open, none where neither end is known well enough."""
    low: float
    high: float
    """Ends of the interval; 0 or infinite where it is open."""


@dataclass(frozen=True, slots=True)
class ApproachFit:
    """The surface that an approach curve shows."""

    surface: Interval95
    """z0 in metres, in the coordinates of the curve's z."""
    kappa: Interval95
    """k a / D."""
    rg: Interval95
    far: float
    """The best current far away, in amperes."""
    best: tuple[float, float, float]
    """z0 in metres, kappa and RG of the best curve."""
    misfit: float
    """Mean square of the residuals, over what noise and closed forms let expect."""

    def rate(self, radius: float, diffusivity: float) -> Interval95:
        """Return the rate constant k = kappa D / a in m/s.

        Args:
            radius: of the disk, metres.
            diffusivity: of the mediator, m^2/s.
        """
        scale = diffusivity / radius
        own = self.kappa
        value = own.value
        if value.status.has_value:
            value = Value(value.value * scale, value.error * scale, value.status)
        return Interval95(value, own.low * scale, own.high * scale)

    def curve(self, z: FloatArray, radius: float) -> FloatArray:
        """Return the best curve in amperes at heights in metres, for a disk of some radius."""
        z0, kappa, rg = self.best
        distance = np.maximum((z - z0) / radius, NEAREST / 10.0)
        found: FloatArray = self.far * finite(distance, rg, kappa)
        return found


def fit_approach(
    z: FloatArray,
    current: FloatArray,
    radius: float,
    *,
    rg: tuple[float, float],
    far: Value | None = None,
    noise: float | None = None,
) -> ApproachFit | None:
    """Determine height and rate constant of the surface under an approach curve.

    Args:
        z: heights of the tip, up positive, metres, shape (n,).
        current: of the tip, amperes, shape (n,).
        radius: of the disk, metres.
        rg: radius of the glass over that of the disk, and its standard uncertainty; none is 0.
        far: the current that was measured far from the surface; without it, it is free.
        noise: standard deviation of a data point, amperes; by default from the data.

    Returns:
        None where there are too few data points.
    """
    good = np.isfinite(z) & np.isfinite(current)
    z, current = z[good], current[good]
    if z.size < FEWEST or float(np.ptp(z)) <= 0.0:
        return None
    scale = float(np.max(np.abs(current)))
    if scale == 0.0:
        return None
    points = _binned(z, current / scale, _noise(current, noise) / scale, accuracy(rg[0]))
    guess = None if far is None else (far.value / scale, max(far.error / scale, 1e-6))
    search = _Search(points, radius, guess)
    return _interpreted(search, rg, scale)


@dataclass(frozen=True, slots=True)
class _Points:
    """An approach curve in a few points, currents in units of the largest one."""

    z: FloatArray
    current: FloatArray
    variance: FloatArray
    """With which the points count."""
    expected: FloatArray
    """Of each point about the true curve."""


def _noise(current: FloatArray, noise: float | None) -> float:
    """Return the standard deviation of a data point, from second differences unless it is given."""
    if noise is not None:
        return noise
    bends = np.diff(current, 2)
    return 1.4826 * float(np.median(np.abs(bends))) / math.sqrt(6.0)


def _binned(z: FloatArray, current: FloatArray, noise: float, share: float) -> _Points:
    """Average a curve into few points; where it bends, they are close to one another."""
    order = np.argsort(z)[::-1]
    z, current = z[order], current[order]
    smooth = np.convolve(current, np.ones(5) / 5.0, mode="valid")
    path = np.abs(np.diff(smooth, prepend=smooth[:1]))
    path[path < 2.0 * noise] = 0.0
    path = np.concatenate([np.zeros(2), path, np.zeros(2)])
    along = np.cumsum(path) / (path.sum() or 1.0) + (z[0] - z) / (z[0] - z[-1])
    bins = np.minimum((along / along[-1] * BINS).astype(int), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    filled = counts > 0
    counts = counts[filled]
    middles = np.bincount(bins, z, BINS)[filled] / counts
    means = np.bincount(bins, current, BINS)[filled] / counts
    model = (share * np.maximum(np.abs(means), abs(means[0]))) ** 2
    own = noise**2 / counts
    # The closed forms deviate alike at neighbouring points: no number of points averages that.
    return _Points(middles, means, own + model * max(1.0, filled.sum() / GROUPS), own + model)


class _Search:
    """chi^2 over heights, rate constants and glasses, with the best far current at each.

    Args:
        points: of the curve.
        radius: of the disk, metres.
        far: the far current and its uncertainty, if it was measured.
    """

    def __init__(self, points: _Points, radius: float, far: tuple[float, float] | None) -> None:
        self._points = points
        self._depth = (points.z - points.z.min()) / radius
        self._weight = 1.0 / points.variance
        self._far = far
        self.radius = radius
        self.lowest = float(points.z.min())

    def __call__(
        self, nearest: FloatArray, kappa: FloatArray, rg: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return chi^2 and the far currents, both shape (nearest, kappa, rg).

        Args:
            nearest: distance of the lowest data point from the surface, radii.
            kappa: rate constants.
            rg: of the glass.
        """
        distance = nearest[:, None, None, None] + self._depth
        share = finite(distance, rg[:, None], kappa[:, None, None])
        y, w = self._points.current, self._weight
        across, along = (w * share * share).sum(-1), (w * share * y).sum(-1)
        total = float((w * y * y).sum())
        if self._far is not None:
            middle, sigma = self._far
            across, along = across + sigma**-2, along + middle * sigma**-2
            total += (middle / sigma) ** 2
        far = along / across
        return total - along * far, far

    def misfit(self, nearest: float, rate: float, rg: float, far: float) -> float:
        """Return the mean square of the residuals over what is expected.

        Args:
            nearest: logarithm of the distance of the lowest data point, in radii.
            rate: logarithm of kappa.
            rg: of the glass.
            far: the current far away.
        """
        points = self._points
        curve = far * finite(math.exp(nearest) + self._depth, rg, math.exp(rate))
        squares = (points.current - curve) ** 2 / points.expected
        return float(squares.sum()) / max(1, squares.size - 3)


@dataclass(frozen=True, slots=True)
class _Valley:
    """The surroundings of the best curve."""

    axes: tuple[FloatArray, FloatArray, FloatArray]
    """ln of the nearest distance, ln kappa, RG."""
    chi2: FloatArray
    far: FloatArray
    prior: FloatArray
    """What each RG adds to chi^2."""


def _interpreted(search: _Search, rg: tuple[float, float], scale: float) -> ApproachFit:
    """Find the best curve and the profiles about it."""
    valley = _found(search, rg)
    best = np.unravel_index(int(np.argmin(valley.chi2)), valley.chi2.shape)
    nearest, rate, glass = (float(axis[k]) for axis, k in zip(valley.axes, best, strict=True))
    misfit = search.misfit(nearest, rate, glass, float(valley.far[best]))
    wider = max(1.0, misfit)
    status = Status.MISFIT if misfit > _MISFIT else Status.OK
    ends = [_ends(search, valley, axis, wider) for axis in range(3)]
    conducts = math.isinf(ends[1][1])
    height = _height(search, ends[0], status, conducts=conducts)
    kappa = _rate(rate, ends[1], status)
    shell = _glass(rg, glass, ends[2], status)
    z0 = search.lowest - math.exp(nearest) * search.radius
    return ApproachFit(
        height, kappa, shell, float(valley.far[best]) * scale, (z0, math.exp(rate), glass), misfit
    )


def _limits(rg: tuple[float, float]) -> list[tuple[float, float]]:
    thin, thick = rg[0] - 3.0 * rg[1], rg[0] + 3.0 * rg[1]
    if rg[1] > 0.0:
        thin, thick = max(thin, THINNEST), min(thick, THICKEST)
    return [
        (math.log(NEAREST / 5.0), math.log(FARTHEST)),
        (math.log(SLOWEST), math.log(FASTEST)),
        (thin, max(thin, thick)),
    ]


def _found(search: _Search, rg: tuple[float, float]) -> _Valley:
    """Look everywhere, and then ever closer, as long as the valley fills the box less and less."""
    limits = _limits(rg)
    box = limits
    for zoom in range(_ZOOMS):
        counts = [n if high > low else 1 for n, (low, high) in zip(_STEPS, box, strict=True)]
        axes = tuple(np.linspace(*span, n) for span, n in zip(box, counts, strict=True))
        chi2, far = search(np.exp(axes[0]), np.exp(axes[1]), axes[2])
        prior = ((axes[2] - rg[0]) / rg[1]) ** 2 if rg[1] > 0.0 else np.zeros(1)
        valley = _Valley((axes[0], axes[1], axes[2]), chi2 + prior, far, prior)
        if zoom == _ZOOMS - 1:
            break
        box = [
            _closer(axis, _profile(valley, k), limit)
            for k, (axis, limit) in enumerate(zip(axes, limits, strict=True))
        ]
    return valley


def _profile(valley: _Valley, axis: int) -> FloatArray:
    """Return the least chi^2 at each value of one quantity, counted from the least of all."""
    others = tuple(k for k in range(3) if k != axis)
    least: FloatArray = valley.chi2.min(axis=others)
    return least - float(least.min())


def _closer(
    axis: FloatArray, profile: FloatArray, limit: tuple[float, float]
) -> tuple[float, float]:
    """Return the part of an axis in which the profile is low, with some room."""
    if axis.size == 1:
        return limit
    freedom = max(1.0, float(profile.min()))
    low = np.flatnonzero(profile < 6.0 * RISE * freedom)
    step = float(axis[1] - axis[0])
    return (
        max(limit[0], float(axis[low[0]]) - 2.0 * step),
        min(limit[1], float(axis[low[-1]]) + 2.0 * step),
    )


def _ends(search: _Search, valley: _Valley, axis: int, wider: float) -> tuple[float, float]:
    """Return where the profile of a quantity rises by so much; infinite where it does not.

    Args:
        search: of the curve.
        valley: as far as it was found.
        axis: of the quantity.
        wider: by which noise and accuracy have to be multiplied, squared.
    """
    values, rise = valley.axes[axis], RISE * wider
    if values.size == 1:
        return float(values[0]), float(values[0])
    profile, least = _profile(valley, axis), int(np.argmin(_profile(valley, axis)))
    coarse = (
        -_crossing(-values[: least + 1][::-1], profile[: least + 1][::-1], rise),
        _crossing(values[least:], profile[least:], rise),
    )
    if axis == 2:
        return coarse
    low, high = (_finer(search, valley, axis, end, rise) for end in coarse)
    return low, high


def _finer(search: _Search, valley: _Valley, axis: int, end: float, rise: float) -> float:
    """Return an end of an interval on a finer grid: the valley may be narrow, and lie askew."""
    if not math.isfinite(end):
        return end
    values, other = valley.axes[axis], valley.axes[1 - axis]
    step = float(values[1] - values[0])
    outwards = math.copysign(1.0, end - float(values[int(np.argmin(_profile(valley, axis)))]))
    near = end + outwards * step * np.linspace(-1.5, 1.5, _FINE[0])
    along = np.linspace(float(other[0]), float(other[-1]), _FINE[1])
    nearest, rate = (near, along) if axis == 0 else (along, near)
    chi2 = search(np.exp(nearest), np.exp(rate), valley.axes[2])[0] + valley.prior
    profile: FloatArray = chi2.min(axis=(1 - axis, 2)) - float(valley.chi2.min())
    if profile[0] >= rise:
        return end
    found = _crossing(outwards * near, profile, rise)
    return outwards * found if math.isfinite(found) else float(near[-1])


def _crossing(values: FloatArray, profile: FloatArray, rise: float) -> float:
    """Return where a profile passes a level for good, going away from its least value."""
    above = np.flatnonzero(profile < rise)
    last = int(above[-1])
    if last == values.size - 1:
        return math.inf
    share = (rise - profile[last]) / (profile[last + 1] - profile[last])
    return float(values[last] + share * (values[last + 1] - values[last]))


def _height(
    search: _Search, ends: tuple[float, float], status: Status, *, conducts: bool
) -> Interval95:
    """Return the height of the surface from the distances of the lowest data point.

    Over a surface that may be a conductor, no height of the interval is better than another; its
    lower end is that of a conductor.

    Args:
        search: of the curve.
        ends: logarithms of those distances, in radii.
        status: of the fit.
        conducts: whether the surface may be a conductor.
    """
    lowest, radius = search.lowest, search.radius
    high = lowest - (math.exp(ends[0]) if math.isfinite(ends[0]) else 0.0) * radius
    low = lowest - math.exp(ends[1]) * radius if math.isfinite(ends[1]) else -math.inf
    if math.isinf(low):
        return Interval95(Value.of(high, math.nan, status.worse(Status.AT_MOST)), low, high)
    if conducts:
        return Interval95(Value.of(low, math.nan, status.worse(Status.AT_LEAST)), low, high)
    error = (high - low) / (2.0 * SIGMAS)
    return Interval95(Value.of(0.5 * (low + high), error, status), low, high)


def _rate(rate: float, ends: tuple[float, float], status: Status) -> Interval95:
    """Return the rate constant; a bound, or none, where the data do not say it."""
    low = math.exp(ends[0]) if math.isfinite(ends[0]) else 0.0
    high = math.exp(ends[1]) if math.isfinite(ends[1]) else math.inf
    if low == 0.0 and math.isinf(high):
        value = Value.none(Status.NOT_IDENTIFIED)
    elif low == 0.0:
        value = Value.of(high, math.nan, status.worse(Status.AT_MOST))
    elif math.isinf(high):
        value = Value.of(low, math.nan, status.worse(Status.AT_LEAST))
    elif high > BROAD * low:
        value = Value.none(Status.NOT_IDENTIFIED)
    else:
        value = Value.of(math.exp(rate), (high - low) / (2.0 * SIGMAS), status)
    return Interval95(value, low, high)


def _glass(
    rg: tuple[float, float], glass: float, ends: tuple[float, float], status: Status
) -> Interval95:
    """Return RG: what was given, or what the curve says."""
    if rg[1] == 0.0:
        return Interval95(Value.of(rg[0], 0.0), rg[0], rg[0])
    low = max(ends[0], THINNEST)
    high = min(ends[1], THICKEST)
    if math.isinf(ends[0]) and math.isinf(ends[1]):
        return Interval95(Value.none(Status.NOT_IDENTIFIED), low, high)
    return Interval95(Value.of(glass, (high - low) / (2.0 * SIGMAS), status), low, high)
