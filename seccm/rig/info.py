"""What a rig says of itself: a plan is checked against this before anything moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from seccm.errors import LimitError
from seccm.rig.actions import Drive, Mode, Move
from seccm.rig.block import Axis, Clock
from seccm.rig.leads import NO_LEADS, Leads
from seccm.rig.raw import RawChannel
from seccm.rig.signals import BASIC, Signal
from seccm.units import show


@dataclass(frozen=True, slots=True)
class Range:
    """A closed interval in SI units."""

    lower: float
    upper: float

    def holds(self, value: float) -> bool:
        """Tell whether a value lies inside."""
        return self.lower <= value <= self.upper


@dataclass(frozen=True, slots=True)
class AxisRange:
    """Where an axis can go, in metres, and how fast, in metres per second."""

    travel: Range
    fastest: float
    """What the stage can follow and the outputs can put out; for z also the speed at which
    `Rig.safe` lifts the tip."""


@dataclass(frozen=True, slots=True)
class StopAbility:
    """How a rig stops a motion when contact is seen, and how soon, in seconds.

    The latencies run from the raw sample that crosses the threshold to the halt of the output.
    """

    kind: Literal["virtual", "stepped", "streamed", "hardware"]
    typical: float
    worst: float
    window: float | None = None
    """Seconds of the moving mean of raw samples in which contact is looked for; None where the
    rows themselves are looked at."""


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
    """The widest current range; anodic positive."""
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

    update: float = 0.0
    """Seconds from one value of a drive that is put out to the next; 0 where nobody knows."""
    leads: Leads = NO_LEADS
    """What wires and electrometer do to fast signals; taken off impedances."""

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

    @property
    def watched(self) -> tuple[str, ...]:
        """The names of the signals by which the rig can stop a motion."""
        return tuple(signal.name for signal in self.signals if signal.watchable)

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

    def refuse_impossible(self, drive: Drive) -> None:
        """Refuse a drive that the instruments of this rig cannot impose.

        Raises:
            LimitError: nothing changed.
        """
        if drive.mode == "open":
            return
        if drive.mode not in self.modes:
            raise LimitError(
                "no-such-mode",
                "drive",
                f"{drive.mode!r} is not a mode of this rig; nothing changed.",
                "Choose other steps, or another rig.",
            )
        span, unit = (self.potential, "V") if drive.mode == "potential" else (self.current, "A")
        for value in drive.waveform.extremes:
            if not span.holds(value):
                raise LimitError(
                    "out-of-range",
                    "drive",
                    f"{show(value, unit)} is outside {show(span.lower, unit)} to "
                    f"{show(span.upper, unit)}; nothing changed.",
                    "Choose a value inside the range, or another range of the instrument.",
                )

    def overtravel(self, speed: float, rows: int = 1) -> float:
        """Return the farthest the tip can go past contact, in metres.

        The worst stop latency and the lag of the stage at this speed, plus the rows beyond
        the first that the contact rule wants to see.
        """
        return speed * (self.stop.worst + self.stage_lag + (rows - 1) * self.clock.period)
