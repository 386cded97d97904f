"""Very many sites as one picture: where each of them is drawn is reckoned once, not every time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray

Rgba = npt.NDArray[np.uint8]

FINE = 6.0
"""Pixels across a site, if there is room for so many."""
MOST = 1024
"""Pixels along the longer side."""


@dataclass(frozen=True, slots=True)
class Raster:
    """Which site covers each pixel of a picture of all sites; row 0 is at the lowest y."""

    owner: npt.NDArray[np.int32]
    """Number of the site, shape (rows, columns); -1 where there is none."""
    x: float
    """Left edge, metres."""
    y: float
    width: float
    height: float

    @classmethod
    def of(cls, x: FloatArray, y: FloatArray, size: float, *, disc: bool) -> Self:
        """Lay sites out; each covers one pixel at the least.

        Args:
            x: metres, shape (sites,), at least one.
            y: metres, shape (sites,).
            size: across a site, metres.
            disc: round ones; square otherwise.
        """
        left, low = float(x.min()) - size / 2, float(y.min()) - size / 2
        width, height = float(np.ptp(x)) + size, float(np.ptp(y)) + size
        pixel = max(size / FINE, width / MOST, height / MOST)
        rows, columns = (max(1, math.ceil(side / pixel - 1e-9)) for side in (height, width))
        owner = np.full((rows, columns), -1, np.int32)
        column, row = ((x - left) / pixel), ((y - low) / pixel)
        reach = size / (2 * pixel)
        steps = np.arange(-int(np.ceil(reach)), int(np.ceil(reach)) + 1)
        numbers = np.arange(x.size, dtype=np.int32)
        for up in steps:
            for right in steps:
                r, c = np.floor(row + up).astype(int), np.floor(column + right).astype(int)
                off_r, off_c = r + 0.5 - row, c + 0.5 - column
                away = np.hypot(off_r, off_c) if disc else np.maximum(abs(off_r), abs(off_c))
                inside = (away <= reach) | ((up == 0) & (right == 0))
                inside &= (r >= 0) & (r < rows) & (c >= 0) & (c < columns)
                owner[r[inside], c[inside]] = numbers[inside]
        return cls(owner, left, low, columns * pixel, rows * pixel)

    @property
    def place(self) -> tuple[float, float, float, float]:
        """Left edge, lower edge, width and height, in metres."""
        return self.x, self.y, self.width, self.height

    def picture(self, colours: Rgba) -> Rgba:
        """Return the picture, transparent between the sites; shape (rows, columns, 4).

        Args:
            colours: of each site, shape (sites, 4).
        """
        codes = np.append(np.ascontiguousarray(colours).view(np.uint32).ravel(), np.uint32(0))
        return codes[self.owner].view(np.uint8).reshape(*self.owner.shape, 4)
