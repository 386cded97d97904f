"""The rig file of a WEC-SPM target: what is wired where, and what the volts mean.

Signs, gains, offsets and calibrations have no defaults, as for the NI card, whose tables these are.
The terminals are those of the program on the target: it drives x, y, z from ao0, ao1 and ao2, and
the cell from ao3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from hardware.cell_modes import refuse_senseless_modes
from hardware.ni.scaling import Scale
from hardware.ni.wires import (
    AxisConfig,
    CurrentConfig,
    PotentialConfig,
    SignalInput,
)
from hardware.retracted import not_retracted
from hardware.wec_fpga.codes import PER_VOLT, SPAN, TICKS, Coded
from seccm.errors import Problem
from seccm.mistakes import Mistakes
from seccm.quantities import Duration, Model, Potential, Words
from seccm.rig import Axis, AxisRange, Range, Signal
from seccm.rig.signal_table import AddedName, declared
from seccm.rig.suspend import SuspendTable, suspend_problems
from seccm.units import show

AXES: tuple[Axis, ...] = ("x", "y", "z")
OUTPUTS = {"x": "ao0", "y": "ao1", "z": "ao2"}
WORDS = {
    "ai0": 0, "ai1": 1, "ai2": 2, "ao3": 3, "ao4": 4, "ai3": 5, "ai4": 6, "ai6": 7, "ai5": 10,
    "ai7": 11,
}  # fmt: skip
"""The word of a row in which a terminal comes."""
COMPARED = {"ai3": 1, "ai4": 2}
"""The terminals that the comparators can look at."""
USUAL_EXTRA = 123
"""Ticks that a row takes beyond its samples, as long as nobody has measured it."""
Terminal = Annotated[str, Field(pattern=r"^ai[3-7]$", examples=["ai3", "ai4"])]


class ClockConfig(Model):
    """How samples become rows; as the target was powered up."""

    sample_time: Duration = Field(10e-6, ge=2e-6, le=1e-3)
    """From one raw sample to the next."""
    averaged: Literal[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096] = 256
    """Raw samples averaged into a data point."""
    row: Duration | None = Field(None, gt=0, examples=["2.563075 ms"])
    """From one row to the next, as the bench procedure measured it; 3.075 us more than the samples
    take unless it is given."""

    @property
    def sample_ticks(self) -> int:
        """Ticks from sample to sample."""
        return round(self.sample_time * TICKS)

    @property
    def exponent(self) -> int:
        """The power of two that is averaged."""
        return self.averaged.bit_length() - 1

    @property
    def ticks(self) -> float:
        """Ticks from row to row, as far as the file knows."""
        if self.row is not None:
            return self.row * TICKS
        return self.averaged * self.sample_ticks + USUAL_EXTRA

    @model_validator(mode="after")
    def _is_likely(self) -> Self:
        samples = self.averaged * self.sample_ticks
        if self.row is not None and not samples <= self.row * TICKS <= 1.2 * samples:
            raise ValueError(
                f"row is {show(self.row, 's')}, and {self.averaged} samples take "
                f"{show(samples / TICKS, 's')}; a row takes a little longer than its samples"
            )
        return self


class CurrentInput(CurrentConfig):
    """The electrometer's current output."""

    terminal: Terminal
    """The terminal of the FPGA that it is wired to."""


class PotentialInput(PotentialConfig):
    """The electrometer's potential output, or the command that is put out."""

    terminal: Annotated[str, Field(pattern=r"^(ai[3-7]|ao3)$", examples=["ai4", "ao3"])]
    """The terminal of the FPGA that it is wired to."""


class InputsConfig(Model):
    """What is measured at the cell."""

    current: CurrentInput
    potential: PotentialInput


class AddedInput(SignalInput):
    """An input that stands for a signal of its own, such as the output of a lock-in amplifier."""

    terminal: Terminal
    """The terminal of the FPGA that it is wired to."""


class CellConfig(Model):
    """How the cell is driven, from ao3."""

    potential: PotentialConfig | None = None
    """Scale of the command of the potentiostat, if there is one."""
    current: CurrentConfig | None = None
    """Scale of the command of the galvanostat, if there is one."""
    overload: Potential | None = None
    """What the potential reads where the galvanostat drives an anodic current and has no closed
    circuit; a cathodic current usually reads the other end."""
    mode: Potential | None = Field(None, gt=0, examples=["5 V"])
    """At ao4, chooses the galvanostat; 0 V there chooses the potentiostat. Without it a person
    turns the switch, and one of both is in the rig file."""

    @model_validator(mode="after")
    def _modes_make_sense(self) -> Self:
        refuse_senseless_modes(self.potential, self.current, self.overload, self.mode, "mode")
        return self


class StopConfig(Model):
    """How motions are cut into lines, so that none of them goes on for long."""

    travel: Duration = Field(0.1, ge=20e-3, le=0.5)
    """Longest line of a motion sideways: it cannot be broken off inside."""
    ramp: Duration = Field(50e-3, ge=5e-3, le=0.2)
    """Longest line of a ramp of the command."""
    horizon: Duration = Field(0.1, ge=30e-3, le=0.5)
    """By which lines are sent before they are due: they cannot be taken back."""


