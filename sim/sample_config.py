"""The samples of a rig file of the virtual rig: what a pipette can land on, kind by kind."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seccm.quantities import (
    Angle,
    Capacitance,
    Charge,
    Current,
    CurrentDensity,
    Duration,
    Frequency,
    Length,
    Model,
    Potential,
    Ratio,
    Resistance,
    Speed,
)
from sim.equivalent import refuse_others
from sim.insertion import Material


class Aperture(Model):
    """What a pipette of one size does on a sample."""

    diameter: Length = Field(gt=0)
    """Inner diameter of the mouth."""
    wetting: Ratio = Field(1.0, ge=1)
    """Final radius of the footprint over the inner radius of the mouth."""
    capacity: Ratio = Field(1.0, gt=0)
    """Factor on the charges of surface film and alloys; lithium only."""


class Spot(Model):
    """A round part of a sample."""

    x: Length
    """Its centre, in stage coordinates."""
    y: Length
    """The same along y."""
    diameter: Length = Field(gt=0)
    """How wide it is."""

    def holds(self, x: float, y: float) -> bool:
        """Tell whether a place lies in it, all in metres."""
        return 2.0 * math.hypot(x - self.x, y - self.y) <= self.diameter


class Droplets(Model):
    """How the liquid behaves on a sample; the table of apertures is used straight in between."""

    half_angle: Angle = 0.17453292519943295
    """Inner half-angle of the pipette's cone."""
    gap: Ratio = Field(0.4, gt=0)
    """Height of the droplet in units of the mouth's inner radius."""
    quasi_reference: Potential = 0.0
    """Of the electrode in the pipette, against the reference of the cell's own parameters."""
    apertures: tuple[Aperture, ...] = Field(
        (Aperture(diameter=50e-9), Aperture(diameter=30e-6)), min_length=1
    )
    """Known pipettes, by rising diameter; others between them are interpolated."""
    insulators: tuple[Spot, ...] = ()
    """Where the sample insulates: it is wetted, and no current passes into it."""

    def insulates(self, x: float, y: float) -> bool:
        """Tell whether a place lies on an insulator, in metres."""
        return any(spot.holds(x, y) for spot in self.insulators)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        sizes = [aperture.diameter for aperture in self.apertures]
        if sorted(set(sizes)) != sizes:
            raise ValueError("apertures must be listed by rising diameter")
        return self


class LithiumSample(Droplets):
    """Lithium plating on gold from 50 mM LiClO4 in propylene carbonate."""

    kind: Literal["lithium"] = "lithium"
    capacity_scatter: Ratio = Field(0.06, ge=0)
    """Log-normal scatter of the charges of film and alloys from site to site."""
    nucleation_scatter: Ratio = Field(0.4, ge=0)
    """Log-normal scatter of the nucleation rate from site to site."""


class Patch(Spot):
    """A round part of a sample where the reaction is slower or faster."""

    activity: Ratio = Field(ge=0)
    """Factor on the rate constant inside; 0 is inert."""


class Library(Model):
    """A materials library: the reaction is faster or slower from region to region of the sample."""

    x: Length
    """Where on the sample the activity is farthest from that elsewhere, as positions of regions."""
    y: Length
    """The same along y."""
    width: Length = Field(gt=0)
    """Standard deviation of the bell curve by which its logarithm falls off to all sides."""
    activity: Ratio = Field(gt=0)
    """Factor on the rate constant at that place; 1 far from it."""

    def factor(self, x: float, y: float) -> float:
        """Return the factor on the rate constant in the region at a place, in metres."""
        apart = math.hypot(x - self.x, y - self.y) / self.width
        return float(self.activity ** math.exp(-0.5 * apart**2))


INACTIVE = Patch(x=58e-6, y=44e-6, diameter=26e-6, activity=1e-3)
"""A stain so slow that its wave hardly begins, yet lets a landing be seen."""


