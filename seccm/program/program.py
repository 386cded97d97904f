"""A site's programme: its steps under one condition, and the walk that chooses them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import product
from typing import Protocol

from seccm.earlier import Earlier
from seccm.events import Path
from seccm.factors import Condition, NamedLevels, Value
from seccm.placeholder import Placeholder
from seccm.program.kind import StepSpec
from seccm.program.live import Live
from seccm.program.registry import kind_of
from seccm.program.segment import LONGEST, RANGE, Act, Segment
from seccm.program.setting import Setting, second_of
from seccm.program.settled import earlier_in, following, settled
from seccm.program.tree import (
    Bounds,
    Part,
    bounds,
    name_of,
    part_at,
    parts,
    possible,
    questions,
    walked,
)
from seccm.program.words import Step
from seccm.units import show


def act_of(spec: StepSpec, setting: Setting) -> Act:
    """Return what a step imposes."""
    act = kind_of(name_of(spec)).resolve(spec, setting)
    if spec.row is not None:
        act = replace(act, row=spec.row, stairs=False)
    if spec.range is not None:
        act = replace(act, range=spec.range)
    return act if spec.beside is None else replace(act, second=second_of(spec.beside, setting))


def _segment(
    act: Act, part: Part, index: int, path: Path, chosen: Mapping[Earlier, float] | None = None
) -> Segment:
    """Give what a step imposes its place in a programme.

    Args:
        act: what it imposes.
        part: the step.
        index: which one it is.
        path: its place.
        chosen: what it follows came to.
    """
    spec = part.spec
    resolved = _resolved(part, chosen or {})
    return Segment.of(act, part.kind, index, path, spec.name or "", resolved, spec.raw, part.values)


def _resolved(part: Part, chosen: Mapping[Earlier, float]) -> str:
    """Write down what the quantities of a step came to that are not the same in every turn."""
    values = Condition(part.values)
    numbers = {key: chosen[earlier] for earlier, key in _followed(part.spec).items() if chosen}
    known: dict[str, float | str] = {f"${name}": value for name, value in values.items()}
    for key, quantity in following(part.spec):
        if isinstance(quantity, Placeholder) and isinstance(value := values.known(quantity), float):
            known[key] = value
    if part.spec.range is not None:
        known[RANGE] = part.spec.range
    text = json.dumps(numbers | known) if numbers or known else ""
    # The path of a step says the values of its repeats, too; nothing else says what it followed.
    return text if len(text) <= LONGEST else json.dumps(numbers) if numbers else ""


def corners(spec: StepSpec) -> tuple[StepSpec, ...]:
    """Return a step with the least and the greatest of what its quantities may come to.

    A step that follows no earlier one is its own only corner. What a step imposes lies between
    that of its corners.
    """
    followed = _followed(spec)
    if not followed:
        return (spec,)
    ends = product(*(dict.fromkeys(earlier.within) for earlier in followed))
    chosen = (dict(zip(followed, end, strict=True)) for end in ends)
    return tuple(settled(spec, partial(_chosen, one)) for one in chosen)


def _followed(spec: StepSpec) -> dict[Earlier, str]:
    """Return what a step follows, each with the first key of the step that does."""
    found: dict[Earlier, str] = {}
    for key, earlier in earlier_in(spec):
        found.setdefault(earlier, key)
    return found


def _chosen(ends: Mapping[Earlier, float], value: Value) -> Value:
    """Return what was chosen for a quantity; one that follows a factor stays as it is."""
    return ends.get(value, value) if isinstance(value, Earlier) else value


def expected(spec: StepSpec) -> StepSpec:
    """Return a step with the middle of what its quantities may come to."""
    return settled(spec, lambda v: sum(v.within) / 2 if isinstance(v, Earlier) else v)


class Walking(Protocol):
    """Chooses one step after the other; pure: it knows no rig and no clock."""

    def next(self, live: Live) -> Segment | None:
        """Return the step that comes next, given what is known by now; None after the last."""


class Programme(Protocol):
    """What a site's steps are made of."""

    @property
    def planned(self) -> tuple[Segment, ...]:
        """Every step that may run, in the order of the plan; numbered in this order."""

    @property
    def mains(self) -> float:
        """Frequency of the mains in hertz."""

    def walk(self) -> Walking:
        """Return what chooses the steps, from the first on."""

    def ran(self, index: int, path: Path, resolved: str) -> Segment | None:
        """Return a step that ran; None if it is not there, or what it followed is not known.

        Args:
            index: which one it was at its site.
            path: where it stands in the programme; empty where nobody said.
            resolved: what was written of it, as `Segment.resolved`.
        """

    def lasts(self, period: float, *, raw: bool = False) -> Bounds:
        """Return how long the steps last at least and at most, in seconds.

        A row goes by between two. What ends a step before its time is not foreseen.

        Args:
            period: seconds from row to row.
            raw: count only steps of which the raw samples are kept.
        """


