"""A programme in words, one line a step, for pages and screens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seccm.program.program import Program
from seccm.program.tree import arms, name_of
from seccm.program.words import If, Repeat, Step


def outline(program: Program) -> Iterator[tuple[int, str]]:
    """Yield the lines of a programme: how deep it stands in repeats and ifs, and what it says."""
    return _outline(program, program.steps, 0)


def _outline(program: Program, steps: Sequence[Step], depth: int) -> Iterator[tuple[int, str]]:
    for step in steps:
        if isinstance(step, Repeat):
            times = f"{step.times} times"
            until = f"up to {times}, until {step.until.words}" if step.until else times
            yield depth, f"repeat {until}"
            yield from _outline(program, step.program, depth + 1)
        elif isinstance(step, If):
            for word, (_, inside) in zip(
                (f"if {step.when.words}", "otherwise"), arms(step), strict=True
            ):
                if inside:
                    yield depth, word
                    yield from _outline(program, inside, depth + 1)
        else:
            name = f" ({step.name})" if step.name else ""
            yield depth, f"{name_of(step)}{name}: {program.expected(step).label}"
