"""Where to land: grids, lists of points and files of points, in the order of the visits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator, model_validator

from seccm.arrays import FloatArray, IntArray
from seccm.errors import Problem
from seccm.factors import Level, NamedLevels
from seccm.level_lists import LevelList, named_levels
from seccm.mistakes import Mistakes
from seccm.plan.points import LABEL, read_sites
from seccm.quantities import Angle, Count, Length, Model, Seed, Words, YesNo

MOST = 1_000_000
"""Sites in one plan; a guard against slips of the keyboard."""

Whole = Annotated[int, Field(strict=True, ge=0)]


@dataclass(frozen=True, slots=True)
class Places:
    """The places to land in the order of the visits, as columns of equal length."""

    x: FloatArray
    y: FloatArray
    """Stage coordinates in metres, shape (sites,)."""
    ix: IntArray
    iy: IntArray
    """Column and row in the grid, shape (sites,); -1 where there is none."""

    def __len__(self) -> int:
        return len(self.x)

    @property
    def on_grid(self) -> bool:
        """Whether the places have columns and rows."""
        return bool(self.ix[0] >= 0)


def shuffled(count: int, seed: int) -> list[int]:
    """Return the numbers from 0 in an order that depends on nothing but the seed.

    Python promises the same `random()` for a seed in every version; of `shuffle`, and of
    numpy's generators, nobody does. A plan expanded again next year must be the same plan.
    """
    draw = Random(seed).random
    keys = [draw() for _ in range(count)]
    return sorted(range(count), key=keys.__getitem__)


class Grid(Model):
    """Columns along x, rows along y."""

    kind: Literal["grid"] = "grid"
    columns: Annotated[Count, Field(le=10_000, examples=[8])]
    rows: Annotated[Count, Field(le=10_000, examples=[8])]
    pitch: tuple[Annotated[Length, Field(gt=0)], Annotated[Length, Field(gt=0)]]
    """Distance of the columns and of the rows; a single one counts for both."""
    origin: tuple[Length, Length] = (0.0, 0.0)
    """Stage coordinates of column 0, row 0."""
    rotation: Annotated[Angle, Field(gt=-math.pi, le=math.pi)] = 0.0
    """Of the whole grid about its origin, from x towards y: to follow the edge of a sample."""
    order: Literal["raster", "serpentine", "random"] = "raster"
    """Raster visits each row from column 0; serpentine turns back at the end of each row."""
    seed: Seed = 0
    """For the random order."""
    leave_out: tuple[tuple[Whole, Whole], ...] = ()
    """Column and row, from 0, of places that are not visited."""
    allow_overlap: YesNo = False
    """Whether footprints that overlap are meant to."""

    @field_validator("pitch", mode="before")
    @classmethod
    def _one_or_two(cls, given: object) -> object:
        return given if isinstance(given, list | tuple) else (given, given)

    @model_validator(mode="after")
    def _left_out_are_there(self) -> Grid:
        """Refuse places outside of the grid, and a grid of which nothing is left."""
        wrong = [
            Problem(
                f"leave_out[{i}]",
                f"[{ix}, {iy}] is outside of {self.columns} columns and {self.rows} rows.",
                "Column and row count from 0.",
            )
            for i, (ix, iy) in enumerate(self.leave_out)
            if ix >= self.columns or iy >= self.rows
        ]
        if self.columns * self.rows > MOST:
            wrong.append(Problem("", f"has {self.columns * self.rows} sites, more than {MOST}."))
        elif not wrong and len(set(self.leave_out)) == self.columns * self.rows:
            wrong.append(Problem("leave_out", "leaves no site."))
        if wrong:
            raise Mistakes(wrong)
        return self

    def places(self) -> Places:
        """Return the places in the order of the visits."""
        iy, ix = np.divmod(np.arange(self.columns * self.rows), self.columns)
        if self.order == "serpentine":
            ix = np.where(iy % 2 == 1, self.columns - 1 - ix, ix)
        if self.leave_out:
            left_out = np.array(self.leave_out)
            numbers = left_out[:, 1] * self.columns + left_out[:, 0]
            kept = ~np.isin(iy * self.columns + ix, numbers)
            ix, iy = ix[kept], iy[kept]
        if self.order == "random":
            order = shuffled(len(ix), self.seed)
            ix, iy = ix[order], iy[order]
        x, y = ix * self.pitch[0], iy * self.pitch[1]
        if self.rotation:  # an angle of zero leaves every digit as it is
            cos, sin = math.cos(self.rotation), math.sin(self.rotation)
            x, y = cos * x - sin * y, sin * x + cos * y
        return Places(self.origin[0] + x, self.origin[1] + y, ix, iy)


Point = tuple[Length, Length]
MOST_OWN = 10_000
"""Sites with values of their own: what is done at each is written down by itself."""
Own = Annotated[
    dict[Words, LevelList], Field(default_factory=dict, examples=[{"volume": ["540 um^3"]}])
]


def _fitting(values: Mapping[str, Sequence[Level]], points: int) -> None:
    """Refuse values of sites that are not one for each.

    Raises:
        Mistakes: with one problem for each name.
    """
    wrong = []
    if values and points > MOST_OWN:
        what = f"are given for {points} sites; at most {MOST_OWN} can have values of their own."
        wrong.append(Problem("values", what, "Make a factor of them, or take fewer sites."))
    for name, levels in values.items():
        other = next((level for level in levels if level.unit != levels[0].unit), None)
        if name in ("x", "y"):
            what = "is the place of the site already."
            wrong.append(Problem(f"values.{name}", what, "Choose another name."))
        elif len(levels) != points:
            what = f"has {len(levels)} values, but there are {points} sites."
            wrong.append(Problem(f"values.{name}", what, "Give one for each site."))
        elif other is not None:
            what = f"{other} is no quantity like {levels[0]}, the first one."
            wrong.append(Problem(f"values.{name}", what, "Give all in units of one kind."))
    if wrong:
        raise Mistakes(wrong)


def _listed(points: tuple[Point, ...]) -> Places:
    x, y = np.array(points, float).reshape(-1, 2).T
    nowhere = np.full(len(x), -1)
    return Places(x, y, nowhere, nowhere)


class Points(Model):
    """Places listed one by one, visited in this order."""

    kind: Literal["points"] = "points"
    points: Annotated[
        tuple[Point, ...],
        Field(min_length=1, max_length=MOST, examples=[[["10 um", "10 um"], ["30 um", "10 um"]]]),
    ]
    values: Own
    """What is known of each site, one value for each point: "$volume" stands for that of volume."""
    labels: tuple[Words, ...] = ()
    """What each site is called, one for each point."""
    allow_overlap: YesNo = False

    @model_validator(mode="after")
    def _one_for_each(self) -> Points:
        _fitting(self.values, len(self.points))
        if self.labels and len(self.labels) != len(self.points):
            what = f"has {len(self.labels)} labels, but there are {len(self.points)} sites."
            raise Mistakes([Problem("labels", what, "Give one for each site, or none.")])
        return self

    def places(self) -> Places:
        """Return the places in the order of the visits."""
        return _listed(self.points)


class PointsFile(Model):
    """Places listed in a file beside the plan; read once, then part of the plan."""

    kind: Literal["csv"] = "csv"
    file: Annotated[Words, Field(examples=["points.csv"])]
    points: Annotated[tuple[Point, ...], Field(min_length=1, max_length=MOST)]
    """What the file said; a plan file leaves this out."""
    columns: tuple[Words, ...] = ()
    """Further columns that are read: "volume" of a column "volume (um^3)" is "$volume" in the
    steps, and a column without a unit that is called "label" says what each site is called."""
    values: Own
    """What these columns said; a plan file leaves this out."""
    labels: tuple[Words, ...] = ()
    """The same."""
    allow_overlap: YesNo = False

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: Any, info: ValidationInfo) -> Any:
        context = info.context or {}
        if not isinstance(given, dict) or not isinstance(given.get("file"), str):
            return given
        if own := [key for key in ("points", "values", "labels") if key in given]:
            if context.get("units") == "required":
                told = (Problem(key, "come from the file.", "Remove this key.") for key in own)
                raise Mistakes(told)
            return given
        folder = context.get("folder", Path())
        return {**given, **read_sites(folder / given["file"], _names(given.get("columns")))}

    @model_validator(mode="after")
    def _one_for_each(self) -> PointsFile:
        _fitting(self.values, len(self.points))
        return self

    def places(self) -> Places:
        """Return the places in the order of the visits."""
        return _listed(self.points)


def _names(given: object) -> list[str]:
    listed = given if isinstance(given, list | tuple) else ()
    return [name for name in listed if isinstance(name, str)]


def own_levels(given: object, folder: Path) -> dict[str, tuple[Level, ...]]:
    """Return what can be read of the values of sites; unreadable ones are known by their names.

    Args:
        given: the table of sites as a plan has it.
        folder: where files named by the plan lie.
    """
    if not isinstance(given, Mapping):
        return {}
    if given.get("kind") != "csv" or "values" in given:
        return named_levels(given.get("values"))
    names = [name for name in _names(given.get("columns")) if name != LABEL]
    try:
        read = read_sites(folder / given["file"], names) if names else {}
    except (ValueError, TypeError, KeyError):
        return dict.fromkeys(names, ())
    return named_levels(read.get("values"))


def own_of(sites: Sites) -> tuple[tuple[NamedLevels, ...], tuple[str, ...]]:
    """Return the values of each site, and what each is called; empty where sites have none."""
    if isinstance(sites, Grid):
        return (), ()
    names = tuple(sites.values)
    each = zip(*sites.values.values(), strict=True)
    return tuple(tuple(zip(names, levels, strict=True)) for levels in each), sites.labels


Sites = Annotated[Grid | Points | PointsFile, Field(discriminator="kind")]
