"""Textbook formulas that the virtual cells are held against, written without their code."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import erfcx

from seccm.arrays import FloatArray
from sim.cell import Droplet
from sim.transport import Shells

F = 96485.33212
R = 8.314462618
THERMAL = F / (R * 298.15)
"""F/(RT) at 25 C in 1/V."""

TEN_MICRON = Droplet(aperture=5e-6, footprint=11e-6, height=2e-6, half_angle=math.radians(18))
"""The 10 um pipette on its 22 um footprint, with the shape that stands in for convection."""
SAMPLE = 2.57e-3
"""Spacing of samples in s."""


def solid_angle(half_angle: float) -> float:
    """Of a cone, in sr."""
    return 2.0 * math.pi * (1.0 - math.cos(half_angle))


def disk_limit(diffusivity: float, concentration: float, radius: float) -> float:
    """Limiting current of an inlaid disk in A."""
    return 4.0 * F * diffusivity * concentration * radius


def cottrell(diffusivity: float, concentration: float, time: FloatArray) -> FloatArray:
    """Current density of a planar electrode after a step, A/m^2."""
    return F * concentration * np.sqrt(diffusivity / (math.pi * time))


def sand(diffusivity: float, concentration: float, density: float) -> float:
    """Time until a constant current density has emptied a planar surface, s."""
    return math.pi * diffusivity * (F * concentration / (2.0 * density)) ** 2


def randles_sevcik(diffusivity: float, concentration: float, rate: float) -> float:
    """Peak current density of a reversible planar couple, A/m^2."""
    return 0.4463 * F * concentration * math.sqrt(THERMAL * rate * diffusivity)


def cone_step(diffusivity: float, mouth: float, time: FloatArray) -> FloatArray:
    """Current of a spherical cone after a step, over its steady value."""
    return 1.0 + mouth / np.sqrt(math.pi * diffusivity * time)


def cone_constant_flux(diffusivity: float, mouth: float, time: FloatArray) -> FloatArray:
    """Depletion of a spherical cone under constant flux, over its steady value."""
    return 1.0 - np.asarray(erfcx(np.sqrt(diffusivity * time) / mouth))


@dataclass(frozen=True)
class PlanarCut:
    """Liquid as a long straight column over the footprint, finest at the surface."""

    first: float
    """Thickness of the first volume in m."""
    growth: float
    length: float

    def __call__(self, droplet: Droplet) -> Shells:
        """Ignore the droplet except for its footprint."""
        area = math.pi * droplet.footprint**2
        stretch = 1.0 + self.length * (self.growth - 1.0) / self.first
        count = math.ceil(math.log(stretch) / math.log(self.growth))
        thickness = self.first * self.growth ** np.arange(count)
        edges = np.concatenate([[0.0], np.cumsum(thickness)])
        middles = 0.5 * (edges[1:] + edges[:-1])
        links = np.diff(np.append(middles, edges[-1]))
        return Shells(area * thickness, area / links, float(middles[0] / area))


def sphere_step(
    diffusivity: float, radius: float, biot: float, time: FloatArray, terms: int = 400
) -> FloatArray:
    """Charge that a sphere has taken up after a step of the potential, over that of all time.

    Crank, The Mathematics of Diffusion, 6.40: b cot b + B - 1 = 0 gives the terms.
    """
    found = []
    for k in range(terms):
        low, high = k * math.pi + 1e-9, (k + 1) * math.pi - 1e-9
        found.append(brentq(lambda b: b / math.tan(b) + biot - 1.0, low, high, xtol=1e-12))
    b = np.array(found)
    weight = 6.0 * biot**2 / (b**2 * (b**2 + biot * (biot - 1.0)))
    left = np.exp(-np.outer(diffusivity * time / radius**2, b**2)) @ weight
    charge: FloatArray = 1.0 - left
    return charge
