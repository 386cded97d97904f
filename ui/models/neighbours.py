"""How far the sites of a map are from their neighbours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when used

from seccm.arrays import BoolArray, FloatArray

Indices = npt.NDArray[np.int64]


def is_grid(x: FloatArray, y: FloatArray, ix: Indices, iy: Indices, placed: BoolArray) -> bool:
    """Tell whether every site has a column along x and a row along y; a turned grid has not.

    Args:
        x: stage coordinates in metres, NaN where unknown, shape (sites,).
        y: the same.
        ix: column of each site, -1 where there is none, shape (sites,).
        iy: row of each site.
        placed: which sites have a place that is known, shape (sites,).
    """
    if not (ix.size and (ix >= 0).all() and (iy >= 0).all()):
        return False
    return all(_aligned(a[placed], index[placed]) for a, index in ((x, ix), (y, iy)))


def spacing(x: FloatArray, y: FloatArray, ix: Indices, iy: Indices, placed: BoolArray) -> float:
    """Return the pitch of a grid, else half of all sites have a neighbour as near; in metres.

    Args as of `is_grid`.

    Returns:
        NaN where there are no two places.
    """
    grid = is_grid(x, y, ix, iy, placed)
    spread = [
        float(np.ptp(axis)) / span
        for axis, index in ((x, ix), (y, iy))
        if grid and (span := int(np.ptp(index)))
    ]
    if spread and min(spread) > 0.0:
        return min(spread)
    places = np.unique(np.column_stack((x, y))[placed], axis=0)
    if len(places) < 2:
        return float("nan")
    distances = np.asarray(scipy.spatial.cKDTree(places).query(places, k=2)[0])
    return float(np.median(distances[:, 1]))


def _aligned(place: FloatArray, index: Indices) -> bool:
    """Whether sites of one index lie at one place of an axis, but for a few that were shifted."""
    if place.size == 0:
        return True
    middles = np.bincount(index, place) / np.maximum(np.bincount(index), 1)
    away = float(np.median(np.abs(place - middles[index])))
    return away * (int(np.ptp(index)) + 1) <= 0.1 * max(float(np.ptp(place)), 1e-9)
