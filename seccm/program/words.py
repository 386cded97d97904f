"""The words of a programme: steps of every kind, what repeats them, and what chooses them.

The list of kinds is open: which keys a step may have is looked up when plans are first read, and
again when a kind is registered.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from seccm.program.comparison import Comparison
from seccm.program.kind import StepSpec
from seccm.program.registry import kinds
from seccm.quantities import AnyModel, Count, Model

WHEN = {"from": "rest", "take": "E", "below": "0 V"}
"""An example of a question."""


def _specs() -> Iterator[type[BaseModel]]:
    """Yield what a step may be: of any kind, a repeat or an `if`."""
    yield from (kind.spec for kind in kinds().values())
    yield from (Repeat, If)


def simplest() -> dict[str, Any]:
    """Return the step that asks least of a rig, as a plan writes it: the one of the last rank."""
    kind = [kind for kind in kinds().values() if kind.example is not None][-1]
    return {"step": kind.name, **(kind.example or {})}


def _example(shown: dict[str, Any]) -> None:
    shown["examples"] = [[simplest()]]


class Repeat(Model, defer_build=True):
    """Run some steps again and again, until something is so or the last time is over."""

    step: Literal["repeat"] = "repeat"
    times: Annotated[Count, Field(le=10_000, examples=[3])]
    """How many times at most; without `until`, how many times."""
    until: Comparison | None = None
    """What ends the repeats; asked each time after the last of the steps."""
    program: Steps


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
