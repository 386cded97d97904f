"""Spots in a picture of a light microscope: particles that are brighter or darker than the ground.

For micrographs of electrons there is a search of its own: this one knows nothing of how a particle
looks, only that it stands out and ends half-way down to the ground.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray

_SIGMA = 1.0
"""Pixels by which the picture is smoothed."""
_ABOVE = 5.0
"""Times the noise of the ground by which a spot stands out at least."""


@dataclass(frozen=True, slots=True)
class Spots:
    """What was found; arrays have shape (spots,)."""

    x: FloatArray
    """Metres from the left side."""
    y: FloatArray
    """Metres from the upper side."""
    diameter: FloatArray
    """Of the disc of the same area, metres."""
    contrast: FloatArray
    """Of the brightest or darkest pixel, in counts."""

    def __len__(self) -> int:
        return len(self.x)


def spots(
    image: FloatArray, pixel: float, *, largest: float, smallest: float = 0.0, dark: bool = False
) -> Spots:
    """Find spots.

    Args:
        image: shape (rows, columns).
        pixel: metres per pixel.
        largest: diameter of a spot, metres: the ground is taken from windows of four times that.
        smallest: diameter below which nothing is a spot, metres; never below two pixels.
        dark: whether spots are darker than the ground.
    """
    soft = scipy.ndimage.gaussian_filter(-image if dark else image, _SIGMA, mode="nearest")
    flat = soft - _ground(soft, max(8.0, 4 * largest / pixel))
    level = float(np.median(flat))
    below = flat[flat < level]
    noise = 1.4826 * float(np.median(level - below)) if below.size else 0.0
    # Half-way between the ground and the top of each piece: pieces that only touch fall apart.
    bright = flat - level > max(_ABOVE * noise, 1e-12 * float(np.abs(soft).max()))
    pieces, count = scipy.ndimage.label(bright)
    numbers = np.arange(1, count + 1)
    tops = np.asarray(scipy.ndimage.maximum(flat - level, pieces, numbers), np.float64)
    half = np.append(0.0, tops)[pieces] / 2
    halves, count = scipy.ndimage.label(bright & (flat - level > half))
    if not count:
        nothing = np.zeros(0)
        return Spots(nothing, nothing, nothing, nothing)
    numbers = np.arange(1, count + 1)
    area = np.bincount(halves.ravel())[1:]
    weight = np.where(halves > 0, flat - level, 0.0)
    middles = np.array(scipy.ndimage.center_of_mass(weight, halves, numbers)).reshape(-1, 2)
    height = np.asarray(scipy.ndimage.maximum(flat - level, halves, numbers), np.float64)
    diameter = 2 * np.sqrt(area / math.pi) * pixel
    kept = diameter >= max(smallest, 2 * pixel)
    y, x = ((middles[:, k] + 0.5) * pixel for k in (0, 1))
    return Spots(x[kept], y[kept], np.asarray(diameter[kept]), height[kept])


def _ground(soft: FloatArray, window: float) -> FloatArray:
    """Return the median of wide windows, on a picture that is as coarse as that allows."""
    step = max(1, int(window // 8))
    coarse = scipy.ndimage.uniform_filter(soft, step, mode="nearest")[
        step // 2 :: step, step // 2 :: step
    ]
    size = max(3, round(window / step) | 1)
    # Beyond the sides the picture goes on with its slope: else a slope would make spots there.
    room = [min(size // 2, n - 1) for n in coarse.shape]
    padded = np.pad(coarse, [(n, n) for n in room], mode="reflect", reflect_type="odd")
    low = scipy.ndimage.median_filter(padded, size=size, mode="nearest")
    low = low[room[0] : -room[0] or None, room[1] : -room[1] or None]
    places = np.meshgrid(*((np.arange(n) - step // 2) / step for n in soft.shape), indexing="ij")
    return np.asarray(scipy.ndimage.map_coordinates(low, places, order=1, mode="nearest"))
