"""Whether a site whose steps all ran kept its contact: asked before the site is closed.

A galvanostat that loses the meniscus goes into overload, which ends the step. A potentiostat goes
on, and only the record shows that no current flows any more. It is judged here by the same rules
and from the same rows as in the analysis of the file, so that both say the same; but as the rows
come, of which only the newest are kept: a site may last a day.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Concatenate, ParamSpec

import numpy as np

from seccm.analysis.alignment import misplaced
from seccm.analysis.lost_contact import ContactWatch
from seccm.analysis.step_trace import IDLE_ROWS, around_contact
from seccm.data.tail import Tail
from seccm.data.trace import SiteRecord, record_of
from seccm.events import Landing, Outcome, StepFinished
from seccm.plan.site import Site
from seccm.program.segment import Segment
from seccm.results import Value
from seccm.rig import BASIC, Block, Clock, Flag
from seccm.rig.block import joined
from seccm.units import show

EARLIER = 2 * IDLE_ROWS
"""Rows before a contact that matter: what came before is looked at by nobody."""
LATER = 64
"""Rows after a contact that show whether all signals stand in their rows."""
CHUNK = 4096
"""Rows that are looked at together."""


P = ParamSpec("P")


def _harmless(
    method: Callable[Concatenate[KeptContact, P], None],
) -> Callable[Concatenate[KeptContact, P], None]:
    """Let whatever a method stumbles over cost the verdict, and not the site."""

    def tried(self: KeptContact, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            if not self.broken:
                method(self, *args, **kwargs)
        except Exception:  # whatever it is: the analysis of the file says so
            self.broken = True

    return tried


class KeptContact:
    """Says of a site where its contact was lost.

    Args:
        site: what is done there.
        clock: of the rig.
        offset: volts that turn a raw potential into one against the reference.
    """

    def __init__(self, site: Site, clock: Clock, offset: float) -> None:
        self._site, self._clock, self._offset = site, clock, offset
        self._rows: deque[Block] = deque()
        """Those that were not looked at yet; before the contact, those that may matter."""
        self._count = 0
        self._room = EARLIER + site.approach.confirm + CHUNK
        self._landing: Landing | None = None
        self._around: list[Block] = []
        """Rows around the contact."""
        self._watch: ContactWatch | None = None
        self._segment: Segment | None = None
        """The step that is under way."""
        self._next, self._since = 0, 0.0
        """Its next row to be looked at, and when it began on the clock of the stream."""
        self._said = ""
        self.broken = False
        """Whether something went wrong here, so that there is no verdict."""

    @property
    def kept(self) -> int:
        """How many rows are in memory."""
        return self._count + sum(block.rows for block in self._around)

    @_harmless
    def feed(self, block: Block) -> None:
        """Take the next rows, see `Judge.feed`."""
        if self._segment is not None and self._count >= CHUNK:
            # They are of the step for sure: it would have ended otherwise.
            self._look(self._rows[-1].stop)
        if self._segment is None:
            room = self._room if self._landing is None else 0
            while self._rows and self._count - self._rows[0].rows >= room:
                self._count -= self._rows.popleft().rows
        own = block.part(block.start, block.stop)
        self._rows.append(own)
        self._count += own.rows
        if self._landing is not None and self._around[-1].stop <= self._landing.row + LATER:
            self._around.append(own)

    @_harmless
    def begin(self, segment: Segment, landing: Landing, first: int) -> None:
        """Take note that a step begins, see `Judge.begin`."""
        period = self._clock.period
        if self._watch is None:
            self._landing = landing
            self._around = [
                block for block in self._rows if block.stop > landing.row - EARLIER and block.rows
            ]
            record = self._record(landing)
            idle, held = around_contact(record, first - landing.row, self._offset)
            self._watch = ContactWatch(idle, held)
        goes_on = segment.index == 0 and self._site.approach.continues
        self._since = (landing.row + 1 if goes_on else first) * period
        self._segment, self._next = segment, first
        self._watch.begin(segment, period)

    @_harmless
    def finish(self, last: int) -> None:
        """Take note that the step has ended, see `Judge.finish`."""
        assert self._watch is not None
        self._look(last + 1)
        self._watch.finish()
        self._segment = None

    def results(self, finished: StepFinished) -> Mapping[str, Value]:
        """Return nothing: only the contact is followed here."""
        return {}

    def verdict(self) -> str:
        """Return where the contact was lost under an imposed potential, as a sentence.

        Returns:
            Empty where the contact was kept, or where that cannot be told.
        """
        self._judge()
        return "" if self.broken else self._said

    @_harmless
    def _judge(self) -> None:
        watch, landing = self._watch, self._landing
        if watch is None or landing is None or watch.lost is None:
            return
        if watch.told_by == 0 and misplaced(self._site, self._record(landing)):
            return
        lost = watch.lost
        after = (
            f"{show(lost.row * self._clock.period, 's', 3)} after its start"
            if lost.row
            else "its start"
        )
        step = lost.segment.index + 1
        self._said = f"Lost contact in step {step}: no current from {after} on."

    def _look(self, stop: int) -> None:
        """Look at the rows of the step up to, not including, one; keep what comes after it."""
        assert self._watch is not None
        own = [part for b in self._rows if (part := b.part(self._next, stop)).rows]
        while self._rows and self._rows[0].stop <= stop:
            self._count -= self._rows.popleft().rows
        if not own:
            return
        block, numbers = joined(own), np.concatenate([np.arange(b.start, b.stop) for b in own])
        # As they are stored, so that the analysis of the file sees the same numbers.
        e = block.data["potential"].astype(np.float32).astype(np.float64)
        i = block.data["current"].astype(np.float32).astype(np.float64)
        gap = ((block.flags & Flag.GAP) != 0) | ~(np.isfinite(e) & np.isfinite(i))
        gap |= np.diff(numbers, prepend=self._next) > 1
        self._next = stop
        measured = (block.flags & Flag.OVERLOAD) == 0
        t = (numbers + 1) * self._clock.period - self._since
        self._watch.feed(t, e + self._offset, i, gap, measured)

    def _record(self, landing: Landing) -> SiteRecord:
        """Return the rows around the contact as the analysis of the file has them."""
        block = joined(self._around)
        added = [name for name in block.data if name not in _BASIC]
        tail = Tail(self._clock, 0.0, added, capacity=block.rows)
        for part in self._around:
            tail.append(part)
        return record_of(
            tail.take(len(tail)),
            number=self._site.number,
            outcome=Outcome.OK,
            landing=landing,
            t_contact=self._clock.time(landing.row),
            events=(),
        )


_BASIC = {signal.name for signal in BASIC}
