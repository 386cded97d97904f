"""Levelled maps: planes that edges and particles do not tilt, and rows put on one another."""

from __future__ import annotations

import math

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.analysis.topography import Topography, level, slopes_of
from seccm.analysis.unevenness import errors
from seccm.arrays import FloatArray, IntArray
from seccm.results import Status, Value

_ROUNDS = 60
_REACH = 1.6
"""Distances of neighbours up to which two sites are compared."""
_MOST_PAIRS = 200_000
_APART = 5.0
"""Standard deviations by which sites beside an edge differ."""
FEWEST_ON = 4
"""Sites that make a terrace."""
MOST_STEPS = 12
"""Terraces beside the largest one whose heights are given."""
_BIWEIGHT = 4.685  # 95 % of the efficiency of least squares if the noise is normal after all


def level_terraces(
    x: FloatArray,
    y: FloatArray,
    z: FloatArray,
    t: FloatArray | None = None,
    most_inflation: float = 5.0,
    quick: bool = False,
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
        quick: likewise.
    """
    plain = level(x, y, z, t, most_inflation=most_inflation, quick=True)
    found = _levelled(x, y, z, t, plain, quick) if plain.status.has_value else None
    return found or level(x, y, z, t, most_inflation=most_inflation, quick=quick)


def _levelled(
    x: FloatArray,
    y: FloatArray,
    z: FloatArray,
    t: FloatArray | None,
    plain: Topography,
    quick: bool,
) -> Topography | None:
    """Fit terraces to what a plain plane was fitted to; None where there are none."""
    used = np.isfinite(plain.residual)
    columns = [x[used], y[used]]
    if t is not None and plain.drift.status.has_value and plain.status is Status.OK:
        columns.append(t[used])
    design = np.column_stack(columns)
    pairs = _neighbours(design[:, :2])
    if len(pairs) < 4 * design.shape[1]:
        return None
    rises = z[used][pairs[:, 1]] - z[used][pairs[:, 0]]
    apart = design[pairs[:, 1]] - design[pairs[:, 0]]
    size = np.sqrt(np.mean(apart**2, axis=0))
    varies = size > 1e-9 * float(size[:2].max())
    if not varies[:2].any():
        return None  # sites upon one another say nothing of a slope
    scaled = design[:, varies] / size[varies]
    rough, scale = _biweight(scaled[pairs[:, 1]] - scaled[pairs[:, 0]], rises)
    terrace = _joined(pairs, z[used] - scaled @ rough, _APART * scale)
    sizes = np.bincount(terrace)
    if int(sizes.max()) < FEWEST_ON:
        return None  # no part of this surface is flat
    found, error, scatter = _within(scaled, z[used], terrace)
    lying = z[used] - (scaled - scaled.mean(axis=0)) @ found
    order = [k for k in np.argsort(-sizes, kind="stable").tolist() if sizes[k] >= FEWEST_ON]
    lowest = float(np.median(lying[terrace == order[0]]))
    told = np.array(order[: MOST_STEPS + 1])
    means = np.bincount(terrace, lying) / sizes
    certain = np.concatenate(
        [scatter * np.sqrt(1.0 / sizes[told[1:]] + 1.0 / sizes[told[0]]), error]
    )
    if not quick:
        on = np.isin(terrace, told)
        # A constant, how much higher each other terrace is, and the slopes.
        higher = (terrace[on, None] == told[1:]).astype(np.float64)
        terraced = np.column_stack([np.ones(int(on.sum())), higher, scaled[on]])
        visited = None if t is None else t[used][on]
        shared = errors(terraced, (lying - means[terrace])[on], design[on, :2], visited)
        certain = np.fmax(certain, shared[1:])
    steps = tuple(
        Value.of(float(means[k] - means[told[0]]), float(off), plain.status)
        for k, off in zip(told[1:], certain, strict=False)
    )
    slopes = slopes_of(
        np.concatenate([[0.0], found]),
        np.concatenate([[0.0], certain[len(told) - 1 :]]),
        size,
        varies,
        plain.status,
    )
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
        terraces=len(order),
        steps=steps,
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
