"""Sites at which nothing moves: the channels of an electrode array, and an electrode in its place.

A channel is connected to the cell by a switch or by a person, see the way `connected`. What a plan
says of probe, approach, retract and travel has no meaning there, and is refused. The probe is then
the electrode itself: a disk of its area.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from seccm.errors import Problem
from seccm.factors import Level, NamedLevels
from seccm.mistakes import Mistakes, similar
from seccm.plan.places import MOST_OWN, ListOrder, Own, Places, Point, own_problems, too_many
from seccm.plan.registration import Registration
from seccm.quantities import Area, Count, Model, Words
from seccm.suggestion import Suggestion
from seccm.typography import counted

APART = 1.5
"""Widths of an electrode from one to the next, where a plan does not say where they lie."""
AREA, BLANK = "area", "blank"
"""What is known of every channel, beside its values."""
Areas = Annotated[tuple[Annotated[Area, Field(gt=0)], ...], Field(min_length=1)]


class Channels(Model):
    """Electrodes of an array, connected to the cell one after the other; nothing moves."""

    kind: Literal["channels"] = "channels"
    labels: Annotated[
        tuple[Words, ...], Field(min_length=1, max_length=MOST_OWN, examples=[["P1", "P2"]])
    ]
    """What each channel is called. A person is asked for it by this name, and a switch is told."""
    areas: Annotated[Areas, Field(examples=[["400 um^2"]])]
    """Of the electrodes: one for each channel, or one for all."""
    positions: tuple[Point, ...] = ()
    """Where each lies on the chip: for maps and for order = "shortest". Without them, they lie in
    rows."""
    columns: Annotated[Count, Field(le=10_000)] | None = None
    """How many lie in a row, where positions are not given; by default about as many as rows."""
    blanks: tuple[Words, ...] = ()
    """Channels without a sample, by their labels: measured, and left out of fits over all sites."""
    values: Own
    """What is known of each channel, one value for each: "$volume" stands for that of volume."""
    order: ListOrder = "listed"
    """In which they are measured: as listed, or on a short way from the first one on."""

    allow_overlap: ClassVar[bool] = False
    registration: ClassVar[Registration | None] = None

    @field_validator("areas", mode="before")
    @classmethod
    def _one_or_many(cls, given: object) -> object:
        return given if isinstance(given, list | tuple) else (given,)

    @model_validator(mode="after")
    def _one_for_each(self) -> Channels:
        count = len(self.labels)
        wrong = own_problems(self.values, count)
        wrong += too_many(self.order, count)
        wrong += self._misfits(count)
        if wrong:
            raise Mistakes(wrong)
        return self

    def _misfits(self, count: int) -> Iterator[Problem]:
        for label in {label for label in self.labels if self.labels.count(label) > 1}:
            what = f'"{label}" names {self.labels.count(label)} channels.'
            yield Problem("labels", what, "Give each channel a name of its own.")
        for key, given, least in (("areas", self.areas, 1), ("positions", self.positions, 0)):
            if len(given) not in (least, count):
                what = f"has {counted(len(given), 'value')} for {counted(count, 'channel')}."
                yield Problem(key, what, "Give one for each channel.")
        if self.positions and self.columns is not None:
            what = "says how channels lie that have no positions, but they have."
            remove = Suggestion(("columns",), "remove")
            yield Problem("columns", what, "Remove it, or positions.", suggestion=remove)
        for label in self.blanks:
            if label not in self.labels:
                what = f'"{label}" is not a label of a channel.'
                yield Problem("blanks", what, similar(label, list(self.labels)))
        for name in (AREA, BLANK):
            if name in self.values:
                key = {AREA: "areas", BLANK: "blanks"}[name]
                what = "is known of each channel already."
                yield Problem(f"values.{name}", what, f"Write it as {key}, or choose another name.")

    @property
    def area(self) -> float:
        """The mean area of the electrodes, in square metres."""
        return math.fsum(self.areas) / len(self.areas)

    def places(self) -> Places:
        """Return where the channels lie on the chip, in the order in which they are measured."""
        found = self._listed()
        return found.taken(found.short_way()) if self.order == "shortest" else found

    def _listed(self) -> Places:
        count = len(self.labels)
        if self.positions:
            x, y = np.array(self.positions, float).reshape(-1, 2).T
            nowhere = np.full(count, -1)
            return Places(x, y, nowhere, nowhere)
        columns = self.columns or math.ceil(math.sqrt(count))
        iy, ix = np.divmod(np.arange(count), columns)
        pitch = APART * math.sqrt(max(self.areas))
        return Places(ix * pitch, iy * pitch, ix, iy)

    def _order(self) -> list[int]:
        return (
            self._listed().short_way().tolist()
            if self.order == "shortest"
            else list(range(len(self.labels)))
        )

    def own(self) -> tuple[NamedLevels, ...]:
        """Return what is known of each channel, in the order in which they are measured."""
        areas = self.areas if len(self.areas) > 1 else self.areas * len(self.labels)
        return tuple(
            (
                (AREA, Level(areas[k], "m^2")),
                *([(BLANK, Level(float(self.labels[k] in self.blanks), "1"))] * bool(self.blanks)),
                *((name, levels[k]) for name, levels in self.values.items()),
            )
            for k in self._order()
        )

    def called(self) -> tuple[str, ...]:
        """Return the label of each channel, in the order in which they are measured."""
        return tuple(self.labels[k] for k in self._order())


class Here(Model):
    """One electrode that stays where it is: a microelectrode, or a particle on a stick."""

    kind: Literal["here"] = "here"
    label: Words = "here"
    """What it is called."""
    area: Annotated[Area, Field(gt=0, examples=["491 um^2"])]
    """Of the electrode."""
    values: Own
    """What is known of it, such as RG: a list with one value."""

    allow_overlap: ClassVar[bool] = False
    registration: ClassVar[Registration | None] = None
    order: ClassVar[str] = "listed"

    @model_validator(mode="after")
    def _one_of_each(self) -> Here:
        wrong = own_problems(self.values, 1)
        if AREA in self.values:
            what = "is known of the electrode already."
            wrong.append(Problem(f"values.{AREA}", what, "Write it as area."))
        if wrong:
            raise Mistakes(wrong)
        return self

    def places(self) -> Places:
        """Return a single place, which has no coordinates of a stage."""
        return Places(np.zeros(1), np.zeros(1), np.full(1, -1), np.full(1, -1))

    def own(self) -> tuple[NamedLevels, ...]:
        """Return what is known of the electrode."""
        known = ((name, levels[0]) for name, levels in self.values.items())
        return (((AREA, Level(self.area, "m^2")), *known),)

    def called(self) -> tuple[str, ...]:
        """Return what it is called."""
        return (self.label,)


STAYING = ("channels", "here")
"""Kinds of sites at which nothing moves."""
MEANINGLESS = ("probe", "approach", "retract", "travel", "on_no_contact")
"""Tables of a plan that say nothing there."""


def stays(data: Mapping[str, Any]) -> str:
    """Return the kind of the sites of a plan as it is written, if nothing moves there; else ""."""
    sites = data.get("sites")
    kind = sites.get("kind") if isinstance(sites, Mapping) else None
    return kind if isinstance(kind, str) and kind in STAYING else ""


def meaningless(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Find tables that say how a tip moves, where nothing does."""
    kind = stays(data)
    for name in MEANINGLESS if kind else ():
        if name in data:
            what = f'has no meaning with sites of kind "{kind}": nothing moves there.'
            yield Problem(name, what, "Remove it.", suggestion=Suggestion((name,), "remove"))


