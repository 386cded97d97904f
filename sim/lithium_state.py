"""What the lithium electrode remembers, laid out in memory for the compiled equations."""

from __future__ import annotations

from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from sim import nuclei
from sim.lithium_parameters import NAMES, LithiumParameters

Bytes = npt.NDArray[np.uint8]

PARTS = ("double_layer", "sei", "solvent", "alloy1", "alloy2", "lithium", "parasitic")
"""Where charge can go, in the order of `State.charge`."""

_nodes, _weights = np.polynomial.hermite_e.hermegauss(5)
SITE_NODES: FloatArray = np.asarray(_nodes, dtype=np.float64)
"""Site classes: standard deviations away from the median of ln(rate) (Gauss-Hermite)."""
SITE_WEIGHTS: FloatArray = np.asarray(_weights / _weights.sum(), dtype=np.float64)
"""Share of the sites in each class."""


_CONSTANTS = np.dtype((np.record, [(name, np.float64) for name in NAMES]))


def constants(parameters: LithiumParameters) -> LithiumParameters:
    """Return the parameters as the compiled kernel takes them: a record, under the same names.

    One pointer is handed over a thousand times as fast as fifty numbers.
    """
    values = tuple(getattr(parameters, name) for name in NAMES)
    return cast(LithiumParameters, np.array([values], _CONSTANTS)[0])


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
_LAYOUT = [
    (name, np.int64 if kind == "int" else np.float64, (_SHAPES.get(name, ())))
    for name, kind in State.__annotations__.items()
]
_STATE = np.dtype((np.record, _LAYOUT))


def blank() -> Bytes:
    """Return the memory of a state in which everything is zero.

    Bytes, because numpy copies them a dozen times faster than a record with arrays in it.
    """
    return np.zeros(_STATE.itemsize, np.uint8)


def state_in(memory: Bytes) -> State:
    """Return the state that lives in a memory: changing one changes the other."""
    return cast(State, np.ndarray((1,), _STATE, memory)[0])
