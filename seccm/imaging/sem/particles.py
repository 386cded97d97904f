"""Particles of a micrograph: place and diameter of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when used
from skimage.morphology import remove_small_objects
from skimage.segmentation import expand_labels

from seccm.arrays import FloatArray
from seccm.imaging.sem.background import floor_of, ground, smooth, without_stripes
from seccm.imaging.sem.separation import SMALLEST, Labels, Mask, covered, separated, threshold_of

LARGEST = 357e-9
"""Metres: a disc of 0.1 um^2; what is larger is not a particle but dirt, or a heap."""
CROWDED = 0.35
"""Share of the ground under particles above which they cannot be told apart."""
_RIM, _RING = 80.0, 40.0
"""Percentiles of the brightness of a particle, whose rim is brightest, and of its surroundings."""
_ABOVE_NOISE, _ABOVE_GROUND, _OF_MEDIAN = 5.0, 3.5, 0.35
"""Least contrast of a particle: times the noise of a pixel, times that of the ground with its
texture, times the median contrast."""
_FAINT = 0.5
"""Of the median contrast: a large core with less is a bright patch of the ground. Only small
particles are faint, by the width of the spot."""
_SPREAD = 4
"""Pixels by which a particle may be larger than the mask says."""
_FEW = 8
"""Cores from which a usual contrast can be told."""
_INNER, _OUTER = 3, 9
"""Pixels from a particle between which its surroundings are."""


@dataclass(frozen=True, slots=True)
class Particles:
    """What was found in an image. Arrays have shape (particles,)."""

    diameter: FloatArray
    """Metres, of the disc of the same area."""
    x: FloatArray
    """Metres from the left side of the image."""
    y: FloatArray
    """Metres from its upper side."""
    contrast: FloatArray
    """Of its rim against its surroundings, in units of the image."""
    labels: Labels
    """Shape (rows, columns): 0, or the particle's number in these arrays plus 1."""
    pixel: float
    """Metres per pixel."""
    whole: npt.NDArray[np.bool_]
    """Whether a particle touches no side of the image: else its diameter is too small."""
    counted: npt.NDArray[np.bool_]
    """Whether it counts: those that touch the upper or the left side belong to the next image,
    so that images side by side count each particle once."""

    def __len__(self) -> int:
        return len(self.diameter)

    bright: Mask
    """Shape (rows, columns): what is brighter than the ground, told apart or not."""
    region: Mask
    """Shape (rows, columns): the part of the image that is asked about."""

    @property
    def mask(self) -> Mask:
        """Return where the particles are, shape (rows, columns)."""
        return self.labels > 0

    @property
    def coverage(self) -> float:
        """Return the share of the region that is under particles."""
        told_apart, bright = (each[self.region].mean() for each in (self.mask, self.bright))
        # In a crowd no particle stands above its surroundings, but all of them are bright.
        return float(bright if bright > CROWDED else told_apart)

    @property
    def crowded(self) -> bool:
        """Return whether particles cannot be told apart: their number is not a number then."""
        return self.coverage > CROWDED

    @property
    def density(self) -> float:
        """Return the number per area, m^-2."""
        return float(self.counted.sum()) / self.area

    @property
    def area(self) -> float:
        """Return the area of the region, m^2."""
        return float(self.region.sum()) * self.pixel**2

    def within(self, region: Mask) -> Particles:
        """Return the same particles, of which those count whose middle is in a region."""
        rows, columns = (
            np.clip((places / self.pixel).astype(int), 0, size - 1)
            for places, size in zip((self.y, self.x), self.labels.shape, strict=True)
        )
        return replace(self, region=region, counted=self.counted & region[rows, columns])

    def chosen(self, keep: npt.NDArray[np.bool_]) -> Particles:
        """Return some of the particles, shape (particles,)."""
        numbers = np.zeros(len(self) + 1, np.int32)
        numbers[1:][keep] = np.arange(1, int(keep.sum()) + 1)
        parts = {
            name: getattr(self, name)[keep]
            for name in ("diameter", "x", "y", "contrast", "whole", "counted")
        }
        return replace(self, labels=numbers[self.labels], **parts)

    @property
    def sizes(self) -> FloatArray:
        """Return the diameters of those that count and are whole, metres."""
        return self.diameter[self.counted & self.whole]


