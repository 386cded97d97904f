"""Tilt, drift and bumps of the surface, from the heights at which the tip touched it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.arrays import BoolArray, FloatArray, IntArray
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


def level(
    x: FloatArray,
    y: FloatArray,
    z: FloatArray,
    t: FloatArray | None = None,
    beyond: float = 5.0,
    most_inflation: float = 5.0,
) -> Topography:
    """Fit z = height + tilt_x x + tilt_y y + drift t robustly (Huber's weights).

    Drift and tilt can only be told apart if the sites were visited in an order that has little
    to do with their positions. The measure is the variance inflation factor of t,
    1 / (1 - R2) of t regressed on x and y. Above `most_inflation` the plane is fitted without
    drift and marked as `drift_confounded`: any drift there was is in the tilt, whose error is
    not known then (NaN).

    Contact heights contain the lag of the stage and the height of the hanging meniscus. Both are
    common to all sites and cancel in tilts and residuals.

    Args:
        x: shape (n,), m.
        y: shape (n,), m.
        z: shape (n,), m, height of the tip at contact, up positive; NaN for no contact.
        t: shape (n,), s; None states that there was no drift.
        beyond: residuals larger than this many median absolute deviations are outliers.
        most_inflation: limit of the variance inflation factor.
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
    c, error, zero = _huber(scaled[:, varies], z[used])
    status = Status.DRIFT_CONFOUNDED if confounded else Status.OK
    slopes = _slopes(c, error, spread, varies, status)
    residual = np.full(z.shape, math.nan)
    residual[used] = z[used] - c[0] - scaled[:, varies] @ c[1:]
    outlier, scatter = _outliers(residual, used, beyond, zero)
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


def _slopes(
    c: FloatArray, error: FloatArray, spread: FloatArray, varies: BoolArray, status: Status
) -> list[Value]:
    """Put the fitted coefficients back in their places and units."""
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


def _huber(columns: FloatArray, z: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Fit z = c0 + columns c by iteratively reweighted least squares.

    Returns:
        Coefficients and standard errors, shape (1 + columns,), and the size below which a
        residual is rounding. The errors are those of Huber's M-estimate with the scale taken
        from the median deviation (Huber and Ronchetti, Robust Statistics, chapter 7).
    """
    n = z.size
    a = np.column_stack([np.ones(n), columns])
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


_REACH = 1.6
"""Distances of neighbours up to which two sites are compared."""
_MOST_PAIRS = 200_000
_APART = 5.0
"""Standard deviations by which sites beside an edge differ."""
FEWEST_ON = 4
"""Sites that make a terrace."""
_BIWEIGHT = 4.685  # 95 % of the efficiency of least squares if the noise is normal after all


def level_terraces(
    x: FloatArray,
    y: FloatArray,
    z: FloatArray,
    t: FloatArray | None = None,
    most_inflation: float = 5.0,
) -> Topography:
    """Fit the tilt of a surface that may have edges and particles; as `level`.

    A plane through a surface with a step in the middle lies across the step. So differences of
    sites near each other are fitted first: those across an edge are outliers, and have no weight
    at all in the end (J. W. Tukey's biweight). What neighbours then agree on is a terrace; all
    terraces have their slopes in common, and each has a height of its own. The largest one is at
    zero. Outliers are sites that belong to none.

    Args:
        x: shape (n,), m.
        y: shape (n,), m.
        z: shape (n,), m, up positive; NaN where unknown.
        t: shape (n,), s; None states that there was no drift.
        most_inflation: as for `level`.
    """
    plain = level(x, y, z, t, most_inflation=most_inflation)
    if not plain.status.has_value:
        return plain
    used = np.isfinite(plain.residual)
    columns = [x[used], y[used]]
    if t is not None and plain.drift.status.has_value and plain.status is Status.OK:
        columns.append(t[used])
    design = np.column_stack(columns)
    pairs = _neighbours(design[:, :2])
    if len(pairs) < 4 * design.shape[1]:
        return plain
    steps = z[used][pairs[:, 1]] - z[used][pairs[:, 0]]
    apart = design[pairs[:, 1]] - design[pairs[:, 0]]
    size = np.sqrt(np.mean(apart**2, axis=0))
    varies = size > 1e-9 * float(size[:2].max())
    if not varies[:2].any():
        return plain  # sites upon one another say nothing of a slope
    scaled = design[:, varies] / size[varies]
    rough, scale = _biweight(scaled[pairs[:, 1]] - scaled[pairs[:, 0]], steps)
    terrace = _joined(pairs, z[used] - scaled @ rough, _APART * scale)
    found, error, scatter = _within(scaled, z[used], terrace)
    slopes = _slopes(
        np.concatenate([[0.0], found]), np.concatenate([[0.0], error]), size, varies, plain.status
    )
    lying = z[used] - (scaled - scaled.mean(axis=0)) @ found
    sizes = np.bincount(terrace)
    lowest = float(np.median(lying[terrace == int(np.argmax(sizes))]))
    residual = np.full(z.shape, math.nan)
    residual[used] = lying - lowest
    outlier = np.zeros(z.shape, bool)
    outlier[used] = sizes[terrace] < FEWEST_ON
    return Topography(
        tilt_x=slopes[0],
        tilt_y=slopes[1],
        drift=slopes[2] if len(slopes) > 2 else plain.drift,
        height=Value.of(lowest, scatter / math.sqrt(int(sizes.max())), plain.status),
        residual=residual,
        outlier=outlier,
        scatter=scatter,
        inflation=plain.inflation,
        status=plain.status,
        terraces=int((sizes >= FEWEST_ON).sum()),
    )


def _joined(pairs: IntArray, lying: FloatArray, most: float) -> IntArray:
    """Return to which terrace each site belongs: sites near each other that differ little."""
    kept = pairs[np.abs(lying[pairs[:, 1]] - lying[pairs[:, 0]]) <= most]
    count = lying.size
    joins = scipy.sparse.coo_array(
        (np.ones(len(kept)), (kept[:, 0], kept[:, 1])), shape=(count, count)
    )
    _, terrace = scipy.sparse.csgraph.connected_components(joins, directed=False)
    return np.asarray(terrace, np.int64)


def _within(
    columns: FloatArray, z: FloatArray, terrace: IntArray
) -> tuple[FloatArray, FloatArray, float]:
    """Fit slopes that all terraces have in common, each with a height of its own.

    Returns:
        The slopes, their standard errors, and the scatter about all of it, m.
    """
    sizes = np.bincount(terrace)

    def centred(values: FloatArray) -> FloatArray:
        means = np.bincount(terrace, values) / sizes
        own: FloatArray = values - means[terrace]
        return own

    design = np.column_stack([centred(column) for column in columns.T])
    heights = centred(z)
    inverse = np.linalg.pinv(design.T @ design)
    found: FloatArray = inverse @ (design.T @ heights)
    off = heights - design @ found
    free = max(z.size - sizes.size - design.shape[1], 1)
    scatter = math.sqrt(float(off @ off) / free)
    error: FloatArray = scatter * np.sqrt(np.maximum(np.diag(inverse), 0.0))
    return found, error, scatter


def _neighbours(places: FloatArray) -> IntArray:
    """Return pairs of sites near each other, shape (pairs, 2); of very many, some."""
    tree = scipy.spatial.KDTree(places)
    nearest = float(np.median(np.asarray(tree.query(places, k=2)[0])[:, 1]))
    pairs: IntArray = tree.query_pairs(_REACH * nearest, output_type="ndarray").astype(np.int64)
    return pairs[:: 1 + len(pairs) // _MOST_PAIRS]


def _biweight(columns: FloatArray, steps: FloatArray) -> tuple[FloatArray, float]:
    """Fit steps = columns c; return c, and the standard deviation of steps that fit."""
    weight = np.ones(len(steps))
    zero = float(64.0 * np.finfo(float).eps) * max(float(np.max(np.abs(steps))), 1e-300)
    c, scale = np.zeros(columns.shape[1]), zero
    for turn in range(_ROUNDS):
        root = np.sqrt(weight)
        new = np.linalg.lstsq(columns * root[:, None], steps * root, rcond=None)[0]
        moved = float(np.max(np.abs(new - c)))
        c = np.asarray(new, np.float64)
        off = steps - columns @ c
        scale = max(1.4826 * float(np.median(np.abs(off))), zero)
        far = np.abs(off) / scale
        # Absolute values first: from least squares alone the weights might settle on an edge.
        if turn < _ROUNDS // 3:
            weight = 1.0 / np.maximum(far, 1e-3)
        else:
            weight = np.where(far < _BIWEIGHT, (1.0 - (far / _BIWEIGHT) ** 2) ** 2, 0.0)
            if moved < 1e-9 * scale:
                break
    return c, scale


FEWEST_ACROSS = 3
"""Sites that two lines must have side by side for one to be put on the other."""


def line_by_line(z: FloatArray, column: IntArray, row: IntArray) -> FloatArray:
    """Put the rows of a grid on one another: each is shifted by its median step to the one before.

    The median of differences, so that neither edges nor particles tilt a row. What drift and jumps
    of the instrument do from row to row is gone then; so is any slope of the surface across the
    rows.

    Args:
        z: shape (n,), m; NaN where unknown.
        column: of the grid, shape (n,).
        row: likewise; the fast axis of the scan runs along it.

    Returns:
        Heights above the median of all, m; NaN where unknown, and in rows that have too few sites
        beside those of an earlier row.
    """
    found = np.full(z.shape, math.nan)
    before: dict[int, float] = {}
    for number in np.unique(row):
        own = np.flatnonzero((row == number) & np.isfinite(z))
        beside = [before.get(int(c), math.nan) for c in column[own]]
        steps = z[own] - np.array(beside, np.float64)
        steps = steps[np.isfinite(steps)]
        if not before and own.size:
            shift = float(np.median(z[own]))
        elif steps.size >= FEWEST_ACROSS:
            shift = float(np.median(steps))
        else:
            continue
        found[own] = z[own] - shift
        before |= dict(zip(column[own].tolist(), found[own].tolist(), strict=True))
    known = np.isfinite(found)
    return found - float(np.median(found[known])) if known.any() else found
