"""Where a plan's sites lie, and a picture of them where they are too many to draw one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.plan import Plan
from seccm.plan.site import Site
from ui.models.colours import condition_colours

MOST = 400
"""Sites that are drawn one by one."""
HOPS = 4000
"""Hops of the path that are drawn."""
SIDE = 400
"""Pixels of the longer side of a picture of more sites; no more than the screen has for it, else
some would fall between the pixels that are drawn."""
BROADEST = 24
"""Pixels of a footprint in such a picture, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Footprints as pixels."""

    colours: npt.NDArray[np.uint8]
    """(rows, columns, 4); the first row is the lowest y."""
    left: float
    bottom: float
    pixel: float
    """Side of a pixel, m."""


@dataclass(frozen=True, slots=True, eq=False)
class Footprints:
    """The sites of a plan in the order of the visits; positions in m."""

    x: FloatArray
    y: FloatArray
    condition: npt.NDArray[np.intp]
    conditions: int
    diameter: float
    picture: Picture | None
    """None where the sites are few enough to be drawn one by one."""

    @classmethod
    def of(cls, plan: Plan, sites: Sequence[Site]) -> Footprints:
        """Lay the sites out; for a thread, because a picture takes its time."""
        x = np.array([site.x for site in sites])
        y = np.array([site.y for site in sites])
        condition = np.array([site.condition for site in sites], np.intp)
        diameter = max(plan.probe.diameter, 1e-9)
        made = cls(x, y, condition, len(plan.conditions), diameter, None)
        if len(sites) <= MOST:
            return made
        return cls(x, y, condition, len(plan.conditions), diameter, _picture(made))

    def same(self, other: Footprints | None) -> bool:
        """Tell whether there is nothing new to draw."""
        return (
            other is not None
            and (self.conditions, self.diameter) == (other.conditions, other.diameter)
            and np.array_equal(self.x, other.x)
            and np.array_equal(self.y, other.y)
            and np.array_equal(self.condition, other.condition)
        )

    @property
    def words(self) -> str:
        """What the colours and the marks mean, and what is not drawn."""
        hops = self.x.size - 1
        left_out = f" · path: only the first {HOPS:,} of {hops:,} hops" if hops > HOPS else ""
        return f"Colour: condition · ▲ first site{left_out}".replace(",", " ")


def _picture(places: Footprints) -> Picture:
    """Draw every footprint."""
    x, y, size = places.x, places.y, places.diameter
    left, bottom = float(x.min()) - size, float(y.min()) - size
    wide, high = float(x.max()) + size - left, float(y.max()) + size - bottom
    pixel = max(max(wide, high) / SIDE, size / BROADEST)
    shape = (math.ceil(high / pixel) + 1, math.ceil(wide / pixel) + 1)
    middles = np.full(shape, -1, np.int32)
    at = ((y - bottom) / pixel).astype(np.intp), ((x - left) / pixel).astype(np.intp)
    middles[at] = places.condition
    # Where many share a pixel, one footprint is drawn: it looks the same.
    row, column = np.nonzero(middles >= 0)
    condition = middles[row, column]
    found = np.full(shape, -1, np.int32)
    for down, right in _disc(size / pixel / 2):
        rows = np.clip(row + down, 0, shape[0] - 1)
        columns = np.clip(column + right, 0, shape[1] - 1)
        found[rows, columns] = condition
    lut = np.zeros((places.conditions + 1, 4), np.uint8)
    lut[:-1] = condition_colours(places.conditions)
    return Picture(lut[found], left, bottom, pixel)


def _disc(reach: float) -> list[tuple[int, int]]:
    """Return the pixels of a disc about its middle; at least four, so that nothing is lost."""
    if reach < 1:
        return [(0, 0), (0, 1), (1, 0), (1, 1)]
    whole = range(-math.floor(reach), math.floor(reach) + 1)
    return [(i, j) for i in whole for j in whole if math.hypot(i, j) <= reach]
