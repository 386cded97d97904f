"""The footprint of a droplet in a film: what changed when it landed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when used
from skimage.filters import threshold_otsu

from seccm.arrays import FloatArray

_SOFT = 3.0
"""Pixels: standard deviation by which the change is smoothed."""
FAINTEST = 5.0
"""Contrast over the noise below which an outline is not to be trusted."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """Where the droplet is."""

    mask: npt.NDArray[np.bool_]
    """Shape (rows, columns)."""
    row: float
    """Of the middle, pixels."""
    column: float
    diameter: float
    """Of the disc of the same area, pixels."""
    eccentricity: float
    """Of the ellipse of the same moments: 0 is a circle."""
    contrast: float
    """Change inside less change outside, relative."""
    noise: float
    """Standard deviation of the change outside, relative."""

    @property
    def faint(self) -> bool:
        """Whether the outline is not to be trusted."""
        return abs(self.contrast) < FAINTEST * self.noise


def footprint(change: FloatArray) -> Footprint | None:
    """Find the footprint in the relative change of brightness at landing; None if there is none.

    Its edge is where the change is half-way between outside and inside.

    Args:
        change: shape (rows, columns): mean of some frames after landing over that before, less 1.
    """
    soft = scipy.ndimage.gaussian_filter(change, _SOFT)
    size = np.abs(soft - np.median(soft[_border(soft.shape)]))
    bright = size > float(threshold_otsu(size))
    level = (float(np.median(size[bright])) + float(np.median(size[~bright]))) / 2
    # Noise makes specks of its own: only what is thick counts as a piece.
    filled = scipy.ndimage.binary_fill_holes(
        scipy.ndimage.binary_opening(size > level, iterations=2)
    )
    pieces, count = scipy.ndimage.label(filled)
    if count == 0:
        return None
    mask = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    rows, columns = np.nonzero(mask)
    spread = np.linalg.eigvalsh(np.cov(np.stack([rows, columns]))) if rows.size > 2 else np.ones(2)
    far = ~scipy.ndimage.binary_dilation(mask, iterations=int(4 * _SOFT))
    outside = soft[far] if far.any() else soft[~mask]
    return Footprint(
        mask=mask,
        row=float(rows.mean()),
        column=float(columns.mean()),
        diameter=2 * math.sqrt(rows.size / math.pi),
        eccentricity=math.sqrt(max(0.0, 1 - float(spread[0] / spread[1]))),
        contrast=float(np.median(soft[mask]) - np.median(outside)),
        noise=float(outside.std()),
    )


def _border(shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Return the outer tenth of a picture."""
    border = np.ones(shape, bool)
    inner = tuple(slice(n // 10, n - n // 10) for n in shape)
    border[inner] = False
    return border
