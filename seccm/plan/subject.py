"""What a check looks at: a plan, its sites, and the rig that shall carry it out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from seccm.plan.expand import flattened, volts
from seccm.plan.factors import Placeholder
from seccm.plan.site import Segment, Site
from seccm.plan.tables import Tables
from seccm.plan.visits import Visits
from seccm.rig import Axis, RigInfo
from seccm.suggestion import Suggestion


@dataclass(frozen=True)
class Subject:
    """A plan and the rig that shall carry it out."""

    plan: Tables
    info: RigInfo
    visits: Visits
    at: dict[Axis, float]
    """Where the axes are now, in metres, as far as known."""
    free_disk: int | None

    def patterns(self) -> tuple[Site, ...]:
        """Return a site of each condition; the others differ only in place."""
        return self.visits.patterns

    def steps(self) -> Iterator[tuple[str, Site, Segment]]:
        """Yield every different segment with its key in the plan and a site that has it."""
        keys = [key for key, _ in flattened(self.plan.program)]
        for site in self.patterns():
            told = set()
            for key, segment in zip(keys, site.segments, strict=True):
                if key not in told:
                    told.add(key)
                    yield key, site, segment

    def put(self, value: str, *key: int | str) -> Suggestion | None:
        """Suggest a quantity; None where the plan has a factor there, whose levels differ."""
        there: Any = self.plan
        for part in key:
            there = there[part] if isinstance(part, int) else getattr(there, part)
        return None if isinstance(there, Placeholder) else Suggestion(key, "put", value)

    def under(self, site: Site) -> str:
        """Name a site's condition, as the end of a phrase."""
        label = self.plan.conditions[site.condition].label
        return f" with {label}" if label else ""

    def volts(self, raw: float) -> str:
        """Write a raw potential as the plan does, and raw."""
        reference = self.plan.reference
        return (
            f"{volts(reference.potential(raw))} vs {reference.name} "
            f"({volts(raw)} vs {reference.electrode})"
        )
