"""The measurement: the site's steps as its programme chooses them, each to its own end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from seccm.errors import ContactError
from seccm.events import (
    EndReason,
    Event,
    Landing,
    Note,
    Outcome,
    Phase,
    PhaseBegan,
    StepFinished,
)
from seccm.hopping.before import Before
from seccm.hopping.course import Course, GivenUp, Steps
from seccm.hopping.judge import Judge
from seccm.hopping.last_rows import LastRows
from seccm.hopping.trust import railed
from seccm.plan.site import Site
from seccm.program.live import Known, Live
from seccm.program.second import Second, opened
from seccm.program.segment import Segment
from seccm.results import Value
from seccm.rig import Block, Constant, Drive, Flag, Limit, Wake
from seccm.rig.limits import LimitWatch
from seccm.rig.shown import TRANSIENT_ROWS, Shown
from seccm.rig.streaks import streaks
from seccm.units import show

_OVERLOAD, _SATURATED = int(Flag.OVERLOAD), int(Flag.SATURATED)
LOST_ROWS = 4
"""Rows of overload, in succession, after which a step is over: 10 ms. A meniscus that is gone and
a cell that cannot carry the current look the same: both leave the galvanostat at its rail."""


@dataclass(frozen=True, slots=True)
class End:
    """How a segment ended."""

    row: int
    """Its last row."""
    reason: EndReason
    charge: float
    """Net charge in coulombs."""


class SegmentWatch:
    """Finds the end of a segment in its rows: time, a limit, or an overload that stays.

    Args:
        segment: what is imposed.
        since: its first row.
        rows: how many rows it lasts if nothing ends it earlier.
        last: keeps its last rows, where they are asked for.
        shown: told its rows.
    """

    def __init__(
        self,
        segment: Segment,
        since: int,
        rows: int,
        last: LastRows | None = None,
        shown: Shown | None = None,
    ) -> None:
        self.since = since
        """Its first row."""
        self.stop = since + rows
        """The row after its last, if nothing ends it earlier."""
        self._limits = LimitWatch(segment.limits, since)
        self.saturated = 0
        """Rows so far in which an input was at the end of its range, after the transient."""
        self._galvanostatic = segment.mode == "current"
        self._overload = 0
        self._last, self._shown, self._segment = last, shown, segment

    @property
    def charge(self) -> float:
        """Net charge in coulombs of the rows seen so far."""
        return self._limits.charge

    def feed(self, block: Block) -> End | None:
        """Look at the next rows; return the end of the segment once it is in them.

        Raises:
            ContactError: the signal is not a number, so that no limit can be kept.
        """
        end = self._end(block)
        settled, stop = self.since + TRANSIENT_ROWS, self.stop if end is None else end.row + 1
        own = block.part(settled, max(settled, stop))
        if self._shown is not None:
            self._shown.feed(self._segment.mode, self._segment.waveform, own)
        flags = own.flags
        # An open galvanostat may well be beyond the range of the input for its potential.
        full = (flags & (_SATURATED | _OVERLOAD)) == _SATURATED
        self.saturated += int(np.count_nonzero(full))
        if self._last is not None:
            self._last.add(block.part(self.since, max(self.since, stop)))
        return end

    def _end(self, block: Block) -> End | None:
        own = block.part(self.since, self.stop)
        over = None if block.late is None else block.late.over
        if over is not None and over.by == "limit" and over.row < block.stop:
            # The rows that follow are those of a cell that the instrument has left already.
            own = own.part(own.start, over.row + 1)
        bad = np.isnan(own.data["potential"]) | np.isnan(own.data["current"])
        good = own.part(own.start, own.start + int(bad.argmax())) if bad.any() else own
        lost = self._lost(good)
        hit = self._limits.feed(good if lost is None else good.part(good.start, lost + 1))
        if hit is not None:
            row, limit = hit
            return End(row, _reached(limit), self.charge)
        if lost is not None:
            return End(lost, "lost contact", self.charge)
        if over is not None and over.by == "limit" and over.limit is not None:
            return End(max(over.row, self.since), _reached(over.limit), self.charge)
        if bad.any():
            raise ContactError(
                "bad-signal",
                f"the potential or the current is not a number in data point {good.stop}.",
            )
        if block.stop >= self.stop:
            return End(self.stop - 1, "time", self.charge)
        return None

    def give_up(self, block: Block) -> End:
        """Return how a segment ended that is left with these newest rows."""
        try:
            end = self.feed(block)
        except ContactError:
            end = None
        return end or End(block.stop - 1, "given up", self.charge)

    def _lost(self, block: Block) -> int | None:
        """Return the row at which the galvanostat has been in overload for too long."""
        if not self._galvanostatic or block.rows == 0:
            return None
        over = railed(block)
        over[: max(0, self.since + TRANSIENT_ROWS - block.start)] = False
        streak = streaks(over, self._overload)
        self._overload = int(streak[-1])
        gone = streak >= LOST_ROWS
        return block.start + int(gone.argmax()) if gone.any() else None


def _imposed(segment: Segment) -> str:
    lower, upper = segment.waveform.extremes
    return show(max(lower, upper, key=abs), "A")


def _reached(limit: Limit) -> EndReason:
    match limit.quantity, limit.side:
        case "potential", "above":
            return "potential above"
        case "potential", "below":
            return "potential below"
        case "current", "above":
            return "current above"
        case "current", "below":
            return "current below"
        case "magnitude", _:
            return "current magnitude below"
        case "share", _:
            return "current share below"
        case "drift", _:
            return "potential drift below"
        case _:
            return "charge"


def measure(
    course: Course,
    site: Site,
    landing: Landing,
    seen: Iterable[Block],
    shown: Shown | None = None,
    judge: Judge | None = None,
    *,
    late: bool = False,
) -> Steps[None]:
    """Run the site's steps.

    Args:
        course: the hop it belongs to.
        site: what to run.
        landing: where the meniscus touched.
        seen: the blocks from the contact row on. A first segment that continues the hold of
            the approach began with the contact row and owns them.
        shown: told the rows of all steps.
        judge: told where each step begins and ends.
        late: whether the drive of the cell runs techniques by itself: a step then begins when the
            rows say so, and not when it was ordered.

    Raises:
        ContactError: an overload that stayed, or the signal is not a number.
        GivenUp: thrown in by the engine, and passed on.
    """
    continues = site.approach.continues
    walk, live = site.program.walk(), Live()
    before = Before() if course.before is None else course.before
    before.tell(walk, live)
    done = before.rows
    second = site.approach.second
    while (segment := walk.next(live)) is not None:
        fresh = False
        if done:
            since, blocks, label = course.row - done, before.blocks(course.row), course.row
            done = 0
        elif segment.index == 0 and continues and not (late and _changes(segment)):
            since, blocks, label = landing.row + 1, iter(tuple(seen)), landing.row
        else:
            since, blocks, label, fresh = course.row, iter(()), course.row, True
        beside, ordered = _beside(second, segment, since), late and fresh
        second = segment.second
        if ordered:
            course.tell(PhaseBegan(since, site.number, Phase.SETTLE, segment.index))
            since = label = yield from _begun(course, segment, beside)
            blocks = iter((course.block,))
        clock = course.block.clock
        raw = segment.keeps_raw(clock.period)
        began = (label, site.number, Phase.STEP, segment.index, segment.kind, raw)
        course.tell(PhaseBegan(*began))
        if judge is not None:
            judge.begin(segment, landing, label)
        last = LastRows(clock, site.program.mains)
        # With shorter data points of its own it is analysed to the end of what is imposed.
        rows = clock.covering if segment.row < clock.period else clock.rows
        watch = SegmentWatch(segment, since, rows(segment.waveform.duration), last, shown)
        try:
            end = yield from _impose(course, segment, watch, blocks, beside, ordered=ordered)
        except GivenUp as request:
            # A step that goes on some other day has not ended.
            if request.outcome is not Outcome.ABORTED or not site.goes_on:
                course.tell(*_finished(site, segment, label, watch.give_up(course.block), watch))
            raise
        finished = _finished(site, segment, label, end, watch)
        course.tell(*finished)
        found: Mapping[str, Value] = {}
        if judge is not None:
            judge.finish(end.row)
            found = judge.results(finished[0])
        known = Known(last.potential, last.current, end.charge, last.seconds)
        live.tell(segment.name, known, segment.kind, found)
        if course.row > end.row + 1:
            course.tell(PhaseBegan(end.row + 1, site.number, Phase.SETTLE, segment.index))
        if end.reason == "lost contact":
            raise ContactError(
                "lost-contact",
                f"overload in step {segment.index + 1}: the meniscus was lost, or the cell cannot "
                f"carry {_imposed(segment)} within the compliance.",
            )


def _finished(
    site: Site, segment: Segment, first: int, end: End, watch: SegmentWatch
) -> tuple[StepFinished, *tuple[Event, ...]]:
    """Return what is to be said of a step that has ended: first that it has."""
    finished = segment.finished(site.number, first, end.row, end.reason, end.charge)
    if not watch.saturated:
        return (finished,)
    what = (
        f"An input was at the end of its range in {watch.saturated} data points of step "
        f"{segment.index + 1}: its charge, and limits on that signal, are not reliable. "
        "Choose a larger range."
    )
    return finished, Note(end.row, site.number, what)


def _beside(before: Second | None, segment: Segment, since: int) -> tuple[Drive, ...]:
    """Return what other drives are told where a step begins, after that of the cell.

    Args:
        before: what was imposed until now.
        segment: the step.
        since: its first row.
    """
    now = segment.second
    left = () if before is None or (now and now.drive == before.drive) else (opened(before.drive),)
    return left if now is None else (*left, now.imposed(since))


def _changes(segment: Segment) -> bool:
    """Tell whether what a step imposes changes, so that an instrument begins it again."""
    return not isinstance(segment.waveform, Constant)


def _drive(segment: Segment, since: int, period: float) -> Drive:
    return Drive(
        segment.mode,
        segment.waveform,
        since,
        segment.limits,
        segment.keeps_raw(period),
        segment.range,
    )


def _begun(course: Course, segment: Segment, beside: tuple[Drive, ...]) -> Steps[int]:
    """Order a step of an instrument; return the row in which it has begun.

    The rig loses patience with an instrument that does not begin.
    """
    drive = _drive(segment, course.row, course.block.clock.period)
    yield from course.next(drive, *beside)
    while course.block.late is None or course.block.late.begun is None:
        yield from course.next()
    return course.block.late.begun.row


def _impose(
    course: Course,
    segment: Segment,
    watch: SegmentWatch,
    seen: Iterable[Block],
    beside: tuple[Drive, ...],
    *,
    ordered: bool,
) -> Steps[End]:
    """Drive the cell with one segment until it ends, perhaps in rows that were seen already.

    Args:
        course: the hop it belongs to.
        segment: what is imposed.
        watch: finds its end.
        seen: rows that may be of it already.
        beside: what other drives are told with it.
        ordered: whether that was said already.
    """
    for block in seen:
        end = watch.feed(block)
        if end is not None:
            return end
    drive = _drive(segment, watch.since, course.block.clock.period)
    yield from course.next(*(() if ordered else (drive, *beside)), Wake(watch.stop))
    while True:
        end = watch.feed(course.block)
        if end is not None:
            return end
        yield from course.next()
