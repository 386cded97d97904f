"""The rig file of a plain NI multifunction card: what is wired where, and what the volts mean.

Signs, gains, offsets and calibrations have no defaults. A file with a mistake is refused with
every mistake at once, before a driver is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from hardware.cell_modes import refuse_senseless_modes
from hardware.ni.scaling import Scale
from hardware.ni.second_drive_tables import SecondDriveConfig
from hardware.ni.switch_table import SwitchConfig
from hardware.ni.wires import (
    ANALOG_OUT,
    AXES,
    CARD,
    OUTPUTS,
    AxisConfig,
    CurrentConfig,
    CurrentInput,
    Line,
    PotentialConfig,
    PotentialInput,
    SignalInput,
)
from hardware.pi.piezo_config import PiezoConfig
from hardware.retracted import not_retracted
from seccm.errors import Problem
from seccm.mistakes import Mistakes
from seccm.quantities import Capacitance, Count, Duration, Frequency, Model, Potential, Ratio, Words
from seccm.rig import Clock, Signal
from seccm.rig.barrels import BarrelsTable
from seccm.rig.drives import signals_of
from seccm.rig.lamp import Blink
from seccm.rig.lock_in_table import LockInTables
from seccm.rig.modulation import modulation_problems
from seccm.rig.signal_table import AddedName, declared
from seccm.rig.suspend import SuspendTable, suspend_problems

LARGEST_STEP = 0.2e-6
"""Metres a stage may be sent at once where steps cannot be avoided."""


class LeadsConfig(Model):
    """What wires and electrometer do to fast signals; it is taken off impedances."""

    stray: Capacitance | None = Field(None, ge=0, examples=["1 pF"])
    """In parallel with the cell; unless given, what `seccm rig capacitance` has found."""
    bandwidth: Frequency | None = Field(None, gt=0, examples=["10 kHz"])
    """Of the current amplifier, a single pole; none where it is far above what is measured. Where
    it differs from range to range, give it in `inputs.current.ranges`."""
    delay: Duration | None = Field(None, examples=["0 us", "4 us"])
    """By which the current is sampled later than the potential, by a card that converts its inputs
    one after the other; what the card says of itself unless it is given."""


class InputsConfig(Model):
    """What is measured at the cell."""

    current: CurrentInput
    potential: PotentialInput
    leads: LeadsConfig = LeadsConfig()


class CellConfig(Model):
    """How the cell is driven."""

    command: Annotated[str, Field(pattern=ANALOG_OUT, examples=OUTPUTS)]
    """The output of the card that imposes potential or current."""
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
        refuse_senseless_modes(
            self.potential, self.current, self.overload, self.mode_line, "mode_line"
        )
        return self


class ClockConfig(Model):
    """How raw samples become rows."""

    sample_rate: Frequency = Field(100e3, gt=0)
    """Raw samples per second, of each input."""
    averaged: Count = 256
    """Raw samples averaged into a data point."""
    spacing: Count = 257
    """Raw samples from one data point to the next."""

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
    """The terminal of the card that the comparator watches."""
    signal: Literal["current", "potential"]
    """Which of the inputs is wired to it as well."""
    gain: Annotated[Ratio, Field(gt=0, examples=[1.0])]
    """Volts here for a volt at that input; more than 1 with an amplifier in between."""
    smallest: Potential = Field(0.02, gt=0)
    """Volts from its rest below which the comparator cannot be trusted with a threshold."""


class StopConfig(Model):
    """How a motion is stopped when contact is seen."""

    kind: Literal["auto", "stepped", "streamed", "hardware"] = "auto"
    """Stepped: the program puts out each value; streamed: the card plays what was queued, and the
    program stops it; hardware: the card's comparator stops it. Auto takes the best there is."""
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


class ExposuresConfig(Model):
    """How the exposures of a camera are counted: its exposure output on a terminal of the card."""

    counter: Annotated[str, Field(pattern=r"^ctr\d+$")] = "ctr1"
    """Counts the exposures on the sample clock; another one than that of `stop`."""
    terminal: Annotated[str, Field(pattern=r"^PFI\d+$", examples=["PFI1"])]
    """Where the camera's exposure output is wired; it rises when an exposure begins."""


class LampConfig(Blink):
    """A lamp that a counter of the card switches off and on, timed by the sample clock."""

    counter: Annotated[str, Field(pattern=r"^ctr\d+$")] = "ctr2"
    """Puts out the pulses; another one than those of `stop` and `exposures`."""
    terminal: Annotated[str, Field(pattern=r"^PFI\d+$", examples=["PFI14"])]
    """Where the lamp is wired; it is on while that is high."""


