"""How long the start of a sweep is charging current: from the rows, not from a guess at RC.

A sweep that begins at another potential than the one held before it starts with a jump. The
double layer charges through the solution, stray capacitances through the electrometer, and the
diffusion layer of the old potential decays. None of that is the current at a potential.
"""

from __future__ import annotations

import numpy as np

from seccm.arrays import FloatArray
from seccm.results import noise

_LOOKED_AT = 0.25
"""Share of a sweep at its start that is looked at; at most half of it can be charging."""
_OUTSIDE = 5.0
"""Standard deviations from the later course that are not noise."""
_CALM = 3
"""Rows in succession inside them that end the transient."""


def charging_rows(current: FloatArray) -> int:
    """Count the rows at the start of a sweep in which a charging transient decays.

    A straight line through the second half of what is looked at is carried back to the start;
    the transient lasts until three rows in succession lie on it within noise.

    Args:
        current: shape (n,), A, of one sweep from its first row on.

    Returns:
        0 for a sweep that starts without a jump; at most an eighth of the rows.
    """
    looked = int(_LOOKED_AT * current.size)
    half = looked // 2
    if half < 2 * _CALM:
        return 0
    x, y = np.arange(looked, dtype=np.float64), current[:looked]
    late_x, late_y = x[half:] - x[half:].mean(), y[half:]
    if not np.isfinite(late_y).all():
        return 0
    middle, spread = float(late_y.mean()), float(late_x @ late_x)
    slope = float(late_x @ late_y) / spread
    away = x[:half] - x[half:].mean()
    sigma = noise(current) * np.sqrt(1.0 + 1.0 / late_x.size + away**2 / spread)
    inside = np.abs(y[:half] - middle - slope * away) <= _OUTSIDE * sigma
    calm = np.convolve(inside.astype(np.int64), np.ones(_CALM, np.int64), "valid") == _CALM
    return int(np.argmax(calm)) if calm.any() else half
