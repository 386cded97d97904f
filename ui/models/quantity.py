"""One number for each site of a map, and what is to be said about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

from seccm.analysis.declared import declared
from seccm.arrays import FloatArray
from seccm.results import Result

Z = "contact z"
HEIGHT = Result(Z, "m", "height of the tip at contact", zero_chosen=True)


@dataclass(slots=True)
class Quantity:
    """One number for each site, SI, NaN where there is none; shape (sites,)."""

    name: str
    unit: str
    words: str
    values: FloatArray
    statuses: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    """Why there is none, or what is to be said about it."""
    errors: FloatArray = field(default_factory=lambda: np.zeros(0))
    """Standard uncertainties, SI, NaN where unknown."""
    result: Result | None = None
    """What the number means; of a result of the analysis, what is declared there."""

    def __post_init__(self) -> None:
        if self.statuses.size == 0:
            self.statuses = np.zeros(self.values.size, np.uint8)
        if self.errors.size == 0:
            self.errors = np.full(self.values.size, np.nan)

    def grow(self, count: int) -> None:
        """Make room for as many more sites, of which nothing is known."""
        nothing = np.full(count, np.nan)
        self.values, self.errors = np.append(self.values, nothing), np.append(self.errors, nothing)
        self.statuses = np.append(self.statuses, np.zeros(count, np.uint8))

    @classmethod
    def of(cls, result: Result, values: FloatArray) -> Self:
        """Make a quantity of which the analysis knows nothing."""
        return cls(result.name, result.unit, result.words, values, result=result)

    @property
    def declared(self) -> Result:
        """What the number means, and how it is shown."""
        return self.result or declared(self.name, self.unit, self.words)
