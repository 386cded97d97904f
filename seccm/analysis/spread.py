"""What is printed after the sign ±: scatter or stated uncertainty, whichever is larger."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seccm.analysis.statistics import FEWEST_FOR_SD
from seccm.arrays import FloatArray

Basis = Literal["sd", "stated", ""]


@dataclass(frozen=True, slots=True)
class Spread:
    """The mean of some repeats, and how far one of them is to be trusted; all in one unit."""

    mean: float
    n: int
    sd: float
    """Standard deviation of the repeats; NaN of fewer than `FEWEST_FOR_SD`."""
    stated: float
    """Median of the standard uncertainties of the repeats; NaN where none is known."""

    @property
    def basis(self) -> Basis:
        """Which of the two is the larger, and printed; empty where neither is known."""
        if math.isnan(self.sd) and math.isnan(self.stated):
            return ""
        return "stated" if math.isnan(self.sd) or self.stated > self.sd else "sd"

    @property
    def error(self) -> float:
        """The larger of the two; NaN where neither is known."""
        return {"sd": self.sd, "stated": self.stated, "": math.nan}[self.basis]


def stated(errors: FloatArray) -> float:
    """Return the median of those standard uncertainties that are known; NaN if none is."""
    known = errors[np.isfinite(errors)]
    return float(np.median(known)) if known.size else math.nan


def spread(values: FloatArray, errors: FloatArray) -> Spread:
    """Summarise repeats of one condition.

    Args:
        values: finite, shape (n,), n ≥ 1.
        errors: their standard uncertainties, NaN where unknown; shape (n,).
    """
    several = values.size >= FEWEST_FOR_SD
    return Spread(
        mean=float(values.mean()),
        n=int(values.size),
        sd=float(values.std(ddof=1)) if several else math.nan,
        stated=stated(errors),
    )
