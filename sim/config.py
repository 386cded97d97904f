"""The rig file of the virtual rig: every key is optional and has a documented default."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from seccm.mistakes import Mistakes
from seccm.quantities import (
    Capacitance,
    Current,
    Duration,
    Frequency,
    Length,
    Model,
    Potential,
    Ratio,
    Resistance,
    Speed,
    Words,
)
from seccm.rig import AxisRange, CarrierInfo, Clock, Range, SwitchInfo
from seccm.rig.drives import DriveTable
from seccm.rig.lamp import Blink
from seccm.rig.lock_in_table import LockInTables
from seccm.rig.modulation import modulation_problems
from seccm.rig.signal_table import AddedName, SignalTable, declared
from seccm.rig.suspend import SuspendTable, suspend_problems
from seccm.units import show
from sim.barrels import SimulatedBarrels
from sim.sample_config import RESISTOR, Sample, known_samples


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


class SwitchConfig(Model):
    """Relays between the cell and the channels of an electrode array."""

    channels: Annotated[tuple[Words, ...], Field(min_length=1)]
    """Their labels."""
    seconds: Duration = Field(10e-3, gt=0)
    """What it takes to open or to close a relay for sure."""

    def info(self) -> SwitchInfo:
        """Return what the rig says of it."""
        return SwitchInfo(self.channels, self.seconds)


class CarrierConfig(Model):
    """A coarse stage that moves the sample from one of its regions to another."""

    x: tuple[Length, Length]
    """Where it goes."""
    y: tuple[Length, Length]
    """The same along y."""
    speed: Annotated[Speed, Field(gt=0)] = 5e-3
    """Of its axes."""
    settle: Annotated[Duration, Field(ge=0)] = 0.2
    """Until the sample rests after a motion."""

    def info(self) -> CarrierInfo:
        """Return what the rig says of it."""
        return CarrierInfo(Range(*self.x), Range(*self.y), self.speed, self.settle)


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


class Sphere(Model):
    """A ball that lies on the surface."""

    x: Length
    """Where it touches the surface, in stage coordinates."""
    y: Length
    """The same along y."""
    diameter: Length = Field(gt=0)
    """How high it is."""


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
    step: Length = 0.0
    """The sample is so much higher from `edge` on along x; below zero lower."""
    edge: Length = 50e-6
    """Where that step is."""
    bumps_per_area: float = Field(3e10, ge=0)
    """Protrusions per square metre; 3e10 is three in ten by ten micrometres."""
    bump_width: tuple[Length, Length] = (400e-9, 1000e-9)
    """Smallest and largest diameter of a protrusion."""
    bump_height: tuple[Length, Length] = (10e-9, 40e-9)
    """Lowest and highest protrusion."""
    spheres: tuple[Sphere, ...] = ()
    """Balls on the surface."""
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
    """Largest current that can be measured or imposed, either sign, in the usual range."""
    ranges: tuple[Annotated[Current, Field(gt=0)], ...] = (100e-12, 2e-9)
    """Other ranges that a step may ask for, such as ["100 pA", "2 nA"]; the smaller a range, the
    larger its feedback resistor."""
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

    def inside(self, largest: float) -> ElectrometerConfig:
        """Return the same in another range."""
        share = self.range / largest
        return self.model_copy(update={"range": largest, "feedback": self.feedback * share})

    def named(self) -> Mapping[str, ElectrometerConfig]:
        """Return all ranges by their names, the usual one first."""
        every = dict.fromkeys((self.range, *self.ranges))
        return {show(largest, "A"): self.inside(largest) for largest in every}


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

    follows: Literal["potential", "current", "x", "y", "z", "barrels"] = "current"
    """The signal, as it is recorded, that this one follows; or the current between two barrels."""
    factor: float = 1.0
    """SI units of this signal for one of that one."""
    offset: float = 0.0
    """What it reads where that one is zero, in its SI unit."""
    noise: float = Field(0.0, ge=0)
    """Standard deviation of a data point, in its SI unit."""
    course: tuple[tuple[Duration, float], ...] = Field(
        (), examples=[[["0 s", 1.0], ["60 s", 8.0], ["120 s", 1.0]]]
    )
    """What it reads in the course of a run, in place of what it follows: times, and values in its
    unit, with straight lines between them."""

    @model_validator(mode="after")
    def _time_goes_on(self) -> Self:
        times = [time for time, _ in self.course]
        if any(later <= sooner for sooner, later in pairwise(times)):
            raise ValueError("course goes back in time; write its points in their order")
        return self


class SimulatedDrive(DriveTable):
    """Another drive of the virtual rig, connected to what the sample says."""

    noise: Current = Field(1e-12, ge=0)
    """Rms of a data point of its current."""
    potential_noise: Potential = Field(0.4e-3, ge=0)
    """Rms of a data point of its potential."""


class StopConfig(Model):
    """How soon the rig halts the stage when contact is seen."""

    processing: Duration = Field(1e-3, ge=0)
    """From the end of the row that shows the contact to the halt of the command."""


class VirtualConfig(LockInTables):
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
    drives: dict[AddedName, SimulatedDrive] = Field(default_factory=dict)
    """Drives beside that of the cell, such as that of a substrate, by name."""
    switch: SwitchConfig | None = None
    """Relays of an electrode array; without them a person connects its channels."""
    carrier: CarrierConfig | None = None
    """A coarse stage for the sample; without it a person moves it from region to region."""
    barrels: SimulatedBarrels | None = None
    """Of a pipette that has two, and the bias between them."""
    signals: dict[AddedName, SimulatedSignal] = Field(default_factory=dict)
    """What is measured in every data point beside potential, current and position, by name."""
    lamp: Blink | None = None
    """How the lamp of a camera is blinked, so that its pictures tell when they were taken."""
    suspend: dict[Words, SuspendTable] = Field(default_factory=dict)
    """When any run on this rig waits with its tip up, because of a signal, by name."""
    samples: dict[str, Sample] = Field(default_factory=known_samples)
    """What can be mounted, by name."""
    calibration: dict[str, Any] = Field(default_factory=dict)
    """What was commissioned; a virtual rig has no scales that it could change."""
    faults: tuple[str, ...] = ()
    """Faults of the world to be played, such as "lost-meniscus@site=4"."""

    @model_validator(mode="after")
    def _can_be_commissioned(self) -> Self:
        # Whatever else is mounted, a resistor can be connected in its place.
        self.samples.setdefault(RESISTOR, known_samples()[RESISTOR])
        return self

    @property
    def unseen_bias(self) -> float:
        """Volts from the first barrel to the mouth that nobody takes off what is measured.

        The virtual rig knows its own bias; what it is not told is that its barrels differ.
        """
        return 0.0 if self.barrels is None else self.barrels.true_mouth - self.barrels.at_mouth

    @model_validator(mode="after")
    def _lock_ins_can_be(self) -> Self:
        rate = self.clock.sample_rate
        problems = list(self.lock_in_problems(declared(self.signals), rate))
        if not problems:  # else nobody knows which signals the lock-ins have
            signals = self.with_lock_ins(declared(self.signals))
            problems += suspend_problems(self.suspend, signals)
        z = AxisRange(Range(0.0, self.stage.range), self.stage.fastest)
        problems += modulation_problems(self.modulation, z, 0.0)
        if problems:
            raise Mistakes(problems)
        return self
