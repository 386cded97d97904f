"""The tree of a programme: steps, repeats of steps, and steps that run only if something is so.

A plan's own words are its nodes; a single step is found by its key in the plan, and by its path
while it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from seccm.events import Path
from seccm.factors import NamedLevels
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
    values: NamedLevels = ()
    """What the repeats round it go over: names, and their values in this turn."""

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


@dataclass(frozen=True, slots=True)
class Place:
    """Where some steps stand, and in which turns of the repeats round them."""

    key: str = "program"
    path: Path = ()
    values: NamedLevels = ()

    def at(self, index: int) -> Place:
        """Return the place of one of the steps."""
        return Place(f"{self.key}[{index}]", (*self.path, index), self.values)

    def turn(self, repeat: Repeat, turn: int) -> Place:
        """Return the place of the steps of a repeat that stands here, in one of its turns."""
        values = (*self.values, *repeat.values(turn))
        return Place(f"{self.key}.program", (*self.path, turn), values)

    def arm(self, name: str, arm: int) -> Place:
        """Return the place of the steps of an arm of an `if` that stands here."""
        return Place(f"{self.key}.{name}", (*self.path, arm), self.values)

    def part(self, spec: StepSpec) -> Part:
        """Return the step that stands here."""
        return Part(self.key, spec, self.values)


PROGRAM = Place()
"""Where a programme begins."""


def parts(steps: Sequence[Step], place: Place = PROGRAM) -> Iterator[Part]:
    """Yield every step that stands in a programme, once for all values of the repeats round it."""
    for index, step in enumerate(steps):
        here = place.at(index)
        if isinstance(step, Repeat):
            for turn in range(step.turns if step.over else 1):
                yield from parts(step.program, here.turn(step, turn))
        elif isinstance(step, If):
            for arm, (name, inside) in enumerate(arms(step)):
                yield from parts(inside, here.arm(name, arm))
        else:
            yield here.part(step)


def walked(
    steps: Sequence[Step], decide: Decide, place: Place = PROGRAM
) -> Iterator[tuple[Path, Part]]:
    """Yield the steps as they run, each with its path.

    Args:
        steps: of a programme.
        decide: asked when the answer is needed, and not before.
        place: of the steps.
    """
    for index, step in enumerate(steps):
        here = place.at(index)
        if isinstance(step, Repeat):
            for turn in range(step.turns):
                yield from walked(step.program, decide, here.turn(step, turn))
                if step.until is not None and decide(step.until):
                    break
        elif isinstance(step, If):
            arm = 0 if decide(step.when) else 1
            name, inside = arms(step)[arm]
            yield from walked(inside, decide, here.arm(name, arm))
        else:
            yield here.path, here.part(step)


def possible(steps: Sequence[Step], place: Place = PROGRAM) -> Iterator[tuple[Path, Part]]:
    """Yield every step that may run, each with its path: all turns of repeats, both arms of ifs."""
    for index, step in enumerate(steps):
        here = place.at(index)
        if isinstance(step, Repeat):
            for turn in range(step.turns):
                yield from possible(step.program, here.turn(step, turn))
        elif isinstance(step, If):
            for arm, (name, inside) in enumerate(arms(step)):
                yield from possible(inside, here.arm(name, arm))
        else:
            yield here.path, here.part(step)


class Likeness:
    """Finds for each step one that yields the same: in the first turns of its repeats.

    What a step yields may depend on whether there was a turn before it, and on the signs of the
    values that a repeat goes over, such as a current that plates or strips.

    Args:
        steps: of a programme.
        turns: how many turns of a repeat differ.
    """

    def __init__(self, steps: Sequence[Step], turns: int) -> None:
        self._steps, self._turns = steps, turns
        self._like: dict[int, list[int]] = {}

    def of(self, path: Path) -> Path:
        """Return the path of the step that is like the one at a path.

        Raises:
            LookupError: there is no step at the path.
        """
        return self._of(self._steps, path)

    def _of(self, steps: Sequence[Step], path: Path) -> Path:
        if not path or not 0 <= path[0] < len(steps):
            raise LookupError(f"there is no step {path}")
        step, rest = steps[path[0]], path[1:]
        if isinstance(step, Repeat):
            turn = self._turn(step, rest[0]) if rest else 0
            return (path[0], turn, *self._of(step.program, rest[1:]))
        if isinstance(step, If) and rest[:1] in ((0,), (1,)):
            return (*path[:2], *self._of(arms(step)[rest[0]][1], rest[1:]))
        return path

    def _turn(self, repeat: Repeat, turn: int) -> int:
        if not repeat.over:
            return min(turn, self._turns - 1)
        if id(repeat) not in self._like:
            seen: dict[tuple[bool, ...], list[int]] = {}
            like = self._like[id(repeat)] = []
            for number in range(repeat.turns):
                few = seen.setdefault(tuple(v.value < 0.0 for _, v in repeat.values(number)), [])
                if len(few) < self._turns:
                    few.append(number)
                like.append(few[-1])
        return self._like[id(repeat)][turn]


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


def part_at(steps: Sequence[Step], path: Path, place: Place = PROGRAM) -> Part:
    """Return the step at a path of a programme.

    Raises:
        LookupError: there is none.
    """
    if not path or not 0 <= path[0] < len(steps):
        raise LookupError(f"{place.key} has no step {path}")
    step, here, rest = steps[path[0]], place.at(path[0]), path[1:]
    if isinstance(step, Repeat):
        if not rest or not 0 <= rest[0] < step.turns:
            raise LookupError(f"{here.key} has {step.turns} turns, not {rest[:1]}")
        return part_at(step.program, rest[1:], here.turn(step, rest[0]))
    if isinstance(step, If):
        if rest[:1] not in ((0,), (1,)):
            raise LookupError(f"{here.key} has two arms, 0 and 1, not {rest[:1]}")
        name, inside = arms(step)[rest[0]]
        return part_at(inside, rest[1:], here.arm(name, rest[0]))
    if rest:
        raise LookupError(f"{here.key} is a single step")
    return here.part(step)


def questions(steps: Sequence[Step]) -> Iterator[Comparison]:
    """Yield every question that a programme asks."""
    for step in steps:
        if isinstance(step, Repeat):
            yield from questions(step.program)
            if step.until is not None:
                yield step.until
        elif isinstance(step, If):
            yield step.when
            for _, inside in arms(step):
                yield from questions(inside)


Bounds = tuple[float, float]
"""The least and the most."""


def bounds(steps: Sequence[Step], of: Callable[[Part], Bounds], place: Place = PROGRAM) -> Bounds:
    """Return the least and the most that a programme can come to.

    Args:
        steps: of the programme.
        of: the least and the most of a single step.
        place: of the steps.
    """
    least = most = 0.0
    for index, step in enumerate(steps):
        here = place.at(index)
        if isinstance(step, Repeat):
            low, high = _bounds_of_turns(step, of, here)
        elif isinstance(step, If):
            both = (
                bounds(inside, of, here.arm(name, arm))
                for arm, (name, inside) in enumerate(arms(step))
            )
            lows, highs = zip(*both, strict=True)
            low, high = min(lows), max(highs)
        else:
            low, high = of(here.part(step))
        least, most = least + low, most + high
    return least, most


def _bounds_of_turns(repeat: Repeat, of: Callable[[Part], Bounds], here: Place) -> Bounds:
    """Return the least and the most of all turns; with a question, one turn may be enough."""
    alike = 1 if repeat.over else repeat.turns
    lows, highs = zip(
        *(
            bounds(repeat.program, of, here.turn(repeat, turn))
            for turn in range(repeat.turns // alike)
        ),
        strict=True,
    )
    return lows[0] if repeat.until else alike * sum(lows), alike * sum(highs)


def most_steps(steps: Sequence[Step]) -> int:
    """Count the steps that run at most, without going through them."""
    count = 0
    for step in steps:
        if isinstance(step, Repeat):
            count += step.turns * most_steps(step.program)
        elif isinstance(step, If):
            count += max(most_steps(inside) for _, inside in arms(step))
        else:
            count += 1
    return count
