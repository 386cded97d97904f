"""The virtual lithium cell: plating and stripping on gold in a droplet of aprotic electrolyte."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from seccm.arrays import FloatArray
from sim import nuclei
from sim.cell import Droplet, Mode, Response
from sim.driving import MODES, imposed, require_solved
from sim.lithium_kernel import drive, spread
from sim.lithium_parameters import LithiumParameters
from sim.lithium_state import PARTS, blank, constants, state_in
from sim.transport import ConeCut, Cut, Shells

__all__ = ["Deposit", "Ledger", "LithiumCell", "LithiumParameters"]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where all the charge went since the droplet was made, in C; cathodic charge is negative."""

    double_layer: float
    sei: float
    solvent: float
    alloy1: float
    alloy2: float
    lithium: float
    """Metal: plated minus stripped."""
    parasitic: float
    """Side charge of growing metal."""

    @property
    def total(self) -> float:
        """Everything: the integral of the current."""
        return math.fsum(getattr(self, part) for part in PARTS)


@dataclass(frozen=True, slots=True)
class Deposit:
    """What lies on the surface now: the truth that a measurement tries to find."""

    area: float
    """Wetted footprint, m^2."""
    nuclei: float
    """Particles per m^2."""
    mean_diameter: float
    """Of the particles, m; NaN when there is none."""
    diameter_deviation: float
    """Standard deviation of the diameters, m; NaN when there is no particle."""
    lithium_volume: float
    """Of all particles, m^3."""
    dead_volume: float
    """Of lithium cut off from the electrode, m^3."""
    surface_concentration: float
    """Of the salt at the electrode, mol/m^3."""
    diameters: FloatArray
    """Shape (k,), m, largest first: the size histogram, with `densities`."""
    densities: FloatArray
    """Shape (k,), particles per m^2 of each diameter."""


class LithiumCell:
    """A droplet on gold in which lithium alloys, nucleates, grows, dissolves and dies."""

    def __init__(self, parameters: LithiumParameters | None = None, cut: Cut | None = None) -> None:
        """Make a dry cell.

        Args:
            parameters: of the site; the published system by default.
            cut: how the liquid is divided; 4 slices and 14 shells by default.
        """
        self.parameters = parameters or LithiumParameters()
        self._cut: Cut = cut or ConeCut()
        self._constants = constants(self.parameters)
        self._memory = blank()
        self._state = state_in(self._memory)
        self._shells: Shells | None = None
        self._concentration = np.empty(0)
        self._area = 0.0

    def wet(self, droplet: Droplet) -> None:
        """Start a new droplet on fresh surface: bulk concentrations, electrode at rest."""
        self._shells = self._cut(droplet)
        self._area = math.pi * droplet.footprint**2
        self._concentration = np.full(self._shells.volume.size, self.parameters.salt)
        self._memory = blank()
        self._state = state_in(self._memory)
        self._state.potential = self._rest
        self._state.surface = 1.0

    def reshape(self, droplet: Droplet) -> None:
        """Let the droplet spread, squeeze or stretch; amounts of substance and charge stay.

        Where it spreads, films, alloys, particles and the double layer's charge are averaged
        with fresh surface at rest, so that their amounts stay. Where it recedes, the dry ring
        keeps its share: areal amounts and potential stay; should the droplet come back, it meets
        fresh surface. Liquid moves without mixing, and what is missing comes from the bulk.
        """
        shells = self._wetted()
        area = math.pi * droplet.footprint**2
        new = self._cut(droplet)
        self._concentration = shells.carry(self._concentration, self.parameters.salt, new)
        self._shells = new
        spread(self._state, self._rest, self._area, area)
        self._area = area

    def run(self, mode: Mode, wave: FloatArray, step: float) -> Response:
        """Drive the cell through `wave`, one value a step; see `Cell.run`.

        In potential mode the first step after `wet` carries the charge of the double layer from
        rest to the imposed potential.

        Raises:
            RuntimeError: if the cell is dry.
            ValueError: if the step is not positive.
            ArithmeticError: if a step has no solution, which needs a drive far beyond 15 V.
        """
        shells = self._wetted()
        wave = imposed(mode, wave, step)
        potential = np.empty(wave.size)
        current = np.empty(wave.size)
        solved = drive(
            MODES[mode],
            wave,
            step,
            self._constants,
            self._area,
            shells.volume,
            shells.conductance,
            shells.surface_resistance,
            self._state,
            self._concentration,
            potential,
            current,
        )
        require_solved(mode, wave, solved, self._state.potential)
        return Response(potential, current)

    def copy(self) -> Self:
        """Return an independent copy in the same state."""
        # A rehearsal copies a cell several times a row: `copy.copy` takes twenty times as long.
        twin = object.__new__(type(self))
        vars(twin).update(vars(self))
        twin._memory, twin._concentration = self._memory.copy(), self._concentration.copy()
        twin._state = state_in(twin._memory)
        return twin

    @property
    def ledger(self) -> Ledger:
        """Where the charge went since the droplet was made."""
        return Ledger(*(float(charge) for charge in self._state.charge))

    @property
    def deposit(self) -> Deposit:
        """What lies on the surface now."""
        state = self._state
        densities = state.count[: state.cohorts].copy()
        radii = state.radius[: state.cohorts].copy()
        m0, m1, m2, m3 = nuclei.moments(state.cohorts, state.count, state.radius)
        mean = m1 / m0 if m0 > 0.0 else math.nan
        variance = max(m2 / m0 - mean**2, 0.0) if m0 > 0.0 else math.nan
        return Deposit(
            area=self._area,
            nuclei=m0,
            mean_diameter=2.0 * mean,
            diameter_deviation=2.0 * math.sqrt(variance),
            lithium_volume=4.0 / 3.0 * math.pi * m3 * self._area,
            dead_volume=float(state.dead) * self._area,
            surface_concentration=float(state.surface) * self.parameters.salt,
            diameters=2.0 * radii,
            densities=densities,
        )

    @property
    def _rest(self) -> float:
        return self.parameters.rest_potential - self.parameters.reference_offset

    def _wetted(self) -> Shells:
        if self._shells is None:
            raise RuntimeError("the cell is dry: wet it before driving or reshaping it")
        return self._shells
