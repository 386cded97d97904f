"""One result of all sites, with the reasons where there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.analysis.declared import declared
from seccm.arrays import BoolArray, FloatArray
from seccm.data import Column
from seccm.results import UNTRUSTED, Result, Status

_STATUSES = {int(status): status for status in Status}


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of all sites; arrays of shape (sites,)."""

    column: Column
    values: FloatArray
    """SI, NaN where undefined."""
    errors: FloatArray
    statuses: npt.NDArray[np.uint8]

    @property
    def declared(self) -> Result:
        """What the feature means."""
        return declared(self.column.name, self.column.unit, self.column.long_name)

    @property
    def known(self) -> BoolArray:
        """Sites with a number, trusted or not."""
        return np.isfinite(self.values)

    @property
    def trusted(self) -> BoolArray:
        """Sites with a number that may be averaged without looking at it first."""
        return self.known & (self.statuses < UNTRUSTED)

    def value(self, number: int) -> float:
        """Return the number of one site, if it may be averaged; else NaN."""
        return float(self.values[number]) if self.trusted[number] else math.nan

    def share(self, sites: npt.NDArray[np.int64]) -> float:
        """Return which share of some sites has a number; 0 of none."""
        return float(self.known[sites].mean()) if sites.size else 0.0

    @property
    def name(self) -> str:
        """Its column."""
        return self.column.name

    @property
    def qualified(self) -> BoolArray:
        """Sites with a number that must not be shown without its caveat, trusted or not."""
        with_caveat = [int(s) for s in Status if s.caveat]
        return self.known & np.isin(self.statuses, with_caveat)

    def caveats(self, sites: npt.NDArray[np.int64]) -> dict[Status, npt.NDArray[np.int64]]:
        """Sort those of some sites that have a qualified number by what is to be said of it."""
        chosen = sites[self.qualified[sites]]
        found = sorted(set(self.statuses[chosen].tolist()))
        return {_STATUSES[code]: chosen[self.statuses[chosen] == code] for code in found}

    @property
    def censored(self) -> BoolArray:
        """Sites at which the event was awaited in vain."""
        waiting = [int(s) for s in Status if s.censored]
        return np.isin(self.statuses, waiting)
