"""What pictures show along a line: means over bands across it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Line:
    """Where to look; metres from the upper left corner of the first picture."""

    x0: float
    y0: float
    x1: float
    y1: float
    width: float
    """Of the band whose mean is taken, metres."""

    @property
    def length(self) -> float:
        """Return how long it is, metres."""
        return math.hypot(self.x1 - self.x0, self.y1 - self.y0)


@dataclass(frozen=True, slots=True)
class Profile:
    """Along a line; arrays have shape (points,)."""

    along: FloatArray
    """Metres from the beginning."""
    mean: FloatArray
    """Over the band; NaN where a part of it is not known."""
    sd: FloatArray
    """Standard deviation across the band; NaN of a band of one pixel."""
    area: float
    """Of the band at one point, m^2."""


def profile(values: FloatArray, pixel: float, line: Line) -> Profile:
    """Return what a picture shows along a line.

    Args:
        values: shape (rows, columns); NaN is not known.
        pixel: metres.
        line: along which; points are a pixel apart.
    """
    count = max(2, int(line.length / pixel) + 1)
    across = max(1, round(line.width / pixel))
    along = np.linspace(0.0, line.length, count)
    ahead = np.array([line.x1 - line.x0, line.y1 - line.y0]) / line.length
    side = np.array([-ahead[1], ahead[0]])
    off = (np.arange(across) - (across - 1) / 2) * pixel
    x = line.x0 + along[:, None] * ahead[0] + off[None] * side[0]
    y = line.y0 + along[:, None] * ahead[1] + off[None] * side[1]
    at = np.array([y, x]) / pixel - 0.5
    taken = scipy.ndimage.map_coordinates(values, at, order=1, mode="constant", cval=math.nan)
    sd = taken.std(axis=1, ddof=1) if across > 1 else np.full(count, math.nan)
    step = line.length / (count - 1)
    return Profile(along, taken.mean(axis=1), np.asarray(sd), step * across * pixel)
