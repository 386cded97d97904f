"""A small step of the potential at a particle: how fast lithium diffuses and crosses the surface.

Theory of operation. The current of a sphere after a step is known exactly (`seccm.analysis.sphere`)
and depends on two numbers, D/R^2 and the Biot number B; its height is the charge Q, and a constant
background adds to it. Q and background are linear: for each pair of the other two they follow from
weighted least squares, so that the search has two dimensions only and begins on a grid. What is
fitted are means of the current over intervals: single data points at first, intervals that are
even in the square root of time later. The noise of a data point gives them their weight.

If the surface is very slow (B < 0.1), the current is an exponential of tau_R = R^2 / (3 B D) and
says nothing of D; if it is very fast (B > 50), it says nothing of the surface. Then a bound stands
in the place of what is not known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.analysis.sphere import step_current
from seccm.arrays import FloatArray
from seccm.results import Status, Value

FASTEST_SURFACE, SLOWEST_SURFACE = 50.0, 0.1
"""Biot numbers beyond which the surface, or diffusion, is not seen."""
SINGLE = 1.0
"""Seconds in which every data point counts for itself."""
INITIAL = 0.1
"""Seconds after the step at which the current counts as the initial one."""
_MOST_SINGLE = 400
_INTERVALS = 200
"""Intervals, even in the square root of time, after these."""
_FEWEST = 24
_SKIPPED_ROWS, _SKIPPED = 2, 0.02
"""Data points, and seconds, at the start in which the double layer charges."""
_MISFIT = 0.007
"""Share of the current, in the mean over intervals, that the noise does not explain."""
_UNKNOWN = 0.5
"""Standard uncertainty of ln B from which on B is not known."""
_EARLY = (1.0 / 9.0, 1.0 / 3.0)
"""Shares of the record whose own fits say how right the model is: a potential that is not straight
over the step, or another process, makes them others."""
_CURVED = np.array([0.15, 0.15, 0.05])
"""Standard uncertainty of the logarithms of D/R^2, B and their product for each R_g T / F of the
step: capacity and exchange current, which the model takes as constant, change over the step. In a
lattice gas that is nearly full or empty they change by e for each R_g T / F, which the current
hardly shows; with a step of 15 mV, D comes out 5 to 10 % too large there."""
_SLOWEST, _FASTEST = math.log(1e-3), math.log(1e4)
# Gauss and Legendre: exact means of polynomials of the fifth degree.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(3)


@dataclass(frozen=True, slots=True)
class Diffusion:
    """What a step of the potential says of a particle."""

    rate: Value
    """D/R^2, 1/s."""
    biot: Value
    """B."""
    reaction: Value
    """tau_R = R^2 / (3 B D), s: resistance of the surface times capacity of the particle."""
    charge: Value
    """Q, C, that would pass in all time; with the sign of the current."""
    background: Value
    """Constant current, A."""
    characteristic: Value
    """Time in which the current falls to 1/e of that at 0.1 s, s."""
    fitted: tuple[float, float, float] | None = None
    """D/R^2, B and Q of the current that fits best, whether or not it determines them."""

    @classmethod
    def none(cls, status: Status) -> Diffusion:
        """Return the absence of all of it."""
        none = Value.none(status)
        return cls(none, none, none, none, none, none)


@dataclass(frozen=True, slots=True)
class Intervals:
    """Means of a current over intervals of time; all arrays of shape (intervals,)."""

    start: FloatArray
    stop: FloatArray
    """s."""
    current: FloatArray
    """A."""
    sigma: FloatArray
    """Standard deviation of the mean, A."""


def intervals(t: FloatArray, current: FloatArray, sigma: float) -> Intervals:
    """Average a current over intervals: single data points at first, then even in sqrt(t).

    Args:
        t: shape (n,), s since the step, at the end of each data point.
        current: shape (n,), A.
        sigma: standard deviation of a data point, A.
    """
    row = float(np.median(np.diff(t)))
    single = max(1, int(np.searchsorted(t, min(SINGLE, t[0] + _MOST_SINGLE * row))))
    later = np.linspace(math.sqrt(t[single - 1]), math.sqrt(t[-1]), _INTERVALS + 1)[:-1] ** 2
    edges = np.unique([*range(single), *np.searchsorted(t, later[later >= t[single - 1]])])
    edges = edges[edges < t.size]  # a root that is squared again may lie behind the last one
    counts = np.diff(edges, append=t.size)
    means = np.add.reduceat(current, edges) / counts
    start, stop = np.maximum(t[edges] - row, 0.0), t[edges + counts - 1]
    known = np.isfinite(means)
    spread = sigma / np.sqrt(counts)
    return Intervals(start[known], stop[known], means[known], spread[known])


def mean_current(of: Intervals, rate: float, biot: float) -> FloatArray:
    """Return the mean current of each interval for a charge of 1 C, 1/s.

    Args:
        of: the intervals.
        rate: D/R^2, 1/s.
        biot: B.
    """
    # Evenly in the square root of time, where the current has no kink at 0.
    low, high = np.sqrt(of.start), np.sqrt(of.stop)
    half = 0.5 * (high - low)
    root = (0.5 * (high + low))[:, np.newaxis] + half[:, np.newaxis] * _NODES
    tau = np.maximum(rate * root**2, 1e-300)
    there = step_current(tau.ravel(), biot).reshape(tau.shape) * 2.0 * root
    return rate * (there @ _WEIGHTS) * half / (of.stop - of.start)


def diffusion(
    t: FloatArray, current: FloatArray, sigma: float, step: float = 0.0, thermal: float = 25.7e-3
) -> Diffusion:
    """Fit the exact current of a sphere to that after a small step of the potential.

    The formula holds for a surface whose current is proportional to the overpotential. That of
    Butler and Volmer is larger by (step / thermal)^2 / 24 at first, 1.4 % for 15 mV. What that does
    to the numbers is taken off them in first order, and half of it is part of their uncertainty.

    Args:
        t: shape (n,), s since the step, at the end of each data point.
        current: shape (n,), A, anodic positive.
        sigma: standard deviation of a data point, A.
        step: of the potential, V; 0 if it is not known.
        thermal: R_g T / F, V.
    """
    if t.size < 3:
        return Diffusion.none(Status.TOO_SHORT)
    row = float(np.median(np.diff(t)))
    first = int(np.searchsorted(t, max(_SKIPPED, _SKIPPED_ROWS * row) + 0.5 * row))
    if t.size - first < _FEWEST:
        return Diffusion.none(Status.TOO_SHORT)
    largest = float(np.max(np.abs(current[np.isfinite(current)]), initial=0.0))
    sigma = max(sigma, 1e-9 * largest)
    if not sigma > 0.0:
        return Diffusion.none(Status.NOT_FOUND)
    of = intervals(t[first:], current[first:], sigma)
    if of.current.size < _FEWEST:
        return Diffusion.none(Status.TOO_SHORT)
    return _fitted(of, row, abs(step) / thermal)


@dataclass(frozen=True, slots=True)
class _Fit:
    rate: float
    biot: float
    charge: float
    background: float
    covariance: FloatArray
    """Of ln rate, ln biot, charge and background; scaled with the misfit where that is larger."""
    misfit: float
    """Mean deviation that the noise does not explain, over the mean current."""
    height: float
    """Charge over its standard uncertainty."""
    bend: FloatArray
    """How far the logarithms of D/R^2, B and their product go if the current is larger by the
    square of its share in the first one, shape (3,)."""

    @property
    def errors(self) -> FloatArray:
        """Standard uncertainties of the logarithms of D/R^2, B and their product, shape (3,)."""
        c = self.covariance
        return np.sqrt(np.maximum([c[0, 0], c[1, 1], c[0, 0] + c[1, 1] + 2.0 * c[0, 1]], 0.0))

    @property
    def logs(self) -> FloatArray:
        """Logarithms of D/R^2, B and their product, shape (3,)."""
        return np.log([self.rate, self.biot, self.rate * self.biot])


def _fitted(of: Intervals, row: float, step: float) -> Diffusion:
    """Fit the current; the step is in units of R_g T / F."""
    fit = _fit(of)
    if fit.height < 5.0:
        return Diffusion.none(Status.NOT_FOUND)
    away = step**2 / 24.0 * fit.bend
    parts = (fit.errors, _apart(of, fit), 0.5 * away, step * _CURVED)
    rate, biot, both = np.sqrt(np.sum(np.square(parts), axis=0))
    seen = replace(fit, rate=fit.rate * math.exp(-away[0]), biot=fit.biot * math.exp(-away[1]))
    time = 1.0 / (3.0 * seen.biot * seen.rate)
    found = Diffusion(
        rate=Value.of(seen.rate, seen.rate * rate),
        biot=Value.of(seen.biot, seen.biot * biot),
        reaction=Value.of(time, time * both),
        charge=Value.of(fit.charge, math.sqrt(fit.covariance[2, 2])),
        background=Value.of(fit.background, math.sqrt(fit.covariance[3, 3])),
        characteristic=characteristic_time(of, row),
        fitted=(fit.rate, fit.biot, fit.charge),
    )
    found = _bounded(found, seen, float(biot))
    if fit.misfit > _MISFIT:
        fitted = ("rate", "biot", "reaction", "charge", "background")
        values = ((name, getattr(found, name)) for name in fitted)
        doubt = Status.NOT_A_SPHERE
        found = replace(found, **{n: replace(v, status=v.status.worse(doubt)) for n, v in values})
    return found


def _apart(of: Intervals, fit: _Fit) -> FloatArray:
    """Return how far the fits of the first parts of a record lie from that of all of it.

    Of the logarithms of D/R^2, B and their product, shape (3,): what noise explains of it is none
    of it.
    """
    farthest = np.zeros(3)
    for share in _EARLY:
        early = slice(0, int(np.searchsorted(of.stop, share * of.stop[-1])))
        some = Intervals(*(a[early] for a in (of.start, of.stop, of.current, of.sigma)))
        if some.current.size < _FEWEST:
            continue
        # With the background of the whole: it is hardly seen in the first part.
        part = _fit(replace(some, current=some.current - fit.background), lone=True)
        away = np.maximum(np.abs(part.logs - fit.logs) - 2.0 * part.errors, 0.0)
        farthest = np.maximum(farthest, away)
    return farthest


def _bounded(found: Diffusion, fit: _Fit, error: float) -> Diffusion:
    """Put bounds in the place of numbers that the current does not say."""
    known = error < _UNKNOWN
    if known and SLOWEST_SURFACE <= fit.biot <= FASTEST_SURFACE:
        return found
    if fit.biot > (FASTEST_SURFACE if known else math.sqrt(FASTEST_SURFACE * SLOWEST_SURFACE)):
        # What is seen of a fast surface is 1/B, of a slow one B.
        least = min(FASTEST_SURFACE, fit.biot / (1.0 + 2.0 * error))
        return replace(
            found,
            biot=Value(least, math.nan, Status.AT_LEAST),
            reaction=Value.of(1.0 / (3.0 * least * fit.rate), math.nan, Status.AT_MOST),
        )
    most = max(SLOWEST_SURFACE, fit.biot * (1.0 + 2.0 * error))
    if not most < FASTEST_SURFACE:
        none = Value.none(Status.NOT_IDENTIFIED)
        return replace(found, rate=none, biot=none)
    least = 1.0 / (3.0 * most * found.reaction.value)
    return replace(
        found,
        biot=Value(most, math.nan, Status.AT_MOST),
        rate=Value.of(least, math.nan, Status.AT_LEAST),
    )


def _linear(
    of: Intervals, rate: float, biot: float, lone: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return charge and background that fit best, the weighted columns, and the residuals.

    The current decays to its background, which therefore is no larger than the last of it.

    Args:
        of: means of the current.
        rate: D/R^2, 1/s.
        biot: B.
        lone: whether there is no background.
    """
    columns = np.column_stack([mean_current(of, rate, biot), np.ones(of.current.size)])
    columns = columns / of.sigma[:, np.newaxis]
    wanted = of.current / of.sigma
    # The columns differ by many powers of ten, and a current that is over by then is none.
    size = np.sqrt((columns**2).sum(axis=0))
    size = np.where(size > 0.0, size, 1.0)
    best = np.linalg.lstsq(columns / size, wanted, rcond=None)[0] / size
    most = 0.0 if lone else float(np.max(np.abs(of.current[-5:]) + 3.0 * of.sigma[-5:]))
    if abs(best[1]) > most:
        best[1] = math.copysign(most, best[1])
        left = wanted - columns[:, 1] * best[1]
        best[0] = (columns[:, 0] @ left) / size[0] ** 2
    return best, columns, columns @ best - wanted


