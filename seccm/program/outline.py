"""A programme in words, one line a step, for pages and screens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seccm.factors import Level
from seccm.program.program import Program
from seccm.program.tree import PROGRAM, Place, arms, name_of
from seccm.program.words import If, Repeat, Step

_FEW = 5
"""Values of a repeat that are told one by one."""


def outline(program: Program) -> Iterator[tuple[int, str]]:
    """Yield the lines of a programme: how deep it stands in repeats and ifs, and what it says."""
    return _outline(program, program.steps, 0, PROGRAM, PROGRAM)


def _outline(
    program: Program, steps: Sequence[Step], depth: int, first: Place, last: Place
) -> Iterator[tuple[int, str]]:
    """Yield the lines of some steps.

    Args:
        program: the whole programme.
        steps: of a part of it.
        depth: how deep that stands.
        first: the place of the steps in the first turn of every repeat round them.
        last: the same in the last turn: of a series of values, both ends are told.
    """
    for index, step in enumerate(steps):
        begins, ends = first.at(index), last.at(index)
        if isinstance(step, Repeat):
            yield depth, f"repeat {_turns(step)}"
            turns = begins.turn(step, 0), ends.turn(step, step.turns - 1)
            yield from _outline(program, step.program, depth + 1, *turns)
        elif isinstance(step, If):
            words = (f"if {step.when.words}", "otherwise")
            for arm, (word, (name, inside)) in enumerate(zip(words, arms(step), strict=True)):
                if inside:
                    yield depth, word
                    places = (place.arm(name, arm) for place in (begins, ends))
                    yield from _outline(program, inside, depth + 1, *places)
        else:
            name = f" ({step.name})" if step.name else ""
            said = [program.expected(place.part(step)).label for place in (begins, ends)]
            yield depth, f"{name_of(step)}{name}: {' ... '.join(dict.fromkeys(said))}"


def _turns(step: Repeat) -> str:
    """Say how often a repeat runs its steps, and over which values."""
    times = f"{step.turns} times"
    if step.over:
        series = (f"{name} = {_listed(levels)}" for name, levels in step.over.items())
        times = f"over {'; '.join(series)}"
    if step.until is None:
        return times
    return f"{'' if step.over else 'up to '}{times}, until {step.until.words}"


def _listed(levels: Sequence[Level]) -> str:
    few = len(levels) <= _FEW
    return ", ".join(map(str, levels)) if few else f"{levels[0]} ... {levels[-1]} ({len(levels)})"