def completed(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of a plan, with stand-ins for those that say nothing where nothing moves.

    Nobody reads the stand-ins but the probe: sites have no approach there.
    """
    kind = stays(data)
    if not kind:
        return dict(data)
    by = {"channels": "person", "here": "nobody"}[kind]
    way = data.get("way", {})
    if isinstance(way, Mapping):
        way = {"kind": "connected", **way}
        way = {"switch": by, **way} if way["kind"] == "connected" else way
    area = _mean_area(data["sites"])
    probe = {
        "aperture": f"{2e6 * math.sqrt(area / math.pi)!r} um",
        "footprint": {"area": f"{area * 1e12!r} um^2", "basis": "nominal"},
    }
    return {**data, "way": way, "probe": probe, **_NOTHING_MOVES}


_NOTHING_MOVES: Mapping[str, Any] = {
    "approach": {
        "speed": "1 um/s",
        "travel": "2 um",
        "overtravel": "1 um",
        "hold": {"potential": "0 V"},
        "contact": {"kind": "current threshold", "threshold": "1 pA"},
    },
    "retract": {"distance": "1 um", "speed": "1 um/s"},
    "travel": {"speed": "1 um/s"},
    "on_no_contact": {},
}


def _mean_area(sites: Mapping[str, Any]) -> float:
    """Return the mean area that a table of sites gives, 1 um^2 if it cannot be read."""
    given = sites.get("areas", sites.get("area"))
    listed = given if isinstance(given, list | tuple) else (given,)
    found = []
    for one in listed:
        try:
            level = Level.read(one)
        except (ValueError, TypeError):
            continue
        if level.value > 0.0 and math.isfinite(level.value):
            found.append(level.value)
    return math.fsum(found) / len(found) if found else 1e-12
