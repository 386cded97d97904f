"""Sites as they were meant to be: written down before the tip travels, read by everybody later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import h5py
import numpy as np

from seccm.arrays import BoolArray
from seccm.data.pieces import in_pieces, joined
from seccm.data.step_results import Source
from seccm.data.table import Table
from seccm.data.tables import PLANNED, RECIPES, Rows, append
from seccm.plan.recipe import Recipe
from seccm.plan.site import Site


class Recipes:
    """The recipes that a file has, by their numbers; sites that share one object share a number.

    Args:
        pieces: the rows of recipes that are in the file already.
        whole: which of them are as they were written.
    """

    def __init__(self, pieces: Rows, whole: BoolArray) -> None:
        self._numbers = {text: n for n, text in joined(pieces, whole, RECIPES).items()}
        self._next = int(pieces["recipe_number"].astype(np.int64).max(initial=-1)) + 1
        self._seen: dict[int, tuple[Recipe, int]] = {}

    def rows(self, sites: Iterable[Site]) -> tuple[Rows, Rows]:
        """Return the rows of sites in the table of planned ones, and those of new recipes."""
        planned: list[tuple[float, float, int]] = []
        pieces: list[dict[str, Any]] = []
        for site in sites:
            number = -1
            if site.recipe is not None:
                number, new = self._number(site.recipe)
                pieces += [{"number": number, "text": piece} for piece in new]
            planned.append((site.x, site.y, number))
        return np.array(planned, PLANNED.row), RECIPES.rows(pieces)

    def _number(self, recipe: Recipe) -> tuple[int, list[str]]:
        """Return the number of a recipe, and the pieces of its text if it is a new one."""
        # The recipe is kept with its number: another one could come to lie where it was.
        if (seen := self._seen.get(id(recipe))) is not None:
            return seen[1], []
        text, new = recipe.text, list[str]()
        if text not in self._numbers:
            self._numbers[text], self._next = self._next, self._next + 1
            new = in_pieces(text)
        self._seen[id(recipe)] = recipe, self._numbers[text]
        return self._numbers[text], new


def rows_of(sites: Iterable[Site]) -> tuple[Rows, Rows]:
    """Return the rows of the first sites of a file, and those of their recipes."""
    return Recipes(np.empty(0, RECIPES.row), np.empty(0, bool)).rows(sites)


def add_planned(file: h5py.File, sites: Iterable[Site]) -> None:
    """Write the first sites of a file down; it is not in SWMR mode."""
    for table, rows in zip((PLANNED, RECIPES), rows_of(sites), strict=True):
        append(file, table, rows)


class PlannedSites(Mapping[int, Site]):
    """The sites of a file as they were meant to be, by number; those that can be read.

    Args:
        source: gives the rows of tables of the file.
        sites: its table of sites.
    """

    def __init__(self, source: Source, sites: Table) -> None:
        self._sites = sites
        self._rows, self._whole = source.table(PLANNED)
        self._texts = joined(*source.table(RECIPES), RECIPES)

    @cached_property
    def _recipes(self) -> dict[int, Site]:
        """A site of each recipe."""
        found = {}
        for number, text in self._texts.items():
            try:
                found[number] = Recipe.read(text).site()
            except ValueError:
                # With a kind of step of a package that is not installed, or damaged.
                continue
        return found

    @cached_property
    def _made(self) -> dict[int, Site]:
        columns = [self._sites[n][:].tolist() for n in ("ix", "iy", "condition", "repeat")]
        found: dict[int, Site] = {}
        patterns: dict[tuple[int, int], Site] = {}
        every = zip(self._rows.tolist(), self._whole.tolist(), *columns, strict=False)
        for number, ((x, y, recipe), whole, ix, iy, condition, repeat) in enumerate(every):
            of = self._recipes.get(recipe)
            if of is None or not whole:
                continue
            if (recipe, condition) not in patterns:
                patterns[recipe, condition] = replace(of, condition=condition)
            found[number] = patterns[recipe, condition].at(
                x, y, ix, iy, number=number, repeat=repeat
            )
        return found

    def __getitem__(self, number: int) -> Site:
        return self._made[number]

    def __iter__(self) -> Iterator[int]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)
