"""Where particles are, and where one that touches another ends."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when used
from skimage.feature import peak_local_max
from skimage.filters import threshold_otsu
from skimage.measure import label
from skimage.morphology import remove_small_objects
from skimage.segmentation import watershed

from seccm.arrays import FloatArray
from seccm.imaging.sem.background import Floor

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int32]

SMALLEST = 15e-9
"""Metres: what is smaller is not looked for."""
_ABOVE = 4.0
"""Times the noise of the ground: what stands less above it is ground."""
_HALF, _NOISE = 0.6, 0.66
"""Largest share of pixels above the threshold, and of the variance between the two sides of it,
that a picture of noise alone has: particles that cover so much have more of one of them."""
_SURROUNDINGS = 150e-9
"""Metres: full width of the surroundings that a particle stands above."""
_NEW = 0.35
"""Share of a disc that larger discs leave free, if it is a particle of its own."""


def threshold_of(flat: FloatArray, floor: Floor) -> float:
    """Return the brightness above which something lies on the ground.

    Args:
        flat: shape (rows, columns): image less ground, smoothed.
        floor: of it.
    """
    between = float(threshold_otsu(flat))
    # Where the most frequent brightness is that of particles, they are a crowd.
    if floor.level > between and not _noise_alone(flat, between):
        return between
    above = max(between, floor.level + _ABOVE * floor.scale)
    # Few bright particles must not take the faint ones away.
    return min(above, (floor.level + float(np.percentile(flat, 99.5))) / 2)


def _noise_alone(flat: FloatArray, between: float) -> bool:
    """Tell whether a threshold divides noise in two halves, and nothing else.

    Of a normal distribution the variance between the halves is 2/pi of the whole.
    """
    bright = flat > between
    share = float(bright.mean())
    if not 1 - _HALF < share < _HALF:
        return False
    apart = float(flat[bright].mean() - flat[~bright].mean())
    return share * (1 - share) * apart**2 < _NOISE * float(flat.var())


def covered(flat: FloatArray, bright: Mask, pixel: float) -> Mask:
    """Return where particles are: what is brighter than the ground and than its surroundings.

    Args:
        flat: shape (rows, columns): image less ground, smoothed.
        bright: what is above the threshold, of the same shape.
        pixel: metres per pixel.
    """
    around = scipy.ndimage.gaussian_filter(flat, _SURROUNDINGS / pixel / 2.355)
    smallest = int(np.pi / 4 * (SMALLEST / pixel) ** 2)
    kept = remove_small_objects(bright & (flat > around), max_size=smallest)
    return np.asarray(scipy.ndimage.binary_fill_holes(kept), np.bool_)


def separated(mask: Mask, pixel: float) -> Labels:
    """Return which particle each pixel belongs to, counted from 1; 0 is ground.

    Discs that fit into the mask are taken from the largest on, if the larger ones leave enough
    of them free; the watershed of the distance to the ground divides the rest among them.

    Args:
        mask: shape (rows, columns).
        pixel: metres per pixel.
    """
    distance = np.asarray(scipy.ndimage.distance_transform_edt(mask), np.float64)
    places = peak_local_max(
        scipy.ndimage.gaussian_filter(distance, 0.7),
        min_distance=1,
        threshold_abs=SMALLEST / pixel / 2,
        labels=label(mask),
        exclude_border=False,
    )
    markers = np.zeros(mask.shape, np.int32)
    free, count = mask.copy(), 0
    for row, column in places[np.argsort(-distance[tuple(places.T)], kind="stable")]:
        radius = distance[row, column]
        top, left = max(0, int(row - radius)), max(0, int(column - radius))
        window = free[top : int(row + radius) + 1, left : int(column + radius) + 1]
        rows, columns = np.ogrid[: window.shape[0], : window.shape[1]]
        disc = (rows + top - row) ** 2 + (columns + left - column) ** 2 <= radius**2
        if (window & disc).sum() > _NEW * disc.sum():
            count += 1
            markers[row, column] = count
            window &= ~disc
    return np.asarray(watershed(-distance, markers, mask=mask), np.int32)
