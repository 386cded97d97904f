"""The card's converters: how volts become numbers and numbers volts.

Beliefs: 16 bit; the input has the ranges of an X Series card, picked by the channel's limits,
each spread over 5 % more than its name (M and X Series manuals: nominal resolution "assuming 5 %
over range"), beyond which it reads the end; the output has 16 bit over 20 V (X Series
specifications). Offsets and gain errors of the card are left out.
"""

from __future__ import annotations

import numpy as np

from seccm.arrays import FloatArray
from sim.daqmx.curves import rounded

RANGES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Volts to either side."""
OVER = 1.05
CODES = 2**16
LARGEST = 10.0
"""Volts that an output can put out, either sign."""


def picked_range(low: float, high: float) -> float | None:
    """Return the range of an input for a channel's limits in volts, None if there is none."""
    wanted = max(abs(low), abs(high))
    return next((limit for limit in RANGES if limit >= wanted), None)


def converted(volts: FloatArray, limit: float) -> FloatArray:
    """Return what an input of a range reads, shape (n,)."""
    step = 2.0 * OVER * limit / CODES
    end = OVER * limit
    return rounded(volts, step, -end, end - step)


def coefficients(limit: float) -> list[float]:
    """Return the polynomial from the numbers of a range to volts, constant first.

    Belief: four terms, and what a read returns in volts is exactly this of what it returns
    unscaled (AI.DevScalingCoeff, NI-DAQmx help; that there are four on an X Series card is
    unverified). The real ones are not quite straight; these are.
    """
    return [0.0, 2.0 * OVER * limit / CODES, 0.0, 0.0]


def numbers(volts: FloatArray, limit: float) -> FloatArray:
    """Return the numbers of a range that read as these volts, shape (n,)."""
    found: FloatArray = np.rint(volts * (1.0 / coefficients(limit)[1]))
    return found


def put_out(volts: FloatArray) -> FloatArray:
    """Return what an output puts out, any shape."""
    step = 2.0 * LARGEST / CODES
    level: FloatArray = np.clip(np.round(volts / step) * step, -LARGEST, LARGEST - step)
    return level
