"""A picture as another one would show it: turned, scaled, shifted, and as coarse."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray
from seccm.imaging.stage.similarity import Similarity

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Grid:
    """Pixels on which pictures are compared."""

    shape: tuple[int, int]
    """Rows and columns."""
    pixel: float
    """Metres, from the upper left corner of the first picture on."""

    def places(self) -> FloatArray:
        """Return x and y of the middles of the pixels, metres, shape (rows * columns, 2)."""
        rows, columns = np.indices(self.shape)
        at = np.column_stack([columns.ravel(), rows.ravel()])
        return np.asarray((at + 0.5) * self.pixel, np.float64)


def grid_of(shape: tuple[int, int], pixels: list[float]) -> Grid:
    """Return the grid of the first picture, as coarse as the coarsest of all.

    Finer pixels would count the same measurement several times.

    Args:
        shape: rows and columns of the first picture.
        pixels: metres per pixel of all pictures, the first one first.
    """
    coarsest = max(pixels)
    rows, columns = (max(1, int(n * pixels[0] / coarsest + 1e-9)) for n in shape)
    return Grid((rows, columns), coarsest)


def layer(
    image: FloatArray, pixel: float, grid: Grid, fit: Similarity | None
) -> tuple[FloatArray, Mask]:
    """Return a picture on a grid, and where it is known.

    Args:
        image: shape (rows, columns); NaN is not known.
        pixel: metres per pixel.
        grid: of pixels in the first picture.
        fit: from this picture to the first one; None for the first one itself.

    Returns:
        Values and mask, both of the shape of the grid; values are NaN where they are not known.
    """
    places = grid.places() if fit is None else fit.back(grid.places())
    at = (places / pixel - 0.5)[:, ::-1].T.reshape(2, *grid.shape)
    scale = 1.0 if fit is None else fit.scale
    # What is finer than the grid is averaged, not picked: as wide as a pixel of the grid.
    ratio = grid.pixel / (pixel * scale)
    sigma = math.sqrt(max(ratio**2 - 1, 0.0) / 12)
    there = np.isfinite(image)
    weight = scipy.ndimage.gaussian_filter(there.astype(float), sigma, mode="constant")
    soft = scipy.ndimage.gaussian_filter(np.where(there, image, 0.0), sigma, mode="constant")
    with np.errstate(invalid="ignore", divide="ignore"):
        soft = np.where(weight > 0.5, soft / weight, 0.0)
    values = scipy.ndimage.map_coordinates(soft, at, order=1, mode="nearest")
    # At the outermost half pixel there is nothing to interpolate with: the nearest one counts.
    share = scipy.ndimage.map_coordinates(there.astype(float), at, order=1, mode="nearest")
    inside = np.ones(grid.shape, bool)
    for axis, size in enumerate(image.shape):
        inside &= (at[axis] > -0.5 - 1e-9) & (at[axis] < size - 0.5 + 1e-9)
    known = inside & (share > 0.999)
    return np.where(known, values, math.nan), known
