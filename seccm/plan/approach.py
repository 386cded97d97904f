"""How the tip comes down, knows that it landed, goes up again and moves on, as a plan says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from seccm import quantities
from seccm.errors import Problem
from seccm.factors import Current, CurrentDensity, Length, Pause, Potential, Speed
from seccm.mistakes import Mistakes, OneOf
from seccm.plan.contacts import Contact
from seccm.quantities import Count, Model
from seccm.suggestion import Suggestion
from seccm.units import show


class HoldAt(Model):
    """A value imposed on the cell during the approach."""

    potential: Potential | None = None
    current: Current | None = None
    current_density: CurrentDensity | None = None

    @model_validator(mode="after")
    def _one_value(self) -> HoldAt:
        given = [name for name, value in self if value is not None]
        if len(given) != 1:
            raise OneOf(type(self).model_fields, given)
        return self


def _words_or_table(given: object) -> str:
    return "table" if isinstance(given, HoldAt | Mapping) else "words"


Hold = Annotated[
    Annotated[Literal["first step"], Tag("words")] | Annotated[HoldAt, Tag("table")],
    Discriminator(_words_or_table),
]


class Approach(Model, defer_build=True):
    """The way down."""

    speed: Annotated[Speed, Field(examples=["2 um/s"])]
    travel: Annotated[Length, Field(examples=["30 um"])]
    """How far below its start the approach is given up."""
    overtravel: Annotated[Length, Field(examples=["250 nm"])]
    """How far the tip may go past contact before the landing is flagged."""
    surface_margin: Length = 0.5e-6
    """How far below the surface, known from earlier landings, the contact may lie. Deeper down an
    approach is given up: the pipette is clogged or dry, or the contact is not seen. Larger for a
    rough sample, or one with steps."""
    settle: Pause = 0.05
    """Rest before the descent, in which the baseline is measured."""
    confirm: Annotated[Count, Field(le=100_000)] = 5
    """Rows after the stop in which the contact must persist."""
    false_contacts: Annotated[int, Field(strict=True, ge=0)] = 3
    """How many contacts that did not persist are forgiven."""
    hold: Hold = "first step"
    """What is imposed on the cell meanwhile."""
    contact: Annotated[Contact, Field(examples=[{"kind": "potential drop", "drop": "5 V"}])]


class Retract(Model):
    """The way up, from the landing."""

    distance: Annotated[Length, Field(examples=["8 um"])]
    speed: Annotated[Speed, Field(examples=["4 um/s"])]


class Travel(Model):
    """The way sideways."""

    speed: Annotated[Speed, Field(examples=["10 um/s"])]
    settle: Pause = 0.1
    """Rest after the move."""


class OnNoContact(Model):
    """What to do at a site where the surface is not found."""

    then: Literal["skip", "retry", "stop"] = "skip"
    retries: Annotated[int, Field(strict=True, ge=0, le=100)] = 0
    shift: Annotated[quantities.Length, Field(ge=0)] = 0.0
    """How far from the site each retry lands, going round it in quarter turns."""

    @model_validator(mode="after")
    def _fits(self) -> OnNoContact:
        retry = self.then == "retry"
        if retry and self.retries == 0:
            what = 'then = "retry" needs retries.'
            more = Suggestion(("retries",), "put", 2)
            raise Mistakes([Problem("", what, "Write, such as retries = 2.", suggestion=more)])
        if not retry and (self.retries or self.shift):
            what = f'retries and shift go with then = "retry", not with "{self.then}".'
            again = Suggestion((), "put", {"then": "retry", "retries": self.retries or 2,
                                           "shift": show(self.shift, "m")})  # fmt: skip
            remedy = f'Write then = "retry" and retries = {self.retries or 2}, or remove them.'
            raise Mistakes([Problem("", what, remedy, suggestion=again)])
        return self


class Budget(Model):
    """How many failed sites are taken before the scan pauses and asks."""

    consecutive: Count = 5
    total: Count = 15
