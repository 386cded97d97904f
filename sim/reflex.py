"""The virtual rig's own reflexes: what it watches for in its rows while nobody decides.

It runs the same contact detector as the engine, and the same watch on the limits of a drive. Both
look first at copies of themselves, because rows after the one that fired will not have happened.
"""

from __future__ import annotations

from collections import deque
from copy import copy
from dataclasses import dataclass

import numpy as np

from seccm.rig import Axis, Block, ContactRecord, Drive, Move, RawChannel, StopCondition
from seccm.rig.block import joined
from seccm.rig.detector import ContactDetector
from seccm.rig.limits import LimitWatch
from sim.chance import stream
from sim.record import SIDE, Input, contact_record

REMEMBERED = 64
"""Rows kept for a record, or for a drive that continues an earlier one."""


@dataclass(frozen=True, slots=True)
class Armed:
    """A motion that waits for its contact."""

    axis: Axis
    rule: StopCondition
    detector: ContactDetector


@dataclass(frozen=True, slots=True)
class Stopped:
    """A motion that its contact stopped; raw sample numbers since the stream opened."""

    crossing: int
    halt: int
    contact: float | None
    """Instant of contact in seconds, if there was one."""


class Reflexes:
    """Watches rows for a contact and for the limits of the drive.

    Args:
        processing: seconds from the end of the row that shows a contact to the halt.
        inputs: of potential and current, as they take raw samples for the records.
        channels: of potential and current, where blocks bring raw samples.
        seed: of the whole run.
    """

    def __init__(
        self,
        processing: float,
        inputs: tuple[Input, Input],
        channels: tuple[RawChannel, RawChannel],
        seed: int,
    ) -> None:
        self._processing, self._inputs, self._seed = processing, inputs, seed
        self._channels = channels
        self._armed: Armed | None = None
        self._limits: LimitWatch | None = None
        self._recent: deque[Block] = deque()
        self._stopped: Stopped | None = None

    @property
    def armed(self) -> Axis | None:
        """The axis that waits for its contact, if one does."""
        return self._armed.axis if self._armed else None

    @property
    def watching(self) -> bool:
        """Whether anything could end a block early."""
        return self._armed is not None or self._limits is not None

    def arm(self, move: Move) -> None:
        """Watch for the contact of a motion; a motion without one ends the watch on its axis."""
        if move.until is not None:
            detector = ContactDetector(move.until, move.baseline)
            self._armed = Armed(move.axis, move.until, detector)
        elif self.armed == move.axis:
            self._armed = None

    def disarm(self) -> None:
        """Stop watching for contact."""
        self._armed = None

    def drive(self, drive: Drive, since: int) -> None:
        """Watch the limits of a drive, from its first row on even if that is past."""
        self._limits = LimitWatch(drive.limits, since) if drive.limits else None
        if self._limits is not None:
            for block in self._recent:
                self._limits.feed(block)

    def end(self, block: Block) -> int:
        """Return where a block must end because something fires in it; looks at copies only."""
        stop = block.stop
        if self._armed is not None:
            hit = copy(self._armed.detector).feed(block)
            if hit is not None:
                stop = min(stop, hit + self._armed.rule.consecutive)
        if self._limits is not None:
            found = copy(self._limits).feed(block)
            if found is not None:
                stop = min(stop, found[0] + 1)
        return stop

    def see(self, block: Block, contact: float | None) -> float | None:
        """Look at rows that did happen.

        Args:
            block: the next rows; whatever fires, fires in the last one.
            contact: instant of the newest contact in seconds, if there was one.

        Returns:
            When the armed motion comes to a halt, in seconds, if its contact was seen.
        """
        while self._recent and self._recent[0].stop < block.start - REMEMBERED:
            self._recent.popleft()
        self._recent.append(block)
        if self._limits is not None and self._limits.feed(block) is not None:
            self._limits = None
        if self._armed is None:
            return None
        hit = self._armed.detector.feed(block)
        if hit is None:
            return None
        self._armed = None
        return self._stop(block, hit, contact)

    def _stop(self, block: Block, hit: int, contact: float | None) -> float:
        clock = block.clock
        halt = clock.time(block.stop - 1) + self._processing
        crossing = hit * clock.spacing
        if contact is not None and contact < (hit - 1) * clock.period:
            # An old contact whose weak signal passed the threshold only now.
            contact = None
        if contact is not None:
            crossing = int(np.ceil(contact * clock.rate))
        self._stopped = Stopped(crossing, round(halt * clock.rate), contact)
        return halt

    def record(self) -> ContactRecord | None:
        """Return the record of the newest stop, once, as soon as its rows are there."""
        stopped = self._stopped
        if stopped is None:
            return None
        spacing = self._recent[-1].clock.spacing
        if self._recent[-1].stop * spacing < stopped.crossing + SIDE:
            return None
        self._stopped = None
        taken = self._taken(stopped)
        if taken is not None:
            return taken
        first = max(0, stopped.crossing - SIDE) // spacing
        last = (stopped.crossing + SIDE - 1) // spacing
        parts = [block.part(first, last + 1) for block in self._recent]
        if sum(part.rows for part in parts) < last + 1 - first:
            # Some of these rows were lost, and their raw samples with them.
            return None
        rows = joined(parts)
        rng = stream(self._seed, "record", stopped.crossing)
        return contact_record(
            rows, stopped.crossing, stopped.halt, stopped.contact, self._inputs, rng
        )

    def _taken(self, stopped: Stopped) -> ContactRecord | None:
        """Cut the record out of the raw samples, if they were taken."""
        first, stop = max(0, stopped.crossing - SIDE), stopped.crossing + SIDE
        pieces = [raw.part(first, stop) for block in self._recent for raw in block.raw]
        codes = np.concatenate([np.empty((2, 0), np.int16), *(p.codes for p in pieces)], axis=1)
        if codes.shape[1] < stop - first:
            return None
        potential, current = (
            channel.si(row) for channel, row in zip(self._channels, codes, strict=True)
        )
        return ContactRecord(first, potential, current, stopped.crossing, stopped.halt)
