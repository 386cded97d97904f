"""Results of steps that have ended, for a programme that asks for them at once.

They are found by the analysis of the file, from the same rows, up to the end of the step: later
rows change nothing. The rows of the site are kept for it, so that such a programme may not be long.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping

from seccm.analysis.features import area_at
from seccm.analysis.step_features import measured
from seccm.analysis.step_trace import IDLE_ROWS, step_traces
from seccm.data.tail import Tail
from seccm.data.trace import record_of
from seccm.events import Landing, Outcome, Phase, StepFinished
from seccm.hopping.judge import Judge
from seccm.plan import Plan
from seccm.plan.asking import MOST
from seccm.plan.site import Site
from seccm.program.live import last_of
from seccm.program.segment import Segment
from seccm.results import Value
from seccm.rig import Block, Clock

EARLIER = 2 * IDLE_ROWS
"""Rows before a contact that matter to the analysis."""


class LiveResults:
    """Finds the results of steps that are asked for; passes on what else is asked of a judge.

    Args:
        site: what is done there.
        clock: of the rig.
        plan: of the run.
        asked: the steps whose results are asked for, by name or as the last of a kind.
        contact: says whether the contact was kept; None where nobody has to.
    """

    def __init__(
        self, site: Site, clock: Clock, plan: Plan, asked: Collection[str], contact: Judge | None
    ) -> None:
        self._site, self._clock, self._asked, self._contact = site, clock, asked, contact
        self._offset, self._area = plan.reference.offset, area_at(plan, site)
        self._blocks: deque[Block] = deque()
        self._rows = 0
        self._room = EARLIER + site.approach.confirm + IDLE_ROWS
        self._landing: Landing | None = None
        self._marks: list[tuple[int, Phase, int]] = []
        self._ended: list[StepFinished] = []
        self._segment: Segment | None = None

    def feed(self, block: Block) -> None:
        """Take the next rows, see `Judge.feed`."""
        if self._contact is not None:
            self._contact.feed(block)
        room = self._room if self._landing is None else MOST
        while self._blocks and self._rows - self._blocks[0].rows >= room:
            self._rows -= self._blocks.popleft().rows
        self._blocks.append(block.part(block.start, block.stop))
        self._rows += block.rows

    def begin(self, segment: Segment, landing: Landing, first: int) -> None:
        """Take note that a step begins, see `Judge.begin`."""
        if self._contact is not None:
            self._contact.begin(segment, landing, first)
        self._landing, self._segment = landing, segment
        self._marks.append((first, Phase.STEP, segment.index))

    def finish(self, last: int) -> None:
        """Take note that the step has ended, see `Judge.finish`."""
        if self._contact is not None:
            self._contact.finish(last)
        if self._segment is not None:
            self._marks.append((last + 1, Phase.SETTLE, self._segment.index))

    def results(self, finished: StepFinished) -> Mapping[str, Value]:
        """Return what was found of the step that has ended; nothing if nobody asks for it."""
        self._ended.append(finished)
        if not {finished.name, last_of(finished.kind)} & set(self._asked):
            return {}
        try:
            return self._found(finished)
        except Exception:  # A result that cannot be found is missing; the analysis says why.
            return {}

    def verdict(self) -> str:
        """Return why the site failed, see `Judge.verdict`."""
        return "" if self._contact is None else self._contact.verdict()

    def _found(self, finished: StepFinished) -> Mapping[str, Value]:
        landing = self._landing
        assert landing is not None
        tail = Tail(self._clock, 0.0, capacity=self._rows)
        for block in self._blocks:
            tail.append(block)
        tail.mark(self._blocks[0].start, Phase.APPROACH, 0)
        for mark in self._marks:
            tail.mark(*mark)
        record = record_of(
            tail.take(len(tail)),
            number=self._site.number,
            outcome=Outcome.OK,
            landing=landing,
            t_contact=self._clock.time(landing.row),
            events=tuple(self._ended),
        )
        traces = step_traces(self._site, record, self._offset, self._area)
        place = next(k for k, one in enumerate(traces) if one.segment.index == finished.step)
        return measured(traces[place], traces[:place])
