"""The virtual particle: a sphere that takes lithium in, such as one grain of a battery's cathode.

Lithium diffuses in finite volumes, thin at the surface and thicker inwards. At the surface lithium
is exchanged with the electrolyte (Butler-Volmer) around the open-circuit potential of the material.
A particle that is cracked, or made of grains, counts as many equal spheres: `domain` is then
their radius, and volume and current remain those of the whole particle. Liquid and pipette take no
part: they are wide enough for its picoamperes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from seccm.arrays import FloatArray
from sim.cell import Droplet, Mode, Response
from sim.driving import MODES, imposed, require_solved
from sim.insertion import Material, curve_of, open_circuit
from sim.particle_kernel import Grain, drive
from sim.solving import FARADAY

FIRST = 2.5e-3
"""Thickness of the outermost shell over the radius."""
GROWTH = 1.2
"""How much thicker each shell is than the one around it."""


@dataclass(frozen=True, slots=True)
class ParticleParameters:
    """A spherical particle and its surface."""

    material: Material = "LiMn2O4"
    table: tuple[tuple[float, float], ...] = ()
    """Fractions of lithium, rising, and open-circuit potentials; in the place of the material's."""
    temperature: float = 298.15
    """K."""
    diameter: float = 10.1e-6
    """m."""
    domain: float = 0.0
    """Radius of the spheres it consists of, m; 0 for one sphere."""
    sites: float = 22400.0
    """Concentration of a full particle in mol/m^3; 22 400 are 600 mAh/cm^3."""
    filled: float = 0.99
    """Fraction of lithium before the first contact."""
    diffusivity: float = 5.2e-14
    """Of lithium in it, m^2/s."""
    exchange: float = 1.04
    """Exchange current density at half filling, A/m^2."""
    linear: bool = False
    """Whether the exchange current density is that at any filling, and the overpotential is
    proportional to the current: what is known in closed form."""
    capacitance: float = 0.10
    """Of the double layer, F/m^2."""
    contact: float = 0.0
    """Resistance between particle and current collector, ohm."""
    leak: float = 0.0
    """Current of side reactions that always flows, A, anodic positive."""

    def __post_init__(self) -> None:
        """Refuse numbers the equations cannot take.

        Raises:
            ValueError: naming the field and its value.
        """
        for name in ("temperature", "diameter", "sites", "diffusivity", "exchange"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)}")
        for name in ("domain", "capacitance", "contact"):
            if not getattr(self, name) >= 0.0:
                raise ValueError(f"{name} must be 0 or more, not {getattr(self, name)}")
        if not 0.0 < self.filled < 1.0:
            raise ValueError(f"filled must be between 0 and 1, not {self.filled}")

    @property
    def radius(self) -> float:
        """The length that lithium diffuses, m."""
        return self.domain or self.diameter / 2.0

    @property
    def volume(self) -> float:
        """Of the whole particle, m^3."""
        return math.pi * self.diameter**3 / 6.0

    @property
    def surface(self) -> float:
        """That exchanges lithium, m^2."""
        return 3.0 * self.volume / self.radius

    @property
    def capacity(self) -> float:
        """Charge between empty and full, C."""
        return FARADAY * self.sites * self.volume


class Particle:
    """A particle under a droplet; it stays what it is when the droplet changes."""

    def __init__(self, parameters: ParticleParameters | None = None) -> None:
        """Make a particle that no contact was made to.

        Args:
            parameters: of the particle and its surface.
        """
        p = self.parameters = parameters or ParticleParameters()
        self._curve = curve_of(p.material, p.table)
        self._volume, self._conductance, self._inwards = _shells(p.radius, p.volume)
        self._grain = Grain(
            temperature=p.temperature,
            sites=p.sites,
            diffusivity=p.diffusivity,
            exchange=p.exchange * p.surface,
            linear=p.linear,
            capacitance=p.capacitance * p.surface,
            contact=p.contact,
            leak=p.leak,
        )
        self._lithium = np.full(self._volume.size, p.filled * p.sites)
        self._potential = self.open_circuit(p.filled)[0]
        self._flow = 0.0

    def open_circuit(self, fraction: float) -> tuple[float, float]:
        """Return the potential at a fraction of lithium, V, and its slope over the fraction, V."""
        potential, slope = open_circuit(fraction, self._curve, self._grain.temperature)
        return float(potential), float(slope)

    @property
    def filling(self) -> float:
        """Fraction of lithium, mean over the particle."""
        return float(self._lithium @ self._volume / self._volume.sum()) / self.parameters.sites

    def recharge(self, passed: float, seconds: float) -> None:
        """Take the state of rest that some net charge leaves; see `Rechargeable`."""
        p = self.parameters
        left = p.filled - (passed - p.leak * seconds) / p.capacity
        filled = min(max(left, 1e-6), 1.0 - 1e-6)
        self._lithium = np.full(self._volume.size, filled * p.sites)
        self._potential, self._flow = self.open_circuit(filled)[0], 0.0

    def wet(self, droplet: Droplet) -> None:
        """Do nothing: a particle is what it was before the contact."""

    def reshape(self, droplet: Droplet) -> None:
        """Do nothing: the whole particle lies under the droplet, however that is shaped."""

    def run(self, mode: Mode, wave: FloatArray, step: float) -> Response:
        """Drive the particle through `wave`, one value a step; see `Cell.run`.

        Raises:
            ValueError: if the step is not positive.
            ArithmeticError: if a step has no solution: without a double layer no more lithium can
                be taken from a surface than there is.
        """
        wave = imposed(mode, wave, step)
        potential, current = np.empty(wave.size), np.empty(wave.size)
        solved, self._potential, self._flow = drive(
            MODES[mode],
            wave,
            step,
            self._grain,
            self._curve,
            self._volume,
            self._conductance,
            self._inwards,
            self._lithium,
            self._potential,
            self._flow,
            potential,
            current,
        )
        require_solved(mode, wave, solved, self._potential)
        return Response(potential, current)

    def copy(self) -> Self:
        """Return an independent copy in the same state."""
        twin = object.__new__(type(self))
        vars(twin).update(vars(self))
        twin._lithium = self._lithium.copy()
        return twin


def _shells(radius: float, volume: float) -> tuple[FloatArray, FloatArray, float]:
    """Cut spheres of one radius that fill a volume into shells, from the surface inwards.

    Links are exact for spheres: (1/r_in - 1/r_out) / 4 pi.

    Returns:
        Volumes in m^3 and conductances to the next shell in m, shape (n,), the last conductance
        being 0; and the resistance in 1/m from the surface to the middle of the first shell.
    """
    thick = np.cumsum(FIRST * GROWTH ** np.arange(200))
    edges = radius * (1.0 - np.concatenate([[0.0], thick[thick < 1.0 - FIRST], [1.0]]))
    outer, inner = edges[:-1], edges[1:]
    nodes = ((outer**3 + inner**3) / 2.0) ** (1.0 / 3.0)
    spheres = volume / (4.0 / 3.0 * math.pi * radius**3)
    links = np.diff(1.0 / nodes) / (4.0 * math.pi * spheres)
    inwards = (1.0 / nodes[0] - 1.0 / radius) / (4.0 * math.pi * spheres)
    volumes = spheres * 4.0 / 3.0 * math.pi * (outer**3 - inner**3)
    return volumes, np.concatenate([1.0 / links, [0.0]]), float(inwards)
