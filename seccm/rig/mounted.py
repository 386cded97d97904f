"""What an operator has mounted: the part of a plan that a rig must know before it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Channel:
    """One electrode of an array, or one region of a sample."""

    label: str
    x: float
    y: float
    """Where it lies on the chip or the sample, metres; NaN where that is not known."""


@dataclass(frozen=True, slots=True)
class Mounted:
    """The sample on the stage and the pipette above it."""

    sample: str
    """Name of the sample; a virtual rig looks up what it behaves like."""
    aperture: float
    """Inner diameter of the pipette's mouth, in metres; of the electrode where nothing moves."""
    channels: tuple[Channel, ...] = ()
    """The electrodes, where nothing moves; none where a pipette lands."""
    region: Channel | None = None
    """The region of the sample that lies below the tip already, where a run is resumed inside."""
    passed: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Net charge in coulombs that has passed already at channels, and in how many seconds, by their
    labels: where a run is resumed, a virtual electrode goes on from there."""
