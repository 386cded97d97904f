"""Which particles a droplet can land on alone: the others keep the reason why not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray

_SURE = 2.0
"""Standard deviations by which a place may be wrong."""
_UNSURE = 0.25
"""Of the footprint, which twice the standard deviation of a place may reach."""


class Reason(StrEnum):
    """Why a particle is no target; in the order in which they are asked for."""

    TARGET = "target"
    SMALL = "too small"
    LARGE = "too large"
    UNCERTAIN = "place too uncertain"
    EDGE = "too near the edge of the picture"
    TRAVEL = "out of reach"
    USED = "on used ground"
    NEIGHBOUR = "too near another particle"
    OVERLAP = "too near another target"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a target must be."""

    footprint: float
    """Diameter of a droplet on the sample, metres."""
    margin: float = 0.0
    """Ground around a footprint that is to be free, metres."""
    smallest: float = 0.0
    """Diameter of a particle, metres."""
    largest: float = math.inf
    """The same."""

    @property
    def radius(self) -> float:
        """Return the radius of the ground that a target needs, metres."""
        return self.footprint / 2 + self.margin


@dataclass(frozen=True, slots=True)
class Candidates:
    """Particles on the stage. Arrays have shape (particles,) but for places."""

    places: FloatArray
    """x and y, metres, shape (particles, 2)."""
    error: FloatArray
    """Standard deviation of a place along an axis, metres."""
    diameter: FloatArray
    """Metres; NaN where it is not known."""
    to_edge: FloatArray
    """Metres to the nearest side of the picture: nobody knows what lies beyond."""
    priority: FloatArray
    """Larger ones are taken first; of equal ones, the first in the list."""


def choose(
    candidates: Candidates,
    wanted: Wanted,
    *,
    reach: tuple[tuple[float, float], tuple[float, float]] | None = None,
    used: FloatArray | None = None,
    used_footprint: float = 0.0,
    others: FloatArray | None = None,
) -> list[Reason]:
    """Say of each particle whether it is a target, or why not.

    A target has its footprint and margin, and two standard deviations of its place, to itself:
    inside the reach of the stage and inside the picture, without another particle, a used
    footprint or another target. Particles are neighbours whatever their size.

    Args:
        candidates: all particles of the picture.
        wanted: what a target must be.
        reach: lowest and highest x, and the same of y, metres; None where the rig is not known.
        used: x and y of droplets that have landed, metres, shape (n, 2).
        used_footprint: their diameter, metres.
        others: x and y of further things that must not be in a footprint, shape (n, 2).
    """
    places, error = candidates.places, candidates.error
    count = len(places)
    found = [Reason.TARGET] * count
    if not count:
        return found
    need = wanted.radius + _SURE * error
    reasons = [
        (Reason.SMALL, candidates.diameter < wanted.smallest),
        (Reason.LARGE, candidates.diameter > wanted.largest),
        (Reason.UNCERTAIN, ~(_SURE * error <= _UNSURE * wanted.footprint)),
        (Reason.EDGE, ~(candidates.to_edge >= need)),
        (Reason.TRAVEL, _outside(places, need, reach)),
        (Reason.USED, _nearest(places, used) < need + used_footprint / 2),
        (Reason.NEIGHBOUR, _next(places, others) < wanted.radius + _SURE * math.sqrt(2) * error),
    ]
    for reason, holds in reversed(reasons):
        for k in np.flatnonzero(holds).tolist():
            found[k] = reason
    left = [k for k in range(count) if found[k] is Reason.TARGET]
    left.sort(key=lambda k: -float(candidates.priority[k]))  # stable: the first of equal ones
    apart = wanted.footprint + wanted.margin
    tree = scipy.spatial.cKDTree(places)
    widest = apart + _SURE * math.sqrt(2) * float(error[left].max(initial=0.0))
    taken: set[int] = set()
    for k in left:
        for j in tree.query_ball_point(places[k], widest):
            both = apart + _SURE * math.hypot(error[j], error[k])
            if j in taken and math.dist(places[j], places[k]) < both:
                found[k] = Reason.OVERLAP
                break
        else:
            taken.add(k)
    return found


def _outside(
    places: FloatArray, need: FloatArray, reach: tuple[tuple[float, float], ...] | None
) -> np.ndarray:
    outside = np.zeros(len(places), bool)
    for axis, (low, high) in enumerate(reach or ()):
        outside |= (places[:, axis] - need < low) | (places[:, axis] + need > high)
    return outside


def _nearest(places: FloatArray, of: FloatArray | None) -> FloatArray:
    """Return the distance to the nearest of some places; infinite if there are none."""
    if of is None or not len(of):
        return np.full(len(places), math.inf)
    return np.asarray(scipy.spatial.cKDTree(of).query(places)[0], np.float64)


def _next(places: FloatArray, others: FloatArray | None) -> FloatArray:
    """Return the distance of each place to the next one, and to the nearest of others."""
    own = np.asarray(scipy.spatial.cKDTree(places).query(places, k=2)[0], np.float64)[:, 1]
    return np.minimum(own, _nearest(places, others))
