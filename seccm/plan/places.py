"""Where to land: grids, lists of points and files of points, in the order of the visits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from random import Random
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from seccm.arrays import FloatArray, IntArray
from seccm.errors import Problem
from seccm.factors import Level, NamedLevels
from seccm.level_lists import LevelList
from seccm.mistakes import Mistakes
from seccm.plan import shortest
from seccm.plan.points import read_sites
from seccm.plan.registration import Registration
from seccm.quantities import Angle, Count, Length, Model, Ratio, Seed, Words, YesNo
from seccm.typography import counted

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

    def registered(self, registration: Registration | None) -> Places:
        """Return where the places are on the stage."""
        if registration is None:
            return self
        x, y = registration.affine()(self.x, self.y)
        return Places(x, y, self.ix, self.iy)

    def short_way(self) -> IntArray:
        """Return the numbers of the places on a short way from the first one on, shape (sites,)."""
        return shortest.shortest_path(self.x, self.y)

    def taken(self, order: IntArray) -> Places:
        """Return the places in another order."""
        return Places(self.x[order], self.y[order], self.ix[order], self.iy[order])

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


MOST_OWN = 10_000
"""Sites with values of their own: what is done at each is written down by itself."""
Own = Annotated[
    dict[Words, LevelList], Field(default_factory=dict, examples=[{"volume": ["540 um^3"]}])
]

FromFile = Field(json_schema_extra={"from_file": True})
"""Of a key whose value is read from a file that another key names: no person writes it."""


def _fitting(
    values: Mapping[str, Sequence[Level]], count: int, each: str = "site", key: str = "values"
) -> list[Problem]:
    """Return what is wrong with values that should be one for each of something.

    Args:
        values: lists of them, by their names.
        count: how many there should be.
        each: of what.
        key: under which the values stand.
    """
    wrong = []
    for name, levels in values.items():
        other = next((level for level in levels if level.unit != levels[0].unit), None)
        if name in ("x", "y"):
            what = "is the place of the site already."
            wrong.append(Problem(f"{key}.{name}", what, "Choose another name."))
        elif len(levels) != count:
            what = f"has {counted(len(levels), 'value')} for {counted(count, each)}."
            wrong.append(Problem(f"{key}.{name}", what, f"Give one for each {each}."))
        elif other is not None:
            what = f"{other} is not a quantity like {levels[0]}, the first one."
            wrong.append(Problem(f"{key}.{name}", what, "Give all in units of one kind."))
    return wrong


def own_problems(values: Mapping[str, Sequence[Level]], sites: int) -> list[Problem]:
    """Return what is wrong with values that should be one for each site."""
    wrong = _fitting(values, sites)
    if values and sites > MOST_OWN:
        what = f"are given for {sites} sites; at most {MOST_OWN} can have values of their own."
        wrong.append(Problem("values", what, "Make a factor of them, or take fewer sites."))
    return wrong


def _rows(given: object) -> object:
    """Refuse a plain list, where one list for each row is wanted."""
    flat = isinstance(given, list | tuple) and not any(isinstance(row, list | tuple | Mapping)
                                                       for row in given)  # fmt: skip
    if given and flat:
        raise ValueError(
            "must have a list for each row, with one value for each column, as in "
            '[["1 um^3", "2 um^3"], ["3 um^3", "4 um^3"]]'
        )
    return given


OfGrid = Annotated[tuple[LevelList, ...], Field(min_length=1), BeforeValidator(_rows)]
"""A value for each place of a grid: rows of columns."""


class Grid(Model):
    """Columns along x, rows along y."""

    kind: Literal["grid"] = "grid"
    columns: Annotated[Count, Field(le=10_000, examples=[8])]
    """How many places lie along x."""
    rows: Annotated[Count, Field(le=10_000, examples=[8])]
    """How many places lie along y."""
    pitch: tuple[Annotated[Length, Field(gt=0)], Annotated[Length, Field(gt=0)]]
    """Distance of the columns and of the rows; a single one counts for both."""
    origin: tuple[Length, Length] = (0.0, 0.0)
    """Stage coordinates of column 0, row 0."""
    rotation: Annotated[Angle, Field(gt=-math.pi, le=math.pi)] = 0.0
    """Of the whole grid about its origin, from x towards y: to follow the edge of a sample."""
    shear: Annotated[Ratio, Field(ge=-2, le=2)] = 0.0
    """By how much a row is shifted along x, over its distance from row 0; before the rotation."""
    registration: Registration | None = None
    """Landmarks that tell where the grid is on the stage."""
    order: Literal["raster", "serpentine", "random", "shortest", "coarse first"] = "raster"
    """Raster visits each row from column 0; serpentine turns back at the end of each row; shortest
    looks for a short way from the first place on; coarse first visits a coarser grid before the
    rest, each as serpentine."""
    every: Annotated[Count, Field(ge=2, le=1_000)] = 4
    """Of which columns and rows the coarser grid is made, for coarse first: every 4th."""
    seed: Seed = 0
    """For the random order."""
    leave_out: tuple[tuple[Whole, Whole], ...] = ()
    """Column and row, from 0, of places that are not visited."""
    values: Annotated[
        dict[Words, OfGrid], Field(default_factory=dict, examples=[{"volume": [["540 um^3"]]}])
    ]
    """What is known of each place: a list for each row, with one value for each column. "$volume"
    stands for that of volume."""
    column_values: Own
    """What all places of a column have in common, one value for each column."""
    row_values: Own
    """What all places of a row have in common, one value for each row."""
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
        wrong += too_many(self.order, self.columns * self.rows - len(set(self.leave_out)))
        wrong += self._wrong_values()
        if wrong:
            raise Mistakes(wrong)
        return self

    def _wrong_values(self) -> Iterator[Problem]:
        """Find values that are not one for each place, column or row, and names given twice."""
        for name, table in self.values.items():
            if sizes := [f"row {iy} has {len(row)}" for iy, row in enumerate(table)
                         if len(row) != self.columns][:1]:  # fmt: skip
                what = f"must have {self.columns} values in each row, but {sizes[0]}."
                yield Problem(f"values.{name}", what, "Give one for each column.")
            elif len(table) != self.rows:
                what = f"has {counted(len(table), 'row')}, but the grid has {self.rows}."
                yield Problem(f"values.{name}", what, "Give a list for each row.")
            else:
                flat = {name: list(chain(*table))}
                yield from own_problems(flat, self.columns * self.rows)
        yield from _fitting(self.column_values, self.columns, "column", "column_values")
        yield from _fitting(self.row_values, self.rows, "row", "row_values")
        if self.column_values and self.row_values and self.columns * self.rows > MOST_OWN:
            what = f"and column_values make {self.columns * self.rows} combinations, more than "
            what += f"{MOST_OWN}."
            yield Problem("row_values", what, "Make a factor of one of them.")
        taken = set(self.values)
        for key, names in (
            ("column_values", [*self.column_values]),
            ("row_values", [*self.row_values]),
        ):
            for name in taken.intersection(names):
                what = f"{name} stands for other values already."
                yield Problem(f"{key}.{name}", what, "Choose another name.")
            taken.update(names)

    def own(self) -> tuple[NamedLevels, ...]:
        """Return the values of each place in the order of the visits; empty without any."""
        if not (self.values or self.column_values or self.row_values):
            return ()
        at = self.places()
        return tuple(
            (
                *((name, table[iy][ix]) for name, table in self.values.items()),
                *((name, levels[ix]) for name, levels in self.column_values.items()),
                *((name, levels[iy]) for name, levels in self.row_values.items()),
            )
            for ix, iy in zip(at.ix.tolist(), at.iy.tolist(), strict=True)
        )

    def _coarse_first(self) -> tuple[IntArray, IntArray]:
        """Return columns and rows: those of every n-th column and row, then all others.

        The others go up by every second row and come back by the rows between: a steady drift then
        does not look like a tilt.
        """
        iy, ix = np.divmod(np.arange(self.columns * self.rows), self.columns)
        coarse = (ix % self.every == 0) & (iy % self.every == 0)
        there_and_back = np.where(iy % 2 == 0, iy // 2, self.rows - 1 - iy // 2)
        found = []
        for some, turn in ((coarse, iy // self.every), (~coarse, there_and_back)):
            along = np.where(turn % 2 == 1, self.columns - 1 - ix, ix)
            found.append(np.flatnonzero(some)[np.lexsort((along[some], turn[some]))])
        order = np.concatenate(found)
        return ix[order], iy[order]

    def places(self) -> Places:
        """Return the places in the order of the visits."""
        iy, ix = np.divmod(np.arange(self.columns * self.rows), self.columns)
        if self.order == "serpentine":
            ix = np.where(iy % 2 == 1, self.columns - 1 - ix, ix)
        if self.order == "coarse first":
            ix, iy = self._coarse_first()
        if self.leave_out:
            left_out = np.array(self.leave_out)
            numbers = left_out[:, 1] * self.columns + left_out[:, 0]
            kept = ~np.isin(iy * self.columns + ix, numbers)
            ix, iy = ix[kept], iy[kept]
        if self.order == "random":
            order = shuffled(len(ix), self.seed)
            ix, iy = ix[order], iy[order]
        x, y = ix * self.pitch[0], iy * self.pitch[1]
        if self.shear:
            x = x + self.shear * y
        if self.rotation:  # an angle of zero leaves every digit as it is
            cos, sin = math.cos(self.rotation), math.sin(self.rotation)
            x, y = cos * x - sin * y, sin * x + cos * y
        found = Places(self.origin[0] + x, self.origin[1] + y, ix, iy)
        found = found.registered(self.registration)
        return found.taken(found.short_way()) if self.order == "shortest" else found


Point = tuple[Length, Length]
ListOrder = Literal["listed", "shortest"]


def too_many(order: str, count: int) -> Iterator[Problem]:
    """Refuse to look for a short way through very many places."""
    if order == "shortest" and count > shortest.MOST:
        what = f"is looked for through at most {shortest.MOST} sites; there are {count}."
        yield Problem("order", what, "Choose another order.")


def listed_places(
    points: Sequence[Point], registration: Registration | None, order: ListOrder
) -> Places:
    """Return listed places in the order of the visits."""
    x, y = np.array(points, float).reshape(-1, 2).T
    nowhere = np.full(len(x), -1)
    found = Places(x, y, nowhere, nowhere).registered(registration)
    return found.taken(found.short_way()) if order == "shortest" else found


class Points(Model):
    """Places listed one by one."""

    kind: Literal["points"] = "points"
    points: Annotated[
        tuple[Point, ...],
        Field(min_length=1, max_length=MOST, examples=[[["10 um", "10 um"], ["30 um", "10 um"]]]),
    ]
    """x and y of each place, as stage coordinates."""
    values: Own
    """What is known of each site, one value for each point: "$volume" stands for that of volume."""
    labels: tuple[Words, ...] = ()
    """What each site is called, one for each point."""
    registration: Registration | None = None
    """Landmarks that tell where the points are on the stage."""
    order: ListOrder = "listed"
    """In which they are visited: as listed, or on a short way from the first one on."""
    allow_overlap: YesNo = False
    """Whether footprints that overlap are meant to."""

    @model_validator(mode="after")
    def _one_for_each(self) -> Points:
        wrong = own_problems(self.values, len(self.points))
        if self.labels and len(self.labels) != len(self.points):
            what = (
                f"has {counted(len(self.labels), 'label')} for {counted(len(self.points), 'site')}."
            )
            wrong.append(Problem("labels", what, "Give one for each site, or none."))
        wrong += too_many(self.order, len(self.points))
        if wrong:
            raise Mistakes(wrong)
        return self

    def places(self) -> Places:
        """Return the places in the order of the visits."""
        return listed_places(self.points, self.registration, self.order)


class PointsFile(Model):
    """Places listed in a file beside the plan; read once, then part of the plan."""

    kind: Literal["csv"] = "csv"
    file: Annotated[Words, Field(examples=["points.csv"])]
    """Its first line says what each column is, with the unit: "x (um), y (um)"."""
    points: Annotated[tuple[Point, ...], Field(min_length=1, max_length=MOST), FromFile]
    """What the file said; a plan file leaves this out."""
    columns: tuple[Words, ...] = ()
    """Further columns that are read: "volume" of a column "volume (um^3)" is "$volume" in the
    steps, and a column without a unit that is called "label" says what each site is called."""
    values: Annotated[Own, FromFile]
    """What these columns said; a plan file leaves this out."""
    labels: Annotated[tuple[Words, ...], FromFile] = ()
    """The same."""
    registration: Registration | None = None
    """Landmarks that tell where the points are on the stage."""
    order: ListOrder = "listed"
    """In which they are visited: as listed, or on a short way from the first one on."""
    allow_overlap: YesNo = False
    """Whether footprints that overlap are meant to."""

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
        return {**given, **read_sites(folder / given["file"], names_in(given.get("columns")))}

    @model_validator(mode="after")
    def _one_for_each(self) -> PointsFile:
        wrong = own_problems(self.values, len(self.points))
        wrong += too_many(self.order, len(self.points))
        if wrong:
            raise Mistakes(wrong)
        return self

    def places(self) -> Places:
        """Return the places in the order of the visits."""
        return listed_places(self.points, self.registration, self.order)


def names_in(given: object) -> list[str]:
    """Return the names in a list as a plan has it."""
    listed = given if isinstance(given, list | tuple) else ()
    return [name for name in listed if isinstance(name, str)]
