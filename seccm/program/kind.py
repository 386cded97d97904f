"""A kind of step: one object that says all there is to say about it.

Nothing else in the program compares the name of a step or the class of its spec. A plan is
checked, run, analysed, drawn and edited with what stands here, whoever wrote the kind; the
built-in ones are in `seccm.steps`, one file each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import Field

from seccm.errors import Problem
from seccm.factors import Value as Quantity
from seccm.program.figures import Figure, Turn
from seccm.program.measured import Numbers
from seccm.program.second import SecondDrive
from seccm.program.segment import Act, Segment
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.quantities import Duration, Model, Words, YesNo
from seccm.results import Result, Value, Values
from seccm.rig import RigInfo
from seccm.synonyms import call

Curve = Literal["I-E", "E-t", "I-t", "E-Q"]
"""What is drawn against what: current, potential, time and charge."""
Found = Mapping[str, Value]
"""The results of a step, by their names."""


class StepSpec(Model):
    """What a plan says of one step; each kind adds its own fields.

    The key `step` is the name of the kind.
    """

    name: Words | None = None
    """What later steps call this one, to follow what it came to."""
    raw: YesNo = False
    """Keep every raw sample of the step, as the converters gave it, beside its data points."""
    row: Annotated[Annotated[Duration, Field(gt=0)] | None, Field(examples=["100 us"])] = None
    """How long the data points are from which results and curves of the step are made, if shorter
    than those of the rig: a whole number of raw samples. They are averaged from the raw samples,
    which are kept."""
    range: Annotated[Words | None, Field(examples=["100 pA"])] = None
    """The range of the current input in which the step is measured, as the rig file names it; the
    usual one without it. It is switched before the step, while the cell is off."""
    beside: SecondDrive | None = None
    """What a second drive of the rig imposes during the step, such as the potential of a substrate
    below a tip; its circuit is open without it."""


S = TypeVar("S", bound=StepSpec)


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a step imposes at its start, as its plan says it."""

    quantity: Literal["potential", "current", "current_density"]
    value: Quantity
    key: str
    """The key of the step that says so."""


def _no_problems(*_: object) -> Iterable[Problem]:
    return ()


def _no_numbers(*_: object) -> Numbers:
    return {}


def _no_arrays(*_: object) -> Mapping[str, Values]:
    return {}


def _no_words(_: Found) -> str:
    return ""


def _no_beginning(_: object) -> Beginning | None:
    return None


def _one_vertex(_: object) -> int:
    return 1


@dataclass(frozen=True, slots=True)
class Kind(Generic[S]):
    """A kind of step.

    Only `name`, `spec` and `resolve` are needed; a kind without the others runs, is recorded, and
    yields its charge and what ended it.
    """

    name: str
    """What a plan writes after `step =`."""
    spec: type[S]
    """Its keys: with types, units, words and examples. `step: Literal[name] = name` is one."""
    resolve: Callable[[S, Setting], Act]
    """Says what is imposed on the cell: `setting.number`, `.raw`, `.amperes` and `.limits` turn the
    keys into numbers. Called for each value that a reference may take, before anything moves."""
    example: Mapping[str, Any] | None = None
    """What a new step of this kind begins with in the window, as a plan writes it."""
    begins: Callable[[S], Beginning | None] = _no_beginning
    """Says which key gives what is imposed first; None where nothing is."""
    vertices: Callable[[S], int] = _one_vertex
    """Counts the straight lines of its waveform, before that is made."""
    problems: Callable[[S, str, Setting], Iterable[Problem]] = _no_problems
    """Finds what is wrong in itself under one condition; given the key of the step."""
    sense: Callable[[S, str, Setting, RigInfo], Iterable[Problem]] = _no_problems
    """Finds what a rig could do but would come out useless."""
    results: tuple[Result, ...] = ()
    """What its analysis yields, beside the charge and the end that every step has."""
    measure: Callable[[StepTrace, Sequence[StepTrace]], Numbers] = _no_numbers
    """Determines the results, from the rows of the step and those of the steps before it."""
    arrays: Callable[[StepTrace, Sequence[StepTrace]], Mapping[str, Values]] = _no_arrays
    """Determines those of the results that have dimensions, such as one number for each cycle."""
    yields: Callable[[Segment, Sequence[Segment]], tuple[Result, ...]] | None = None
    """Which of the results a step yields after the steps before it; all of them without it."""
    words: Callable[[Found], str] = _no_words
    """Says the most telling results in a phrase; empty if there is nothing to say."""
    curves: tuple[Curve, ...] = ("E-t",)
    """What is worth drawing, the most telling first."""
    seen: Callable[[StepTrace], StepTrace] | None = None
    """Makes the data points that are drawn of those that were measured, such as one for each stair
    of a staircase; without it they are drawn as they are."""
    turn: Turn | None = None
    """Where these curves turn, if they do."""
    figures: tuple[Figure, ...] = ()
    """What a report draws of the results."""
    also: tuple[str, ...] = ()
    """What else people call such a step, in small letters: messages say which name is meant."""
    main: tuple[Result, ...] = ()
    """Which of the results the step is made for, the most telling first: maps show these before all
    others, and the charge of the step only where there is nothing else. Without it, results go by
    their own ranks."""
    rank: int = 100
    """Which step of a programme decides what is drawn first: the one of the lowest rank."""

    def __post_init__(self) -> None:
        """Make the other words known."""
        call(self.name, self.also)

    def declared(self, segment: Segment, before: Sequence[Segment]) -> tuple[Result, ...]:
        """Return the results that a step yields after the steps before it."""
        return self.results if self.yields is None else self.yields(segment, before)
