"""The table `[virtual]` of a rig file with a virtual target; every key is optional."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from seccm.quantities import Duration, Model
from sim.daqmx.config import AxisWiring, SignalWiring, VirtualCardConfig, WiringConfig

ROW_EXTRA = 123
"""Ticks that a row takes beyond its samples, in the one recording that is known: 3.075 us."""


class TargetConfig(Model):
    """The program on the target: what is not known of it is a switch here."""

    running: bool = True
    """Whether it runs when the rig is plugged in, as somebody has powered it up before."""
    sample_ticks: int = Field(400, ge=80)
    """Of its 40 MHz clock, from sample to sample, as it was powered up."""
    log2_averaged: int = Field(8, ge=0, le=14)
    """As it was powered up: 8 averages 256 samples."""
    hold_scale: int = Field(40, ge=1)
    """Ticks in a unit of a hold, as it was powered up."""
    download_on_open: bool = False
    """Whether opening a session loads the bitstream again: outputs jump, the program stops."""
    idle_rows: bool = True
    """Whether rows go on while no line runs."""
    paused_rows: bool = True
    """Whether rows go on while it is paused from outside."""
    when_full: Literal["drops rows", "drops words"] = "drops rows"
    """What it does while the queue to the host is full."""
    age: Duration = Field(0.0, ge=0)
    """Of a row when it reaches the host."""
    compares: Literal["mean", "last"] = "mean"
    """What the comparators look at, at the end of a row."""
    equality: bool = True
    """Whether a signal that equals the threshold counts."""
    abort_ends: bool = True
    """Whether a line of type 2 is ended by the second comparator where Z goes up, or rests."""
    jumps_while_z_moves: bool = True
    """Whether a voltage jumps in a line that moves Z, too."""
    retract_word: Literal["type", "distance"] = "type"
    """What word 8 of rows is in a line of type 3, which goes up by a distance."""
    dies: Literal["runs on", "reset"] = "runs on"
    """What becomes of the program when the host is killed."""
    stop_purges: bool = True
    """Whether stopping the queue of lines also empties the part on the target."""
    left_words: int = Field(0, ge=0, le=13)
    """Of a line that a host was killed over, in the queue when the rig is plugged in."""
    tags: Literal["wrap", "saturate"] = "wrap"
    """What becomes of the number of a line beyond 32767 in the rows."""
    first_line: int = Field(0, ge=0)
    """Lines that were begun before the rig is plugged in."""
    extra_ticks: int = Field(ROW_EXTRA, ge=0)
    """That a row takes beyond its samples."""
    gain_error: float = Field(0.0, ge=-0.05, le=0.05)
    """Of the inputs, which are not calibrated."""
    open_words: Literal["quiet", "railed", "noisy"] = "quiet"
    """What inputs show that nothing is wired to."""
    fetch: Duration = Field(20e-6, ge=0)
    """From the end of a line to the beginning of the next."""
    second_host: Duration | None = None
    """When another program begins to take rows from the queue, too."""
    stops_itself: Duration | None = None
    """When the program stops itself, as by a fault."""
    tear_at: Duration | None = None
    """When some words of a row are lost."""
    torn_words: int = Field(5, ge=1, le=13)
    """How many are lost then."""
    fails_at: Duration | None = None
    """When every call begins to fail with a fault of the hardware."""
    full_at: Duration | None = None
    """When the queue of lines takes a part of a frame, and then times out."""


class TargetWiring(WiringConfig):
    """What is connected to which terminal of the target."""

    x: AxisWiring = AxisWiring(output="ao0", monitor="ai0", at_0V=0.0, at_10V=100e-6)
    """Stage axis."""
    y: AxisWiring = AxisWiring(output="ao1", monitor="ai1", at_0V=0.0, at_10V=100e-6)
    """Stage axis."""
    z: AxisWiring = AxisWiring(output="ao2", monitor="ai2", at_0V=100e-6, at_10V=0.0)
    """Stage axis: without voltage it is fully retracted."""
    signals: SignalWiring = SignalWiring(
        current="ai3", potential="ai4", mode_line="ao4", cell_line=""
    )
    """Potentiostat and galvanostat; a level of ao4 chooses between them."""


class VirtualTargetConfig(VirtualCardConfig):
    """The world of the virtual rig, and the target, wires and computer in front of it."""

    name: str = "virtual target"
    """How it is called in messages."""
    wiring: WiringConfig = TargetWiring()
    """The wires."""
    target: TargetConfig = TargetConfig()
    """The program on the target."""
