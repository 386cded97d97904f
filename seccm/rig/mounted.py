"""What an operator has mounted: the part of a plan that a rig must know before it is opened."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mounted:
    """The sample on the stage and the pipette above it."""

    sample: str
    """Name of the sample; a virtual rig looks up what it behaves like."""
    aperture: float
    """Inner diameter of the pipette's mouth, in metres."""