def find(image: FloatArray, pixel: float) -> Particles:
    """Find the particles of an image.

    Each is as large as what is brighter than half-way between its own rim and its own
    surroundings: a threshold for the whole image makes small ones too small and bright ones
    too large.

    Args:
        image: shape (rows, columns), any unit; particles are bright.
        pixel: metres per pixel.
    """
    image = np.asarray(image, np.float64)
    if not np.ptp(image) > 0:
        nothing = np.zeros(image.shape, np.int32)
        return _listed(nothing, nothing > 0, np.zeros(0), pixel)
    image = without_stripes(image, pixel)
    soft = smooth(image, 1.5)
    below = ground(soft, pixel)
    flat = soft - below
    floor = floor_of(flat)
    bright = flat > threshold_of(flat, floor)
    mask = covered(flat, bright, pixel)
    sharp = smooth(image, 1.0) - below
    cores = _without_patches(separated(mask, pixel), mask, flat, sharp, pixel)
    noise = float(1.4826 * np.median(np.abs(sharp - smooth(sharp, 2.0))))
    count = int(cores.max(initial=0))
    if count == 0:
        return _listed(cores, bright, np.zeros(0), pixel)
    rim, ring = _rim_and_ring(cores, sharp, count)
    basins = expand_labels(cores, _SPREAD)
    half = np.concatenate([[np.inf], (rim + ring) / 2])
    grown = np.where(sharp > half[basins], basins, 0)
    grown = np.where(
        scipy.ndimage.binary_fill_holes(grown > 0), np.where(grown > 0, grown, basins), 0
    )
    contrast = rim - ring
    sizes = np.bincount(grown.ravel(), minlength=count + 1)[1:]
    diameter = 2 * np.sqrt(sizes / np.pi) * pixel
    least = max(_ABOVE_NOISE * noise, _ABOVE_GROUND * floor.scale)
    good = (diameter > SMALLEST) & (diameter < LARGEST) & (contrast > least)
    if good.any():
        good &= contrast > _OF_MEDIAN * float(np.median(contrast[good]))
    numbers = np.zeros(count + 1, np.int32)
    numbers[1:][good] = np.arange(1, good.sum() + 1)
    return _listed(numbers[grown], bright, contrast[good], pixel)


def _rim_and_ring(cores: Labels, sharp: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Return how bright the rim of each core is, and how bright its surroundings are."""
    around = expand_labels(cores, _OUTER)
    around[expand_labels(cores, _INNER) > 0] = 0
    rim, ring = _percentile(cores, sharp, _RIM, count), _percentile(around, sharp, _RING, count)
    return rim, np.where(np.isfinite(ring), ring, 0.0)  # nothing but particles around it


def _without_patches(
    cores: Labels, mask: Mask, flat: FloatArray, sharp: FloatArray, pixel: float
) -> Labels:
    """Take patches of the ground out of the cores, and what lies on these patches into them.

    Where the ground itself is bright over the width of several particles, it is above the
    threshold together with the particles on it, as one core. What stands above its brightness by
    half of the usual contrast is told apart again.
    """
    count = int(cores.max(initial=0))
    if count < _FEW:
        return cores
    rim, ring = _rim_and_ring(cores, sharp, count)
    contrast = np.nan_to_num(rim - ring)
    sizes = np.bincount(cores.ravel(), minlength=count + 1)[1:]
    seen = sizes > np.median(sizes)
    usual = float(np.median(contrast[seen])) if seen.any() else 0.0
    patches = np.flatnonzero(seen & (contrast < _FAINT * usual)) + 1
    if not patches.size or usual <= 0:
        return cores
    left = mask.copy()
    for patch in patches:
        here = cores == patch
        left[here] = flat[here] > float(np.median(flat[here])) + usual / 2
    smallest = int(np.pi / 4 * (SMALLEST / pixel) ** 2)
    return separated(remove_small_objects(left, max_size=smallest), pixel)


def _listed(labels: Labels, bright: Mask, contrast: FloatArray, pixel: float) -> Particles:
    count = len(contrast)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    inside = labels > 0
    rows, columns = np.nonzero(inside)
    numbers = labels[inside]
    y, x = (
        np.bincount(numbers, places + 0.5, minlength=count + 1)[1:] / np.maximum(sizes, 1) * pixel
        for places in (rows, columns)
    )
    early, late = np.zeros((2, count + 1), bool)
    early[labels[0]], early[labels[:, 0]] = True, True
    late[labels[-1]], late[labels[:, -1]] = True, True
    return Particles(
        diameter=2 * np.sqrt(sizes / np.pi) * pixel,
        x=x,
        y=y,
        contrast=contrast,
        labels=labels,
        pixel=pixel,
        whole=~(early | late)[1:],
        counted=~early[1:],
        bright=bright,
        region=np.ones(labels.shape, bool),
    )


def _percentile(labels: Labels, values: FloatArray, percent: float, count: int) -> FloatArray:
    """Return a percentile of the values of each label, shape (count,); NaN of less than five."""
    inside = labels > 0
    order = np.argsort(labels[inside], kind="stable")
    numbers, values = labels[inside][order], values[inside][order]
    cuts = np.searchsorted(numbers, np.arange(1, count + 2))
    found = np.full(count, np.nan)
    for k, (start, stop) in enumerate(pairwise(cuts)):
        if stop - start >= 5:
            found[k] = np.percentile(values[start:stop], percent)
    return found
