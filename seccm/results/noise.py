"""What every trace has: noise, and a charge if it is a current."""

from __future__ import annotations

import math

import numpy as np

from seccm.arrays import FloatArray

_FEWEST = 5
"""Rows of which the noise is known: of two or three differences the middle one says nothing."""


def charge(t: FloatArray, current: FloatArray, since: float | None = None) -> FloatArray:
    """Add up the charge that has passed since t = 0, or since another time, row by row.

    A row is the mean of the time since the row before it, and stamped with its end: its current
    times that time is the charge of the row. This is the one rule by which charge is counted.

    Args:
        t: shape (n,), s, increasing.
        current: shape (n,), A, anodic positive.
        since: s, the end of the row before the first one, where that is known.

    Returns:
        Shape (n,), C. Of the first row, what passed after `since` counts; without it, what passed
        after t = 0, a usual row at most.
    """
    if t.size == 0:
        return np.zeros(0)
    if since is None:
        row = spacing(t) if t.size > 1 else math.inf
        since = float(t[0]) - min(max(float(t[0]), 0.0), row)
    # An infinite current in no time has no charge: the charge is NaN from there on.
    with np.errstate(invalid="ignore", over="ignore"):
        q: FloatArray = np.cumsum(current * np.diff(t, prepend=since))
    return q


def spacing(t: FloatArray) -> float:
    """Return the usual step from one time to the next; NaN for a single one."""
    return float(np.median(np.diff(t))) if t.size > 1 else math.nan


def noise(y: FloatArray) -> float:
    """Estimate the standard deviation of one row of a slowly changing signal.

    From the scatter of the differences of neighbours, so that neither a slope nor a few steps
    count as noise. White noise is assumed: hum and slow wander are underestimated.
    """
    if y.size < _FEWEST:
        return math.nan
    # Four thousand differences fix the median to 2 %; more would only cost time in a live run.
    step = max(1, (y.size - 1) // 4096)
    d = y[1::step] - y[:-1:step]
    return float(1.4826 * np.median(np.abs(d - np.median(d))) / math.sqrt(2.0))
