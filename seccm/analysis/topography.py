"""Tilt, drift and bumps of the surface, from the heights at which the tip touched it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seccm.analysis.unevenness import errors
from seccm.arrays import BoolArray, FloatArray
from seccm.results import Status, Value

_HUBER = 1.345  # 95 % of the efficiency of least squares if the noise is normal after all
_ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Topography:
    """A plane through the contact heights, and what is left over."""

    tilt_x: Value
    """m per m along x."""
    tilt_y: Value
    """m per m along y."""
    drift: Value
    """m/s, rise of the whole surface with time."""
    height: Value
    """m, of the plane at the mean of the sites that were used."""
    residual: FloatArray
    """m, shape of the input: height above the plane; NaN where the site was not used."""
    outlier: BoolArray
    """Shape of the input: further from the plane than `beyond` median deviations."""
    scatter: float
    """m, standard deviation of the residuals, from their median: outliers do not count."""
    inflation: float
    """How many times larger the variance of the drift is for being mixed with the tilt.

    1 is a visiting order with no relation to the position; infinite, one in which time is a
    straight function of the position, as in a plain raster.
    """
    status: Status
    terraces: int = 0
    """Flat parts at heights of their own, with slopes in common; 0 where none were sought."""
    steps: tuple[Value, ...] = ()
    """m, heights of other terraces above the largest one; that of the next largest first."""


def level(
    x: FloatArray,
    y: FloatArray,
    z: FloatArray,
    t: FloatArray | None = None,
    beyond: float = 5.0,
    most_inflation: float = 5.0,
    quick: bool = False,
) -> Topography:
    """Fit z = height + tilt_x x + tilt_y y + drift t robustly (Huber's weights).

    Drift and tilt can only be told apart if the sites were visited in an order that has little
    to do with their positions. The measure is the variance inflation factor of t,
    1 / (1 - R2) of t regressed on x and y. Above `most_inflation` the plane is fitted without
    drift and marked as `drift_confounded`: any drift there was is in the tilt, whose error is
    not known then (NaN).

    Contact heights contain the lag of the stage and the height of the hanging meniscus. Both are
    common to all sites and cancel in tilts and residuals.

    The uncertainties are those of a plane of which the map is a small part: they count that an
    unevenness as long as the map, and a stage that wanders, look like a tilt (`unevenness`).

    Args:
        x: shape (n,), m.
        y: shape (n,), m.
        z: shape (n,), m, height of the tip at contact, up positive; NaN for no contact.
        t: shape (n,), s; None states that there was no drift.
        beyond: residuals larger than this many median absolute deviations are outliers.
        most_inflation: limit of the variance inflation factor.
        quick: take the residuals as independent, so that the uncertainties are lower bounds; for
            pictures, which show none.
    """
    columns = [x, y] if t is None else [x, y, t]
    used = np.isfinite(z) & np.all(np.isfinite(columns), axis=0)
    n = int(used.sum())
    if n < 4:
        return _nothing(z, Status.TOO_FEW)
    design = np.column_stack([c[used] - c[used].mean() for c in columns])
    spread = np.sqrt(np.mean(design**2, axis=0))
    # A line of sites says nothing about the tilt across it.
    varies = spread > 1e-9 * max(float(spread[:2].max()), 1e-300)
    varies[2:] = spread[2:] > 0.0
    scaled = np.where(varies, design / np.where(varies, spread, 1.0), 0.0)
    if varies[0] and varies[1] and np.linalg.matrix_rank(scaled[:, :2], tol=1e-6 * n) < 2:
        return _nothing(z, Status.UNDEFINED)
    inflation, confounded = 1.0, False
    if t is not None:
        inflation = _inflation(scaled[:, :2], scaled[:, 2]) if varies[2] else math.inf
        confounded = not inflation <= most_inflation or n < 5
        varies[2] = varies[2] and not confounded
    fitted = np.column_stack([np.ones(n), scaled[:, varies]])
    c, error, zero = _huber(fitted, z[used])
    residual = np.full(z.shape, math.nan)
    residual[used] = z[used] - fitted @ c
    outlier, scatter = _outliers(residual, used, beyond, zero)
    if not confounded and not quick:
        near = used & ~outlier
        places, times = np.column_stack([x[near], y[near]]), None if t is None else t[near]
        shared = errors(fitted[near[used]], residual[near], places, times)
        error[1:] = np.fmax(error[1:], shared[1:])
    status = Status.DRIFT_CONFOUNDED if confounded else Status.OK
    slopes = slopes_of(c, error, spread, varies, status)
    return Topography(
        tilt_x=slopes[0],
        tilt_y=slopes[1],
        drift=slopes[2] if t is not None else Value.none(Status.NOT_MEASURED),
        height=Value.of(c[0], error[0], status),
        residual=residual,
        outlier=outlier,
        scatter=scatter,
        inflation=inflation,
        status=status,
    )


def _nothing(z: FloatArray, status: Status) -> Topography:
    none = Value.none(status)
    empty = np.full(z.shape, math.nan)
    return Topography(
        none, none, none, none, empty, np.zeros(z.shape, bool), math.nan, math.nan, status
    )


def slopes_of(
    c: FloatArray, error: FloatArray, spread: FloatArray, varies: BoolArray, status: Status
) -> list[Value]:
    """Put the fitted coefficients, of which the first is a height, in their places and units."""
    slopes = [Value.none(Status.UNDEFINED)] * spread.size
    if status is Status.DRIFT_CONFOUNDED:  # the fit knows its scatter, but not the drift in it
        error = np.full(error.shape, math.nan)
    for k, place in enumerate(np.flatnonzero(varies)):
        slopes[place] = Value.of(c[k + 1] / spread[place], error[k + 1] / spread[place], status)
    return slopes


def _inflation(position: FloatArray, t: FloatArray) -> float:
    """Variance inflation factor of centred, scaled `t` beside centred `position`."""
    fit, *_ = np.linalg.lstsq(position, t, rcond=None)
    rest = t - position @ fit
    unexplained = float(rest @ rest) / float(t @ t)
    return 1.0 / unexplained if unexplained > 1e-12 else math.inf


def _huber(a: FloatArray, z: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Fit z = a c by iteratively reweighted least squares; the first column of a is ones.

    Returns:
        Coefficients and standard errors, shape (columns,), and the size below which a residual is
        rounding. The errors are those of Huber's M-estimate with the scale taken from the median
        deviation (Huber and Ronchetti, Robust Statistics, chapter 7).
    """
    n = z.size
    z0 = float(np.median(z))
    zero = 64.0 * np.finfo(float).eps * max(float(np.max(np.abs(z))), float(np.ptp(z)))
    c = np.asarray(np.linalg.lstsq(a, z - z0, rcond=None)[0], np.float64)
    free = max(n - a.shape[1], 1)
    for _ in range(_ROUNDS):
        r = z - z0 - a @ c
        scale = _deviation(r)
        if scale <= zero:
            break
        weight = np.minimum(1.0, _HUBER * scale / np.maximum(np.abs(r), 1e-300))
        root = np.sqrt(weight)
        new = np.linalg.lstsq(a * root[:, None], (z - z0) * root, rcond=None)[0]
        moved = float(np.max(np.abs(new - c)))
        c[:] = new
        if moved < 1e-9 * scale:
            break
    r = z - z0 - a @ c
    scale = max(_deviation(r), zero)
    inner = float(np.mean(np.abs(r) <= _HUBER * scale))
    psi = np.clip(r, -_HUBER * scale, _HUBER * scale)
    variance = float(psi @ psi) / free / max(inner, 0.1) ** 2
    error: FloatArray = np.sqrt(variance * np.diag(np.linalg.inv(a.T @ a)))
    c[0] += z0
    return c, error, zero


def _deviation(r: FloatArray) -> float:
    return float(1.4826 * np.median(np.abs(r - np.median(r))))


def _outliers(
    residual: FloatArray, used: BoolArray, beyond: float, zero: float
) -> tuple[BoolArray, float]:
    """Mark residuals beyond so many median deviations; rounding is never an outlier."""
    r = residual[used]
    mad = float(np.median(np.abs(r - np.median(r))))
    outlier = np.zeros(residual.shape, bool)
    outlier[used] = np.abs(r) > max(beyond * mad, zero)
    return outlier, 1.4826 * mad
