"""The measurement: the site's segments one after the other, each to its own end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from seccm.errors import ContactError
from seccm.events import EndReason, Landing, Phase, PhaseBegan, StepFinished
from seccm.plan.site import Segment, Site
from seccm.rig import Block, Drive, Wake
from seccm.run.course import Course, Steps
from seccm.run.limits import TRANSIENT_ROWS, LimitWatch
from seccm.run.trust import railed

LOST_ROWS = 4
"""Rows of overload, in succession, that mean the meniscus is gone: 10 ms."""


@dataclass(frozen=True, slots=True)
class End:
    """How a segment ended."""

    row: int
    """Its last row."""
    reason: EndReason
    charge: float
    """Net charge in coulombs."""


class SegmentWatch:
    """Finds the end of a segment in its rows: time, a limit, or a lost meniscus.

    Args:
        segment: what is imposed.
        since: its first row.
        rows: how many rows it lasts if nothing ends it earlier.
    """

    def __init__(self, segment: Segment, since: int, rows: int) -> None:
        self._last = since + rows - 1
        self._since = since
        self._limits = LimitWatch(segment.limits, since)
        self._galvanostatic = segment.mode == "current"
        self._overload = 0

    @property
    def charge(self) -> float:
        """Net charge in coulombs of the rows seen so far."""
        return self._limits.charge

    def feed(self, block: Block) -> End | None:
        """Look at the next rows; return the end of the segment once it is in them.

        Raises:
            ContactError: the signal is not a number, so that no limit can be kept.
        """
        own = block.part(self._since, self._last + 1)
        for channel in ("potential", "current"):
            bad = np.isnan(own.data[channel])
            if bad.any():
                raise ContactError(
                    "bad-signal",
                    f"the {channel} signal is not a number in row {own.start + int(bad.argmax())}.",
                )
        lost = self._lost(own)
        hit = self._limits.feed(own if lost is None else own.part(own.start, lost + 1))
        if hit is not None:
            row, limit = hit
            return End(row, limit.quantity, self.charge)
        if lost is not None:
            return End(lost, "lost contact", self.charge)
        if block.stop > self._last:
            return End(self._last, "time", self.charge)
        return None

    def _lost(self, block: Block) -> int | None:
        """Return the row at which the galvanostat has been in overload for too long."""
        if not self._galvanostatic or block.rows == 0:
            return None
        over = railed(block)
        over[: max(0, self._since + TRANSIENT_ROWS - block.start)] = False
        rows = np.arange(block.rows)
        last_closed = np.maximum.accumulate(np.where(over, -1 - self._overload, rows))
        streak = rows - last_closed
        self._overload = int(streak[-1])
        gone = streak >= LOST_ROWS
        return block.start + int(gone.argmax()) if gone.any() else None


def measure(course: Course, site: Site, landing: Landing, seen: Iterable[Block]) -> Steps[None]:
    """Run the site's segments.

    Args:
        course: the hop it belongs to.
        site: what to run.
        landing: where the meniscus touched.
        seen: the blocks from the contact row on. A first segment that continues the hold of
            the approach began with the contact row and owns them.

    Raises:
        ContactError: the meniscus was lost, or the signal is not a number.
    """
    continues = site.approach.continues
    for segment in site.segments:
        if segment.index == 0 and continues:
            since, blocks, label = landing.row + 1, tuple(seen), landing.row
        else:
            since, blocks, label = course.row, (), course.row
        course.tell(PhaseBegan(label, site.number, Phase.STEP, segment.index))
        end = yield from _impose(course, segment, since, blocks)
        course.tell(StepFinished(end.row, site.number, segment.index, end.reason, end.charge))
        if course.row > end.row + 1:
            course.tell(PhaseBegan(end.row + 1, site.number, Phase.SETTLE, segment.index))
        if end.reason == "lost contact":
            raise ContactError(
                "lost-contact", f"the meniscus was lost during step {segment.index + 1}."
            )


def _impose(course: Course, segment: Segment, since: int, blocks: tuple[Block, ...]) -> Steps[End]:
    """Drive the cell with one segment until it ends."""
    rows = course.block.clock.rows(segment.waveform.duration)
    watch = SegmentWatch(segment, since, rows)
    for block in blocks:
        end = watch.feed(block)
        if end is not None:
            return end
    yield from course.next(
        Drive(segment.mode, segment.waveform, since, segment.limits), Wake(since + rows)
    )
    while True:
        end = watch.feed(course.block)
        if end is not None:
            return end
        yield from course.next()
