"""The numbers of the virtual lithium cell, each with its unit and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class LithiumParameters:
    """Lithium plating on gold from LiClO4 in propylene carbonate.

    Areas are those of the wetted footprint. Inside the model, potentials are against lithium in
    the bulk electrolyte. "Fit" marks numbers found together, all at once, so that the model meets
    published nucleation times, charges, potentials and particle densities at three current
    densities and ten voltammetric cycles: a calibrated phenomenology, no proof of a mechanism.
    Changing one alone spoils what the others were fitted to. What is reproduced, and what is not,
    is in docs/virtual-lithium.md.
    """

    temperature: float = 298.15
    """K. Stated with the published measurements."""
    salt: float = 50.0
    """Bulk concentration of the salt in mol/m^3. Stated with the published measurements."""
    diffusivity: float = 3.0e-10
    """Of the salt, m^2/s. Assumed; within the literature of LiClO4 in propylene carbonate."""
    transference: float = 0.32
    """Transference number of the cation. Assumed, within the literature."""
    conductivity: float = 0.105
    """Of the bulk electrolyte in S/m. Assumed, within the literature."""
    reference_offset: float = 0.0061
    """What the reference adds to every potential it reads, in V. Fit, inside its error."""
    rest_potential: float = 2.5
    """Of fresh gold in this electrolyte, as read, in V. Assumed, from freshly wetted gold."""
    capacitance: float = 0.10
    """Of the double layer in F/m^2. Assumed: 10 uF/cm^2."""

    sei_rate: float = 0.6359
    """Of the passivating film at its reference potential, A/m^2. Fit."""
    sei_slope: float = 0.2984
    """Transfer coefficient of the film's growth. Fit."""
    sei_potential: float = 0.9263
    """Reference potential of the film's growth in V. Fit."""
    sei_capacity: float = 0.4385
    """Charge that slows the film's growth e-fold, C/m^2. Fit."""
    solvent_rate: float = 0.03
    """Of solvent reduction at 0 V, which no film stops, A/m^2. Assumed."""
    solvent_slope: float = 0.4
    """Transfer coefficient of solvent reduction. Assumed."""

    oxidation_rate: float = 0.03
    """Of solvent oxidation at its potential, A/m^2. Assumed."""
    oxidation_slope: float = 0.5
    """Transfer coefficient of solvent oxidation. Assumed."""
    oxidation_potential: float = 4.5
    """At which propylene carbonate begins to be oxidised, V. Assumed, within the literature."""

    alloy1_rate: float = 0.1476
    """Of the first surface alloy at its two potentials, A/m^2. Fit."""
    alloy1_transfer: float = 0.5
    """Cathodic transfer coefficient of the first alloy. Assumed."""
    alloy1_lithiation: float = 0.2151
    """Potential at which the first alloy forms, V. Fit."""
    alloy1_delithiation: float = 0.6005
    """Potential at which the first alloy dissolves, V; the hysteresis is real. Fit."""
    alloy1_capacity: float = 9.14
    """Charge of the full first alloy, C/m^2. Fit."""
    alloy1_interaction: float = 0.05
    """Fall of both potentials from empty to full, V. Assumed."""
    alloy2_rate: float = 1.026
    """Of the second surface alloy at its two potentials, A/m^2. Fit."""
    alloy2_transfer: float = 0.5
    """Cathodic transfer coefficient of the second alloy. Assumed."""
    alloy2_lithiation: float = 0.1181
    """Potential at which the second alloy forms, V. Fit."""
    alloy2_delithiation: float = 0.179
    """Potential at which the second alloy dissolves, V. Fit."""
    alloy2_capacity: float = 13.93
    """Charge of the full second alloy, C/m^2. Fit."""
    alloy2_interaction: float = 0.05
    """Fall of both potentials from empty to full, V. Assumed."""
    alloy_leak: float = 0.06039
    """Rate at which the second alloy feeds the gold below, 1/s. Fit."""
    alloy_depth: float = 10.51
    """Capacity of the gold below in units of the second alloy's. Fit."""

    nucleation_rate: float = 0.001017
    """Of a median site at no overpotential, 1/s. Fit."""
    nucleation_order: float = 0.8009
    """Growth of ln(rate) with F eta / (R T): about one means a critical nucleus of no atom. Fit."""
    nucleation_barrier: float = 0.0
    """Classical barrier b of exp(-b / eta^2), in V^2; 0 leaves the atomistic form. Not fitted."""
    nucleation_spread: float = 3.729
    """Standard deviation of ln(rate) among the sites. Fit."""
    sites: float = 4.694e13
    """Nucleation sites per m^2. Fit."""
    nucleus_radius: float = 2.0e-9
    """With which a nucleus appears and below which it is gone, m. Assumed."""

    exchange_current: float = 8.774
    """Of lithium on lithium, A/m^2 of its surface. Fit; published is 8.1, for 0.1 M LiClO4/PC."""
    transfer: float = 0.5
    """Cathodic transfer coefficient of lithium. Assumed."""
    molar_volume: float = 6.94e-6 / 0.534
    """Of lithium in m^3/mol: 6.94 g/mol over 0.534 g/cm^3."""
    parasitic_first: float = 3.875
    """Side charge that growth drags along at first, per charge of metal (yield 20.5 %). Fit."""
    parasitic_last: float = 0.10
    """The same after many cycles. Fit."""
    maturing_charge: float = 70.41
    """Side charge over which growth and stripping become cleaner e-fold, C/m^2. Fit."""
    dead_fraction: float = 0.9687
    """Share of the stripped volume that is cut off at first. Fit."""

    def __post_init__(self) -> None:
        """Refuse numbers the equations cannot take.

        Raises:
            ValueError: naming the field and its value.
        """
        for name in _POSITIVE:
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)}")
        for name in _FRACTIONS:
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ValueError(f"{name} must be 0 to below 1, not {getattr(self, name)}")

    def scaled(self, capacity: float = 1.0, nucleation: float = 1.0) -> Self:
        """Return the parameters of a site with other capacities and nucleation rate.

        Args:
            capacity: factor on the film's and both alloys' charges.
            nucleation: factor on the nucleation rate.
        """
        return replace(
            self,
            sei_capacity=self.sei_capacity * capacity,
            alloy1_capacity=self.alloy1_capacity * capacity,
            alloy2_capacity=self.alloy2_capacity * capacity,
            nucleation_rate=self.nucleation_rate * nucleation,
        )


NAMES = tuple(field.name for field in fields(LithiumParameters))
_POSITIVE = (
    "temperature",
    "salt",
    "diffusivity",
    "conductivity",
    "capacitance",
    "sei_capacity",
    "alloy1_capacity",
    "alloy2_capacity",
    "alloy_depth",
    "nucleus_radius",
    "molar_volume",
    "maturing_charge",
)
_FRACTIONS = ("transference", "alloy1_transfer", "alloy2_transfer", "transfer", "dead_fraction")