class RedoxSample(Droplets):
    """A dissolved one-electron couple on an inert electrode; see `sim.redox`."""

    kind: Literal["redox"] = "redox"
    formal_potential: Potential = 0.0
    """Of the couple, against the cell's reference."""
    rate_constant: Speed = Field(1e-2, gt=0)
    """Standard rate constant."""
    oxidised: float = Field(0.0, ge=0)
    """Bulk concentration of the oxidised form in mol/m^3."""
    reduced: float = Field(1.0, ge=0)
    """Bulk concentration of the reduced form in mol/m^3."""
    conductivity: float = Field(1.0, gt=0)
    """Of the electrolyte in S/m."""
    patches: tuple[Patch, ...] = (INACTIVE,)
    """Where the electrode is unlike the rest; the first that holds a place counts."""
    library: Library | None = None
    """How the regions of the sample differ; without it they are alike."""
    activity_scatter: Ratio = Field(0.0, ge=0)
    """Log-normal scatter of the rate constant from site to site."""


class CircuitSample(Droplets):
    """A dummy cell: a resistor in series with a resistor and a capacitor in parallel."""

    kind: Literal["circuit"] = "circuit"
    series: Resistance = Field(0.0, ge=0)
    """Series resistor."""
    parallel: Resistance = Field(1e9, ge=0)
    """Resistor beside the capacitor."""
    capacitance: Capacitance = Field(0.0, ge=0)
    """Capacitor."""


class EquivalentSample(Droplets):
    """A cell with the impedance of an equivalent circuit, such as a Randles cell."""

    kind: Literal["equivalent circuit"] = "equivalent circuit"
    circuit: str = "R0-p(R1-W1,CPE1)"
    """With a resistor in series, and without inductors; as a plan writes it."""
    values: tuple[float, ...] = (2e6, 8e7, 2e7, 4e-11, 0.9)
    """Of its parameters, SI, from left to right."""
    scatter: Ratio = Field(0.0, ge=0, lt=1)
    """Log-normal scatter of the values, but of exponents, from site to site."""

    @model_validator(mode="after")
    def _can_be_simulated(self) -> Self:
        # Whether its chain is close enough is found where it is mounted: whoever only reads the
        # rig file would wait for that.
        refuse_others(self.circuit, self.values)
        return self


class BathSample(Droplets):
    """A surface in a bath, into which the pipette dips: an ion current always flows."""

    kind: Literal["bath"] = "bath"
    half_angle: Angle = 0.05235987755982988
    """Inner half-angle of the pipette's cone."""
    conductivity: float = Field(1.29, gt=0)
    """Of the liquid in S/m; that of 0.1 M KCl at 25 degrees unless it is given."""
    outer: Ratio = Field(2.0, gt=1)
    """Outer radius of the pipette's rim over the inner one."""
    evaporation: Ratio = Field(0.0, gt=-1)
    """By which share the liquid conducts better after an hour; less than 0 where it conducts
    worse."""


class ReactingSpot(Model):
    """A round part of a surface where the mediator reacts otherwise than beside it."""

    x: Length
    """Its centre, in stage coordinates."""
    y: Length
    """The same along y."""
    diameter: Length = Field(gt=0)
    """How wide it is."""
    rate: Speed = Field(ge=0)
    """Rate constant there; "0 m/s" is an insulator, "1 m/s" as good as a conductor."""


