"""The mean of a signal over the steps of a site: what a map of a signal shows."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.results import Result, Status, Value, noise
from seccm.rig import Flag, Signal


def mean_result(signal: Signal) -> Result:
    """Return what the mean of a signal is, as a result of a site."""
    return Result(
        f"mean_{signal.name}",
        signal.unit,
        f"{signal.words}, mean of the steps",
        against_reference=signal.name == "potential",
        signed=signal.role == "current",
        zero_chosen=signal.role == "position",
    )


def mean_of(values: FloatArray, flag: npt.NDArray[np.uint8]) -> Value:
    """Return the mean of a signal over the rows in which steps ran.

    Args:
        values: of these rows, shape (rows,); those that were not measured are NaN.
        flag: of the same rows.

    Returns:
        In the unit of the signal; its error is that of noise without memory. A gap among the
        rows is its status.
    """
    known = values[np.isfinite(values)]
    if known.size < 2:
        return Value.none(Status.TOO_SHORT)
    whole = known.size == values.size and not (flag & Flag.GAP).any()
    error = noise(known) / math.sqrt(known.size)
    return Value.of(float(known.mean()), error, Status.OK if whole else Status.GAP)
