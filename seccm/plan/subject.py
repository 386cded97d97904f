"""What a check looks at: a plan, its sites, and the rig that is to carry it out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seccm.factors import Condition
from seccm.placeholder import Placeholder
from seccm.plan.site import Site
from seccm.plan.tables import Tables
from seccm.plan.visits import Visits
from seccm.program.program import Program
from seccm.program.segment import Act
from seccm.program.setting import Setting
from seccm.program.tree import Part
from seccm.rig import Axis, RigInfo
from seccm.suggestion import Suggestion
from seccm.units import volts


@dataclass(frozen=True)
class Subject:
    """A plan and the rig that is to carry it out."""

    plan: Tables
    info: RigInfo
    visits: Visits
    at: dict[Axis, float]
    """Where the axes are now, in metres, as far as known."""
    free_disk: int | None

    def patterns(self) -> tuple[Site, ...]:
        """Return a site of each condition; the others differ only in place."""
        return self.visits.patterns

    def steps(self) -> Iterator[tuple[Part, Site, Act]]:
        """Yield every step of the plan under every condition, with a site that has it."""
        for site, program in zip(self.patterns(), self.programs, strict=True):
            for part, act in program.parts():
                yield part, site, act

    @cached_property
    def programs(self) -> tuple[Program, ...]:
        """The programme of each of the patterns."""
        return tuple(Program(self.plan.program, self.setting(site)) for site in self.patterns())

    def setting(self, site: Site) -> Setting:
        """Return what turns the plan's quantities into numbers at a site."""
        return self.plan.setting(self._condition(site))

    def _condition(self, site: Site) -> Condition:
        """Return the levels of the factors at a site, and what is known of the site itself."""
        own = () if site.recipe is None else tuple(site.recipe.values.items())
        return self.plan.conditions[site.condition].inside(own)

    def put(self, value: str, *key: int | str) -> Suggestion | None:
        """Suggest a quantity; None where the plan has a factor there, whose levels differ."""
        there: Any = self.plan
        for part in key:
            there = there[part] if isinstance(part, int) else getattr(there, part)
        return None if isinstance(there, Placeholder) else Suggestion(key, "put", value)

    def under(self, site: Site, part: Part | None = None) -> str:
        """Name a site's condition, and the values of the repeats round a step, to end a phrase."""
        condition = self._condition(site)
        label = condition.inside(part.values if part is not None else ()).label
        return f" with {label}" if label else ""

    def volts(self, raw: float) -> str:
        """Write a raw potential as the plan does, and raw."""
        reference = self.plan.reference
        return (
            f"{volts(reference.potential(raw))} vs {reference.name} "
            f"({volts(raw)} vs {reference.electrode})"
        )
