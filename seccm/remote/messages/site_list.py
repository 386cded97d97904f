"""The sites of a run as they cross the channel: where each lies, and what is to be done there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from seccm.events import Event, SiteAdded
from seccm.plan.recipe import Recipe
from seccm.plan.site import Site

Row = tuple[float, float, int, int, int, int, int]
"""x and y in metres, column, row, condition, repeat, and the number of the recipe."""
_UNKNOWN: Row = (float("nan"), float("nan"), -1, -1, 0, 0, -1)
"""A site of which a damaged file does not say what was to be done there."""


@dataclass
class SiteList:
    """The sites in the order of their numbers; a planner's are added as `hear` learns of them.

    Kept up on both ends of the channel by the events alone, as the overview is.
    """

    rows: list[Row] = field(default_factory=list)
    recipes: list[str] = field(default_factory=list)
    """What is done at sites, each once, as the data file has it."""

    @classmethod
    def of(cls, sites: Iterable[Site]) -> Self:
        """Return the list of some sites, in the order of their numbers."""
        made, numbers = cls(), dict[int, int]()
        for site in sites:
            made.rows += [_UNKNOWN] * (site.number - len(made.rows))
            # Sites of one recipe share the object: its text is long, and made once.
            number = numbers.setdefault(id(site.recipe), len(numbers))
            if number == len(made.recipes):
                made.recipes.append(site.recipe.text if site.recipe is not None else "")
            made.rows.append(
                (site.x, site.y, site.ix, site.iy, site.condition, site.repeat, number)
            )
        return made

    def __len__(self) -> int:
        return len(self.rows)

    def hear(self, event: Event) -> None:
        """Add a site that a planner thought of; other events say nothing here."""
        if not isinstance(event, SiteAdded) or event.site != len(self.rows):
            return
        if event.recipe not in self.recipes:
            self.recipes.append(event.recipe)
        recipe = self.recipes.index(event.recipe)
        place = (event.x, event.y, event.ix, event.iy, event.condition, event.repeat)
        self.rows.append((*place, recipe))

    def sites(self) -> tuple[Site, ...]:
        """Return the sites that are known, resolved.

        Raises:
            ValueError: one has a kind of step, contact or way that is not installed here.
        """
        made: dict[tuple[int, int], Site] = {}
        found = []
        for number, (x, y, ix, iy, condition, repeat, recipe) in enumerate(self.rows):
            if recipe < 0:
                continue
            pattern = made.get((recipe, condition))
            if pattern is None:
                pattern = Recipe.read(self.recipes[recipe]).site(condition)
                made[recipe, condition] = pattern
            found.append(pattern.at(x, y, ix, iy, number=number, repeat=repeat))
        return tuple(found)

    def to_plain(self) -> dict[str, Any]:
        """Return it as plain columns."""
        rows = np.array(self.rows, float).reshape(-1, len(_UNKNOWN))
        return {"rows": rows, "recipes": list(self.recipes)}

    @classmethod
    def from_plain(cls, table: Mapping[str, Any]) -> Self:
        """Build what `to_plain` gave."""
        columns = np.asarray(table["rows"]).T
        whole = (column.astype(int).tolist() for column in columns[2:])
        rows = list(zip(*(column.tolist() for column in columns[:2]), *whole, strict=True))
        return cls(rows, [str(text) for text in table["recipes"]])
