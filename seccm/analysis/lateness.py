"""How late what was imposed came, compared with what was measured of it."""

from __future__ import annotations

import math

import numpy as np

from seccm.arrays import FloatArray
from seccm.rig import Waveform

MOST = 3e-3
"""Seconds that a waveform may come late: one data point of the reference system, and a little."""


def lateness(t: FloatArray, measured: FloatArray, waveform: Waveform, row: float) -> float:
    """Return by how many seconds a waveform came late, from 0 to `MOST`.

    Outputs are put out from a buffer, and pass filters. A constant difference does not matter.

    Args:
        t: the end of each row, seconds since the step began, shape (n,).
        measured: mean of each row of what was imposed, shape (n,).
        waveform: that was imposed.
        row: seconds from row to row.
    """
    middle = t - row / 2.0
    # Before, something else was imposed.
    counts = (middle > MOST + row) & np.isfinite(measured)
    if np.count_nonzero(counts) < 5:
        return 0.0
    y, at = measured[counts], middle[counts]

    def misfit(late: float) -> float:
        # The mean over a row: what is between its corners is not straight.
        parts = [waveform.at(at - late + share * row) for share in (-0.375, -0.125, 0.125, 0.375)]
        return float(np.var(y - np.mean(parts, axis=0)))

    low, high = 0.0, MOST
    best = 0.0
    for _ in range(4):
        tried = np.linspace(low, high, 25)
        found = [misfit(float(late)) for late in tried]
        if math.isclose(max(found), min(found), rel_tol=1e-9):
            break  # nothing changes with time, or it is known
        k = int(np.argmin(found))
        best = float(tried[k])
        low, high = float(tried[max(0, k - 1)]), float(tried[min(24, k + 1)])
    return best
