"""The rig file of a plain NI multifunction card: what is wired where, and what the volts mean.

Signs, gains, offsets and calibrations have no defaults. A file with a mistake is refused with
every mistake at once, before a driver is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator
from pydantic.json_schema import WithJsonSchema

from hardware.ni.scaling import Scale, amplifier, positioner
from hardware.pi.piezo_config import PiezoConfig
from seccm.errors import Problem
from seccm.mistakes import Mistakes, nearest
from seccm.quantities import (
    Capacitance,
    Count,
    Duration,
    Frequency,
    Length,
    Model,
    Potential,
    Ratio,
    Speed,
    quantity,
    unit_schema,
)
from seccm.rig import Axis, AxisRange, Clock, Range, Signal
from seccm.rig.signal_table import AddedName, SignalTable, declared
from seccm.suggestion import Suggestion
from seccm.units import show


def _gain(unit: str, written: str) -> tuple[BeforeValidator, WithJsonSchema]:
    def validate(value: object, info: ValidationInfo) -> float:
        return quantity(value, unit, info)

    return BeforeValidator(validate), WithJsonSchema(unit_schema(unit, written))


StageGain = Annotated[float, *_gain("m/V", "10 um/V"), Field(gt=0)]
CurrentGain = Annotated[float, *_gain("V/A", "1 V/nA"), Field(gt=0)]
PotentialGain = Annotated[Ratio, Field(gt=0, examples=[1.0])]
Sign = Literal[1, -1]
EXAMPLE = "EXAMPLE, not measured"
Provenance = Annotated[str, Field(min_length=3, examples=[EXAMPLE])]

ANALOG_IN = r"^(ai\d+|_ao\d+_vs_aognd)$"
ANALOG_OUT = r"^ao\d+$"
LINE = r"^port\d+/line\d+$"
INPUTS = [f"ai{number}" for number in range(8)]
OUTPUTS = [f"ao{number}" for number in range(4)]
LINES = [f"port0/line{number}" for number in range(4)]
Line = Annotated[str, Field(pattern=LINE, examples=LINES)]
CARD = Range(-10.0, 10.0)
"""Volts that plain cards measure and put out."""
AXES: tuple[Axis, ...] = ("x", "y", "z")
RETRACTED = 1e-9
"""Metres by which 0 V may miss the fully retracted height."""
LARGEST_STEP = 0.2e-6
"""Metres a stage may be sent at once where steps cannot be avoided."""


class SensorConfig(Model):
    """The position monitor of an axis."""

    terminal: Annotated[str, Field(pattern=ANALOG_IN, examples=INPUTS)]
    sign: Sign
    gain: StageGain
    offset: Annotated[Length, Field(examples=["0 um", "100 um"])]
    """Position at 0 V."""
    calibrated: Provenance

    def scale(self) -> Scale:
        """Return the scale of the input."""
        return positioner(self.sign, self.gain, self.offset, self.calibrated)


class AxisConfig(Model):
    """One axis of the stage."""

    output: Annotated[str, Field(pattern=ANALOG_OUT, examples=OUTPUTS)]
    volts: Annotated[tuple[Potential, Potential], Field(examples=[["0 V", "10 V"]])]
    """Lowest and highest volts that the stage's controller takes."""
    sign: Sign
    """+1 if more volts move towards larger coordinates; z is the height of the tip."""
    gain: StageGain
    offset: Annotated[Length, Field(examples=["0 um", "100 um"])]
    """Position at 0 V."""
    calibrated: Provenance
    fastest: Speed = Field(100e-6, gt=0)
    sensor: SensorConfig | None = None
    """Without one, positions are those that the card's own read-back says it puts out."""

    @model_validator(mode="after")
    def _volts_fit(self) -> Self:
        lower, upper = self.volts
        if not lower < upper:
            raise ValueError("the first of volts must be below the second")
        for volts in self.volts:
            if not CARD.holds(volts):
                raise ValueError(f"volts: {volts:g} V is beyond what a card can put out, ±10 V")
        return self

    def scale(self) -> Scale:
        """Return the scale of the output."""
        return positioner(self.sign, self.gain, self.offset, self.calibrated)

    def range(self) -> AxisRange:
        """Return where the axis can go."""
        return AxisRange(self.scale().span(Range(*self.volts)), self.fastest)


class CurrentRangeConfig(Model):
    """One position of a range switch."""

    name: Annotated[str, Field(min_length=1, examples=["1 nA"])]
    gain: CurrentGain
    offset: Annotated[Potential, Field(examples=["0 V"])]
    """Volts where the current is zero."""
    calibrated: Provenance


