"""What a rig can be told to do. Each action is applied at once and returns at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seccm.rig.block import Axis
from seccm.rig.contact import StopCondition
from seccm.rig.waveform import Limit, Waveform

Mode = Literal["potential", "current", "open"]


@dataclass(frozen=True, slots=True)
class Move:
    """Ramp one axis to a position in metres at a speed in metres per second.

    With a condition, the rig stops the axis by itself when the condition comes true, in
    software or hardware as `RigInfo.stop` says. The baseline is that of the condition.
    """

    axis: Axis
    to: float
    speed: float
    until: StopCondition | None = None
    baseline: float = 0.0
    """The undisturbed signal (volts or amperes) that `until` compares with."""
    smooth: float = 0.0
    """Seconds in which the speed is reached, and again in which it is lost: the ramp's moving mean
    over this time, by which the motion takes longer. A rig that cannot do this may ramp at once."""

    def seconds(self, start: float) -> float:
        """Return how long it takes from a position in metres; nothing where it is there already."""
        way = abs(self.to - start)
        return way / self.speed + self.smooth if way else 0.0


@dataclass(frozen=True, slots=True)
class Drive:
    """Impose a potential (raw volts) or a current (amperes) on the cell, or open the circuit.

    Row r of the drive ends at time (r - since + 1) x period of its waveform; `since` is the
    next row unless given. A drive that names an earlier row continues one already running.
    """

    mode: Mode
    waveform: Waveform
    since: int | None = None
    limits: tuple[Limit, ...] = ()
    """A rig that can choose the length of its blocks ends one where a limit comes true."""
    raw: bool = False
    """Every raw sample is wanted, if the stream was started with raw samples. A rig that has them
    always need not look at this; a simulated one computes every sample for as long."""
    range: str = ""
    """The name of the range of the current in `RigInfo.ranges`; the usual one if empty. A rig
    switches it while the cell is off."""
    on: str = ""
    """The name of another drive in `RigInfo.drives`, which holds a potential or is open; that of
    the cell if empty, which opens the others, too, when it opens."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """Hold every output of the stage where it is, now."""

    why: str


@dataclass(frozen=True, slots=True)
class Modulate:
    """Let the height of the tip swing as `RigInfo.modulation` says, or end that.

    The swing comes on top of whatever z does, also while it rests. A motion sideways ends it, and
    so does `Rig.safe`; a `Freeze` does not.
    """

    on: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """Raise a line for cameras and other recorders."""

    line: str


@dataclass(frozen=True, slots=True)
class Connect:
    """Connect the cell to one channel of an electrode array, or to none.

    A rig with a switch carries it out; see `RigInfo.switch`. One channel is left before another
    one is connected, and the cell is off all the while: anything else is refused. Where a person
    connects, every rig takes note, and does nothing.
    """

    channel: str
    """The label of the channel; empty for none."""
    by: Literal["rig", "person"] = "rig"


@dataclass(frozen=True, slots=True)
class Carry:
    """Move the sample until one of its regions lies below the tip, which is up meanwhile.

    A rig with a coarse stage carries it out; see `RigInfo.carrier`. The cell is off all the while:
    anything else is refused. Where a person moves the sample, every rig takes note, and does
    nothing.
    """

    region: str
    """The label of the region."""
    x: float
    """Where it is on the sample, in metres; NaN where that is not known."""
    y: float
    by: Literal["rig", "person"] = "rig"


@dataclass(frozen=True, slots=True)
class Wake:
    """Say that the next decision falls when this row is about to come.

    A rig that can choose the length of its blocks ends one there; others ignore it.
    """

    row: int


Action = Move | Drive | Freeze | Modulate | Mark | Connect | Carry | Wake
