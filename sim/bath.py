"""A pipette in a bath over a surface: an ion current that always flows, and falls near the surface.

The current passes the pipette's cone, the access to its mouth, and the gap between its rim and the
surface. In series, with the gap's resistance in inverse proportion to its height d, they give
I / I0 = 1 / (1 + xi / d) with xi = 1.5 ln(ro / ri) ri tan(theta) (H. Nitz, J. Kamp, H. Fuchs,
Probe Microsc. 1, 187 (1998)); it overestimates how far the surface is felt. The far
resistance is that of a cone, 1 / (pi kappa ri tan(theta)), and of a disc, 1 / (4 kappa ri).

Over a surface that is not flat, the sectors of the gap below the rim conduct side by side, so that
d is the mean of their heights: an assumption of this model. It gives a lateral resolution of about
the rim; J. Rheinlaender, T. E. Schaeffer, J. Appl. Phys. 105, 094905 (2009), find 3 ri.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray

SECTORS = 12
"""Into which the gap below the rim is divided."""


@dataclass(frozen=True, slots=True)
class Bath:
    """A pipette of inner radius r in metres in a liquid of some conductivity."""

    conductivity: float
    """Of the liquid, in S/m."""
    aperture: float
    """Inner radius of the pipette's mouth, metres."""
    outer: float
    """Outer radius of the rim over the inner one."""
    half_angle: float
    """Inner half-angle of the cone, radians."""
    evaporation: float = 0.0
    """Rise of the conductivity in an hour, as a share of it."""

    @property
    def far(self) -> float:
        """The resistance far from any surface, in ohm."""
        cone = math.pi * math.tan(self.half_angle)
        return (1.0 / cone + 0.25) / (self.conductivity * self.aperture)

    @property
    def felt(self) -> float:
        """The length xi, in metres: at this height the surface halves the current."""
        return 1.5 * math.log(self.outer) * self.aperture * math.tan(self.half_angle)

    def resistance(self, gap: FloatArray) -> FloatArray:
        """Return the resistance at heights above the surface; infinite with the glass on it.

        Args:
            gap: shape (n,), metres.
        """
        found = np.full(gap.shape, np.inf)
        free = gap > 0.0
        found[free] = self.far * (1.0 + self.felt / gap[free])
        return found

    def conducts(self, t: FloatArray) -> FloatArray:
        """Return the conductivity over that at the start of the run at times t, shape (n,) in s."""
        share: FloatArray = 1.0 + self.evaporation * t / 3600.0
        return np.maximum(share, 1e-3)

    @property
    def rim(self) -> float:
        """Outer radius of the rim, metres."""
        return self.aperture * self.outer

    @property
    def middle(self) -> float:
        """Radius that divides the resistance of the gap below the rim into halves, metres."""
        return self.aperture * math.sqrt(self.outer)

    def circle(self, radius: float) -> tuple[FloatArray, FloatArray]:
        """Return places in the middle of each sector, from the pipette's axis; (sectors,), m."""
        angle = 2.0 * math.pi * (np.arange(SECTORS) + 0.5) / SECTORS
        return radius * np.cos(angle), radius * np.sin(angle)

    def height(self, fraction: float) -> float:
        """Return the height in metres at which the current is a fraction of that far away."""
        return self.felt * fraction / (1.0 - fraction)
