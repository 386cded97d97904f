"""What a rig says of itself: a plan is checked against this before anything moves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from seccm.errors import LimitError
from seccm.rig.actions import Carry, Connect, Drive, Mode, Modulate, Move
from seccm.rig.block import Axis, Clock
from seccm.rig.drives import DriveInfo
from seccm.rig.leads import NO_LEADS, Leads
from seccm.rig.raw import RawChannel
from seccm.rig.signals import BASIC, Signal
from seccm.rig.span import Range
from seccm.rig.suspend import Suspend
from seccm.rig.technique import Runs
from seccm.rig.waveform import Sines
from seccm.units import parse, show


@dataclass(frozen=True, slots=True)
class CurrentRange:
    """A range of the instrument that measures the current, to which a program can switch it."""

    name: str
    """As the rig file names it, such as "100 pA"."""
    span: Range
    """What can be measured, and imposed, in amperes."""
    factor: float = 1.0
    """Amperes for what would be an ampere in the usual range: raw samples have one meaning in a
    file, that of the usual range."""
    offset: float = 0.0
    """Amperes for what would be zero in the usual range."""
    time_constant: float | None = None
    """Of the current amplifier in this range, in seconds; None where it is that of the leads."""


@dataclass(frozen=True, slots=True)
class AxisRange:
    """Where an axis can go, in metres, and how fast, in metres per second."""

    travel: Range
    fastest: float
    """What the stage can follow and the outputs can put out; for z also the speed at which
    `Rig.safe` lifts the tip."""
    bandwidth: float = 0.0
    """Hertz up to which the closed loop follows; 0 where nobody knows."""
    sensed: bool = False
    """Whether its position is that of a sensor, and not only what it is told."""


@dataclass(frozen=True, slots=True)
class StopAbility:
    """How a rig stops a motion when contact is seen, and how soon, in seconds.

    The latencies run from the raw sample that crosses the threshold to the halt of the output.
    """

    kind: Literal["virtual", "stepped", "streamed", "hardware", "serial"]
    typical: float
    worst: float
    window: float | None = None
    """Seconds of the moving mean of raw samples in which contact is looked for; None where the
    rows themselves are looked at."""
    rows: int | None = None
    """Rows in succession that a contact can be asked to last, at most; None for any number."""


@dataclass(frozen=True, slots=True)
class Modulation:
    """How the tip's height swings while a contact is looked for in what a lock-in shows."""

    frequency: float
    """In hertz."""
    amplitude: float
    """Of what the stage is told, half of peak to peak, in metres."""


@dataclass(frozen=True, slots=True)
class SwitchInfo:
    """What connects the cell to the channels of an electrode array."""

    channels: tuple[str, ...]
    """Their labels."""
    seconds: float
    """What it takes to open or to close a contact for sure."""


@dataclass(frozen=True, slots=True)
class CarrierInfo:
    """A coarse stage that moves the sample from one of its regions to another."""

    x: Range
    """Where it goes, in metres."""
    y: Range
    speed: float
    """Metres per second."""
    settle: float
    """Seconds until the sample rests after a motion."""

    def seconds(self, way: float) -> float:
        """Return how long a motion over a way in metres takes for sure."""
        # Its axes may go one after the other.
        return math.sqrt(2.0) * way / self.speed + self.settle

    def holds(self, x: float, y: float) -> bool:
        """Tell whether it goes to a place."""
        return self.x.holds(x) and self.y.holds(y)

    def far(self, to: tuple[float, float]) -> tuple[float, float]:
        """Return the corner of its travel that is farthest from a place."""
        x, y = (
            max((span.lower, span.upper), key=lambda end: abs(end - at))
            for span, at in zip((self.x, self.y), to, strict=True)
        )
        return x, y


class Timed(Protocol):
    """A step, as far as the length of its data points goes."""

    @property
    def row(self) -> float:
        """Seconds that a data point may last at most."""

    @property
    def stairs(self) -> bool:
        """Whether it spans whole steps of the staircase that is put out."""