class NidaqConfig(LockInTables):
    """A rig on one NI multifunction card."""

    kind: Literal["nidaq"]
    name: str = "nidaq"
    """How the rig is called in files and titles."""
    library: Annotated[str, Field(min_length=1, examples=["ni"])] = "ni"
    """"ni" is NI's driver; any other names a stand-in, and the rig then is a virtual one."""
    device: Annotated[str, Field(pattern=r"^[A-Za-z][\w-]*$", examples=["Dev1"])]
    """The card's name in NI MAX, such as "Dev1"."""
    wiring: Literal["differential", "single-ended"]
    """How the analog inputs are connected."""
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
    suspend: dict[Words, SuspendTable] = Field(default_factory=dict)
    """When any run on this rig waits with its tip up, because of a signal, by name."""
    barrels: BarrelsTable | None = None
    """Of a pipette that has two, and the bias between them, which another source puts out."""
    cell: CellConfig
    drives: dict[AddedName, SecondDriveConfig] = Field(default_factory=dict)
    """Drives beside that of the cell, such as that of a substrate, by name."""
    stop: StopConfig = StopConfig()
    switch: SwitchConfig | None = None
    """Between the cell and the channels of an electrode array; without it a person connects."""
    exposures: ExposuresConfig | None = None
    """How the exposures of a camera are counted, for `sync = "edges"` in `[camera]`."""
    lamp: LampConfig | None = None
    """How the lamp of a camera is blinked, so that its pictures tell when they were taken."""
    marks: dict[str, Line] = Field(default_factory=dict)
    """Lines that can be raised for cameras and other recorders."""
    piezo: PiezoConfig | None = None
    """The digital controller between card and stage; asked when the rig is opened."""
    calibration: dict[str, Any] = Field(default_factory=dict)
    """What was commissioned, and on which device: `seccm.calibration` puts it here."""
    virtual: dict[str, Any] = Field(default_factory=dict)
    """For a stand-in: the keys of a rig file of the kind "virtual", and how its card behaves."""

    @model_validator(mode="after")
    def _counters_differ(self) -> Self:
        counters = {"stop.counter": self.stop.counter}
        for name, table in (("exposures", self.exposures), ("lamp", self.lamp)):
            if table is None:
                continue
            for other, counter in counters.items():
                if table.counter == counter:
                    free = next(f"ctr{k}" for k in range(4) if f"ctr{k}" not in counters.values())
                    raise ValueError(
                        f"{name}.counter and {other} are both {counter}; a counter "
                        f'counts one thing: write another one, such as "{free}"'
                    )
            counters[f"{name}.counter"] = table.counter
        return self

    @model_validator(mode="after")
    def _wired_once_and_safely(self) -> Self:
        problems = [*self._missing_axes(), *self._shared_terminals()]
        problems += not_retracted(
            self.axes.get("z"), "the card goes to 0 V when it is reset or loses power"
        )
        problems += [*self._misfits(), *self._own_outputs()]
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

    def _own_outputs(self) -> Iterator[Problem]:
        for name, drive in self.drives.items():
            if drive.output.device == self.device:
                yield Problem(
                    f"drives.{name}.output.device",
                    f"is {self.device}, whose outputs belong to stage and cell: one task of the "
                    "driver owns them all.",
                    "Name another device; a slow one will do.",
                )

    def _misfits(self) -> Iterator[Problem]:
        lock_ins = list(self.lock_in_problems(self.declared(), self.clock.sample_rate))
        yield from lock_ins
        if not lock_ins:  # else nobody knows which signals they have
            yield from suspend_problems(self.suspend, self.every_signal())
        if (z := self.axes.get("z")) is not None:
            update = 1.0 / self.output_rate
            yield from modulation_problems(self.modulation, z.range(), update, LARGEST_STEP)
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
        switches = enumerate(self.inputs.current.range_lines)
        named |= {f"inputs.current.range_lines[{k}]": line for k, line in switches}
        named |= self.switch.lines() if self.switch is not None else {}
        named |= {f"marks.{name}": line for name, line in self.marks.items()}
        for drive, second in self.drives.items():
            named |= {f"drives.{drive}.{key}": pin for key, pin in second.terminals().items()}
        return {key: name for key, name in named.items() if not name.startswith("_")}

    @property
    def outputs(self) -> tuple[str, str, str, str]:
        """The terminals of x, y, z and the command, in this order."""
        x, y, z = (self.axes[axis].output for axis in AXES)
        return x, y, z, self.cell.command

    def measured(self) -> Mapping[str, tuple[str, Scale]]:
        """Return terminal and scale of every signal of the rows."""
        found: dict[str, tuple[str, Scale]] = {
            "potential": (
                self.inputs.potential.terminal,
                self.at_the_mouth(self.inputs.potential.scale()),
            ),
            "current": (self.inputs.current.terminal, self.inputs.current.scale()),
        }
        for axis in AXES:
            one = self.axes[axis]
            if one.sensor is not None:
                found[axis] = one.sensor.terminal, one.sensor.scale()
            else:
                found[axis] = readback(one.output), one.scale()
        for drive, second in self.drives.items():
            found |= second.measured(drive)
        return found | {name: (one.terminal, one.scale()) for name, one in self.signals.items()}

    def at_the_mouth(self, scale: Scale) -> Scale:
        """Return a scale of potentials against the first barrel as one against the mouth."""
        mouth = 0.0 if self.barrels is None else self.barrels.at_mouth
        return replace(scale, zero=scale.zero - mouth)

    def declared(self) -> tuple[Signal, ...]:
        """Return every signal that an input measures."""
        others = [drive.info(name) for name, drive in self.drives.items()]
        return (*declared(self.signals), *signals_of(others))

    def every_signal(self) -> tuple[Signal, ...]:
        """Return every signal of a row: what inputs measure, and what lock-ins make of it."""
        return self.with_lock_ins(self.declared())


def readback(output: str) -> str:
    """Return the card's own input that measures an output: "_ao2_vs_aognd" for "ao2"."""
    return f"_{output}_vs_aognd"
