"""The tables `[drives.NAME]` of a rig file: a drive beside that of the cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from hardware.ni.scaling import Scale, amplifier
from hardware.ni.wires import (
    ANALOG_IN,
    ANALOG_OUT,
    CARD,
    INPUTS,
    OUTPUTS,
    CurrentGain,
    Line,
    PotentialConfig,
    PotentialInput,
    Provenance,
    Sign,
)
from seccm.quantities import Model, Potential
from seccm.rig import DriveInfo, Range
from seccm.rig.drives import signal_names
from seccm.units import show


class SecondOutput(PotentialConfig):
    """The output that the potential of a second drive follows."""

    device: Annotated[str, Field(pattern=r"^[A-Za-z][\w-]*$", examples=["Dev2"])]
    """Its device's name in NI MAX: another one than the card's."""
    terminal: Annotated[str, Field(pattern=ANALOG_OUT, examples=OUTPUTS)]
    """The output of the card that imposes its potential."""


class SecondCurrent(Model):
    """The input that stands for the current of a second drive."""

    terminal: Annotated[str, Field(pattern=ANALOG_IN, examples=INPUTS)]
    """The input of the card that it is wired to."""
    sign: Sign
    """+1 if anodic current is positive volts."""
    gain: CurrentGain
    """Volts for each ampere."""
    offset: Annotated[Potential, Field(examples=["0 V"])]
    """Volts where the current is zero."""
    calibrated: Provenance
    """When and how gain and offset were measured."""

    def scale(self) -> Scale:
        """Return the scale of the input."""
        return amplifier(self.sign, self.gain, self.offset, self.calibrated)


class SecondInputs(Model):
    """What is measured of a second drive."""

    current: SecondCurrent
    potential: PotentialInput


class SecondDriveConfig(Model):
    """A drive beside that of the cell."""

    potential: Annotated[Potential, Field(gt=0, examples=["5 V"])]
    """Largest potential that may be imposed, either sign."""
    off: Potential = 0.0
    """What is put out while it is off: where there is no line, the electrode is held at this."""
    line: Line | None = None
    """High connects the electrode, low leaves it open."""
    words: Annotated[str, Field(max_length=60, examples=["substrate"])] = ""
    """What it drives, for labels; the name of the table unless given."""
    output: SecondOutput
    inputs: SecondInputs

    @model_validator(mode="after")
    def _off_is_inside(self) -> Self:
        if abs(self.off) > self.potential:
            raise ValueError(
                f"off is {show(self.off, 'V')}, beyond the largest potential that may be imposed, "
                f"{show(self.potential, 'V')}"
            )
        return self

    def info(self, name: str) -> DriveInfo:
        """Return what it can do.

        Args:
            name: that of the table.
        """
        spans = [scale.span(CARD) for scale in (self.output.scale(), self.inputs.potential.scale())]
        potential = Range(
            max(-self.potential, *(span.lower for span in spans)),
            min(self.potential, *(span.upper for span in spans)),
        )
        return DriveInfo(name, potential, self.inputs.current.scale().span(CARD), self.words)

    def sentence(self, name: str) -> str:
        """Say what off means where nothing opens its circuit; empty where a line does."""
        if self.line is not None:
            return ""
        return f"No line opens the drive {name}: while it is off, it is at {show(self.off, 'V')}."

    def measured(self, name: str) -> Mapping[str, tuple[str, Scale]]:
        """Return terminal and scale of its signals."""
        potential, current = signal_names(name)
        of = self.inputs
        return {
            potential: (of.potential.terminal, of.potential.scale()),
            current: (of.current.terminal, of.current.scale()),
        }

    def terminals(self) -> Mapping[str, str]:
        """Return its terminals on the card, by the keys that name them."""
        found = {
            "inputs.current.terminal": self.inputs.current.terminal,
            "inputs.potential.terminal": self.inputs.potential.terminal,
        }
        return found if self.line is None else {**found, "line": self.line}