class MediatorSample(Droplets):
    """A surface in a solution of a redox mediator, into which a microelectrode dips."""

    kind: Literal["mediator"] = "mediator"
    oxidised: float = Field(0.0, ge=0)
    """Concentration of the oxidised form in mol/m^3."""
    reduced: float = Field(1.0, ge=0)
    """Concentration of the reduced form in mol/m^3."""
    diffusivity: float = Field(1e-9, gt=0)
    """Of both forms, in m^2/s."""
    formal_potential: Potential = 0.0
    """Of the couple, against the cell's reference."""
    rg: Ratio = Field(10.0, gt=1, le=50)
    """Radius of the tip with its glass over that of the disk."""
    rate: Speed = Field(0.0, ge=0)
    """Rate constant of the surface; "0 m/s" is an insulator, "1 m/s" as good as a conductor."""
    spots: tuple[ReactingSpot, ...] = ()
    """Where it is another one; they are connected to the other drive of the rig, if it has one."""

    @model_validator(mode="after")
    def _has_a_couple(self) -> Self:
        if self.oxidised + self.reduced <= 0.0:
            raise ValueError("oxidised or reduced must be above 0: there is no mediator")
        return self


class Particle(Model):
    """One particle of its own size."""

    x: Length
    """Its place, in stage coordinates."""
    y: Length
    """The same along y."""
    diameter: Length = Field(gt=0)
    """How large it is."""


class DiskSample(Droplets):
    """A disk microelectrode under each landing, which the droplet connects; see `sim.disk`."""

    kind: Literal["disk"] = "disk"
    diameter: Length = Field(25e-6, gt=0)
    """Of the disk."""
    reaction: Literal["metal", "couple"] = "metal"
    """A metal on itself and its ion M+, or a dissolved couple O + e = R, both of one electron."""
    concentration: float = Field(1000.0, gt=0)
    """Of M+ or O in mol/m^3."""
    reduced: float = Field(0.0, ge=0)
    """Of R in mol/m^3; nothing of a metal."""
    diffusivity: float = Field(3e-10, gt=0)
    """Of all that is dissolved, in m^2/s."""
    formal_potential: Potential = 0.0
    """Of the reaction with 1 mol/l of M+, against the cell's reference."""
    rate_constant: Speed = Field(1e-2, gt=0)
    """Standard rate constant; large is reversible."""
    transfer: Ratio = Field(0.5, gt=0, lt=1)
    """Cathodic transfer coefficient."""
    capacitance: float = Field(0.1, ge=0)
    """Of the double layer in F/m^2."""
    conductivity: float = Field(1.0, gt=0)
    """Of the electrolyte in S/m: the resistance is 1 / (2 conductivity diameter)."""


class ParticleSample(Droplets):
    """Particles that take lithium in, one under every landing; see `sim.particle`."""

    kind: Literal["particle"] = "particle"
    material: Material = "LiMn2O4"
    """Which open-circuit potential it has."""
    table: tuple[tuple[Ratio, Potential], ...] = ()
    """Fractions of lithium, rising, and open-circuit potentials; in the place of the material's."""
    diameter: Length = Field(10.1e-6, gt=0)
    """Of the particles that are not listed."""
    particles: tuple[Particle, ...] = ()
    """Particles of other sizes; a landing meets the nearest one within half a diameter of it."""
    domain: Length = Field(0.0, ge=0)
    """Radius of the equal spheres that a particle consists of; 0 for a single sphere."""
    sites: float = Field(22400.0, gt=0)
    """Lithium in a full particle, mol/m^3; 22 400 are 600 mAh/cm^3."""
    filled: Ratio = Field(0.99, gt=0, lt=1)
    """Fraction of lithium before the first contact."""
    diffusivity: float = Field(5.2e-14, gt=0)
    """Of lithium in the particle, m^2/s."""
    rate: Annotated[Frequency | None, Field(gt=0)] = None
    """Diffusivity over the square of the radius, in the place of the diffusivity: the same of all
    particles, as where they consist of grains of one size."""
    exchange: CurrentDensity = Field(1.04, gt=0)
    """Exchange current density at half filling."""
    kinetics: Literal["Butler-Volmer", "linear"] = "Butler-Volmer"
    """Linear: the exchange current density is that at any filling, and the overpotential is
    proportional to the current. What the particle does after a step is then known exactly."""
    capacitance: float = Field(0.1, ge=0)
    """Of the double layer, F/m^2."""
    contact: Resistance = Field(0.0, ge=0)
    """Between particle and current collector."""
    leak: Current = 0.0
    """Of side reactions that always flow, anodic positive."""
    temperature: float = Field(298.15, gt=0)
    """In kelvin."""
    scatter: Ratio = Field(0.1, ge=0, lt=1)
    """Log-normal scatter of diffusivity and exchange current from particle to particle."""

    @model_validator(mode="after")
    def _falls(self) -> Self:
        fractions, potentials = ([pair[k] for pair in self.table] for k in (0, 1))
        rising = all(a < b for a, b in pairwise(fractions)) and len(fractions) != 1
        inside = all(0.0 <= fraction <= 1.0 for fraction in fractions)
        if not (rising and inside and all(a >= b for a, b in pairwise(potentials))):
            raise ValueError(
                "table must have two or more pairs of a fraction of lithium and a potential: "
                "fractions rise between 0 and 1, potentials fall"
            )
        return self