def _fit(of: Intervals, *, lone: bool = False) -> _Fit:
    last = float(of.stop[-1])

    def residuals(p: FloatArray) -> FloatArray:
        return _linear(of, math.exp(p[0]), math.exp(p[1]), lone)[2]

    begin = _begin(of, last, lone)
    limits = ([math.log(1e-4 / last), _SLOWEST], [math.log(1e4 / last), _FASTEST])
    solved = scipy.optimize.least_squares(
        residuals, begin, bounds=limits, x_scale=1.0, diff_step=[1e-5]
    )
    rate, biot = np.exp(solved.x).tolist()
    (charge, background), columns, rest = _linear(of, rate, biot, lone)
    slopes = []
    for shift in (np.array([1e-4, 0.0]), np.array([0.0, 1e-4])):
        up, down = (mean_current(of, *np.exp(solved.x + side * shift)) for side in (1.0, -1.0))
        slopes.append(charge * (up - down) / 2e-4 / of.sigma)
    jacobian = np.column_stack([*slopes, columns[:, 0], *([] if lone else [columns[:, 1]])])
    size = np.maximum(np.sqrt((jacobian**2).sum(axis=0)), 1e-300)
    inverse = np.linalg.pinv((jacobian / size).T @ (jacobian / size), rcond=1e-14)
    chi = max(1.0, float(rest @ rest) / max(of.current.size - 4, 1))
    covariance = np.full((4, 4), math.nan)
    covariance[: size.size, : size.size] = chi * inverse / np.outer(size, size)
    length = of.stop - of.start
    deviation = np.maximum(np.abs(rest) - 3.0, 0.0) * of.sigma
    signal = np.abs(charge * columns[:, 0]) * of.sigma
    misfit = float((deviation * length).sum() / max((signal * length).sum(), 1e-300))
    # Of a charge that the record does not reach, the current may be clear all the same.
    height = max(
        abs(charge) / math.sqrt(max(covariance[2, 2], 1e-300)),
        float(np.max(signal / of.sigma)) / 10,
    )
    share = columns[:, 0] / of.sigma**-1
    larger = charge * columns[:, 0] * (share / share[0]) ** 2
    moved = (inverse @ ((jacobian / size).T @ larger) / size)[:2]
    bend = np.array([*moved, moved.sum()])
    return _Fit(rate, biot, charge, background, covariance, misfit, height, bend)


