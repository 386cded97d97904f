"""What the example with BayBE uses of it, made small: for tests where BayBE is not installed.

It checks what it is given as BayBE does: names, bounds, and columns of measurements.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

_random = {"rng": np.random.default_rng(0)}


@dataclass
class NumericalContinuousParameter:
    name: str
    bounds: tuple[float, float]

    def __post_init__(self) -> None:
        assert self.bounds[0] < self.bounds[1]


@dataclass
class NumericalTarget:
    name: str
    minimize: bool = False


@dataclass
class SingleTargetObjective:
    target: NumericalTarget


@dataclass
class SearchSpace:
    parameters: list[NumericalContinuousParameter]

    @classmethod
    def from_product(cls, parameters: list[NumericalContinuousParameter]) -> SearchSpace:
        return cls(parameters)


@dataclass
class Campaign:
    searchspace: SearchSpace
    objective: SingleTargetObjective
    measurements: list[pd.DataFrame] = field(default_factory=list)

    def add_measurements(self, data: pd.DataFrame) -> None:
        names = {one.name for one in self.searchspace.parameters} | {self.objective.target.name}
        assert names <= set(data.columns)
        assert data[sorted(names)].notna().all().all()
        for one in self.searchspace.parameters:
            assert data[one.name].between(*one.bounds).all()
        self.measurements.append(data)

    def recommend(self, batch_size: int) -> pd.DataFrame:
        """Points around the best one so far."""
        drawn = {}
        for one in self.searchspace.parameters:
            low, high = one.bounds
            middle = 0.5 * (low + high)
            if self.measurements:
                known = pd.concat(self.measurements)
                order = known[self.objective.target.name]
                best = order.idxmin() if self.objective.target.minimize else order.idxmax()
                middle = float(known.loc[best, one.name])
            points = middle + 0.2 * (high - low) * _random["rng"].standard_normal(batch_size)
            drawn[one.name] = np.clip(points, low, high)
        return pd.DataFrame(drawn)


def set_random_seed(seed: int) -> None:
    _random["rng"] = np.random.default_rng(seed)


def put_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have it found as `baybe`, as long as a test lasts."""
    here: Any = sys.modules[__name__]
    names = {
        "baybe": ("Campaign",),
        "baybe.objectives": ("SingleTargetObjective",),
        "baybe.parameters": ("NumericalContinuousParameter",),
        "baybe.searchspace": ("SearchSpace",),
        "baybe.targets": ("NumericalTarget",),
        "baybe.utils": (),
        "baybe.utils.random": ("set_random_seed",),
    }
    for name, parts in names.items():
        module = ModuleType(name)
        for part in parts:
            setattr(module, part, getattr(here, part))
        monkeypatch.setitem(sys.modules, name, module)
