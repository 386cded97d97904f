"""What every trace has: noise, and a charge if it is a current."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def charge(t: FloatArray, current: FloatArray) -> FloatArray:
    """Add up the charge that has passed, row by row.

    Args:
        t: shape (n,), s, increasing.
        current: shape (n,), A, anodic positive.

    Returns:
        Shape (n,), C, zero at the first row; the trapezoidal rule.
    """
    q = np.zeros(t.size)
    np.cumsum(0.5 * (current[1:] + current[:-1]) * np.diff(t), out=q[1:])
    return q


def spacing(t: FloatArray) -> float:
    """Return the usual step from one time to the next; NaN for a single one."""
    return float(np.median(np.diff(t))) if t.size > 1 else math.nan


def noise(y: FloatArray) -> float:
    """Estimate the standard deviation of one row of a slowly changing signal.

    From the scatter of the differences of neighbours, so that neither a slope nor a few steps
    count as noise. White noise is assumed: hum and slow wander are underestimated.
    """
    if y.size < 3:
        return math.nan
    # Four thousand differences fix the median to 2 %; more would only cost time in a live run.
    step = max(1, (y.size - 1) // 4096)
    d = y[1::step] - y[:-1:step]
    return float(1.4826 * np.median(np.abs(d - np.median(d))) / math.sqrt(2.0))
