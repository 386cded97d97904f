"""Whether a site whose steps all ran kept its contact: asked before the site is closed.

A galvanostat that loses the meniscus goes into overload, which ends the step. A potentiostat goes
on, and only the record shows that no current flows any more. It is judged here by the same function
and from the same rows as in the analysis of the file, so that both say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seccm.analysis.features import area_of
from seccm.analysis.step_trace import IDLE_ROWS, step_traces
from seccm.data.tail import Tail
from seccm.data.trace import record_of
from seccm.events import Event, Landed, Landing, Outcome, PhaseBegan
from seccm.plan import Plan
from seccm.plan.site import Site
from seccm.program.trace import StepTrace
from seccm.rig import Block, Clock
from seccm.units import show


@dataclass(frozen=True, slots=True)
class KeptContact:
    """Says of a site where its contact was lost.

    Args:
        plan: whose sites are visited.
        clock: of the rig.
    """

    plan: Plan
    clock: Clock

    def __call__(self, site: Site, blocks: Sequence[Block], events: Sequence[Event]) -> str:
        """Return where the contact was lost under an imposed potential, as a sentence.

        Args:
            site: what was done there.
            blocks: its rows, from its start on.
            events: told of it.

        Returns:
            Empty where the contact was kept, or where that cannot be told.
        """
        landing = next((e.landing for e in reversed(events) if isinstance(e, Landed)), None)
        if landing is None or all(segment.mode == "current" for segment in site.segments):
            return ""
        try:
            lost = self._lost(site, blocks, tuple(events), landing)
        except Exception:  # whatever it stumbles over: the analysis of the file says so
            return ""
        if lost is None or lost.lost is None:
            return ""
        after = (
            f"{show(lost.lost * lost.row, 's', 3)} after its start" if lost.lost else "its start"
        )
        return f"Lost contact in step {lost.segment.index + 1}: no current from {after} on."

    def _lost(
        self, site: Site, blocks: Sequence[Block], events: tuple[Event, ...], landing: Landing
    ) -> StepTrace | None:
        """Return the first step in which there was no contact; None if there is none."""
        # What came before is looked at by nobody.
        blocks = [block for block in blocks if block.stop > landing.row - 2 * IDLE_ROWS]
        count = sum(block.rows for block in blocks)
        tail = Tail(self.clock, 0.0, capacity=count)
        for block in blocks:
            tail.append(block)
        for event in events:
            if isinstance(event, PhaseBegan):
                tail.mark(event.row, event.phase, event.step)
        record = record_of(
            tail.take(count),
            number=site.number,
            outcome=Outcome.OK,
            landing=landing,
            t_contact=(landing.row + 1) * self.clock.period,
            events=events,
        )
        traces = step_traces(site, record, self.plan.reference.offset, area_of(self.plan))
        return next((trace for trace in traces if trace.lost is not None), None)
