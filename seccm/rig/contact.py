"""How one knows that the meniscus touched the surface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Polarity = Literal["either", "anodic", "cathodic"]


@dataclass(frozen=True, slots=True)
class CurrentThreshold:
    """The current passes a fixed value in amperes: above it, below its negative, or either."""

    threshold: float
    polarity: Polarity = "either"
    consecutive: int = 1
    """Rows in a row that must be past the threshold; each costs one row of travel."""


@dataclass(frozen=True, slots=True)
class CurrentRise:
    """The current departs by more than so many amperes from the baseline measured before."""

    rise: float
    polarity: Polarity = "either"
    consecutive: int = 1


@dataclass(frozen=True, slots=True)
class PotentialDrop:
    """The potential falls by more than so many volts from the galvanostat's overload."""

    drop: float
    consecutive: int = 1


ContactRule = CurrentThreshold | CurrentRise | PotentialDrop