def _begin(of: Intervals, last: float, lone: bool) -> FloatArray:
    """Return the best of a grid: logarithms of D/R^2 and B."""
    every = slice(None, None, 4)
    some = Intervals(*(a[every] for a in (of.start, of.stop, of.current, of.sigma)))
    best, begin = math.inf, np.zeros(2)
    for biot in np.geomspace(0.03, 100.0, 8):
        for slowest in last * np.geomspace(3e-3, 10.0, 12):
            # The slowest decay of a slow surface is tau_R, of a fast one R^2 / (pi^2 D).
            rate = (1.0 / (3.0 * biot) + 1.0 / math.pi**2) / slowest
            rest = _linear(some, rate, biot, lone)[2]
            size = float(rest @ rest)
            if size < best:
                best, begin = size, np.log([rate, biot])
    return begin


def initial_current(of: Intervals, row: float) -> Value:
    """Return the current 0.1 s after the step, A: on a straight line against sqrt(t) around it.

    Args:
        of: means of the current.
        row: seconds of a data point.
    """
    middle, root = _middles(of)
    span = (middle > 0.6 * INITIAL) & (middle < max(1.6 * INITIAL, INITIAL + 2.0 * row))
    if span.sum() < 2 or of.stop[-1] < 4.0 * INITIAL:
        return Value.none(Status.TOO_SHORT)
    line = np.polynomial.Polynomial.fit(root[span], of.current[span], 1)
    initial = float(line(math.sqrt(INITIAL)))
    sigma = float(np.sqrt((of.sigma[span] ** 2).sum())) / int(span.sum())
    return Value.of(initial, sigma) if abs(initial) >= 5.0 * sigma else Value.none(Status.NOT_FOUND)


