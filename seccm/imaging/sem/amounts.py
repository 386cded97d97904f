"""How much metal the particles are, and what share of the charge it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from seccm.arrays import FloatArray
from seccm.constants import FARADAY

if TYPE_CHECKING:
    from seccm.imaging.sem.particles import Particles

MOLAR_VOLUME = 13.0e-6
"""m^3/mol of lithium: 6.94 g/mol over 0.534 g/cm^3."""
Shape = Literal["sphere", "hemisphere"]
SHARES: dict[Shape, float] = {"sphere": 1.0, "hemisphere": 0.5}
"""Volume of a particle over that of the sphere of its diameter."""
_TILES = 6
"""Tiles along each side of the region, which are drawn again for the uncertainty."""
_DRAWS = 400


@dataclass(frozen=True, slots=True)
class Amount:
    """Metal per area."""

    per_area: float
    """mol/m^2."""
    error: float
    """Its standard deviation, by drawing tiles of the image again; NaN of fewer than four."""

    def efficiency(self, charge: float, area: float) -> float:
        """Return n F A / |Q|: the share of the charge that is metal now.

        Args:
            charge: that flowed, C; not 0.
            area: of the footprint, m^2.
        """
        return self.per_area * FARADAY * area / abs(charge)


def amount(found: Particles, shape: Shape, factor: float = 1.0) -> Amount:
    """Return the lithium of the particles that count.

    Args:
        found: with at least one whole particle.
        shape: of the particles: what an image from above does not show.
        factor: by which the volume found is too small.
    """
    take = found.counted & found.whole
    if not take.any():
        return Amount(0.0, math.nan)
    # Those that are cut by a side count with the mean volume of the others.
    share = found.counted.sum() / take.sum()
    moles = math.pi / 6 * found.diameter[take] ** 3 * SHARES[shape] * factor * share / MOLAR_VOLUME
    return Amount(float(moles.sum()) / found.area, _error(found, take, moles))


def _error(found: Particles, take: np.ndarray, moles: FloatArray) -> float:
    """Return the standard deviation of amount over area when the tiles are drawn again."""
    rows, columns = np.nonzero(found.region)
    top, left = rows.min(), columns.min()
    high, wide = rows.max() + 1 - top, columns.max() + 1 - left

    def tile(row: np.ndarray, column: np.ndarray) -> np.ndarray:
        at = np.minimum((row - top) * _TILES // high, _TILES - 1) * _TILES
        return np.asarray(at + np.minimum((column - left) * _TILES // wide, _TILES - 1), int)

    areas = np.bincount(tile(rows, columns), minlength=_TILES**2) * found.pixel**2
    y, x = ((places[take] / found.pixel).astype(int) for places in (found.y, found.x))
    amounts = np.bincount(np.clip(tile(y, x), 0, _TILES**2 - 1), moles, _TILES**2)
    there = np.flatnonzero(areas > 0)
    if there.size < 4:
        return math.nan
    drawn = np.random.default_rng(0).choice(there, (_DRAWS, there.size))
    return float((amounts[drawn].sum(axis=1) / areas[drawn].sum(axis=1)).std(ddof=1))
