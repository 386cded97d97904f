"""Which results there are, and which steps of a programme yield them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from seccm.events import Path
from seccm.program.any_results import OF_ANY_STEP
from seccm.program.registry import kinds, on_register
from seccm.program.segment import Segment
from seccm.program.tree import Likeness, part_at
from seccm.program.words import Step
from seccm.results import Result

_TURNS = 3
"""Turns of a repeat that differ in what they yield: the first has no turn before it, and the third
makes a series of those before it."""


@lru_cache(maxsize=1)
def results() -> Mapping[str, Result]:
    """Return every result that a kind of step yields, by its name, in the order of the kinds."""
    every = (result for kind in kinds().values() for result in kind.results)
    return {result.name: result for result in (*every, *OF_ANY_STEP)}


on_register(results.cache_clear)


def results_of(segment: Segment, before: Sequence[Segment]) -> tuple[Result, ...]:
    """Return the results that a step yields after the steps before it.

    A kind that is not installed here yields what every step does.
    """
    kind = kinds().get(segment.kind)
    return (*(kind.declared(segment, before) if kind else ()), *OF_ANY_STEP)


@dataclass(frozen=True, slots=True)
class Yielding:
    """A step that may run, and what it yields under some condition."""

    index: int
    """Its number among all steps that may run, in the order of the plan."""
    path: Path
    part: str
    """The key in the plan of the step, such as program[0]; that of a repeat has several turns."""
    kind: str
    name: str
    """What the plan calls it; empty if nothing."""
    results: Mapping[str, Result]
    """By their names."""

    @property
    def words(self) -> str:
        """The step in words, for a list of steps."""
        return f'{self.index} "{self.name or self.kind}"'


def yielding(steps: Sequence[Step], programs: Iterable[Sequence[Segment]]) -> tuple[Yielding, ...]:
    """Return every step that may run at the sites of a plan, with its results.

    Args:
        steps: the programme of the plan.
        programs: the same with the levels of each condition, every step that may run in order.
    """
    found: dict[Path, dict[str, Result]] = {}
    every: Sequence[Segment] = ()
    like = Likeness(steps, _TURNS)
    for every in programs:
        # A repeat may have thousands of turns, which yield what its second one does.
        few = [s for s in every if like.of(s.path) == s.path]
        for count, segment in enumerate(few):
            named = {result.name: result for result in results_of(segment, few[:count])}
            found.setdefault(segment.path, {}).update(named)
    return tuple(
        Yielding(
            segment.index,
            segment.path,
            part_at(steps, segment.path).key,
            segment.kind,
            segment.name,
            found[like.of(segment.path)],
        )
        for segment in every
    )
