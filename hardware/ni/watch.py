"""Contact: looked for in raw samples while a motion waits for it, and kept as a record."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.ni.history import SIDE, History, Piece, contact_record, halt_of
from hardware.ni.latch import Latch
from hardware.ni.raw_contact import RawDetector
from hardware.ni.tally import resumed
from seccm.errors import StreamError
from seccm.rig import Axis, Clock, ContactRecord, Move
from seccm.units import show

MEMORY = 2.0
"""Seconds of raw samples that are remembered."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A motion that its contact stopped."""

    crossing: int | None
    """Raw sample number, unless only the card saw the contact."""
    seen: int
    """Raw sample number around which the record is cut."""
    move: Move
    latched: bool


class ContactWatch:
    """Watches for the contact of one motion at a time.

    Args:
        clock: of the samples.
        window: samples in the moving mean.
    """

    def __init__(self, clock: Clock, window: int) -> None:
        self._clock, self._window = clock, window
        self._history = History(round(MEMORY * clock.rate))
        self._armed: Move | None = None
        self._detector: RawDetector | None = None
        self._since: int | None = None
        """First sample of the motion that waits; None until it has begun."""
        self._stopped: Stopped | None = None
        """A contact without its record."""
        self.latch: Latch | None = None
        """The hardware stop of the motion that waits."""

    @property
    def axis(self) -> Axis | None:
        """The axis whose motion waits for contact."""
        return self._armed.axis if self._armed is not None else None

    def arm(self, move: Move, latch: Latch | None) -> None:
        """Watch for the contact of a motion that has a condition."""
        if move.until is not None:
            self._armed, self.latch, self._since = move, latch, None
            spacing = self._clock.spacing
            self._detector = RawDetector(move.until, move.baseline, self._window, spacing)

    def disarm(self) -> None:
        """Watch no more."""
        self._armed = self._detector = self.latch = self._since = None

    def begun(self, sample: int) -> None:
        """Take it that the motion that waits is under way from a sample on.

        What was sampled before, and read only now, is no contact of this motion: the leads may
        still have been charging after the drive was switched on. A motion that is broken off
        and joined to another goes on being watched from where it first began.
        """
        if self._since is None:
            self._since = sample

    def feed(self, piece: Piece) -> bool:
        """Look at the next samples; tell whether contact is in them, which disarms."""
        self._history.add(piece)
        if self._armed is None or self._detector is None or self._since is None:
            return False
        first = max(piece.first, self._since)
        signal = piece.signals[self._detector.signal][first - piece.first :]
        crossing = self._detector.feed(signal, first)
        if crossing is None:
            return False
        self._stopped = Stopped(crossing, crossing, self._armed, self.latch is not None)
        self.disarm()
        return True

    def seen_by_card(self) -> None:
        """Take it that the card stopped the motion on a contact too short or weak to be seen."""
        if self._armed is not None:
            self._stopped = Stopped(None, self._history.stop, self._armed, latched=True)
            self.disarm()

    def record(self, base: int, ratio: float) -> ContactRecord | None:
        """Return the record of the newest contact once, when its last samples are there.

        Args:
            base: output samples before the motion that the contact stopped, which must have
                come to rest.
            ratio: input samples for each output sample.

        Raises:
            StreamError: the hardware had stopped the motion, and it went on.
        """
        stopped = self._stopped
        if stopped is None or self._history.stop < stopped.seen + SIDE:
            return None
        self._stopped = None
        piece = self._history.since(0)
        own = piece.counts[piece.counts > base]
        further = resumed(own, ratio) if stopped.latched else 0
        if further:
            way = further * ratio / self._clock.rate * stopped.move.speed
            raise StreamError(
                "resumed",
                stopped.move.axis,
                "the hardware stopped the tip at contact and then let it move on for "
                f"{show(way, 'm')}: its trigger does not latch.",
                "Check the signal at the trigger's terminal; until then write "
                'stop.kind = "streamed".',
            )
        halted = halt_of(piece, ratio) if len(own) else None
        return contact_record(piece, stopped.seen, stopped.crossing, halted)
