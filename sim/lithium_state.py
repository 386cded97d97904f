"""What the lithium electrode remembers, laid out in memory for the compiled equations."""

from __future__ import annotations

from collections import namedtuple
from typing import Protocol, cast

import numpy as np

from sim import nuclei
from sim.cell import FloatArray
from sim.lithium_parameters import NAMES, LithiumParameters

PARTS = ("double_layer", "sei", "solvent", "alloy1", "alloy2", "lithium", "parasitic")
"""Where charge can go, in the order of `State.charge`."""

_nodes, _weights = np.polynomial.hermite_e.hermegauss(5)
SITE_NODES: FloatArray = np.asarray(_nodes, dtype=np.float64)
"""Site classes: standard deviations away from the median of ln(rate) (Gauss-Hermite)."""
SITE_WEIGHTS: FloatArray = np.asarray(_weights / _weights.sum(), dtype=np.float64)
"""Share of the sites in each class."""


Constants = namedtuple("Constants", NAMES)  # type: ignore[misc]


def constants(parameters: LithiumParameters) -> LithiumParameters:
    """Return the parameters as the compiled kernel takes them: a tuple, under the same names."""
    values = (getattr(parameters, name) for name in NAMES)
    return cast(LithiumParameters, Constants(*values))


class State(Protocol):
    """What the electrode remembers; charges and numbers are per area of the wetted footprint."""

    potential: float
    """Across the interface, against lithium in the bulk electrolyte, V."""
    drift: float
    """Its last rate of change, V/s: where the next solution is looked for first."""
    surface: float
    """Concentration at the surface over that of the bulk."""
    sei: float
    """Charge in the passivating film, C/m^2."""
    alloy1: float
    """Charge in the first alloy, C/m^2."""
    alloy2: float
    """Charge in the second alloy, C/m^2."""
    deep: float
    """Charge that the second alloy has passed on to the gold below, C/m^2."""
    parasitic: float
    """Side charge that growth has dragged along, C/m^2."""
    dead: float
    """Volume of lithium cut off from the electrode, m^3/m^2."""
    cohorts: int
    """Cohorts of particles in use."""
    count: FloatArray
    """Particles per m^2 in each cohort."""
    radius: FloatArray
    """Their radius, m."""
    occupied: FloatArray
    """Sites per m^2 of each class that bear a particle."""
    charge: FloatArray
    """Charge passed since the droplet was made, in C, one number a part."""


_SHAPES = {"count": nuclei.COHORTS, "radius": nuclei.COHORTS, "occupied": 5, "charge": len(PARTS)}
STATE = np.dtype(
    [
        (name, np.int64 if kind == "int" else np.float64, (_SHAPES.get(name, ())))
        for name, kind in State.__annotations__.items()
    ]
)
"""Memory layout of `State`."""
