"""How often values fall into equal intervals, for one value as for thousands."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray

FEWEST, MOST = 5, 60
"""Intervals."""
NARROWEST = 1e-3
"""Of the largest value: values that differ by less than this are drawn as one bar."""


def histogram(values: FloatArray) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Count values in intervals that are equally wide.

    Args:
        values: finite, shape (n,), n >= 1.

    Returns:
        Edges of the intervals, rising, shape (k + 1,), and how many values are in each,
        shape (k,).
    """
    low, high = float(values.min()), float(values.max())
    least = max(abs(low), abs(high)) * NARROWEST or 1.0
    if high - low < least:
        middle = 0.5 * (low + high)
        return np.array([middle - least, middle + least]), np.array([values.size], np.int64)
    bins = int(np.clip(np.sqrt(values.size) * 1.5, FEWEST, MOST))
    heights, edges = np.histogram(values, bins=bins)
    return edges, heights.astype(np.int64)