class WecFpgaConfig(Model):
    """A rig on WEC-SPM's FPGA target."""

    kind: Literal["wec-fpga"]
    name: str = "wec-fpga"
    """How the rig is called in files and titles."""
    library: Annotated[str, Field(min_length=1, examples=["ni"])] = "ni"
    """"ni" is NI's library; any other names a stand-in, and the rig then is a virtual one."""
    bitfile: str = ""
    """Path of the .lvbitx, beside the rig file unless it is absolute; that of the program that runs
    on the target."""
    resource: Annotated[str, Field(min_length=1, examples=["RIO0"])] = "RIO0"
    """The target's name in NI MAX."""
    bench: str = ""
    """File of the bench procedure, beside the rig file; a real target is not opened without it."""
    lag: Duration = Field(ge=0, examples=["5 ms"])
    """By which the stage follows its command."""
    patience: Duration = Field(2.0, ge=0.2, le=60)
    """Longest wait for rows, and for the target to end a line."""
    clock: ClockConfig = ClockConfig()
    axes: dict[Literal["x", "y", "z"], AxisConfig]
    inputs: InputsConfig
    signals: dict[AddedName, AddedInput] = Field(default_factory=dict)
    """What is measured beside potential, current and position, by name."""
    suspend: dict[Words, SuspendTable] = Field(default_factory=dict)
    """When any run on this rig waits with its tip up, because of a signal, by name."""
    cell: CellConfig
    stop: StopConfig = StopConfig()
    calibration: dict[str, Any] = Field(default_factory=dict)
    """What was commissioned, and on which device: `seccm.calibration` puts it here."""
    virtual: dict[str, Any] = Field(default_factory=dict)
    """Keys for the stand-in; see its own description."""

    @model_validator(mode="after")
    def _wired_once_and_safely(self) -> Self:
        problems = [*self._axes(), *self._shared(), *self._zeros()]
        problems += suspend_problems(self.suspend, declared(self.signals))
        if self.library == "ni" and not self.bitfile:
            what = "is missing: the program on the target cannot be spoken to without it."
            remedy = "Ask its authors for it, and give its path."
            problems.append(Problem("bitfile", what, remedy))
        if problems:
            raise Mistakes(problems)
        return self

    def _axes(self) -> Iterator[Problem]:
        for name in AXES:
            axis = self.axes.get(name)
            if axis is None:
                yield Problem(f"axes.{name}", "is missing.")
                continue
            if axis.output != OUTPUTS[name]:
                what = f"the target drives {name} from {OUTPUTS[name]}, not {axis.output}."
                yield Problem(f"axes.{name}.output", what, f'Write "{OUTPUTS[name]}".')
            if axis.sensor is None:
                what = "is missing: the rows of the target say what sensors show, not what is told."
                yield Problem(f"axes.{name}.sensor", what, "Give the monitor of the axis.")
            elif axis.sensor.terminal not in WORDS:
                what = f"{axis.sensor.terminal} is not an input of the target."
                yield Problem(f"axes.{name}.sensor.terminal", what, "Write ai0 to ai7.")
        yield from not_retracted(
            self.axes.get("z"), "the target goes to 0 V when it is powered up or loses power"
        )

    def _shared(self) -> Iterator[Problem]:
        named = {
            f"axes.{name}.sensor.terminal": axis.sensor.terminal
            for name, axis in self.axes.items()
            if axis.sensor is not None
        }
        named["inputs.current.terminal"] = self.inputs.current.terminal
        named["inputs.potential.terminal"] = self.inputs.potential.terminal
        named |= {f"signals.{name}.terminal": one.terminal for name, one in self.signals.items()}
        seen: dict[str, str] = {}
        for key, terminal in named.items():
            if terminal in seen:
                what = f"{terminal} is wired to {seen[terminal]} already."
                yield Problem(key, what, "Give every signal a terminal of its own.")
            seen.setdefault(terminal, key)

    def _zeros(self) -> Iterator[Problem]:
        for name in ("potential", "current"):
            output = getattr(self.cell, name)
            if output is not None and not SPAN.holds(output.scale().volts(0.0)):
                what = "puts zero beyond what the target can put out, ±10 V."
                yield Problem(f"cell.{name}.offset", what, "Check the offset.")
        if self.cell.mode is not None and self.cell.mode * PER_VOLT > SPAN.upper * PER_VOLT:
            what = "is beyond what the target can put out, ±10 V."
            yield Problem("cell.mode", what, "Write 5 V, or what the instrument takes.")

    def command(self, axis: Axis) -> Coded:
        """Return what the codes of an axis' output mean."""
        return Coded(self.axes[axis].scale())

    def reach(self, axis: Axis) -> AxisRange:
        """Return where an axis can go: no farther than there are codes."""
        one = self.axes[axis]
        lower, upper = one.volts
        volts = Range(max(lower, SPAN.lower), min(upper, SPAN.upper))
        return AxisRange(one.scale().span(volts), one.fastest, one.bandwidth, sensed=True)

    def declared(self) -> tuple[Signal, ...]:
        """Return every signal of a row, with those by which the target can stop a motion."""
        terminals = {name: terminal for name, (terminal, _) in self.measured().items()}
        return tuple(
            replace(one, watchable=terminals[one.name] in COMPARED)
            for one in declared(self.signals)
        )

    def measured(self) -> Mapping[str, tuple[str, Scale]]:
        """Return terminal and scale of every signal of the rows."""
        potential = self.inputs.potential
        found: dict[str, tuple[str, Scale]] = {
            "potential": (potential.terminal, potential.scale()),
            "current": (self.inputs.current.terminal, self.inputs.current.scale()),
        }
        for axis in AXES:
            sensor = self.axes[axis].sensor
            if sensor is not None:
                found[axis] = sensor.terminal, sensor.scale()
        return found | {name: (one.terminal, one.scale()) for name, one in self.signals.items()}