@dataclass(frozen=True)
class Program:
    """The steps of a plan under one condition."""

    steps: tuple[Step, ...]
    setting: Setting

    @cached_property
    def planned(self) -> tuple[Segment, ...]:
        """Every step that may run, in the order of the plan; numbered in this order.

        Repeats go on to their last time, and both arms of an `if` are there. What an earlier step
        comes to is taken to be in the middle of its range.
        """
        return tuple(
            _segment(self.expected(part), part, index, path)
            for index, (path, part) in enumerate(possible(self.steps))
        )

    @cached_property
    def asked(self) -> frozenset[str]:
        """The steps whose results are asked for while they run: by name, or last of a kind."""
        return frozenset(one.source for one in questions(self.steps) if one.result is not None)

    @cached_property
    def _at(self) -> dict[Path, Segment]:
        return {segment.path: segment for segment in self.planned}

    def ran(self, index: int, path: Path, resolved: str) -> Segment | None:
        """Return a step that ran; None if the programme has no such step."""
        if self._is_fixed:
            planned = self.planned[index] if index < len(self.planned) else None
        else:
            planned = self._at.get(path)
        if planned is None:
            return None
        part = part_at(self.steps, planned.path)
        followed = _followed(part.spec)
        if not followed:
            return planned if planned.index == index else replace(planned, index=index)
        if not resolved:  # What it imposed is not guessed.
            return None
        numbers = json.loads(resolved)
        chosen = {earlier: numbers[key] for earlier, key in followed.items()}
        return self.segment(part, index, planned.path, chosen)

    def segment(
        self, part: Part, index: int, path: Path, chosen: Mapping[Earlier, float]
    ) -> Segment:
        """Return a step as it runs.

        Args:
            part: the step.
            index: which one it is at its site.
            path: where it stands.
            chosen: what the earlier steps that it follows came to.
        """
        if not chosen:
            (act,) = self.acts(part)
        else:
            spec = settled(part.spec, partial(_chosen, chosen))
            act = act_of(spec, self.setting.inside(part.values))
        return _segment(act, part, index, path, chosen)

    @cached_property
    def _is_fixed(self) -> bool:
        """Whether the steps that run, and their order, are known beforehand."""
        least, most = bounds(self.steps, lambda _: (1.0, 1.0))
        return least == most == len(self.planned)

    def expected(self, part: Part) -> Act:
        """Return what a step is expected to impose; in words, what it follows."""
        act = self.acts(part)[-1]
        follows = [f"{key} {earlier}" for key, earlier in earlier_in(part.spec)]
        if not follows:
            return act
        if not any(key == "duration" for key, _ in earlier_in(part.spec)):
            follows.append(f"for {show(act.waveform.duration, 's')}")
        return replace(act, label=", ".join(follows))

    @property
    def mains(self) -> float:
        """Frequency of the mains in hertz."""
        return self.setting.mains

    def walk(self) -> Walk:
        """Return what chooses the steps, from the first on."""
        return Walk(self)

    def lasts(self, period: float, *, raw: bool = False) -> Bounds:
        """Return how long the steps last at least and at most, in seconds."""
        found = self._lasts.get((period, raw))
        if found is None:
            found = self._lasts[period, raw] = bounds(
                self.steps, partial(self._lasting, period=period, raw=raw)
            )
        return found

    def _lasting(self, part: Part, *, period: float, raw: bool) -> Bounds:
        """Return how long a step lasts at least and at most, with the row after it, in seconds."""
        seconds = [
            act.waveform.duration + period
            if part.spec.raw or not raw or act.keeps_raw(period)
            else 0.0
            for act in self.acts(part)
        ]
        return min(seconds), max(seconds)

    @cached_property
    def _lasts(self) -> dict[tuple[float, bool], Bounds]:
        """How long the steps last, as far as somebody asked: estimates ask again and again."""
        return {}

    def parts(self) -> Iterator[tuple[Part, Act]]:
        """Yield every step that stands in the programme with what it imposes, at each corner.

        One that stands in repeats over values comes once for all of them.
        """
        for part in parts(self.steps):
            acts = self.acts(part)
            for act in acts if len(acts) == 1 else acts[:-1]:
                yield part, act

    def acts(self, part: Part) -> tuple[Act, ...]:
        """Return what a step imposes at its corners, and at last what it is expected to."""
        key = id(part.spec), part.values
        found = self._acts.get(key)
        if found is None:
            specs = corners(part.spec)
            specs = specs if specs == (part.spec,) else (*specs, expected(part.spec))
            setting = self.setting.inside(part.values)
            found = self._acts[key] = tuple(act_of(one, setting) for one in specs)
        return found

    @cached_property
    def _acts(self) -> dict[tuple[int, NamedLevels], tuple[Act, ...]]:
        """What was resolved already; steps of the programme stay where they are in memory."""
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
        offset = program.setting.offset
        self._rest = walked(program.steps, lambda asked: self._live.holds(asked, offset))

    def next(self, live: Live) -> Segment | None:
        """Return the step that comes next, given what is known by now; None after the last.

        Raises:
            ContactError: a quantity came out where the plan does not allow it.
        """
        self._live = live
        found = next(self._rest, None)
        if found is None:
            return None
        path, part = found
        index, self._index = self._index, self._index + 1
        setting = self._program.setting.inside(part.values)
        chosen = {earlier: live.number(setting.known(earlier), setting.offset)
                  for earlier in _followed(part.spec)}  # fmt: skip
        return self._program.segment(part, index, path, chosen)
