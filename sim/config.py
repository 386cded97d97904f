"""The rig file of the virtual rig: every key is optional and has a documented default."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal, Self

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
from seccm.rig import Clock
from seccm.rig.signal_table import AddedName, SignalTable
from seccm.units import show
from sim.equivalent import chain_of
from sim.insertion import Material


class ClockConfig(Model):
    """How raw samples become rows."""

    sample_rate: Frequency = Field(100e3, gt=0)
    """Raw samples per second."""
    averaged: int = Field(256, ge=1)
    """Raw samples averaged into a row."""
    spacing: int = Field(257, ge=1)
    """Raw samples from one row to the next: the averaged ones and the time for the transfer."""

    @model_validator(mode="after")
    def _rows_do_not_overlap(self) -> Self:
        if self.spacing < self.averaged:
            raise ValueError(
                f"spacing is {self.spacing} samples, less than the {self.averaged} averaged; "
                "average fewer, or increase the spacing of the data points"
            )
        return self

    def rows(self) -> Clock:
        """Return the clock of the rows."""
        return Clock(self.sample_rate, self.averaged, self.spacing)


class StageConfig(Model):
    """The closed-loop piezo stage."""

    range: Length = Field(100e-6, gt=0)
    """Travel of every axis, from 0."""
    fastest: Speed = Field(100e-6, gt=0)
    """Highest speed of every axis."""
    frequency: Frequency = Field(50.0, gt=0)
    """Natural frequency of the closed loop."""
    damping: Ratio = Field(0.8, gt=0, lt=1)
    """Damping ratio of the closed loop."""
    noise: Length = Field(1e-9, ge=0)
    """Of the position sensors, rms of a row."""
    start_x: Length = Field(50e-6, ge=0)
    """Where the stage is when the rig is opened."""
    start_y: Length = Field(50e-6, ge=0)
    """Where the stage is when the rig is opened."""
    start_z: Length = Field(58e-6, ge=0)
    """Height of the tip when the rig is opened."""

    @model_validator(mode="after")
    def _starts_inside(self) -> Self:
        for axis in "xyz":
            start = getattr(self, f"start_{axis}")
            if start > self.range:
                raise ValueError(
                    f"start_{axis} = {show(start, 'm')} is beyond the range, "
                    f"{show(self.range, 'm')}; lower it, or widen the range"
                )
        return self


class DriftConfig(Model):
    """How the sample creeps relative to the stage."""

    steady_x: Speed = 0.1e-9
    """Steady drift; 0.1 nm/s is 6 nm a minute."""
    steady_y: Speed = 0.05e-9
    """Steady drift."""
    steady_z: Speed = 0.1e-9
    """Steady drift of the surface, up positive."""
    settling_x: Speed = 0.5e-9
    """Initial speed of the drift that dies away after mounting."""
    settling_y: Speed = 0.5e-9
    """Initial speed of the drift that dies away."""
    settling_z: Speed = 0.5e-9
    """Initial speed of the drift that dies away; 0.5 nm/s is 30 nm a minute."""
    settling_time: Duration = Field(3600.0, gt=0)
    """Time in which it falls to 1/e."""
    wander: Length = Field(0.1e-9, ge=0)
    """Random walk: rms of one second's step on each axis."""


class SurfaceConfig(Model):
    """The shape of the sample."""

    motor: str = ""
    """File of the virtual coarse motor that brings it closer, see `sim.coarse`; empty for none."""
    height: Length = 50e-6
    """Of the middle of the range, in stage coordinates."""
    tilt_x: Ratio = 0.003
    """Slope along x."""
    tilt_y: Ratio = -0.002
    """Slope along y."""
    roughness: Length = Field(0.5e-9, ge=0)
    """Rms height of the self-affine roughness."""
    bumps_per_area: float = Field(3e10, ge=0)
    """Protrusions per square metre; 3e10 is three in ten by ten micrometres."""
    bump_width: tuple[Length, Length] = (400e-9, 1000e-9)
    """Smallest and largest diameter of a protrusion."""
    bump_height: tuple[Length, Length] = (10e-9, 40e-9)
    """Lowest and highest protrusion."""
    dead_per_area: float = Field(0.0, ge=0)
    """Insulating patches per square metre: they wet, but no current passes."""
    dead_width: Length = Field(12e-6, gt=0)
    """Diameter of an insulating patch."""

    @model_validator(mode="after")
    def _from_small_to_large(self) -> Self:
        for name in ("bump_width", "bump_height"):
            small, large = getattr(self, name)
            if not 0.0 <= small <= large:
                raise ValueError(f"{name} must be two lengths from small to large, none below 0")
        return self


class MeniscusConfig(Model):
    """The liquid at the mouth of the pipette; lengths in units of its inner radius a."""

    pendant: Ratio = Field(0.35, ge=0.1, le=0.5)
    """Height of the drop that hangs from the mouth."""
    pendant_scatter: Ratio = Field(0.05, ge=0, lt=0.3)
    """Relative standard deviation of that height from landing to landing."""
    jump: Ratio = Field(0.1, ge=0, le=0.5)
    """Gap over which the drop jumps to the surface."""
    spreading: Duration = Field(10e-3, gt=0)
    """Time in which the footprint approaches its final radius to 1/e."""
    footprint_scatter: Ratio = Field(0.03, ge=0, lt=0.2)
    """Relative standard deviation of the final radius."""
    breaks: Ratio = Field(0.6, gt=0)
    """Gap at which the liquid bridge breaks on retraction, in units of the footprint's radius.
    0.6 lets a 22 um footprint come off within the published retract distance of 8 um."""
    residue: Ratio = Field(0.02, ge=0)
    """Height of the liquid left behind, in units of the footprint's radius."""
    crash: Ratio = Field(0.05, gt=0, lt=0.1)
    """Gap below which the glass touches the surface."""


