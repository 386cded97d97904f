"""A site's programme: the tree of its steps, under one condition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from seccm.program.kind import StepSpec
from seccm.program.live import Live
from seccm.program.registry import kind_of
from seccm.program.segment import Act, Path, Segment
from seccm.program.setting import Setting
from seccm.program.words import Repeat, Step


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


def act_of(spec: StepSpec, setting: Setting) -> Act:
    """Return what a step imposes."""
    return kind_of(name_of(spec)).resolve(spec, setting)


def parts(steps: Sequence[Step], where: str = "program") -> Iterator[Part]:
    """Yield every step that stands in a programme, once each."""
    for index, step in enumerate(steps):
        key = f"{where}[{index}]"
        if isinstance(step, Repeat):
            yield from parts(step.program, f"{key}.program")
        else:
            yield Part(key, step)


def part_at(steps: Sequence[Step], path: Path, where: str = "program") -> Part:
    """Return the step at a path of a programme.

    Raises:
        LookupError: there is none.
    """
    index, *rest = path
    step, key = steps[index], f"{where}[{index}]"
    if isinstance(step, Repeat):
        return part_at(step.program, tuple(rest[1:]), f"{key}.program")
    if rest:
        raise LookupError(f"{key} is a single step")
    return Part(key, step)


def most_steps(steps: Sequence[Step]) -> int:
    """Return how many steps a programme runs at most, without walking it."""
    return sum(s.times * most_steps(s.program) if isinstance(s, Repeat) else 1 for s in steps)


class Walking(Protocol):
    """Chooses one step after the other; pure: it knows no rig and no clock."""

    def next(self, live: Live) -> Segment | None:
        """Return the step that comes next, given what is known by now; None after the last."""


class Programme(Protocol):
    """What a site's steps are made of."""

    @property
    def planned(self) -> tuple[Segment, ...]:
        """The steps in the order in which they are meant to run."""

    def walk(self) -> Walking:
        """Return what chooses the steps, from the first on."""

    def longest(self, period: float) -> float:
        """Return how long the steps last at most, in seconds; a row goes by between two.

        Args:
            period: seconds from row to row.
        """


@dataclass(frozen=True)
class Program:
    """The steps of a plan under one condition."""

    steps: tuple[Step, ...]
    setting: Setting

    @cached_property
    def planned(self) -> tuple[Segment, ...]:
        """The steps in the order in which they are meant to run: loops to their bound."""
        walk, live = self.walk(), Live()
        return tuple(iter(lambda: walk.next(live), None))

    def walk(self) -> Walk:
        """Return what chooses the steps, from the first on."""
        return Walk(self)

    def longest(self, period: float) -> float:
        """Return how long the steps last at most, in seconds; a row goes by between two."""
        return self._longest(self.steps, period)

    def _longest(self, steps: Sequence[Step], period: float) -> float:
        return sum(
            step.times * self._longest(step.program, period)
            if isinstance(step, Repeat)
            else self.act(step).waveform.duration + period
            for step in steps
        )

    def parts(self) -> Iterator[tuple[Part, Act]]:
        """Yield every step that stands in the programme, with what it imposes."""
        for part in parts(self.steps):
            yield part, self.act(part.spec)

    def act(self, spec: StepSpec) -> Act:
        """Return what a step of this programme imposes."""
        found = self._acts.get(id(spec))
        if found is None:
            found = self._acts[id(spec)] = act_of(spec, self.setting)
        return found

    @cached_property
    def _acts(self) -> dict[int, Act]:
        return {}


class Walk:
    """Chooses the steps of a programme, one after the other.

    Args:
        program: whose steps.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._live = Live()
        self._index = 0
        self._rest = self._run(program.steps, ())

    def next(self, live: Live) -> Segment | None:
        """Return the step that comes next, given what is known by now; None after the last."""
        self._live = live
        found = next(self._rest, None)
        if found is None:
            return None
        path, spec = found
        index, self._index = self._index, self._index + 1
        return Segment.of(self._program.act(spec), name_of(spec), index, path)

    def _run(self, steps: Sequence[Step], path: Path) -> Iterator[tuple[Path, StepSpec]]:
        for index, step in enumerate(steps):
            here = (*path, index)
            if isinstance(step, Repeat):
                for passed in range(step.times):
                    yield from self._run(step.program, (*here, passed))
            else:
                yield here, step
