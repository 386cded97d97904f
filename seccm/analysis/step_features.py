"""What is determined of a step: what every step has, and what its kind yields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seccm.analysis.any_step import of_any_step
from seccm.program.any_results import OF_ANY_STEP
from seccm.program.kind import Found
from seccm.program.registry import kinds
from seccm.program.segment import Segment
from seccm.program.trace import StepTrace
from seccm.results import Result, Values


def results_of(segment: Segment, before: Sequence[Segment]) -> tuple[Result, ...]:
    """Return the results that a step yields after the steps before it.

    A kind that is not installed here yields what every step does.
    """
    kind = kinds().get(segment.kind)
    return (*(kind.declared(segment, before) if kind else ()), *OF_ANY_STEP)


def measured(trace: StepTrace, before: Sequence[StepTrace]) -> Found:
    """Determine the results of a step, after those before it at the same site.

    What was wrong with the rows that a result comes from is its status.
    """
    kind = kinds().get(trace.segment.kind)
    numbers = {**(kind.measure(trace, before) if kind else {}), **of_any_step(trace)}
    wanted = results_of(trace.segment, [one.segment for one in before])
    return {r.name: numbers[r.name].checked(trace) for r in wanted if r.name in numbers}


def arrays_of(trace: StepTrace, before: Sequence[StepTrace]) -> Mapping[str, Values]:
    """Determine those results of a step that are arrays."""
    kind = kinds().get(trace.segment.kind)
    return kind.arrays(trace, before) if kind else {}


def words_of(segment: Segment, found: Found) -> str:
    """Say the most telling results of a step in a phrase; empty if there is nothing to say."""
    kind = kinds().get(segment.kind)
    return kind.words(found) if kind else ""
