"""What is done at a place, with numbers for the levels of factors: what a data file keeps of it.

A plan is expanded once, when a run begins. From then on sites are those of the file, so that
neither a later version of this program nor a planner that thinks of sites as it goes changes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, ValidationError, model_validator

from seccm.factors import Condition, Level, NamedLevels
from seccm.plan.approach import Approach, OnNoContact, Retract, Travel
from seccm.plan.expand import approach_of, lift_of
from seccm.plan.site import NO_APPROACH, Lift, NoContact, Site
from seccm.plan.ways import KINDS, AnyWay, usual
from seccm.program.program import Program
from seccm.program.setting import Setting
from seccm.program.settled import settled
from seccm.program.words import Steps
from seccm.quantities import FreeText, Model, Words

if TYPE_CHECKING:
    from seccm.plan.tables import Tables


class Recipe(Model, defer_build=True):
    """Everything that happens at a site, but not where that is."""

    factors: Annotated[dict[Words, Level], Field(default_factory=dict)]
    """The level of each factor."""
    values: Annotated[dict[Words, Level], Field(default_factory=dict)]
    """What is known of the site itself."""
    label: FreeText = ""
    """What the site is called; empty if nothing."""
    region: FreeText = ""
    """The region of the sample in which it lies; empty where there is only one."""
    way: Annotated[AnyWay, Field(default_factory=usual)]
    approach: Approach | None = None
    """How a tip comes there, as the next two; nothing of it where nothing moves."""
    retract: Retract | None = None
    travel: Travel | None = None
    on_no_contact: OnNoContact = OnNoContact()
    program: Steps
    offset: float
    """Volts to add to a raw potential to have it against the plan's reference."""
    area: float
    """Of the footprint, in square metres."""
    mains: float
    """Frequency of the mains in hertz."""

    @model_validator(mode="after")
    def _moves_as_it_says(self) -> Recipe:
        if KINDS.of(self.way.kind).moves and None in (self.approach, self.retract, self.travel):
            raise ValueError("approach, retract and travel are missing")
        return self

    @classmethod
    def of(
        cls,
        plan: Tables,
        condition: Condition,
        values: NamedLevels = (),
        label: str = "",
        region: str = "",
    ) -> Recipe:
        """Return what a plan does at the sites of a condition.

        Args:
            plan: the plan.
            condition: the levels of its factors.
            values: what is known of the site itself.
            label: what it is called.
            region: of the sample in which it lies.
        """
        here = condition.inside(values)
        steps, setting = plan.resolved(here)
        return cls.model_construct(
            factors=dict(condition.levels),
            values=dict(values),
            label=label,
            region=region,
            way=plan.way,
            approach=settled(plan.approach, here.known) if plan.moves else None,
            retract=settled(plan.retract, here.known) if plan.moves else None,
            travel=settled(plan.travel, here.known) if plan.moves else None,
            on_no_contact=plan.on_no_contact,
            program=steps,
            offset=setting.offset,
            area=plan.area_of(here),
            mains=setting.mains,
        )

    @classmethod
    def read(cls, text: str) -> Recipe:
        """Read what `text` gave.

        Raises:
            ValueError: it is no recipe, or one with a kind of step, contact or way that is not
                installed.
        """
        try:
            return cls.model_validate(json.loads(text))
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise ValueError(f"{where}: {first['msg']}") from error
        except RecursionError as error:
            raise ValueError("is nested too deeply") from error

    @cached_property
    def text(self) -> str:
        """The recipe as JSON in SI, from which `read` makes the same one."""
        tables = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return json.dumps(tables, allow_nan=False)

    @property
    def condition(self) -> Condition:
        """The levels of the factors."""
        return Condition(tuple(self.factors.items()))

    def site(self, condition: int = 0) -> Site:
        """Return what sites of this recipe have in common, as a site at the origin.

        Args:
            condition: its index in the list of conditions.
        """
        setting = Setting(Condition(), self.offset, self.area, self.mains)
        program = Program(self.program, setting)
        _, first = next(program.parts())
        approach, lift, travel = NO_APPROACH, Lift(0.0, 0.0), (0.0, 0.0)
        if self.approach is not None and self.retract is not None and self.travel is not None:
            approach = approach_of(self.approach, setting, first)
            lift = lift_of(self.retract, setting, approach.hold)
            travel = setting.number(self.travel.speed), setting.number(self.travel.settle)
        policy = self.on_no_contact
        return Site(
            number=0,
            x=0.0,
            y=0.0,
            ix=-1,
            iy=-1,
            condition=condition,
            repeat=0,
            approach=approach,
            program=program,
            retract=lift,
            travel_speed=travel[0],
            travel_settle=travel[1],
            no_contact=NoContact(policy.then, policy.retries, policy.shift),
            way=self.way,
            levels=tuple(level.value for level in (*self.factors.values(), *self.values.values())),
            label=self.label,
            recipe=self,
        )


def conditions_among(plan: Tables, sites: Iterable[Site]) -> tuple[Condition, ...]:
    """Return the conditions of a plan, and behind them those that a planner thought of.

    Args:
        plan: the plan of the run.
        sites: of its file, in their order.
    """
    found = list(plan.conditions)
    for site in sites:
        # A planner's conditions are numbered in the order of the sites that first have them.
        if site.condition == len(found) and site.recipe is not None:
            found.append(site.recipe.condition)
    return tuple(found)
