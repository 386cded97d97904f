"""What is imposed on the cell over time, and what ends it early."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seccm.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Constant:
    """One value in volts or amperes for some seconds, or for ever."""

    value: float
    duration: float = math.inf

    def at(self, t: FloatArray) -> FloatArray:
        """Return the values at times t, shape (n,) in seconds from the start."""
        return np.full(t.shape, self.value)

    @property
    def extremes(self) -> tuple[float, float]:
        """The lowest and the highest value."""
        return self.value, self.value


@dataclass(frozen=True, slots=True)
class Lines:
    """Straight lines through vertices: ramps, triangles, any number of cycles."""

    times: tuple[float, ...]
    """Seconds from the start, rising from zero."""
    values: tuple[float, ...]
    """Volts or amperes at these times."""

    def at(self, t: FloatArray) -> FloatArray:
        """Return the values at times t, shape (n,) in seconds from the start."""
        return np.interp(t, self.times, self.values)

    @property
    def duration(self) -> float:
        """Seconds from the first to the last vertex."""
        return self.times[-1]

    @property
    def extremes(self) -> tuple[float, float]:
        """The lowest and the highest value."""
        return min(self.values), max(self.values)


Waveform = Constant | Lines


SETTLING = 0.05
"""Seconds at the start of a drive that usually are charging: of the double layer while the droplet
spreads (5 to 50 ms), of the electrometer, and of a galvanostat on its way from overload."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound at which a drive ends before its time.

    Charge counts from the start of the drive, as the magnitude of the net charge in coulombs;
    potential and current are the measured ones, raw volts and amperes.
    """

    quantity: Literal["charge", "potential", "current"]
    side: Literal["above", "below"]
    value: float
    after: float = SETTLING
    """Seconds from the start of the drive before which a potential or a current does not count."""
