"""The footprint in a micrograph: where the droplet was, and its centre and edge."""

from __future__ import annotations

import numpy as np
import scipy  # its parts are loaded when used
from skimage.draw import polygon2mask
from skimage.filters import threshold_otsu

from seccm.arrays import FloatArray
from seccm.imaging.sem.separation import Mask

_NEIGHBOURS = 4
"""The number of particles is averaged over the distance to the neighbour of this rank."""
_CLEAR = 3.0
"""Times as many particles inside as outside, where an edge can be seen."""


def circle(shape: tuple[int, int], pixel: float, x: float, y: float, diameter: float) -> Mask:
    """Return the pixels in a circle; x, y from the upper left corner, and diameter, in metres."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    away = (rows + 0.5 - y / pixel) ** 2 + (columns + 0.5 - x / pixel) ** 2
    return np.asarray(away <= (diameter / 2 / pixel) ** 2)


def polygon(shape: tuple[int, int], pixel: float, corners: FloatArray) -> Mask:
    """Return the pixels in a polygon.

    Args:
        shape: rows and columns.
        pixel: metres per pixel.
        corners: x and y from the upper left corner, metres, shape (corners, 2).
    """
    places = corners[:, ::-1] / pixel - 0.5
    return np.asarray(polygon2mask(shape, places), np.bool_)


def by_particles(shape: tuple[int, int], pixel: float, x: FloatArray, y: FloatArray) -> Mask | None:
    """Return the region that is denser with particles; None where no edge of it can be seen.

    Args:
        shape: rows and columns.
        pixel: metres per pixel.
        x: of the particles, from the left side, metres.
        y: from the upper side.
    """
    if len(x) < 10:
        return None
    counts = np.histogram2d(
        y / pixel, x / pixel, bins=(shape[0] // 8 + 1, shape[1] // 8 + 1),
        range=((0, shape[0] // 8 * 8 + 8), (0, shape[1] // 8 * 8 + 8)),
    )[0]  # fmt: skip
    places = np.column_stack([x, y])
    apart = np.asarray(scipy.spatial.cKDTree(places).query(places, _NEIGHBOURS + 1)[0])[:, -1]
    width = float(np.median(apart)) / pixel / 8
    number = scipy.ndimage.gaussian_filter(counts, width, mode="nearest")
    dense = number > float(threshold_otsu(number))
    pieces, _ = scipy.ndimage.label(scipy.ndimage.binary_fill_holes(dense))
    largest = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    # The level half-way between inside and outside: Otsu's favours the wider of the two.
    inside, outside = float(np.median(number[largest])), float(np.median(number[~largest]))
    if inside < _CLEAR * max(outside, 0.05 * inside):
        return None
    pieces, _ = scipy.ndimage.label(
        scipy.ndimage.binary_fill_holes(number > (inside + outside) / 2)
    )
    largest = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    return np.asarray(np.kron(largest, np.ones((8, 8), bool))[: shape[0], : shape[1]], bool)


def centre_of(region: Mask) -> Mask:
    """Return the inner half of a region, by the distance from its edge; the rest is edge.

    Of a disc it is the disc of half the radius.

    Args:
        region: shape (rows, columns). Sides of the image are no edge of it.
    """
    distance = scipy.ndimage.distance_transform_edt(np.pad(region, 1, mode="edge"))[1:-1, 1:-1]
    return np.asarray(region & (distance > distance.max() / 2))
