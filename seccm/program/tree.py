"""The tree of a programme: steps, repeats of steps, and steps that run only if something is so.

A plan's own words are its nodes; a single step is found by its key in the plan, and by its path
while it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from seccm.events import Path
from seccm.program.comparison import Comparison
from seccm.program.kind import StepSpec
from seccm.program.words import If, Repeat, Step

Decide = Callable[[Comparison], bool]
"""Answers a question."""
End = Literal["first", "last"]


@dataclass(frozen=True, slots=True)
class Part:
    """A step as it stands in the plan, however often it runs."""

    key: str
    """Its key in the plan, such as program[0]."""
    spec: StepSpec

    @property
    def kind(self) -> str:
        """The kind of step as the plan names it."""
        return name_of(self.spec)


def name_of(spec: StepSpec) -> str:
    """Return the kind of a step as a plan names it."""
    return str(spec.__dict__["step"])


def arms(step: If) -> tuple[tuple[str, tuple[Step, ...]], tuple[str, tuple[Step, ...]]]:
    """Return what runs if it is so, and what runs if not, each with its key."""
    return ("program", step.program), ("otherwise", step.otherwise)


def parts(steps: Sequence[Step], where: str = "program") -> Iterator[Part]:
    """Yield every step that stands in a programme, once each."""
    for index, step in enumerate(steps):
        key = f"{where}[{index}]"
        if isinstance(step, Repeat):
            yield from parts(step.program, f"{key}.program")
        elif isinstance(step, If):
            for name, inside in arms(step):
                yield from parts(inside, f"{key}.{name}")
        else:
            yield Part(key, step)


def walked(
    steps: Sequence[Step], decide: Decide, path: Path = ()
) -> Iterator[tuple[Path, StepSpec]]:
    """Yield the steps as they run, each with its path.

    Args:
        steps: of a programme.
        decide: asked when the answer is needed, and not before.
        path: of the steps.
    """
    for index, step in enumerate(steps):
        here = (*path, index)
        if isinstance(step, Repeat):
            for turn in range(step.times):
                yield from walked(step.program, decide, (*here, turn))
                if step.until is not None and decide(step.until):
                    break
        elif isinstance(step, If):
            arm = 0 if decide(step.when) else 1
            yield from walked(arms(step)[arm][1], decide, (*here, arm))
        else:
            yield here, step


def possible(steps: Sequence[Step], path: Path = ()) -> Iterator[tuple[Path, StepSpec]]:
    """Yield every step that may run, each with its path: all turns of repeats, both arms of ifs."""
    for index, step in enumerate(steps):
        here = (*path, index)
        if isinstance(step, Repeat):
            for turn in range(step.times):
                yield from possible(step.program, (*here, turn))
        elif isinstance(step, If):
            for arm, (_, inside) in enumerate(arms(step)):
                yield from possible(inside, (*here, arm))
        else:
            yield here, step


def like(steps: Sequence[Step], path: Path, turns: int) -> Path:
    """Return the path of the same step in turns below a number: a later turn becomes the last one.

    Raises:
        LookupError: there is no step at the path.
    """
    if not path or not 0 <= path[0] < len(steps):
        raise LookupError(f"there is no step {path}")
    step, rest = steps[path[0]], path[1:]
    if isinstance(step, Repeat):
        turn = min(rest[0], turns - 1) if rest else 0
        return (path[0], turn, *like(step.program, rest[1:], turns))
    if isinstance(step, If) and rest[:1] in ((0,), (1,)):
        return (*path[:2], *like(arms(step)[rest[0]][1], rest[1:], turns))
    return path


def ends(
    steps: Sequence[Step], wanted: Collection[str], which: End, where: str = "program"
) -> tuple[frozenset[str], bool]:
    """Return the steps one of which is the first, or the last, of some steps to run.

    There are several where the answer to an `if` decides.

    Args:
        steps: of the programme.
        wanted: the keys of those steps that count.
        which: the first, or the last.
        where: the key of the programme.

    Returns:
        Their keys, and whether one of them surely runs.
    """
    found: frozenset[str] = frozenset()
    keyed = [(f"{where}[{index}]", step) for index, step in enumerate(steps)]
    for key, step in keyed if which == "first" else reversed(keyed):
        if isinstance(step, Repeat):
            inside, surely = ends(step.program, wanted, which, f"{key}.program")
        elif isinstance(step, If):
            both = [ends(arm, wanted, which, f"{key}.{name}") for name, arm in arms(step)]
            inside, surely = both[0][0] | both[1][0], both[0][1] and both[1][1]
        else:
            surely = key in wanted
            inside = frozenset({key} if surely else ())
        found |= inside
        if surely:
            return found, True
    return found, False


def part_at(steps: Sequence[Step], path: Path, where: str = "program") -> Part:
    """Return the step at a path of a programme.

    Raises:
        LookupError: there is none.
    """
    if not path or not 0 <= path[0] < len(steps):
        raise LookupError(f"{where} has no step {path}")
    step, key, rest = steps[path[0]], f"{where}[{path[0]}]", path[1:]
    if isinstance(step, Repeat):
        return part_at(step.program, rest[1:], f"{key}.program")
    if isinstance(step, If):
        if rest[:1] not in ((0,), (1,)):
            raise LookupError(f"{key} has two arms, 0 and 1, not {rest[:1]}")
        name, inside = arms(step)[rest[0]]
        return part_at(inside, rest[1:], f"{key}.{name}")
    if rest:
        raise LookupError(f"{key} is a single step")
    return Part(key, step)


Bounds = tuple[float, float]
"""The least and the most."""


def bounds(steps: Sequence[Step], of: Callable[[StepSpec], Bounds]) -> Bounds:
    """Return the least and the most that a programme can come to.

    Args:
        steps: of the programme.
        of: the least and the most of a single step.
    """
    least = most = 0.0
    for step in steps:
        if isinstance(step, Repeat):
            low, high = bounds(step.program, of)
            low, high = low if step.until else step.times * low, step.times * high
        elif isinstance(step, If):
            lows, highs = zip(*(bounds(inside, of) for _, inside in arms(step)), strict=True)
            low, high = min(lows), max(highs)
        else:
            low, high = of(step)
        least, most = least + low, most + high
    return least, most