class CurrentConfig(Model):
    """An input or output that stands for a current, with the positions of its range switch."""

    sign: Sign
    """+1 if anodic current is positive volts."""
    range: Annotated[str, Field(examples=["1 nA"])]
    """The position that is set on the instrument."""
    ranges: Annotated[tuple[CurrentRangeConfig, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_there(self) -> Self:
        names = [one.name for one in self.ranges]
        if self.range not in names:
            known = ", ".join(f'"{name}"' for name in names)
            what = f'"{self.range}" is not one of the ranges: {known}.'
            put = Suggestion(("range",), "put", nearest(self.range, names) or names[0])
            remedy = f'Write the one that is set, such as "{put.value}".'
            raise Mistakes([Problem("range", what, remedy, suggestion=put)])
        return self

    def chosen(self) -> CurrentRangeConfig:
        """Return the range that is set."""
        return next(one for one in self.ranges if one.name == self.range)

    def scale(self) -> Scale:
        """Return the scale of the range that is set."""
        chosen = self.chosen()
        return amplifier(self.sign, chosen.gain, chosen.offset, chosen.calibrated)


class CurrentInput(CurrentConfig):
    """The electrometer's current output."""

    terminal: Annotated[str, Field(pattern=ANALOG_IN, examples=INPUTS)]


class PotentialConfig(Model):
    """An output that stands for the potential of the working electrode."""

    sign: Sign
    """-1 if the volts are applied to the quasi-reference electrode in the pipette."""
    gain: PotentialGain
    """Volts at the terminal for a volt at the cell."""
    offset: Annotated[Potential, Field(examples=["0 V"])]
    """Volts at the terminal where the cell has zero."""
    calibrated: Provenance

    def scale(self) -> Scale:
        """Return the scale."""
        return amplifier(self.sign, self.gain, self.offset, self.calibrated)


class PotentialInput(PotentialConfig):
    """The electrometer's potential output, or the read-back of the command."""

    terminal: Annotated[str, Field(pattern=ANALOG_IN, examples=INPUTS)]


class LeadsConfig(Model):
    """What wires and electrometer do to fast signals; it is taken off impedances."""

    stray: Capacitance | None = Field(None, ge=0, examples=["1 pF"])
    """Beside the cell; that which `seccm rig capacitance` has found unless it is given."""
    bandwidth: Frequency | None = Field(None, gt=0, examples=["10 kHz"])
    """Of the current amplifier, a single pole; none where it is far above what is measured."""
    delay: Duration = Field(0.0, examples=["0 us", "4 us"])
    """By which the current is sampled later than the potential: a card that converts its inputs one
    after the other."""


class InputsConfig(Model):
    """What is measured at the cell."""

    current: CurrentInput
    potential: PotentialInput
    leads: LeadsConfig = LeadsConfig()


class SignalInput(SignalTable):
    """An input that stands for a signal of its own, such as the output of a lock-in amplifier."""

    terminal: Annotated[str, Field(pattern=ANALOG_IN, examples=INPUTS)]
    sign: Sign
    gain: Annotated[float | str, Field(examples=["10 V/nA"])]
    """Volts at the terminal for the unit of the signal."""
    offset: Annotated[Potential, Field(examples=["0 V"])]
    """Volts at the terminal where the signal is zero."""
    calibrated: Provenance

    @field_validator("gain", mode="after")
    @classmethod
    def _gain_fits_unit(cls, gain: float | str, info: ValidationInfo) -> float:
        unit = info.data.get("unit", "V")
        wanted = {"1": "V", "V": "1"}.get(unit, f"V/{unit}")
        found = quantity(gain, wanted, info)
        if not found > 0.0:
            raise ValueError("must be above 0; a signal that is inverted has sign = -1")
        return found

    def scale(self) -> Scale:
        """Return the scale of the input."""
        return amplifier(self.sign, float(self.gain), self.offset, self.calibrated)


class CellConfig(Model):
    """How the cell is driven."""

    command: Annotated[str, Field(pattern=ANALOG_OUT, examples=OUTPUTS)]
    potential: PotentialConfig | None = None
    """Scale of the command of the potentiostat, if there is one."""
    current: CurrentConfig | None = None
    """Scale of the command of the galvanostat, if there is one."""
    overload: Potential | None = None
    """What the potential reads where the galvanostat drives an anodic current and has no closed
    circuit; a cathodic current usually reads the other end."""
    mode_line: Line | None = None
    """Low chooses the potentiostat, high the galvanostat."""
    cell_line: Line | None = None
    """High connects the cell, low leaves it open."""

    @model_validator(mode="after")
    def _modes_make_sense(self) -> Self:
        if self.potential is None and self.current is None:
            raise ValueError("needs one of the tables potential and current")
        both = self.potential is not None and self.current is not None
        if both and self.mode_line is None:
            raise ValueError(
                "has both potential and current, and no mode_line to choose between them; where "
                "a person turns the switch, keep one table a rig file"
            )
        if not both and self.mode_line is not None:
            raise ValueError("mode_line chooses between potential and current; one is missing")
        if (self.current is None) != (self.overload is None):
            raise ValueError("overload belongs to a galvanostat: give both, or neither")
        return self


class ClockConfig(Model):
    """How raw samples become rows."""

    sample_rate: Frequency = Field(100e3, gt=0)
    averaged: Count = 256
    spacing: Count = 257

    @model_validator(mode="after")
    def _rows_do_not_overlap(self) -> Self:
        if self.spacing < self.averaged:
            raise ValueError(
                f"spacing is {self.spacing} samples, less than the {self.averaged} averaged"
            )
        return self

    def rows(self) -> Clock:
        """Return the clock of the rows."""
        return Clock(self.sample_rate, self.averaged, self.spacing)


class TriggerConfig(Model):
    """The input of the card's analog comparator, for the hardware stop."""

    terminal: Annotated[str, Field(pattern=r"^APFI\d+$", examples=["APFI0"])]
    signal: Literal["current", "potential"]
    """Which of the inputs is wired to it as well."""
    gain: Annotated[Ratio, Field(gt=0, examples=[1.0])]
    """Volts here for a volt at that input; more than 1 with an amplifier in between."""
    smallest: Potential = Field(0.02, gt=0)
    """Volts from its rest below which the comparator cannot be trusted with a threshold."""


class StopConfig(Model):
    """How a motion is stopped when contact is seen."""

    kind: Literal["auto", "stepped", "streamed", "hardware"] = "auto"
    block: Duration = Field(10e-3, ge=2e-3, le=0.1)
    """Signal that is looked at together; below 10 ms only on a machine where it was measured."""
    window: Duration = Field(0.64e-3, gt=0, le=10e-3)
    """Moving mean in which contact is looked for."""
    horizon: Duration = Field(0.1, ge=0.03, le=0.5)
    """Motion handed to the card ahead of time: a dead program's tip goes on so long."""
    host: Duration = Field(2e-3, gt=0)
    """What program and driver usually take from the end of a block to the stop."""
    counter: Annotated[str, Field(pattern=r"^ctr\d+$")] = "ctr0"
    """Counts the samples that the outputs really took."""
    priority: Literal["ordinary", "high"] = "high"
    """Whether the program comes before others while samples stream, where that is allowed."""
    trigger: TriggerConfig | None = None

    @model_validator(mode="after")
    def _horizon_outlasts_blocks(self) -> Self:
        if self.horizon < 3 * self.block:
            raise ValueError(
                "horizon must be at least three blocks, or the outputs run out of samples"
            )
        if self.kind == "hardware" and self.trigger is None:
            raise ValueError("the hardware stop needs the table stop.trigger")
        return self


class NidaqConfig(Model):
    """A rig on one NI multifunction card."""

    kind: Literal["nidaq"]
    name: str = "nidaq"
    library: Annotated[str, Field(min_length=1, examples=["ni"])] = "ni"
    """"ni" is NI's driver; any other names a stand-in, and the rig then is a virtual one."""
    device: Annotated[str, Field(pattern=r"^[A-Za-z][\w-]*$", examples=["Dev1"])]
    """The card's name in NI MAX, such as "Dev1"."""
    wiring: Literal["differential", "single-ended"]
    """Of the analog inputs."""
    clock: ClockConfig = ClockConfig()
    output_rate: Frequency = Field(5e3, ge=100, le=100e3)
    """Samples per second of the outputs, where the card times them."""
    lag: Duration = Field(ge=0, examples=["5 ms"])
    """By which the stage follows its command."""
    patience: Duration = Field(2.0, ge=0.2, le=60)
    """Longest wait for samples."""
    axes: dict[Literal["x", "y", "z"], AxisConfig]
    inputs: InputsConfig
    signals: dict[AddedName, SignalInput] = Field(default_factory=dict)
    """What is measured beside potential, current and position, by name."""
    cell: CellConfig
    stop: StopConfig = StopConfig()
    marks: dict[str, Line] = Field(default_factory=dict)
    """Lines that can be raised for cameras and other recorders."""
    piezo: PiezoConfig | None = None
    """The digital controller between card and stage; asked when the rig is opened."""
    calibration: dict[str, Any] = Field(default_factory=dict)
    """What was commissioned, and on which device: `seccm.calibration` puts it here."""
    virtual: dict[str, Any] = Field(default_factory=dict)
    """Keys for the stand-in; see its own description."""

    @model_validator(mode="after")
    def _wired_once_and_safely(self) -> Self:
        problems = [*self._missing_axes(), *self._shared_terminals(), *self._not_retracted()]
        problems += self._misfits()
        if problems:
            raise Mistakes(problems)
        return self

    def _missing_axes(self) -> Iterator[Problem]:
        for axis in AXES:
            if axis not in self.axes:
                yield Problem(f"axes.{axis}", "is missing.")

    def _shared_terminals(self) -> Iterator[Problem]:
        seen: dict[str, str] = {}
        for key, terminal in self.terminals().items():
            if terminal in seen:
                what = f"{terminal} is wired to {seen[terminal]} already."
                yield Problem(key, what, "Give every signal a terminal of its own.")
            seen.setdefault(terminal, key)

    def _not_retracted(self) -> Iterator[Problem]:
        z = self.axes.get("z")
        if z is None:
            return
        at_zero, top = z.scale().si(0.0), z.range().travel.upper
        if not Range(*z.volts).holds(0.0) or abs(at_zero - top) > RETRACTED:
            yield Problem(
                "axes.z",
                f"0 V is z = {show(at_zero, 'm')}, not the fully retracted {show(top, 'm')}: the "
                "card goes to 0 V when it is reset or loses power.",
                "Wire or invert the axis so that 0 V lifts the tip all the way; then sign is -1.",
            )

    def _misfits(self) -> Iterator[Problem]:
        block = self.stop.block * self.clock.sample_rate
        if self.stop.window * self.clock.sample_rate < 1:
            yield Problem("stop.window", "is shorter than one sample.", "Make it longer.")
        if block < 1:
            yield Problem("stop.block", "is shorter than one sample.", "Make it longer.")
        for name in ("potential", "current"):
            output = getattr(self.cell, name)
            if output is not None and not CARD.holds(output.scale().volts(0.0)):
                what = "puts zero beyond what the card can put out, ±10 V."
                yield Problem(f"cell.{name}.offset", what, "Check the offset.")

    def terminals(self) -> Mapping[str, str]:
        """Return every terminal by the key that names it; read-backs may be shared."""
        named = {f"axes.{name}.output": axis.output for name, axis in self.axes.items()}
        for name, axis in self.axes.items():
            if axis.sensor is not None:
                named[f"axes.{name}.sensor.terminal"] = axis.sensor.terminal
        named["inputs.current.terminal"] = self.inputs.current.terminal
        named["inputs.potential.terminal"] = self.inputs.potential.terminal
        named |= {f"signals.{name}.terminal": one.terminal for name, one in self.signals.items()}
        named["cell.command"] = self.cell.command
        lines = {"cell.mode_line": self.cell.mode_line, "cell.cell_line": self.cell.cell_line}
        named |= {key: line for key, line in lines.items() if line is not None}
        named |= {f"marks.{name}": line for name, line in self.marks.items()}
        return {key: name for key, name in named.items() if not name.startswith("_")}

    @property
    def outputs(self) -> tuple[str, str, str, str]:
        """The terminals of x, y, z and the command, in this order."""
        x, y, z = (self.axes[axis].output for axis in AXES)
        return x, y, z, self.cell.command

    def measured(self) -> Mapping[str, tuple[str, Scale]]:
        """Return terminal and scale of every signal of the rows."""
        found: dict[str, tuple[str, Scale]] = {
            "potential": (self.inputs.potential.terminal, self.inputs.potential.scale()),
            "current": (self.inputs.current.terminal, self.inputs.current.scale()),
        }
        for axis in AXES:
            one = self.axes[axis]
            if one.sensor is not None:
                found[axis] = one.sensor.terminal, one.sensor.scale()
            else:
                found[axis] = readback(one.output), one.scale()
        return found | {name: (one.terminal, one.scale()) for name, one in self.signals.items()}

    def declared(self) -> tuple[Signal, ...]:
        """Return every signal of a row, in the order of `measured`."""
        return declared(self.signals)


def readback(output: str) -> str:
    """Return the card's own input that measures an output: "_ao2_vs_aognd" for "ao2"."""
    return f"_{output}_vs_aognd"
