"""Values against those of their own condition: what is left is the effect of the place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.analysis.decades import of_one_sign
from seccm.analysis.statistics import FEWEST_FOR_SD
from seccm.arrays import BoolArray, FloatArray
from seccm.results import Result

FEWEST = FEWEST_FOR_SD
"""Values from which on a condition has a median to speak of."""


@dataclass(frozen=True, slots=True)
class AgainstOwn:
    """One number for each site, against the median of its own condition; shape (sites,)."""

    values: FloatArray
    """The value over the median, or the value minus the median in SI; NaN without either."""
    errors: FloatArray
    """Standard uncertainties of the values alone, in the same unit."""
    ratio: bool
    """Whether the values are ratios; else they are differences."""
    few: tuple[int, ...]
    """Conditions that have a value, but too few of them for a median."""

    @property
    def middle(self) -> float:
        """The number of a site that is like its condition."""
        return 1.0 if self.ratio else 0.0


def against_own(
    result: Result, values: FloatArray, errors: FloatArray, counted: BoolArray,
    condition: npt.NDArray[np.integer],
) -> AgainstOwn:  # fmt: skip
    """Put every value against the median of its own condition.

    A ratio is taken where zero means that nothing is there, and all values of each condition have
    one sign; of potentials, heights and values of both signs the difference is taken.

    Args:
        result: what the values mean.
        values: SI, NaN where there is none; shape (sites,).
        errors: their standard uncertainties, NaN where unknown.
        counted: which sites have a value that may go into a median.
        condition: of each site.
    """
    known = np.isfinite(values)
    numbers, place = np.unique(condition, return_inverse=True)
    medians = np.full(numbers.size, np.nan)
    ratio = result.has_zero and result.unit != "V"
    chosen = np.flatnonzero(counted & known)
    chosen = chosen[np.argsort(place[chosen], kind="stable")]
    found, first = np.unique(place[chosen], return_index=True)
    for k, own in zip(found.tolist(), np.split(values[chosen], first[1:]), strict=False):
        if own.size >= FEWEST:
            medians[k] = np.median(own)
            ratio = ratio and of_one_sign(own)
    missing = np.isnan(medians) & np.isin(np.arange(numbers.size), place[known])
    few = tuple(numbers[missing].tolist())
    medians = medians[place]
    if ratio:
        return AgainstOwn(values / medians, errors / np.abs(medians), ratio, few)
    return AgainstOwn(values - medians, errors, ratio, few)
