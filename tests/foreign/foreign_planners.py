"""A planner of another package: halves a range of levels by what came of the last site.

It visits the places of the plan in their order, as many as it needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from seccm import Plan
from seccm.errors import Problem
from seccm.factors import Level
from seccm.plan.planner import Finished, PlannerKind, PlannerSpec
from seccm.plan.site import Site
from seccm.plan.subject import Subject
from seccm.quantities import Count, Words


class BisectionSpec(PlannerSpec):
    """Finds the level of a factor at which a result passes a limit."""

    kind: Literal["by halves"] = "by halves"
    factor: Annotated[Words, Field(examples=["j"])]
    between: Annotated[tuple[Level, Level], Field(examples=[["-1 mA/cm^2", "-4 mA/cm^2"]])]
    result: Annotated[Words, Field(examples=["E_nuc"])]
    above: float
    """The limit, in SI; the level is wanted at which the result comes down to it."""
    sites: Count = 4
    """How many sites it takes."""


class Bisection:
    """One bisection.

    Args:
        spec: its table.
        plan: of the run.
    """

    def __init__(self, spec: BisectionSpec, plan: Plan) -> None:
        self._spec, self._plan = spec, plan
        self._near, self._far = (level.value for level in spec.between)
        self._used: set[tuple[float, float]] = set()

    @property
    def total(self) -> int:
        """As many as the plan says."""
        return self._spec.sites

    def tell(self, finished: Finished) -> None:
        """Narrow the range where the site has a number to be trusted."""
        self._used.add((finished.site.x, finished.site.y))
        found = finished.result(self._spec.result)
        if not found.status.trusted:
            return
        level = finished.factors[self._spec.factor]
        if found.value > self._spec.above:
            self._near = level
        else:
            self._far = level

    def ask(self) -> Site | None:
        """Return the middle of the range, at the next place that is free."""
        if len(self._used) >= self._spec.sites:
            return None
        place = next(s for s in self._plan.sites() if (s.x, s.y) not in self._used)
        level = (self._near + self._far) / 2
        return self._plan.site(
            place.x, place.y, {self._spec.factor: level}, ix=place.ix, iy=place.iy
        )


def problems(spec: BisectionSpec, subject: Subject) -> Iterator[Problem]:
    """Find a factor that the plan does not have."""
    if spec.factor not in subject.plan.conditions[0]:
        yield Problem(
            "planner.factor", f'"{spec.factor}" is not a factor of the plan.', "Choose one."
        )


BISECTION = PlannerKind("by halves", BisectionSpec, Bisection, problems=problems)
