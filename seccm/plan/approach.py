"""How the tip comes down, knows that it landed, goes up again and moves on, as a plan says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from seccm import quantities
from seccm.errors import Problem
from seccm.factors import Current, CurrentDensity, Length, Pause, Potential, Speed
from seccm.mistakes import Mistakes, OneOf
from seccm.plan.contacts import Contact
from seccm.program.second import SecondDrive
from seccm.quantities import Count, Model
from seccm.suggestion import Suggestion
from seccm.units import show


class HoldAt(Model):
    """A value imposed on the cell during the approach."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    potential: Potential | None = None
    """A potential; the contact is then seen as a current."""
    current: Current | None = None
    """A current; the contact is then seen as a drop of the potential."""
    current_density: CurrentDensity | None = None
    """The same, over the footprint's area."""

    @model_validator(mode="before")
    @classmethod
    def _follows_no_step(cls, given: Any) -> Any:
        """Refuse what an earlier step came to: none has run yet."""
        if isinstance(given, Mapping) and "from" in given:
            what = "cannot follow a step: when the tip comes down, none has run at this site."
            remedy = 'Write a value, or hold = "first step".'
            put = Suggestion((), "put", "first step")
            raise Mistakes([Problem("", what, remedy, suggestion=put)])
        return given

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
    """How fast the tip comes down."""
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
    beside: SecondDrive | None = None
    """What a second drive of the rig imposes meanwhile; its circuit is open without it."""
    contact: Annotated[Contact, Field(examples=[{"kind": "potential drop", "drop": "5 V"}])]
    """What is seen when the meniscus touches the surface."""


class Stretched(Model):
    """How wide the footprint was, from how far the meniscus stretched before it broke."""

    slope: Annotated[quantities.Ratio, Field(gt=0, examples=[1.7])]
    """Radius of the footprint over the height of the break above contact, if the radius below is 0;
    else by how much the radius grows with that height."""
    radius: Annotated[quantities.Length, Field(ge=0, examples=["2 um"])] = 0.0
    """Of the footprint where that height is zero: the height of the hanging drop at contact."""
    uncertainty: Annotated[quantities.Ratio, Field(ge=0, examples=["5 %"])]
    """Relative standard uncertainty of the areas that follow."""


class Detachment(Model):
    """Looks for the break of the meniscus while the tip rises with the cell on."""

    hold: HoldAt | None = None
    """What is imposed meanwhile; without it, the hold of the approach."""
    speed: Annotated[Annotated[Speed, Field(gt=0)] | None, Field(examples=["4 um/s"])] = None
    """Until it broke; without it, that of the retract. The height is known to a third of what the
    tip rises in a data point."""
    margin: Annotated[Annotated[Length, Field(ge=0)] | None, Field(examples=["2 um"])] = None
    """The tip is lifted only so far above the break; without it, by the whole retract.distance."""
    calibration: Stretched | None = None
    """Gives the wetted area of each site; `seccm areas` determines it from measured areas."""


class Retract(Model):
    """The way up, from the landing."""

    distance: Annotated[Length, Field(examples=["8 um"])]
    """How far the tip goes up: far enough for the meniscus to break."""
    speed: Annotated[Speed, Field(examples=["4 um/s"])]
    """How fast the tip goes up."""
    detachment: Detachment | None = None
    """Whether the break of the meniscus is looked for, and how."""


class Travel(Model):
    """The way sideways."""

    speed: Annotated[Speed, Field(examples=["10 um/s"])]
    """How fast the tip goes to the next site."""
    settle: Pause = 0.1
    """Rest after the move."""


class OnNoContact(Model):
    """What to do at a site where the surface is not found."""

    then: Literal["skip", "retry", "stop"] = "skip"
    """Go on with the next site, try again, or stop the scan."""
    retries: Annotated[int, Field(strict=True, ge=0, le=100)] = 0
    """How often a site is tried again."""
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
    """Sites one after the other."""
    total: Count = 15
    """Sites in the whole scan."""
