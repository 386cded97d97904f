"""The virtual redox cell: a dissolved couple on an inert electrode, supported electrolyte."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from seccm.arrays import FloatArray
from sim.cell import Droplet, Mode, Response
from sim.driving import MODES, imposed, require_solved
from sim.redox_kernel import Electrode, drive
from sim.transport import ConeCut, Cut, Shells, pooled_potential


@dataclass(frozen=True, slots=True)
class RedoxParameters:
    """A one-electron couple, O + e = R, with Butler-Volmer kinetics."""

    temperature: float = 298.15
    """K."""
    formal_potential: float = 0.0
    """Of the couple against the reference, V."""
    rate_constant: float = 1e-2
    """Standard rate constant k0 in m/s; large is reversible."""
    transfer: float = 0.5
    """Cathodic transfer coefficient."""
    oxidised: float = 0.0
    """Bulk concentration of O in mol/m^3."""
    reduced: float = 1.0
    """Bulk concentration of R in mol/m^3."""
    oxidised_diffusivity: float = 7.0e-10
    """Of O, m^2/s."""
    reduced_diffusivity: float = 7.0e-10
    """Of R, m^2/s; infinite for a solid of activity 1, for which `reduced` is the standard
    concentration of O."""
    capacitance: float = 0.10
    """Of the double layer in F/m^2; 0 leaves the electrode purely faradaic."""
    conductivity: float = 1.0
    """Of the electrolyte in S/m, which makes R_u = G_R / kappa; infinite makes R_u zero."""
    rest_potential: float = -0.3
    """Of the freshly wetted electrode, V."""

    def __post_init__(self) -> None:
        """Refuse numbers the equations cannot take.

        Raises:
            ValueError: naming the field and its value.
        """
        for name in ("temperature", "conductivity", "oxidised_diffusivity", "reduced_diffusivity"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)}")
        for name in ("rate_constant", "oxidised", "reduced", "capacitance"):
            if not getattr(self, name) >= 0.0:
                raise ValueError(f"{name} must be 0 or more, not {getattr(self, name)}")
        if self.rate_constant == 0.0 and self.capacitance == 0.0:
            raise ValueError("an electrode without rate constant and capacitance passes no current")


class RedoxCell:
    """A droplet with a dissolved couple on an inert electrode."""

    def __init__(self, parameters: RedoxParameters | None = None, cut: Cut | None = None) -> None:
        """Make a dry cell.

        Args:
            parameters: of couple and electrolyte.
            cut: how the liquid is divided; 4 slices and 14 shells by default.
        """
        self.parameters = parameters or RedoxParameters()
        self._cut: Cut = cut or ConeCut()
        self._shells: Shells | None = None
        self._area = 0.0
        self._potential = self.parameters.rest_potential
        self._oxidised = np.empty(0)
        self._reduced = np.empty(0)

    def wet(self, droplet: Droplet) -> None:
        """Start a new droplet on fresh surface: bulk concentrations, electrode at rest."""
        self._shells = self._cut(droplet)
        self._area = math.pi * droplet.footprint**2
        self._potential = self.parameters.rest_potential
        self._oxidised = np.full(self._shells.volume.size, self.parameters.oxidised)
        self._reduced = np.full(self._shells.volume.size, self.parameters.reduced)

    def reshape(self, droplet: Droplet) -> None:
        """Let the droplet spread, squeeze or stretch; amounts of substance and charge stay.

        Liquid moves without mixing, and what is missing comes from the bulk. Fresh surface shares
        its double layer's charge; surface that falls dry takes its own along.
        """
        shells = self._wetted()
        p = self.parameters
        new = self._cut(droplet)
        area = math.pi * droplet.footprint**2
        self._oxidised = shells.carry(self._oxidised, p.oxidised, new)
        self._reduced = shells.carry(self._reduced, p.reduced, new)
        self._potential = pooled_potential(self._potential, p.rest_potential, self._area, area)
        self._shells = new
        self._area = area

    def run(self, mode: Mode, wave: FloatArray, step: float) -> Response:
        """Drive the cell through `wave`, one value a step; see `Cell.run`.

        Raises:
            RuntimeError: if the cell is dry.
            ValueError: if the step is not positive.
            ArithmeticError: if a step has no solution: without a double layer no current beyond
                the limiting one can be imposed.
        """
        shells = self._wetted()
        p = self.parameters
        electrode = Electrode(
            temperature=p.temperature,
            formal_potential=p.formal_potential,
            rate_constant=p.rate_constant,
            transfer=p.transfer,
            oxidised=p.oxidised,
            reduced=p.reduced,
            oxidised_diffusivity=p.oxidised_diffusivity,
            reduced_diffusivity=p.reduced_diffusivity,
            capacitance=p.capacitance * self._area,
            area=self._area,
            resistance=shells.resistance / p.conductivity,
        )
        wave = imposed(mode, wave, step)
        potential = np.empty(wave.size)
        current = np.empty(wave.size)
        solved, self._potential = drive(
            MODES[mode],
            wave,
            step,
            electrode,
            shells.volume,
            shells.conductance,
            shells.surface_resistance,
            self._oxidised,
            self._reduced,
            self._potential,
            potential,
            current,
        )
        require_solved(mode, wave, solved, self._potential)
        return Response(potential, current)

    def copy(self) -> Self:
        """Return an independent copy in the same state."""
        twin = object.__new__(type(self))
        vars(twin).update(vars(self))
        twin._oxidised, twin._reduced = self._oxidised.copy(), self._reduced.copy()
        return twin

    def _wetted(self) -> Shells:
        if self._shells is None:
            raise RuntimeError("the cell is dry: wet it before driving or reshaping it")
        return self._shells
