"""Contact: looked for in raw samples while a motion waits for it, and kept as a record."""

from __future__ import annotations

import numpy as np

from hardware.history import SIDE, History, Piece, contact_record, halt_of
from hardware.latch import Latch
from hardware.raw_contact import RawDetector
from hardware.tally import resumed
from seccm.errors import StreamError
from seccm.rig import Axis, Clock, ContactRecord, Move, PotentialDrop
from seccm.units import show

MEMORY = 2.0
"""Seconds of raw samples that are remembered."""


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
        self._stopped: tuple[int, Move, bool] | None = None
        """Crossing, motion, and whether it was latched, of a contact without its record."""
        self.latch: Latch | None = None
        """The hardware stop of the motion that waits."""

    @property
    def axis(self) -> Axis | None:
        """The axis whose motion waits for contact."""
        return self._armed.axis if self._armed is not None else None

    def arm(self, move: Move, latch: Latch | None) -> None:
        """Watch for the contact of a motion that has a condition."""
        if move.until is not None:
            self._armed, self.latch = move, latch
            spacing = self._clock.spacing
            self._detector = RawDetector(move.until, move.baseline, self._window, spacing)

    def disarm(self) -> None:
        """Watch no more."""
        self._armed = self._detector = self.latch = None

    def feed(self, piece: Piece) -> bool:
        """Look at the next samples; tell whether contact is in them, which disarms."""
        self._history.add(piece)
        if self._armed is None or self._detector is None:
            return False
        by_potential = isinstance(self._armed.until, PotentialDrop)
        signal = piece.potential if by_potential else piece.current
        crossing = self._detector.feed(signal, piece.first)
        if crossing is None:
            return False
        self._stopped = crossing, self._armed, self.latch is not None
        self.disarm()
        return True

    def record(self, base: int, ratio: float) -> ContactRecord | None:
        """Return the record of the newest contact once, when its last samples are there.

        Args:
            base: output samples before the motion that the contact stopped, which must have
                come to rest.
            ratio: input samples for each output sample.

        Raises:
            StreamError: the hardware had stopped the motion, and it went on.
        """
        if self._stopped is None or self._history.stop < self._stopped[0] + SIDE:
            return None
        (crossing, move, latched), self._stopped = self._stopped, None
        piece = self._history.since(0)
        if latched:
            further = resumed(piece.counts[piece.counts > base], ratio)
            if further:
                way = further * ratio / self._clock.rate * move.speed
                raise StreamError(
                    "resumed",
                    move.axis,
                    f"the hardware stopped the tip at contact and let it go on for "
                    f"{show(way, 'm')}: its trigger does not latch.",
                    "Check the signal at the trigger's terminal; until then write "
                    'stop.kind = "streamed".',
                )
        moved = bool(np.any(piece.counts > base))
        return contact_record(piece, crossing, halt_of(piece, ratio) if moved else None)
