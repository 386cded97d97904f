"""Regions of one sample: measurement areas that are farther apart than the stage reaches.

The sites of the plan are visited in each region. From one to the next a person moves the sample, or
a coarse stage of the rig: the tip is at the top of its travel then, and the cell off. Nobody knows
how high the surface is in a new region: what the landings in another one showed is forgotten.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from seccm.errors import Problem
from seccm.factors import Level, NamedLevels
from seccm.level_lists import named_levels
from seccm.mistakes import Mistakes
from seccm.plan.places import Own, Places, Point
from seccm.quantities import Model, Words
from seccm.typography import counted

MOST = 10_000
LABEL = "{label}"
"""Stands for the label of the region in what a person is asked."""
GAP = 0.25
"""Between the regions on a map, as a share of how wide the sites of one lie."""


@dataclass(frozen=True, slots=True)
class Region:
    """One region of the sample."""

    label: str = ""
    position: tuple[float, float] = (math.nan, math.nan)
    """Where it is on the sample, in metres; NaN where the plan does not say."""
    values: NamedLevels = ()
    """What is known of it."""


class Regions(Model):
    """Regions of the sample between which a person or a coarse stage moves it."""

    labels: Annotated[
        tuple[Words, ...], Field(min_length=1, max_length=MOST, examples=[["A1", "A2"]])
    ]
    """What each region is called, in the order in which they are visited."""
    positions: tuple[Point, ...] = ()
    """Where each is on the sample, one for each region: for maps, for planners, and for a coarse
    stage that moves there."""
    values: Own
    """What is known of each region, such as its composition, one value for each: "$x" stands for
    that of x in the steps."""
    moved_by: Literal["person", "rig"] = "person"
    """Who moves the sample: a person, who is asked, or the coarse stage of the rig."""
    ask: Words = f"Move region {LABEL} of the sample below the tip, then resume."
    """What a person is asked to do before each region; "{label}" stands for its label."""

    @model_validator(mode="after")
    def _one_for_each(self) -> Regions:
        if wrong := [*self._misfits()]:
            raise Mistakes(wrong)
        return self

    def _misfits(self) -> Iterator[Problem]:
        count = len(self.labels)
        for label in dict.fromkeys(one for one in self.labels if self.labels.count(one) > 1):
            what = f'"{label}" names {self.labels.count(label)} regions.'
            yield Problem("labels", what, "Give each region a name of its own.")
        if self.positions and len(self.positions) != count:
            what = f"has {counted(len(self.positions), 'place')} for {counted(count, 'region')}."
            yield Problem("positions", what, "Give one for each region.")
        for name, levels in self.values.items():
            if len(levels) != count:
                what = f"has {counted(len(levels), 'value')} for {counted(count, 'region')}."
                yield Problem(f"values.{name}", what, "Give one for each region.")
            elif len({level.unit for level in levels}) > 1:
                what = "has values of different kinds."
                yield Problem(f"values.{name}", what, "Give all in units of one kind.")
        if self.moved_by == "rig" and not self.positions:
            what = "are missing: the coarse stage is sent there."
            yield Problem("positions", what, 'Give one for each region, or moved_by = "person".')

    def each(self) -> tuple[Region, ...]:
        """Return the regions in the order in which they are visited."""
        nowhere = (math.nan, math.nan)
        return tuple(
            Region(
                label,
                self.positions[k] if self.positions else nowhere,
                tuple((name, levels[k]) for name, levels in self.values.items()),
            )
            for k, label in enumerate(self.labels)
        )

    def of(self, label: str) -> Region:
        """Return a region by its label.

        Raises:
            LookupError: there is none of that name.
        """
        return self.each()[self.labels.index(label)] if label in self.labels else _unknown(label)

    def only(self, label: str) -> dict[str, Any]:
        """Return the table of a single one of the regions, as a plan has it."""
        k = self.labels.index(label)
        return {
            **self.model_dump(mode="json", exclude_none=True),
            "labels": [label],
            "positions": self.positions[k : k + 1],
            "values": {name: [levels[k]] for name, levels in self.values.items()},
        }

    def asked(self, label: str) -> str:
        """Return what a person is asked to do before a region; empty if the rig moves."""
        return self.ask.replace(LABEL, label) if self.moved_by == "person" else ""

    def offsets(self, places: Places) -> dict[str, tuple[float, float]]:
        """Return by how much the sites of each region are shifted on a map, in metres.

        Regions are drawn side by side, as they lie on the sample where the plan says so; the way
        between them is not to scale, since it may be a thousand times as long as a region is wide.

        Args:
            places: of the sites in one region.
        """
        columns, rows = self._cells()
        pitch = (1.0 + GAP) * max(_extent(places.x), _extent(places.y))
        return {
            label: (pitch * column, pitch * row)
            for label, column, row in zip(self.labels, columns, rows, strict=True)
        }

    def _cells(self) -> tuple[Sequence[int], Sequence[int]]:
        """Return the column and the row of each region on a map."""
        if self.positions:
            x, y = np.array(self.positions, float).reshape(-1, 2).T
            ranks = [np.unique(np.round(at, 9), return_inverse=True)[1] for at in (x, y)]
            return ranks[0].tolist(), ranks[1].tolist()
        wide = math.ceil(math.sqrt(len(self.labels)))
        rows, columns = np.divmod(np.arange(len(self.labels)), wide)
        return columns.tolist(), rows.tolist()


def _extent(at: np.ndarray[Any, Any]) -> float:
    """Return how wide places lie, with the room that the last one takes."""
    found = np.unique(at)
    return float(np.ptp(found) + np.diff(found).mean()) if len(found) > 1 else 1e-6


def _unknown(label: str) -> Region:
    raise LookupError(f'"{label}" is not a region of the plan.')


OF_REGIONS = ("region x", "region y")
"""What a planner calls the two coordinates of a region on the sample."""


def positions_in(plan_json: str) -> dict[str, tuple[float, float]]:
    """Return where the regions of a plan are on its sample, in metres, by their labels.

    Args:
        plan_json: as `Plan.to_json` gives it; a plan without regions, or none, has no positions.
    """
    try:
        table = json.loads(plan_json)["regions"]
        pairs = zip(table["labels"], table["positions"], strict=True)
        return {str(label): (float(x), float(y)) for label, (x, y) in pairs}
    except (ValueError, TypeError, KeyError):
        return {}


def known_of_regions(plan_json: str) -> dict[str, dict[str, float]]:
    """Return what tells the regions of a plan apart for a planner, in SI, by their labels.

    Args:
        plan_json: as `Plan.to_json` gives it; a plan without regions, or none, has none.
    """
    try:
        table = json.loads(plan_json)["regions"]
        known: dict[str, dict[str, float]] = {str(label): {} for label in table["labels"]}
        levels = region_levels(table)
    except (ValueError, TypeError, KeyError):
        return {}
    for name, each in levels.items():
        for label, level in zip(known, each, strict=False):
            known[label][name] = level.value
    for label, at in positions_in(plan_json).items():
        known[label] |= dict(zip(OF_REGIONS, at, strict=True))
    return known


def region_levels(given: object) -> dict[str, tuple[Level, ...]]:
    """Return what can be read of the values of regions; unreadable ones are known by their names.

    Args:
        given: the table of regions as a plan has it.
    """
    return named_levels(given.get("values")) if isinstance(given, Mapping) else {}


def each_of(regions: Regions | None) -> tuple[Region, ...]:
    """Return the regions of a plan; a single one without a name where it says nothing of them."""
    return (Region(),) if regions is None else regions.each()


def in_every(places: Places, regions: Regions | None) -> Places:
    """Return the places of a plan in each of its regions, one region after the other."""
    count = len(each_of(regions))
    if count == 1:
        return places
    return Places(
        np.tile(places.x, count),
        np.tile(places.y, count),
        np.tile(places.ix, count),
        np.tile(places.iy, count),
    )
