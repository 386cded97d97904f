"""The table `[virtual]` of a rig file with a virtual card: every key is optional."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from seccm.quantities import Current, Duration, Length, Model, Potential, Ratio
from sim.config import VirtualConfig

RAW_TICKS = 1000
"""Ticks of one raw sample: 10 us."""
_FINE_TICKS = 125
"""Of a step where the cell is computed as finely as the stand-in can."""

LINES = 32
"""Digital lines of port 0, at the most."""


class CardConfig(Model):
    """The multifunction card."""

    device: str = "Dev1"
    """Its name in NI MAX."""
    product: str = "PCIe-6363"
    """Which card it is taken for."""
    serial: int = Field(0x5ECC, ge=0)
    """Its serial number."""
    inputs: int = Field(32, ge=1)
    """Analog inputs."""
    outputs: int = Field(4, ge=1)
    """Analog outputs."""
    counters: int = Field(4, ge=0)
    """Counters."""
    lines: int = Field(LINES, ge=1, le=LINES)
    """Digital lines of port 0."""
    analog_trigger: bool = True
    """Whether it has an analog comparator on APFI0."""
    lamp: str = "PFI14"
    """Where the lamp of the camera is wired; it is on while that is high."""
    exposures: str = "PFI1"
    """Terminal that the exposure output of a virtual camera is wired to."""
    fifo: int = Field(8191, ge=2)
    """Samples of the output's on-board memory, shared by the channels in use."""
    beside: dict[str, int] = Field(default_factory=dict)
    """Other devices on the computer, by name, with so many analog outputs on demand; no more."""
    positions_count: Literal["updates", "transfers"] = "updates"
    """What `total_samp_per_chan_generated` counts: updates of the converter, or samples moved
    into the on-board memory. NI's text allows both; a driver must cope with both."""


class AxisWiring(Model):
    """One axis of the stage: the controller's input and the monitor of its sensor."""

    output: str
    """Terminal that commands the axis."""
    monitor: str
    """Terminal that reads its sensor; the scale is that of the command."""
    at_0V: Length
    """Where the axis is at 0 V."""
    at_10V: Length
    """Where the axis is at 10 V."""

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        if self.at_0V == self.at_10V:
            raise ValueError("at_0V and at_10V are the same position")
        return self


class SignalWiring(Model):
    """Command and signals of potentiostat and galvanostat."""

    command: str = "ao3"
    """Terminal that commands the potential or the current."""
    command_potential_at_10V: Potential = -10.0
    """Of the cell, commanded as potentiostat; the electrode in the pipette carries the command,
    so the working electrode has its negative."""
    command_current_at_10V: Current = -20e-9
    """Through the cell, commanded as galvanostat."""
    mode: Literal["line", "potential", "current"] = "line"
    """What switches between potentiostat and galvanostat: a line, or a knob on its front."""
    mode_line: str = "port0/line0"
    """High makes it a galvanostat."""
    cell_line: str = "port0/line1"
    """High switches the cell on; empty: it is always on."""
    current: str = "ai0"
    """Terminal that reads the current."""
    current_at_10V: Current = -20e-9
    """What 10 V mean: the amplifier inverts."""
    range_lines: tuple[str, ...] = ()
    """Lines that switch the electrometer's range, such as ["port0/line3"]; none: a knob."""
    ranges: dict[str, Ratio] = Field(default_factory=dict)
    """Of each position of these lines, such as "1" for high, how large its range is beside that
    above: 0.005 where 10 V mean 100 pA instead of 20 nA. What is not there is 1."""
    relays: dict[str, str] = Field(default_factory=dict)
    """The channel that each line connects while it is high, such as { "port0/line3" = "P1" }."""
    address: tuple[str, ...] = ()
    """Lines of the address of a multiplexer, in the place of relays."""
    enable: str = ""
    """The line that connects the channel that is addressed."""
    channels: dict[str, str] = Field(default_factory=dict)
    """The channel of each address, such as { "01" = "P2" }."""
    potential: str = "ai1"
    """Terminal that reads the potential."""
    potential_at_10V: Potential = 10.0
    """What 10 V mean."""
    trigger: str = "APFI0"
    """Terminal of the comparator."""
    trigger_signal: Literal["current", "potential"] = "current"
    """Which signal is wired to the comparator too."""
    trigger_gain: Ratio = 20.0
    """Of the amplifier in between: at 0.5 V/nA, 5 pA are below a comparator's accuracy."""
    barrels_at_10V: Current = 20e-9
    """What 10 V mean at a terminal that reads the current between two barrels."""
    also: dict[str, Literal["current", "potential", "barrels", "technique"]] = Field(
        default_factory=dict
    )
    """More terminals, such as "ai7", to which a signal is wired as well, for [signals] to read;
    "technique" is the line of an instrument that is high while it runs one."""


