"""The ground that particles lie on: its slow changes, its level, and its noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray

WINDOW = 350e-9
"""Metres: the ground is taken from windows of this size, wider than any particle."""
_COARSE = 8
"""Pixels per side that are averaged before the ground is looked for: it changes slowly."""
_LOW = 25
"""Percentile of a window that is ground: particles are brighter, and cover less than half."""

_OF_A_ROW = 40
"""Percentile of a row that is ground, and little noisier than its median."""
_QUANTILE = 1.3
"""Standard deviation of such a percentile, times the root of the number of pixels, over theirs."""
_STRIPED = 4.0
"""Times the noise of a row by which it differs from the next one, where there are stripes."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The brightness of a flat ground."""

    level: float
    """The most frequent brightness."""
    scale: float
    """Its standard deviation, from what is darker than the level: no particle is in there."""


def smooth(image: FloatArray, sigma: float) -> FloatArray:
    """Return an image convolved with a Gaussian.

    Args:
        image: shape (rows, columns).
        sigma: pixels.
    """
    return np.asarray(scipy.ndimage.gaussian_filter(image, sigma, mode="nearest"), np.float64)


def ground(image: FloatArray, pixel: float) -> FloatArray:
    """Return the brightness of the ground below each pixel.

    A low percentile in wide windows: an opening would follow the noise where there are few
    particles, and the particles where there are many.

    Args:
        image: shape (rows, columns), smoothed by a pixel or two.
        pixel: metres per pixel.
    """
    coarse = _averaged(image, _COARSE)
    reach = max(3, round(WINDOW / pixel / _COARSE / 2))
    low = scipy.ndimage.percentile_filter(coarse, _LOW, size=2 * reach + 1, mode="reflect")
    low = scipy.ndimage.gaussian_filter(low, reach / 2)
    # A pixel's middle in the image, in pixels of the coarse one.
    rows, columns = ((np.arange(n) - (_COARSE - 1) / 2) / _COARSE for n in image.shape)
    places = np.meshgrid(rows, columns, indexing="ij")
    return np.asarray(scipy.ndimage.map_coordinates(low, places, order=1, mode="nearest"))


def without_stripes(image: FloatArray, pixel: float) -> FloatArray:
    """Return an image whose rows are equally bright, if they differ by more than noise.

    A sample that charges up, or a current that wavers, makes whole rows brighter or darker.

    Args:
        image: shape (rows, columns).
        pixel: metres per pixel.
    """
    level = np.percentile(image, _OF_A_ROW, axis=1)
    apart = np.diff(image, axis=1)
    noise = 1.4826 * float(np.median(np.abs(apart - np.median(apart)))) / np.sqrt(2)
    steps = float(np.percentile(np.abs(np.diff(level)), 95))
    if not steps > _STRIPED * np.sqrt(2) * noise * _QUANTILE / np.sqrt(image.shape[1]):
        return image
    trend = scipy.ndimage.gaussian_filter1d(level, WINDOW / pixel / 2, mode="nearest")
    return np.asarray(image - (level - trend)[:, None])


def floor_of(flat: FloatArray) -> Floor:
    """Return level and noise of the ground of an image without slow changes.

    Args:
        flat: `image - ground`, of any shape.
    """
    lowest, highest = np.percentile(flat, (0.1, 99.9))
    if not highest > lowest:
        return Floor(float(lowest), 0.0)
    counts, edges = np.histogram(flat, 400, range=(lowest, highest))
    most = int(np.argmax(scipy.ndimage.gaussian_filter1d(counts.astype(float), 4)))
    level = float(edges[most] + edges[most + 1]) / 2
    below = flat[flat < level]
    return Floor(level, float(1.4826 * np.median(level - below)) if below.size else 0.0)


def _averaged(image: FloatArray, size: int) -> FloatArray:
    """Return means of squares; what is left over at the far sides belongs to the last ones."""
    padding = [(0, -n % size) for n in image.shape]
    padded = np.pad(image, padding, mode="edge")
    rows, columns = (n // size for n in padded.shape)
    return np.asarray(padded.reshape(rows, size, columns, size).mean((1, 3)))