class ElectrometerConfig(Model):
    """The current and potential inputs."""

    range: Current = Field(20e-9, gt=0)
    """Largest current that can be measured or imposed, either sign."""
    feedback: Resistance = Field(500e6, gt=0)
    """Feedback resistor of the current amplifier: its thermal noise is the floor."""
    temperature: float = Field(298.15, gt=0)
    """Of that resistor, in kelvin."""
    voltage_noise: float = Field(8e-9, ge=0)
    """Of the amplifier, in volts per square root of hertz."""
    input_capacitance: Capacitance = Field(60e-12, ge=0)
    """Across which that voltage noise drives a current."""
    bandwidth: Frequency = Field(10e3, gt=0)
    """Of the amplifier before averaging, single pole."""
    hum: Current = Field(0.3e-12, ge=0)
    """Amplitude of mains pick-up in the current."""
    mains: Frequency = Field(50.0, gt=0)
    """Mains frequency."""
    offset: Current = Field(0.05e-12, ge=0)
    """Rms of the slowly wandering offset of the current."""
    offset_time: Duration = Field(20.0, gt=0)
    """Time over which that offset forgets itself."""
    potential_noise: Potential = Field(0.4e-3, ge=0)
    """Rms of a row of the potential."""
    stray: Capacitance = Field(1e-12, ge=0)
    """Between the leads; takes current in sweeps and discharges into the cell at contact."""
    bits: int = Field(16, ge=8, le=24)
    """Of the converters, which span 2.4 % more than the ranges."""


class DriveConfig(Model):
    """The potentiostat and galvanostat."""

    potential: Potential = Field(10.0, gt=0)
    """Largest potential that can be imposed or measured, either sign; the compliance."""
    overload: Potential = Field(10.0, gt=0)
    """What the potential reads while the galvanostat has no closed circuit and its current is
    anodic; the same below zero where it is cathodic."""
    gain_error: Ratio = 1e-3
    """Relative error of an imposed current."""
    leak: Current = 0.1e-12
    """Added to every imposed current."""


class SimulatedSignal(SignalTable):
    """A signal that follows another one: offset + factor x that signal + noise."""

    follows: Literal["potential", "current", "x", "y", "z"] = "current"
    """The signal, as it is recorded, that this one follows."""
    factor: float = 1.0
    """SI units of this signal for one of that one."""
    offset: float = 0.0
    """What it reads where that one is zero, in its SI unit."""
    noise: float = Field(0.0, ge=0)
    """Standard deviation of a data point, in its SI unit."""


class StopConfig(Model):
    """How soon the rig halts the stage when contact is seen."""

    processing: Duration = Field(1e-3, ge=0)
    """From the end of the row that shows the contact to the halt of the command."""


class Aperture(Model):
    """What a pipette of one size does on a sample."""

    diameter: Length = Field(gt=0)
    """Inner diameter of the mouth."""
    wetting: Ratio = Field(1.0, ge=1)
    """Final radius of the footprint over the inner radius of the mouth."""
    capacity: Ratio = Field(1.0, gt=0)
    """Factor on the charges of surface film and alloys; lithium only."""


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


class Patch(Model):
    """A round part of a sample where the reaction is slower or faster."""

    x: Length
    y: Length
    """Its centre, in stage coordinates."""
    diameter: Length = Field(gt=0)
    """How wide it is."""
    activity: Ratio = Field(ge=0)
    """Factor on the rate constant inside; 0 is inert."""


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
        chain_of(self.circuit, self.values)
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


class Particle(Model):
    """One particle of its own size."""

    x: Length
    y: Length
    """Its place, in stage coordinates."""
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
    | DiskSample
    | EquivalentSample
    | ParticleSample
    | ImpactSample,
    Field(discriminator="kind"),
]


WIDE = (Aperture(diameter=2e-6, wetting=1.5), Aperture(diameter=30e-6, wetting=1.5))
"""Pipettes whose droplet covers a particle."""


def _samples() -> dict[str, Sample]:
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
        "dummy-resistor": CircuitSample(),
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


class VirtualConfig(Model):
    """A whole rig file of the virtual rig."""

    kind: Literal["virtual"] = "virtual"
    """Which program drives the rig."""
    name: str = "virtual"
    """How the rig is called in files and titles."""
    pace: Ratio = Field(0.0, ge=0)
    """Virtual seconds per real second; 0 is as fast as possible."""
    longest_block: int = Field(2048, ge=1)
    """Rows at most in one block; with a pace, fewer: twelve at real time."""
    clock: ClockConfig = ClockConfig()
    """Samples and rows."""
    stage: StageConfig = StageConfig()
    """The piezo stage."""
    stop: StopConfig = StopConfig()
    """The stop at contact."""
    drift: DriftConfig = DriftConfig()
    """Creep of the sample."""
    surface: SurfaceConfig = SurfaceConfig()
    """Shape of the sample."""
    meniscus: MeniscusConfig = MeniscusConfig()
    """The liquid at the pipette's mouth."""
    electrometer: ElectrometerConfig = ElectrometerConfig()
    """Inputs."""
    drive: DriveConfig = DriveConfig()
    """Outputs."""
    signals: dict[AddedName, SimulatedSignal] = Field(default_factory=dict)
    """What is measured in every data point beside potential, current and position, by name."""
    samples: dict[str, Sample] = Field(default_factory=_samples)
    """What can be mounted, by name."""
    calibration: dict[str, Any] = Field(default_factory=dict)
    """What was commissioned; a virtual rig has no scales that it could change."""
    faults: tuple[str, ...] = ()
    """Faults of the world to be played, such as "lost-meniscus@site=4"."""
