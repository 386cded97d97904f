"""What a simulated rig can say of a landing afterwards: which particles its own cell grew there.

No measurement looks at it. A micrograph that is drawn of these particles is compared with what the
record of the same landing says, as on a real sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from seccm.arrays import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Driven:
    """How a droplet was driven, by its record. Arrays have shape (rows,)."""

    landing: int
    """How many landings there were before."""
    x: float
    y: float
    """Where, as the stage was told, metres."""
    t: FloatArray
    """When each row ended, seconds since contact, rising."""
    depth: FloatArray
    """How far the tip was below its height at contact, metres."""
    potential: FloatArray
    """Volts, raw."""
    current: FloatArray
    """Amperes, anodic positive."""
    held: BoolArray
    """Whether the potential was imposed; else the current was."""


@dataclass(frozen=True, slots=True)
class Grown:
    """The particles of a landing when all is over. Arrays have shape (particles,)."""

    x: FloatArray
    """Metres from the middle of the footprint, along the stage's x."""
    y: FloatArray
    diameter: FloatArray
    """Metres."""
    radius: float
    """Of the footprint, metres."""
    lithium: float
    """Metal by the ledger of the cell, mol/m^2 of the footprint."""


@runtime_checkable
class GrowsAgain(Protocol):
    """A simulated rig whose cells can be driven again as a record says."""

    def grown(self, driven: Driven) -> Grown | None:
        """Return the particles of a landing; None where nothing can grow.

        Args:
            driven: how the droplet was driven.
        """
