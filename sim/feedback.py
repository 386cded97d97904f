"""Diffusion to a disk microelectrode over a surface, solved numerically in two dimensions.

Theory of operation. The steady field of the mediator in cylinders about the tip is cut into
volumes, finest at the rim of the disk and at the surface; the tip takes all that comes, its glass
nothing, and the surface gives back k c. What the surface does enters by its own cells alone: once
these are condensed out of the system, the current for any rate constant takes one small solution.
Lengths are in radii a of the disk, rates are kappa = k a / D, and currents are in 4 n F D c a.

Nothing here knows the closed forms with which such curves are analysed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray

FAR = 200.0
"""Radii at which the liquid ends, with its bulk concentration."""
FINEST, GROWTH = 0.02, 1.3
"""Length of the cells at the rim, in radii, and that of each over the one before it: currents over
that far away come to 0.5 % of those of cells half as long."""
NEAREST, FARTHEST = 0.03, 40.0
"""Distances between which curves are solved; beyond the last one the surface is not felt."""
POINTS = 20


@dataclass(frozen=True, slots=True)
class Condensed:
    """The field at one distance, with the cells at the surface as its only unknowns."""

    open: float
    """The current where the surface holds none of what the tip makes, in 4 n F D c a."""
    taken: FloatArray
    """Flux from the tip into each cell of the surface then, shape (cells,)."""
    stiffness: FloatArray
    """Flux out of each cell for a value of 1 in one of them, shape (cells, cells)."""
    area: FloatArray
    """Of the cells, shape (cells,)."""
    half: float
    """From the middle of these cells to the surface."""

    def current(self, kappa: float) -> float:
        """Return the current of the tip for a rate constant, in 4 n F D c a."""
        if kappa == 0.0:
            given = np.zeros(len(self.area))
        else:
            given = self.area / (self.half + (0.0 if math.isinf(kappa) else 1.0 / kappa))
        value = np.linalg.solve(self.stiffness + np.diag(given), self.taken)
        return self.open - float(self.taken @ value) / 4.0


def _graded(length: float, first: float) -> FloatArray:
    """Return edges from 0 to a length, the first cell so long and each longer than the last."""
    count = max(1, math.ceil(math.log1p(length * (GROWTH - 1.0) / first) / math.log(GROWTH)))
    edges = np.cumsum(GROWTH ** np.arange(count))
    return np.concatenate([[0.0], edges * (length / edges[-1])])


def _edges(distance: float, rg: float) -> tuple[FloatArray, FloatArray]:
    """Return the edges of the cells in r and in z."""
    middle = 0.5 * (1.0 + rg)
    radial = [
        1.0 - _graded(1.0, FINEST)[::-1],
        1.0 + _graded(middle - 1.0, FINEST)[1:],
        rg - _graded(rg - middle, 4.0 * FINEST)[-2::-1],
        rg + _graded(FAR - rg, 4.0 * FINEST)[1:],
    ]
    first = min(FINEST, distance / 8.0)
    upright = [
        _graded(0.5 * distance, first),
        distance - _graded(0.5 * distance, first)[-2::-1],
        distance + _graded(FAR, 4.0 * FINEST)[1:],
    ]
    return np.concatenate(radial), np.concatenate(upright)


def condensed(distance: float, rg: float) -> Condensed:
    """Solve the field of a tip at a distance from the surface, both in radii.

    Layer by layer from the top: each takes up what all above it do, and the last one is that at the
    surface. What the tip sends out, less what comes back to it, is then a sum over the layers.
    """
    r, z = _edges(distance, rg)
    rc, zc = 0.5 * (r[1:] + r[:-1]), 0.5 * (z[1:] + z[:-1])
    high, area = np.diff(z), math.pi * np.diff(r**2)
    outside, disk = rc >= rg, rc < 1.0
    level = int(np.searchsorted(z, distance - 1e-12)) - 1
    to_tip = np.where(disk, area / (distance - zc[level]), 0.0)
    upwards = area / np.diff(zc)[:, None]
    sideways = 2.0 * math.pi * r[1:-1] / np.diff(rc)
    to_end = 2.0 * math.pi * r[-1] / (r[-1] - rc[-1])
    returned = 0.0
    above, sent = np.diag(area / (z[-1] - zc[-1])), np.zeros(len(rc))
    for layer in range(len(zc) - 1, -1, -1):
        fluid = outside if layer > level else np.ones(len(rc), np.bool_)
        beside = np.where(fluid[1:] & fluid[:-1], sideways * high[layer], 0.0)
        matrix = above - np.diag(beside, 1) - np.diag(beside, -1)
        own = np.append(beside, 0.0) + np.append(0.0, beside)
        own[-1] += to_end * high[layer]
        # Within the glass there is nothing to solve for.
        own[~fluid] += 1.0
        if layer == level:
            own, sent = own + to_tip, sent + to_tip
        if layer > 0:
            open_below = fluid if layer - 1 <= level else outside
            down = np.where(fluid & open_below, upwards[layer - 1], 0.0)
            matrix += np.diag(own + down)
            solved = np.linalg.solve(matrix, np.column_stack([np.diag(down), sent]))
            returned += float(sent @ solved[:, -1])
            above = np.diag(down) - down[:, None] * solved[:, :-1]
            sent = down * solved[:, -1]
        else:
            matrix += np.diag(own)
    return Condensed((float(to_tip.sum()) - returned) / 4.0, sent, matrix, area, float(zc[0]))


@lru_cache(maxsize=8)
def _solved(rg: float) -> tuple[FloatArray, tuple[Condensed, ...]]:
    """Solve the field at all distances of the curves of one tip."""
    distances = np.geomspace(NEAREST, FARTHEST, POINTS)
    return distances, tuple(condensed(float(one), rg) for one in distances)


SLOWEST, FASTEST = 1e-4, 1e4
"""kappa between which a surface is neither an insulator nor a conductor."""
_RATES = 33


@lru_cache(maxsize=64)
def curve(rg: float, kappa: float) -> scipy.interpolate.CubicSpline:
    """Return the current over the logarithm of the distance, for a tip and a rate constant.

    Args:
        rg: radius of the glass over that of the disk, above 1.
        kappa: k a / D, 0 or more; infinite is a conductor.
    """
    distances, fields = _solved(rg)
    currents = [field.current(kappa) for field in fields]
    return scipy.interpolate.CubicSpline(np.log(distances), currents)


@lru_cache(maxsize=8)
def _between(rg: float) -> scipy.interpolate.RectBivariateSpline:
    """Return the current over the logarithms of distance and rate constant."""
    distances, fields = _solved(rg)
    rates = np.geomspace(SLOWEST, FASTEST, _RATES)
    currents = [[field.current(float(kappa)) for kappa in rates] for field in fields]
    return scipy.interpolate.RectBivariateSpline(np.log(distances), np.log(rates), currents)


def current(distance: FloatArray, rg: float, kappa: float | FloatArray) -> FloatArray:
    """Return the current of a tip at distances from the surface, in 4 n F D c a, shape (n,).

    Nearer than `NEAREST` it is that at `NEAREST`: the glass, never quite level, touches first.

    Args:
        distance: radii of the disk, shape (n,).
        rg: radius of the glass over that of the disk.
        kappa: k a / D, one or shape (n,).
    """
    inside = np.log(np.clip(distance, NEAREST, FARTHEST))
    rates = np.broadcast_to(np.asarray(kappa, np.float64), inside.shape)
    slow, fast = rates <= SLOWEST, rates >= FASTEST
    found = np.empty(inside.shape)
    found[slow] = curve(rg, 0.0)(inside[slow])
    found[fast] = curve(rg, math.inf)(inside[fast])
    mixed = ~(slow | fast)
    if mixed.any():
        found[mixed] = _between(rg)(inside[mixed], np.log(rates[mixed]), grid=False)
    return found