class ImpactSample(Droplets):
    """An electrode in a suspension of particles that hit it; see `sim.impacts`."""

    kind: Literal["suspension"] = "suspension"
    rate: Frequency = Field(1.0, ge=0)
    """Hits per second."""
    charge: Charge = 1e-12
    """Median of the full charge of a particle, anodic positive."""
    spread: Ratio = Field(0.5, ge=0, lt=3)
    """Standard deviation of the logarithm of the charge."""
    tail: Duration = Field(5e-3, gt=0)
    """Time constant with which the current of a hit decays."""
    half: Potential | None = None
    """Potential at which half of the charge passes; all of it at any potential without it."""
    slope: Potential = 0.03
    """Over which that share changes; negative where it is larger at lower potentials."""
    staying: Frequency = Field(0.0, ge=0)
    """Particles per second that stay."""
    step: Current = 5e-12
    """By which each of them raises the current."""
    series: Resistance = Field(1e6, ge=0)
    """Resistance of the electrolyte."""
    parallel: Resistance = Field(20e9, ge=0)
    """Background of the electrode itself."""
    capacitance: Capacitance = Field(1e-12, ge=0)
    """Double layer of the electrode."""

    @model_validator(mode="after")
    def _has_a_slope(self) -> Self:
        if self.slope == 0.0:
            raise ValueError("slope must not be 0 V")
        return self


Sample = Annotated[
    LithiumSample
    | RedoxSample
    | CircuitSample
    | BathSample
    | MediatorSample
    | DiskSample
    | EquivalentSample
    | ParticleSample
    | ImpactSample,
    Field(discriminator="kind"),
]


WIDE = (Aperture(diameter=2e-6, wetting=1.5), Aperture(diameter=30e-6, wetting=1.5))
"""Pipettes whose droplet covers a particle."""


RESISTOR = "dummy-resistor"
"""The sample of commissioning."""


def known_samples() -> dict[str, Sample]:
    """Return the samples that every virtual rig knows."""
    published = (
        Aperture(diameter=6e-6, wetting=1.55, capacity=0.66),
        Aperture(diameter=10e-6, wetting=2.2, capacity=1.0),
    )
    return {
        "li-on-au": LithiumSample(
            half_angle=0.3141592653589793, gap=0.4, quasi_reference=3.05, apertures=published
        ),
        "redox": RedoxSample(),
        RESISTOR: CircuitSample(),
        "randles": EquivalentSample(scatter=0.15),
        "glass-in-bath": BathSample(),
        "lmo-suspension": ImpactSample(half=0.95, staying=0.02),
        "lmo-particle": ParticleSample(apertures=WIDE),
        "lfp-particle": ParticleSample(
            material="LiFePO4",
            diameter=4e-6,
            domain=0.15e-6,
            sites=21500.0,
            filled=0.985,
            diffusivity=1e-15,
            exchange=0.5,
            apertures=WIDE,
        ),
    }
