"""Where a plan's sites lie, and a picture of them where they are too many to draw one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.plan import Plan
from seccm.plan.site import Site
from ui.models.site_map import LABELS

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

    condition: npt.NDArray[np.int32]
    """(rows, columns), -1 beside all footprints; the first row is the lowest y."""
    left: float
    bottom: float
    pixel: float
    """Side of a pixel, m."""

    def coloured(self, colours: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return the pixels, (rows, columns, 4), where each condition has its colour."""
        return np.vstack([colours, np.zeros((1, 4), np.uint8)])[self.condition]


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
    moves: bool = True
    """Whether a tip travels from one to the next."""
    labels: tuple[str, ...] = ()
    """What the sites are called, in their order; none where nothing is, or where they are many."""
    marks: FloatArray = field(default_factory=lambda: np.empty((0, 2)))
    """Where the landmarks were found on the stage, shape (marks, 2)."""

    @classmethod
    def of(cls, plan: Plan, sites: Sequence[Site]) -> Footprints:
        """Lay the sites out; for a thread, because a picture takes its time."""
        apart = plan.shown_apart([site.region for site in sites])
        x = np.array([site.x for site in sites]) + apart[:, 0]
        y = np.array([site.y for site in sites]) + apart[:, 1]
        condition = np.array([site.condition for site in sites], np.intp)
        diameter = max(plan.probe.diameter, 1e-9)
        called = tuple(site.label for site in sites) if len(sites) <= LABELS else ()
        made = cls(
            x, y, condition, len(plan.conditions), diameter, None, plan.moves,
            called if any(called) else (), _marks_of(plan),
        )  # fmt: skip
        return made if len(sites) <= MOST else replace(made, picture=_picture(made))

    def same(self, other: Footprints | None) -> bool:
        """Tell whether there is nothing new to draw."""
        return (
            other is not None
            and (self.conditions, self.diameter) == (other.conditions, other.diameter)
            and np.array_equal(self.x, other.x)
            and np.array_equal(self.y, other.y)
            and np.array_equal(self.condition, other.condition)
            and (self.moves, self.labels) == (other.moves, other.labels)
            and np.array_equal(self.marks, other.marks)
        )

    @property
    def pitch(self) -> float:
        """The least distance of two sites that are drawn one by one, m; infinite of one alone."""
        away = np.hypot(self.x[:, None] - self.x, self.y[:, None] - self.y)
        np.fill_diagonal(away, np.inf)
        return float(away.min())

    @property
    def words(self) -> str:
        """What the colours and the marks mean, and what is not drawn."""
        hops = self.x.size - 1
        left_out = f" · path: only the first {HOPS:,} of {hops:,} hops" if hops > HOPS else ""
        marks = " · + landmark" if len(self.marks) else ""
        return f"Colour: condition · ▲ first site{marks}{left_out}".replace(",", " ")


def _marks_of(plan: Plan) -> FloatArray:
    registration = plan.places.registration
    found = registration.measured if registration is not None else ()
    return np.array(found, float).reshape(-1, 2)


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
    return Picture(found, left, bottom, pixel)


def _disc(reach: float) -> list[tuple[int, int]]:
    """Return the pixels of a disc about its middle; at least four, so that nothing is lost."""
    if reach < 1:
        return [(0, 0), (0, 1), (1, 0), (1, 1)]
    whole = range(-math.floor(reach), math.floor(reach) + 1)
    return [(i, j) for i in whole for j in whole if math.hypot(i, j) <= reach]
