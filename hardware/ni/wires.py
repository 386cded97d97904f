"""What is wired to a terminal of a card, and what its volts mean: tables of a rig file.

Signs, gains, offsets and calibrations have no defaults.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator
from pydantic.json_schema import WithJsonSchema

from hardware.ni.scaling import Scale, amplifier, positioner
from seccm.errors import Problem
from seccm.mistakes import Mistakes, nearest
from seccm.quantities import (
    Frequency,
    Length,
    Model,
    Potential,
    Ratio,
    Speed,
    quantity,
    unit_schema,
)
from seccm.rig import Axis, AxisRange, Range
from seccm.rig.signal_table import SignalTable
from seccm.suggestion import Suggestion


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


class SensorConfig(Model):
    """The position monitor of an axis."""

    terminal: Annotated[str, Field(pattern=ANALOG_IN, examples=INPUTS)]
    """The input of the card that it is wired to."""
    sign: Sign
    """+1 if more volts are larger coordinates."""
    gain: StageGain
    """Distance for each volt at the input."""
    offset: Annotated[Length, Field(examples=["0 um", "100 um"])]
    """Position at 0 V."""
    calibrated: Provenance
    """When and how gain and offset were measured."""
    agrees: Length | None = Field(None, gt=0, examples=["100 nm"])
    """By how much it may differ at rest from where the output puts the stage; 0.1 % of the axis'
    travel unless it is given. Beyond that, nothing but a retract is carried out."""

    def scale(self) -> Scale:
        """Return the scale of the input."""
        return positioner(self.sign, self.gain, self.offset, self.calibrated)


class AxisConfig(Model):
    """One axis of the stage."""

    output: Annotated[str, Field(pattern=ANALOG_OUT, examples=OUTPUTS)]
    """The output of the card that moves it."""
    volts: Annotated[tuple[Potential, Potential], Field(examples=[["0 V", "10 V"]])]
    """Lowest and highest volts that the stage's controller takes."""
    sign: Sign
    """+1 if more volts move towards larger coordinates; z is the height of the tip."""
    gain: StageGain
    """Distance for each volt at the output."""
    offset: Annotated[Length, Field(examples=["0 um", "100 um"])]
    """Position at 0 V."""
    calibrated: Provenance
    """When and how gain and offset were measured."""
    fastest: Speed = Field(100e-6, gt=0)
    """Highest speed that the stage can follow."""
    bandwidth: Frequency = Field(0.0, ge=0)
    """Up to which the stage follows with its load on; 0 if nobody has measured it."""
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
        travel = self.scale().span(Range(*self.volts))
        return AxisRange(travel, self.fastest, self.bandwidth, self.sensor is not None)


class CurrentRangeConfig(Model):
    """One position of a range switch."""

    name: Annotated[str, Field(min_length=1, examples=["1 nA"])]
    """How it is called, as it stands at the switch."""
    gain: CurrentGain
    """Volts for each ampere."""
    offset: Annotated[Potential, Field(examples=["0 V"])]
    """Volts where the current is zero."""
    calibrated: Provenance
    """When and how gain and offset were measured."""
    levels: Annotated[str, Field(pattern=r"^[01]*$", examples=["01"])] = ""
    """Of the range_lines that choose it, in their order: 0 is low, 1 is high."""
    bandwidth: Frequency | None = Field(None, gt=0, examples=["1 kHz"])
    """Of the amplifier in this range; that of the leads unless it is given."""

    @property
    def time_constant(self) -> float | None:
        """The same in seconds."""
        return None if self.bandwidth is None else 1.0 / (2.0 * math.pi * self.bandwidth)


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
        return self.named(self.range)

    def named(self, name: str) -> CurrentRangeConfig:
        """Return a range by its name; that which is set if there is none of this name."""
        known = {one.name: one for one in self.ranges}
        return known.get(name, known[self.range])

    def scale(self, name: str = "") -> Scale:
        """Return the scale of a range, or of that which is set."""
        chosen = self.named(name)
        return amplifier(self.sign, chosen.gain, chosen.offset, chosen.calibrated)


class CurrentInput(CurrentConfig):
    """The electrometer's current output."""

    terminal: Annotated[str, Field(pattern=ANALOG_IN, examples=INPUTS)]
    """The input of the card that it is wired to."""
    range_lines: tuple[Line, ...] = ()
    """Lines by which the program switches the range; none where a person turns the switch."""

    @model_validator(mode="after")
    def _lines_choose(self) -> Self:
        wanted, known = len(self.range_lines), [one.levels for one in self.ranges]
        if any(len(levels) != wanted for levels in known):
            raise ValueError(
                f"range_lines names {wanted} lines: levels of every range must have a 0 or 1 for "
                "each of them"
            )
        if wanted and len(set(known)) < len(known):
            raise ValueError("two ranges have the same levels: no line tells them apart")
        return self


class PotentialConfig(Model):
    """An output that stands for the potential of the working electrode."""

    sign: Sign
    """-1 if the volts are applied to the quasi-reference electrode in the pipette."""
    gain: PotentialGain
    """Volts at the terminal for a volt at the cell."""
    offset: Annotated[Potential, Field(examples=["0 V"])]
    """Volts at the terminal where the cell has zero."""
    calibrated: Provenance
    """When and how gain and offset were measured."""

    def scale(self) -> Scale:
        """Return the scale."""
        return amplifier(self.sign, self.gain, self.offset, self.calibrated)


class PotentialInput(PotentialConfig):
    """The electrometer's potential output, or the read-back of the command."""

    terminal: Annotated[str, Field(pattern=ANALOG_IN, examples=INPUTS)]
    """The input of the card that it is wired to."""


class SignalInput(SignalTable):
    """An input that stands for a signal of its own, such as the output of a lock-in amplifier."""

    terminal: Annotated[str, Field(pattern=ANALOG_IN, examples=INPUTS)]
    """The input of the card that it is wired to."""
    sign: Sign
    """-1 if the signal is inverted."""
    gain: Annotated[float | str, Field(examples=["10 V/nA"])]
    """Volts at the terminal for the unit of the signal."""
    offset: Annotated[Potential, Field(examples=["0 V"])]
    """Volts at the terminal where the signal is zero."""
    calibrated: Provenance
    """When and how gain and offset were measured."""

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