class DriveWiring(Model):
    """Command and signals of a second drive, that of [virtual.drives] by the same name."""

    command: str
    """Terminal that commands the potential, such as "Dev2/ao0"."""
    command_at_10V: Potential = 10.0
    """What 10 V mean."""
    line: str = ""
    """High connects the electrode; empty: it is always connected."""
    potential: str
    """Terminal that reads the potential."""
    potential_at_10V: Potential = 10.0
    """What 10 V mean."""
    current: str
    """Terminal that reads the current."""
    current_at_10V: Current
    """What 10 V mean."""


class WiringConfig(Model):
    """What is connected to which terminal."""

    x: AxisWiring = AxisWiring(output="ao0", monitor="ai2", at_0V=0.0, at_10V=100e-6)
    """Stage axis."""
    y: AxisWiring = AxisWiring(output="ao1", monitor="ai3", at_0V=0.0, at_10V=100e-6)
    """Stage axis."""
    z: AxisWiring = AxisWiring(output="ao2", monitor="ai4", at_0V=100e-6, at_10V=0.0)
    """Stage axis: without voltage it is fully retracted."""
    signals: SignalWiring = SignalWiring()
    """Potentiostat and galvanostat."""
    drives: dict[str, DriveWiring] = Field(default_factory=dict)
    """Second drives, by name."""


class HostConfig(Model):
    """The computer: what a call into the library costs in virtual time."""

    call: Duration = Field(50e-6, ge=0)
    """Of every call."""
    jitter: Duration = Field(0.0, ge=0)
    """Mean of a random part on top, exponentially distributed."""
    stall_at: Duration | None = None
    """When the computer does nothing for a while, as Windows does now and then."""
    stall: Duration = Field(0.0, ge=0)
    """For how long."""


class VirtualCardConfig(VirtualConfig):
    """The world of the virtual rig, and the card, wires and computer in front of it."""

    name: str = "virtual card"
    """How it is called in messages."""
    step: int = Field(100, ge=1, le=1000)
    """Samples at 100 kHz after which the cell is computed again; in between it runs straight. With
    1 it is computed in eighths of a sample, and its current comes through an amplifier with the
    bandwidth of the electrometer: for impedances and pulses, at some three times the effort."""
    card: CardConfig = CardConfig()
    """The card."""
    wiring: WiringConfig = WiringConfig()
    """The wires."""
    host: HostConfig = HostConfig()
    """The computer."""

    @property
    def fine(self) -> bool:
        """Whether the cell is computed in parts of a sample."""
        return self.step == 1

    @property
    def step_ticks(self) -> int:
        """Ticks of the card's clock in a step of the world."""
        return _FINE_TICKS if self.fine else self.step * RAW_TICKS

    @property
    def unseen_bias(self) -> float:
        """Volts from the first barrel to the mouth: a card imposes on the first barrel."""
        return 0.0 if self.barrels is None else self.barrels.true_mouth

    @model_validator(mode="after")
    def _drives_are_wired(self) -> Self:
        if {*self.drives} != {*self.wiring.drives}:
            raise ValueError(
                "every drive needs a table of its own in wiring.drives, and each of these a drive"
            )
        return self

    @model_validator(mode="after")
    def _signals_are_wired(self) -> Self:
        if self.signals or self.lock_in or self.modulation:
            raise ValueError(
                "signals, lock_in and modulation: a card measures what its terminals carry. "
                "Declare them in tables of the rig file itself, and wire the terminal of a signal "
                "with virtual.wiring.signals.also"
            )
        return self
