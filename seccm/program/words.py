"""The words of a programme: steps of every kind, what repeats them, and what chooses them.

The list of kinds is open: which keys a step may have is looked up when plans are first read, and
again when a kind is registered.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    Field,
    ModelWrapValidatorHandler,
    ValidationInfo,
    model_validator,
)

from seccm.errors import Problem
from seccm.factors import NamedLevels
from seccm.level_lists import LevelList, named_levels
from seccm.mistakes import Mistakes, OneOf
from seccm.program.comparison import Comparison
from seccm.program.kind import StepSpec
from seccm.program.registry import kinds
from seccm.quantities import AnyModel, Count, Model, Words
from seccm.typography import counted

WHEN = {"from": "rest", "take": "E", "below": "0 V"}
"""An example of a question."""


def _specs() -> Iterator[type[BaseModel]]:
    """Yield what a step may be: of any kind, a repeat or an `if`."""
    yield from (kind.spec for kind in kinds().values())
    yield from (Repeat, If)


def simplest() -> dict[str, Any]:
    """Return the step that asks least of its author and of a rig, as a plan writes it.

    It is the one with the fewest keys, and of these the one of the last rank: an open circuit.
    """
    known = [kind for kind in kinds().values() if kind.example is not None]
    kind = min(reversed(known), key=lambda kind: len(kind.example or {}))
    return {"step": kind.name, **(kind.example or {})}


def _example(shown: dict[str, Any]) -> None:
    shown["examples"] = [[simplest()]]


MOST_VALUES = 1000
"""Values in one list of a repeat."""


class Repeat(Model, defer_build=True):
    """Run some steps again and again, until something is so or the last time is over."""

    step: Literal["repeat"] = "repeat"
    times: Annotated[Count, Field(le=10_000, examples=[3])] | None = None
    """How many times at most; without `until`, how many times."""
    over: Annotated[
        dict[Words, Annotated[LevelList, Field(max_length=MOST_VALUES)]],
        Field(default_factory=dict, examples=[{"E": ["-0.1 V", "-0.2 V"]}]),
    ]
    """Values that the steps go through, one in each turn: "$E" stands for that of E in a quantity
    of the steps. Several lists go side by side, and are equally long; repeats in one another try
    every combination."""
    until: Comparison | None = None
    """What ends the repeats; asked each time after the last of the steps."""
    program: Steps
    """The steps that run in each turn."""

    @model_validator(mode="wrap")
    @classmethod
    def _its_names_are_known_inside(
        cls, given: Any, read: ModelWrapValidatorHandler[Repeat], info: ValidationInfo
    ) -> Repeat:
        context = info.context
        if context is None or context.get("factors") is None or not isinstance(given, dict):
            return read(given)
        outside = context["factors"]
        context["factors"] = {**outside, **named_levels(given.get("over"))}
        try:
            return read(given)
        finally:
            context["factors"] = outside

    @model_validator(mode="after")
    def _either_times_or_values(self) -> Repeat:
        if (self.times is None) == (not self.over):
            given = [name for name in ("times", "over") if getattr(self, name)]
            raise OneOf(("times", "over"), given)
        first = next(iter(self.over), "")
        for name, levels in self.over.items():
            if len(levels) != self.turns:
                what = (
                    f"has {counted(len(levels), 'value')}, but {first} has {self.turns}: lists of "
                )
                what += "one repeat go side by side."
                remedy = "Make them equally long, or write a repeat in a repeat to try every "
                remedy += "combination."
                raise Mistakes([Problem(f"over.{name}", what, remedy)])
        return self

    @property
    def turns(self) -> int:
        """How many times the steps run at most."""
        return self.times or len(next(iter(self.over.values())))

    def values(self, turn: int) -> NamedLevels:
        """Return what "$" with a name stands for in a turn; nothing without `over`."""
        return tuple((name, levels[turn]) for name, levels in self.over.items())


class If(Model, defer_build=True):
    """Run some steps only if something is so."""

    step: Literal["if"] = "if"
    when: Annotated[Comparison, Field(examples=[WHEN])]
    """What is asked, when its turn comes."""
    program: Steps
    """What runs if it is so."""
    otherwise: tuple[Step, ...] = ()
    """What runs if it is not; nothing without it."""


Step = Annotated[StepSpec | Repeat | If, AnyModel("step", _specs)]
Steps = Annotated[tuple[Step, ...], Field(min_length=1, json_schema_extra=_example)]


def learn(*models: type[BaseModel]) -> None:
    """Have models of files make their rules again, now that there is another kind of step."""
    every: tuple[type[BaseModel], ...] = (Repeat, If, *models)
    for model in every:
        model.model_rebuild(force=True, raise_errors=False)
        for made in ("__pydantic_core_schema__", "__pydantic_validator__"):
            delattr(model, made)
    for model in every:
        model.model_rebuild(force=True)


def example_of(step: str) -> dict[str, Any]:
    """Return what a new step begins with, without its name, as a plan writes it."""
    kind = kinds().get(step)
    if kind is not None:
        return dict(kind.example or {})
    begin = {"times": 2} if step == Repeat.model_fields["step"].default else {"when": WHEN}
    return {**begin, "program": [simplest()]}