def _middles(of: Intervals) -> tuple[FloatArray, FloatArray]:
    """Return the middle of each interval in the root of time: the time, and its root."""
    root = 0.5 * (np.sqrt(of.start) + np.sqrt(of.stop))
    return root**2, root


def characteristic_time(of: Intervals, row: float) -> Value:
    """Return when a current has fallen to 1/e of that at 0.1 s after the step.

    A cubic curve through the current against sqrt(t) around the crossing keeps the noise of single
    data points out of it.

    Args:
        of: means of the current.
        row: seconds of a data point.
    """
    begun = initial_current(of, row)
    if not begun.status.has_value:
        return begun
    initial, sigma = begun.value, begun.error
    middle, root = _middles(of)
    share = of.current / initial
    below = (share < math.exp(-1.0)) & (middle > INITIAL)
    # Single data points may be below by their noise: most of the following ones have to be.
    lasting = np.array([below[k : k + 5].mean() > 0.5 for k in range(below.size)])
    if not lasting.any():
        return Value.none(Status.NOT_REACHED)
    near = middle / middle[int(lasting.argmax())]
    around = (near > 0.5) & (near < 2.0) & (middle > INITIAL)
    if around.sum() < 6:
        return Value.none(Status.TOO_SHORT)
    curve = np.polynomial.Polynomial.fit(root[around], share[around], 3)
    at = [float(r.real) for r in (curve - math.exp(-1.0)).roots() if abs(r.imag) < 1e-9]
    guess = root[int(lasting.argmax())]
    crossing = min(at, key=lambda r: abs(r - guess))
    slope = abs(float(curve.deriv()(crossing)))
    if not root[around][0] <= crossing <= root[around][-1] or slope == 0.0:
        return Value.none(Status.NOT_FOUND)
    here = float(np.sqrt((of.sigma[around] ** 2).sum())) / int(around.sum()) / abs(initial)
    noise = math.hypot(here, math.exp(-1.0) * sigma / abs(initial))
    return Value.of(crossing**2, 2.0 * crossing * noise / slope)