@dataclass(frozen=True, slots=True)
class RigInfo:
    """The abilities and limits of a rig, all in SI units, potentials raw."""

    name: str
    virtual: bool
    """True when no hardware is involved; every screen, file and title then says so."""
    axes: Mapping[Axis, AxisRange]
    """z is up positive: its upper end is fully retracted."""
    modes: frozenset[Mode]
    potential: Range
    """What can be applied to and read from the cell, against the quasi-reference."""
    current: Range
    """The usual current range, in which the tip approaches; anodic positive."""
    overload: float
    """What the potential channel reads when the galvanostat drives an anodic current and has no
    closed circuit; a cathodic current usually reads the other end."""
    stop: StopAbility
    clock: Clock = field(default_factory=Clock)
    stage_lag: float = 0.0
    """Seconds by which the stage follows its command; adds to the overtravel."""
    idle_current: float = 0.0
    """The most that the current usually reads while nothing touches, in amperes: noise, hum and
    offset, or one step of a converter; 0 where nobody knows."""
    signals: tuple[Signal, ...] = BASIC
    """What is measured in every row: what every rig measures, then what the rig file adds."""
    suspends: tuple[Suspend, ...] = ()
    """When any run on this rig has to wait, as its rig file says."""
    device: str = ""
    """The device that measures, with its serial number, once the rig is open; a calibration
    belongs to it. Empty where there is none."""
    words: tuple[str, ...] = ()
    """What other devices said of themselves when the rig was opened, in sentences."""
    raw: tuple[RawChannel, ...] = ()
    """Inputs of which every sample can be had, known once the rig is open; none where there are
    no samples but the rows."""
    raw_always: bool = True
    """Whether they can be had of the whole stream; otherwise only while a drive asks for them."""

    edges: bool = False
    """Whether a counter counts the exposures of a camera, see `Block.edges`."""
    blink: float = 0.0
    """Seconds for which it switches the lamp of a camera off in each pulse, see `Block.lamp`; 0
    where it does not."""

    update: float = 0.0
    """Seconds from one value of a drive that is put out to the next; 0 where nobody knows."""
    leads: Leads = NO_LEADS
    """What wires and electrometer do to fast signals; taken off impedances."""
    bias: float = 0.0
    """Volts between the electrodes of a pipette with two barrels, see `seccm.rig.barrels`; 0 for a
    pipette with one."""
    at_mouth: float = 0.0
    """Of these, the volts that are taken into account in every potential: from the electrode of the
    first barrel to the mouth of both."""
    barrels_unknown: float = 0.0
    """Volts by which potentials are off if one barrel has twice the other's resistance; 0 where
    their resistances are known."""
    modulation: Modulation | None = None
    """How the height can swing; None where it cannot."""
    switch: SwitchInfo | None = None
    """What connects the channels of an electrode array; None where a person has to."""
    carrier: CarrierInfo | None = None
    """What moves the sample from region to region; None where a person does."""
    ranges: tuple[CurrentRange, ...] = ()
    """All ranges that a step may ask for, with the usual one first; none where that has no name."""
    drives: tuple[DriveInfo, ...] = ()
    """The drives beside that of the cell, such as that of a substrate."""

    sines: bool = True
    """Whether a sum of sines can be imposed, and not only straight lines."""
    runs: Runs | None = None
    """What the drive of the cell runs by itself, whose rows come late; None where it does not."""

    def drive_of(self, name: str) -> DriveInfo | None:
        """Return another drive by its name; None if there is no such drive."""
        return next((one for one in self.drives if one.name == name), None)

    def range_of(self, name: str) -> CurrentRange | None:
        """Return a range by its name; the usual one for none, None if there is no such range."""
        if not name:
            return self.ranges[0] if self.ranges else CurrentRange("", self.current)
        return next((one for one in self.ranges if same_range(one.name, name)), None)

    @property
    def averages(self) -> bool:
        """Whether there are raw samples of which shorter rows of a step can be made."""
        return {channel.name for channel in self.raw} >= {"potential", "current"}

    def update_during(self, *, raw: bool) -> float:
        """Return the seconds from one value of a drive to the next, 0 where nobody knows.

        Args:
            raw: during a drive that asks for raw samples. A rig that has these during such drives
                only is simulated then, sample by sample.
        """
        return 1.0 / self.clock.rate if raw and not self.raw_always else self.update

    def samples_of(self, act: Timed) -> int:
        """Return the raw samples of a data point of a step that keeps them."""
        update = self.update_during(raw=True) if act.stairs else 0.0
        return self.clock.samples_over(act.row, update)

    @property
    def watched(self) -> tuple[str, ...]:
        """The names of the signals by which the rig can stop a motion."""
        return tuple(signal.name for signal in self.signals if signal.watchable)

    def signal(self, name: str) -> Signal | None:
        """Return a signal by its name; None if there is none."""
        return next((signal for signal in self.signals if signal.name == name), None)

    def settling(self, name: str) -> float:
        """Return the seconds after a change until a signal can be trusted; 0 if unknown."""
        signal = self.signal(name)
        return 0.0 if signal is None else signal.settling

    def modulates(self, name: str) -> bool:
        """Tell whether a signal shows something only while the height swings."""
        signal = self.signal(name)
        return signal is not None and signal.modulated

    def refuse_modulation(self, action: Modulate) -> None:
        """Refuse to let the height swing where the rig cannot do so.

        Raises:
            LimitError: nothing changed.
        """
        if action.on and self.modulation is None:
            raise LimitError(
                "no-modulation",
                "z",
                f"rig {self.name} cannot modulate the height of the tip; nothing changed.",
                "Write a table [modulation] in the rig file, or choose another kind of contact.",
            )

    def refuse_unwatched(self, move: Move) -> None:
        """Refuse a motion that is to be stopped by a signal that the rig does not watch.

        Raises:
            LimitError: nothing moved.
        """
        if move.until is None or move.until.signal in self.watched:
            return
        raise LimitError(
            "not-watched",
            move.axis,
            f'rig {self.name} cannot stop a motion by the signal "{move.until.signal}", only by: '
            f"{', '.join(self.watched)}; nothing moved.",
            "Choose another kind of contact.",
        )

    def refuse_connection(self, wanted: Connect, now: str, mode: Mode) -> None:
        """Refuse to switch a channel that is not there, under current, or before another is left.

        Args:
            wanted: that is to be connected by the rig.
            now: the channel that is connected; empty if none is.
            mode: of the drive that is on.

        Raises:
            LimitError: nothing changed.
        """
        channel, switch = wanted.channel, self.switch
        if switch is None or (channel and channel not in switch.channels):
            known = ", ".join(switch.channels[:12]) if switch is not None else "no switch"
            raise LimitError(
                "no-such-channel",
                "switch",
                f"rig {self.name} cannot connect {channel!r}; it has: {known}. Nothing changed.",
                "Name the channel in the table [switch] of the rig file.",
            )
        if mode != "open":
            raise LimitError(
                "cell-on",
                "switch",
                "a channel is switched only with the cell off; nothing changed.",
            )
        if channel and now and channel != now:
            raise LimitError(
                "not-left",
                "switch",
                f"{now} is connected; it is left before {channel} is connected. Nothing changed.",
            )

    def refuse_carrying(self, wanted: Carry, mode: Mode) -> None:
        """Refuse to move the sample where no stage does, beyond its reach, or under current.

        Args:
            wanted: where it is to go.
            mode: of the drive that is on.

        Raises:
            LimitError: nothing moved.
        """
        if wanted.by == "person":
            return
        if self.carrier is None or not self.carrier.holds(wanted.x, wanted.y):
            reach = "no coarse stage for the sample" if self.carrier is None else "not so far"
            raise LimitError(
                "no-carrier",
                "carrier",
                f"rig {self.name} cannot move region {wanted.region!r} below the tip: {reach}. "
                "Nothing moved.",
                'Write moved_by = "person" in the table [regions] of the plan.',
            )
        if mode != "open":
            raise LimitError(
                "cell-on", "carrier", "the sample is moved only with the cell off; nothing moved."
            )

    def refuse_impossible(self, drive: Drive) -> None:
        """Refuse a drive that the instruments of this rig cannot impose.

        Raises:
            LimitError: nothing changed.
        """
        if drive.on:
            self._refuse_impossible_on(drive)
            return
        chosen = self.range_of(drive.range)
        if chosen is None:
            raise LimitError(
                "no-such-range",
                "drive",
                f"{drive.range!r} is not a range of this rig; nothing changed.",
                f"It has: {', '.join(one.name for one in self.ranges) or 'one range only'}.",
            )
        if drive.mode == "open":
            return
        if drive.mode not in self.modes:
            raise LimitError(
                "no-such-mode",
                "drive",
                f"{drive.mode!r} is not a mode of this rig; nothing changed.",
                "Choose other steps, or another rig.",
            )
        if isinstance(drive.waveform, Sines) and not self.sines:
            raise LimitError(
                "no-sines",
                "drive",
                f"rig {self.name} runs straight lines and no sines; nothing changed.",
                "Choose another step, or another rig.",
            )
        if self.runs is not None and (why := self.runs.refusal(drive.mode, drive.waveform)):
            raise LimitError(
                "no-such-technique",
                "drive",
                f"rig {self.name}: {why} Nothing changed.",
                "Choose another step, or another rig.",
            )
        span, unit = (self.potential, "V") if drive.mode == "potential" else (chosen.span, "A")
        for value in drive.waveform.extremes:
            if not span.holds(value):
                raise LimitError(
                    "out-of-range",
                    "drive",
                    f"{show(value, unit)} is outside {show(span.lower, unit)} to "
                    f"{show(span.upper, unit)}; nothing changed.",
                    "Choose a value inside the range, or another range of the instrument.",
                )

    def _refuse_impossible_on(self, drive: Drive) -> None:
        other = self.drive_of(drive.on)
        if other is None:
            raise LimitError(
                "no-such-drive",
                "drive",
                f"{drive.on!r} is not a drive of this rig; nothing changed.",
                f"It has: {', '.join(one.name for one in self.drives) or 'that of the cell only'}.",
            )
        if drive.mode == "open":
            return
        lowest, highest = drive.waveform.extremes
        if drive.mode != "potential" or highest > lowest:
            raise LimitError(
                "no-such-mode",
                drive.on,
                f"{drive.on} can be held at one potential at a time only; nothing changed.",
                "Choose a potential.",
            )
        for value in (lowest, highest):
            if not other.potential.holds(value):
                span = other.potential
                raise LimitError(
                    "out-of-range",
                    drive.on,
                    f"{show(value, 'V')} is outside {show(span.lower, 'V')} to "
                    f"{show(span.upper, 'V')}; nothing changed.",
                    "Choose a potential inside the range.",
                )

    def smoothing(self, *axes: Axis) -> float:
        """Return the seconds over which a change of speed must be spread so that no axis rings.

        One period of the slowest loop: a mean over it takes exactly that frequency out of the
        motion (N. C. Singer and W. P. Seering, J. Dyn. Sys. Meas. Control 112, 76 (1990)). Of a
        loop whose bandwidth nobody knows, four times the time by which the stage lags.
        """
        known = (self.axes[axis].bandwidth for axis in axes if axis in self.axes)
        slowest = min(known, default=0.0)
        return 1.0 / slowest if slowest else 4.0 * self.stage_lag

    def usual_stop(self, rows: int = 1) -> float:
        """Return the seconds that a stop usually takes, of rig and stage; see `overtravel`."""
        return self.stop.typical + self.stage_lag + (rows - 1) * self.clock.period

    def overtravel(self, speed: float, rows: int = 1, signal: str = "") -> float:
        """Return the farthest the tip can go past contact, in metres.

        The worst stop latency and the lag of the stage at this speed, plus the rows beyond
        the first that the contact rule wants to see, and the delay of a filtered signal.

        Args:
            speed: metres per second.
            rows: that the contact rule wants to see.
            signal: the name of that which is watched.
        """
        known = self.signal(signal)
        late = (rows - 1) * self.clock.period + (0.0 if known is None else known.delay)
        return speed * (self.stop.worst + self.stage_lag + late)


def same_range(one: str, other: str) -> bool:
    """Tell whether two names mean one range: "0.1 nA" is "100 pA"."""
    try:
        return math.isclose(parse(one, "A"), parse(other, "A"), rel_tol=1e-9)
    except ValueError:
        return one.split() == other.split()
