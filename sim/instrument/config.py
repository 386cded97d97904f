"""What a virtual instrument is like; every key is optional."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from seccm.quantities import Current, Duration, Model, Potential, Ratio
from seccm.units import show


class InstrumentConfig(Model):
    """A virtual instrument that runs techniques by itself."""

    potential: Potential = Field(10.0, gt=0)
    """Largest potential that it can impose or measure, either sign."""
    ranges: tuple[Annotated[Current, Field(gt=0)], ...] = (100e-12, 1e-9, 10e-9, 100e-9)
    """Its current ranges, rising; it changes between them by itself."""
    interval: Duration = Field(2e-3, gt=0)
    """From one point to the next."""
    start: Duration = Field(60e-3, ge=0)
    """Longest time from an order until a technique begins."""
    lag: Duration = Field(40e-3, ge=0)
    """From the measurement of a point until it can be handed over."""
    pieces: Duration = Field(80e-3, gt=0)
    """Time between two pieces that it hands over."""
    clock_error: Ratio = 30e-6
    """By how much its clock is fast."""
    noise: Ratio = Field(2e-5, ge=0)
    """Rms of a point of the current, of the end of its range."""
    potential_noise: Potential = Field(50e-6, ge=0)
    """Rms of a point of the potential."""
    gain_error: Ratio = 3e-4
    """Relative error of an imposed current."""
    lost_at: Duration | None = None
    """When its cable comes off, in time of the rig; never without."""
    ended_at: Duration | None = None
    """When somebody ends what runs at its display, in time of the rig; never without."""
    busy_at: Duration | None = None
    """From when on another program has it; never without."""

    @property
    def largest(self) -> float:
        """The largest current that it can measure, in amperes."""
        return max(self.ranges)

    def named(self) -> Mapping[str, float]:
        """Return the ends of its ranges by their names, rising."""
        return {show(span, "A"): span for span in sorted(self.ranges)}
