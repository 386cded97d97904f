"""Volts as the 16-bit codes of the target's converters, and codes as what they mean."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hardware.ni.scaling import Scale
from seccm.arrays import FloatArray, IntArray
from seccm.errors import LimitError
from seccm.rig import Range
from seccm.units import show

PER_VOLT = 3276.8
"""Codes to a volt: the converters span 2^16 codes over +-10 V, and are not calibrated."""
LEAST, MOST = -32768, 32767
SPAN = Range(LEAST / PER_VOLT, MOST / PER_VOLT)
"""Volts that a code can stand for; +10 V itself is out of reach."""
RAILED = 32440
"""Code from which a mean of a row counts as the end of the range: it hides short clipping."""
TICKS = 40_000_000
"""Of the target's clock, in a second."""


@dataclass(frozen=True, slots=True)
class Coded:
    """What the codes of a terminal mean."""

    scale: Scale

    def si(self, codes: IntArray) -> FloatArray:
        """Return what codes mean, shape (n,)."""
        found: FloatArray = self.scale.si(codes / PER_VOLT)
        return found

    def one(self, code: int) -> float:
        """Return what a code means."""
        return self.scale.si(code / PER_VOLT)

    def exact(self, value: float) -> float:
        """Return the code of a value, not rounded."""
        return self.scale.volts(value) * PER_VOLT

    def code(self, value: float, what: str) -> int:
        """Return the code of a value.

        Args:
            value: in SI units.
            what: it is, for the message.

        Raises:
            LimitError: no code stands for it.
        """
        return whole(self.exact(value), what)

    def per_tick(self, speed: float) -> float:
        """Return codes per tick of the clock for a speed in SI units per second, unsigned."""
        return abs(speed / self.scale.slope) * PER_VOLT / TICKS

    @property
    def step(self) -> float:
        """What one code is, in SI units, unsigned."""
        return abs(self.scale.slope) / PER_VOLT

    def span(self) -> Range:
        """Return what codes can stand for."""
        return self.scale.span(SPAN)


def whole(exact: float, what: str) -> int:
    """Round to a code.

    Raises:
        LimitError: it is none, or beyond the converter's range.
    """
    if not math.isfinite(exact) or not LEAST <= (code := math.floor(exact + 0.5)) <= MOST:
        volts = show(exact / PER_VOLT, "V")
        raise LimitError(
            "out-of-codes",
            what,
            f"{what} would need {volts} at the target, which has -10 V to +9.9997 V; nothing "
            "moved.",
            "Choose a value inside the range.",
        )
    return code
