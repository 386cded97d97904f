"""When numbers are drawn by decades: on the axes of figures, and in the colours of maps."""

from __future__ import annotations

import numpy as np

from seccm.arrays import FloatArray

ENOUGH = 100.0
"""Ratio of the largest to the smallest magnitude beyond which numbers are drawn by decades."""


def of_one_sign(values: FloatArray) -> bool:
    """Return whether there are values, and all of them are above zero, or all below."""
    known = values[np.isfinite(values)]
    return bool(known.size and ((known > 0.0).all() or (known < 0.0).all()))


def spans_decades(values: FloatArray) -> bool:
    """Return whether values of one sign span more than two decades; NaN is no value."""
    if not of_one_sign(values):
        return False
    magnitude = np.abs(values[np.isfinite(values)])
    return bool(magnitude.max() > ENOUGH * magnitude.min())
