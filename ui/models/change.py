"""The change of brightness in a picture, against one from before a landing."""

from __future__ import annotations

import math

import numpy as np

from seccm.arrays import FloatArray


def relative_change(picture: FloatArray, reference: FloatArray) -> FloatArray:
    """Return the relative change of brightness of each pixel, shape (rows, columns).

    Args:
        picture: counts.
        reference: mean of frames from before the landing, counts, of the same shape.

    Returns:
        NaN where the reference is dark.
    """
    ratio = picture / np.where(reference > 0, reference, math.nan)
    # By the rim of the picture, where no droplet is, the lamp is as bright as before.
    rim = np.ones(ratio.shape, bool)
    rim[tuple(slice(n // 12 + 1, n - n // 12 - 1) for n in ratio.shape)] = False
    lamp = float(np.nanmedian(ratio[rim])) if np.isfinite(ratio[rim]).any() else math.nan
    change: FloatArray = ratio / lamp - 1 if lamp > 0 else np.full(ratio.shape, math.nan)
    return change
