"""The tables of a plan, and what follows from them: conditions, sites, time and room."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Self

import numpy as np
from pydantic import Field

from seccm.arrays import FloatArray
from seccm.factors import Condition, Level, NamedLevels
from seccm.level_lists import LevelList
from seccm.plan.approach import Approach, Budget, OnNoContact, Retract, Travel
from seccm.plan.channels import AREA
from seccm.plan.design import Design, assigned, conditions_of, levels_of
from seccm.plan.electrolyte import Electrolyte
from seccm.plan.estimate import bytes_of, duration_of, raw_time
from seccm.plan.planner import KINDS, AnyPlanner
from seccm.plan.planner import usual as own_list
from seccm.plan.probe import Probe, Reference
from seccm.plan.recipe import Recipe
from seccm.plan.recording import MAINS, Record, raw_rate
from seccm.plan.regions import Regions, each_of, in_every
from seccm.plan.site import Site
from seccm.plan.sites import Sites, own_of
from seccm.plan.visits import Visits
from seccm.plan.way_words import WayWords
from seccm.plan.ways import KINDS as WAYS
from seccm.plan.ways import AnyWay, usual
from seccm.program.keep import asked_for
from seccm.program.keep import usual as usual_to_keep
from seccm.program.kept import Kept
from seccm.program.setting import Setting
from seccm.program.settled import settled
from seccm.program.words import Step, Steps
from seccm.program.yielded import yielding
from seccm.quantities import FreeText, Model, Words
from seccm.rig import Channel, Mounted, RigInfo
from seccm.rig.suspend import SuspendTable

EXAMPLES: Mapping[str, Any] = {
    "reference": {
        "name": "Ag/AgCl",
        "electrode": "Ag/AgCl wire",
        "offset": "0 V",
        "provenance": "the wire is the reference",
    },
    "probe": {"aperture": "6 um", "footprint": {"ratio": 1.5, "basis": "nominal"}},
    "sites": {"kind": "grid", "columns": 8, "rows": 8, "pitch": "11 um"},
    "approach": {
        "speed": "2 um/s",
        "travel": "30 um",
        "overtravel": "250 nm",
        "contact": {"kind": "potential drop", "drop": "5 V"},
    },
    "retract": {"distance": "8 um", "speed": "4 um/s"},
    "travel": {"speed": "20 um/s"},
}
"""What is shown to someone who left a table out."""


Keep = Annotated[
    tuple[Words, ...], Field(min_length=1, max_length=200, examples=[["E_nuc of first step"]])
]


class Tables(Model, defer_build=True):
    """What to do, where, how often and in which order."""

    title: Annotated[Words, Field(examples=["Li on Au, eight currents"])]
    """What the scan is called in lists, reports and figures."""
    description: FreeText = ""
    """What it is for, in a few sentences."""
    sample: Annotated[Words, Field(examples=["li-on-au"])]
    """What is mounted; a virtual rig brings its own sample of that name."""
    keep: Keep | None = None
    """The results that maps, tables and reports show of each site, such as "E_nuc of last step" or
    "CE of last cycle". Without it: all of up to twelve steps, else the first and last of a kind."""
    reference: Annotated[Reference, Field(examples=[EXAMPLES["reference"]])]
    probe: Annotated[Probe, Field(examples=[EXAMPLES["probe"]])]
    electrolyte: Electrolyte | None = None
    """What reacts: `seccm check` then says the limiting current, and warns of currents that flow
    longer than it can be brought."""
    places: Annotated[Sites, Field(alias="sites", examples=[EXAMPLES["sites"]])]
    regions: Annotated[Regions | None, Field(examples=[{"labels": ["A1", "A2"]}])] = None
    """Regions of the sample, farther apart than the stage reaches: the sites are visited in each
    one."""
    factors: Annotated[dict[Words, LevelList], Field(default_factory=dict)]
    """What varies from site to site: a name, and its levels. "$j" stands for that of j."""
    design: Design = Design()
    planner: Annotated[AnyPlanner, Field(default_factory=own_list, examples=[{"kind": "listed"}])]
    """Who says which site comes next; others than "listed" think while the run goes on."""
    way: Annotated[AnyWay, Field(default_factory=usual, examples=[{"kind": "hopping"}])]
    """How each place is come to and left."""
    approach: Annotated[Approach, Field(examples=[EXAMPLES["approach"]])]
    retract: Annotated[Retract, Field(examples=[EXAMPLES["retract"]])]
    travel: Annotated[Travel, Field(examples=[EXAMPLES["travel"]])]
    on_no_contact: OnNoContact = OnNoContact()
    budget: Budget = Budget()
    suspend: Annotated[dict[Words, SuspendTable], Field(default_factory=dict)]
    """When the run waits with its tip up, because of a signal of the rig, by name."""
    record: Record = Record()
    program: Steps

    @property
    def moves(self) -> bool:
        """Whether a tip moves; else nothing does, from the first site to the last."""
        return WAYS.of(self.way.kind).moves

    @property
    def way_words(self) -> WayWords:
        """How its runs are spoken of."""
        return WAYS.of(self.way.kind).words

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The combinations of levels that are tried; a single empty one if nothing varies."""
        return conditions_of(self.factors, self.design)

    @property
    def levels(self) -> dict[str, tuple[Level, ...]]:
        """The levels of each factor; for a listed design one for each condition."""
        return dict(levels_of(self.factors, self.design))

    @property
    def mounted(self) -> Mounted:
        """What must be mounted on the rig for this plan."""
        return Mounted(self.sample, self.probe.aperture, self._channels())

    def _channels(self) -> tuple[Channel, ...]:
        """Return the electrodes of the plan, where nothing moves."""
        if self.moves:
            return ()
        places, (_, labels) = self.places.places(), own_of(self.places)
        each = zip(labels, places.x.tolist(), places.y.tolist(), strict=True)
        return tuple(Channel(label, x, y) for label, x, y in each)

    def resolved(self, condition: Condition) -> tuple[tuple[Step, ...], Setting]:
        """Return the programme with the levels of a condition in it, and what else it needs."""
        steps = tuple(settled(step, condition.known) for step in self.program)
        return steps, self.setting(Condition())

    def setting(self, condition: Condition) -> Setting:
        """Return what turns this plan's quantities into raw numbers under a condition."""
        mains = self.record.mains or MAINS
        return Setting(condition, self.reference.offset, self.area_of(condition), mains)

    def area_of(self, condition: Condition) -> float:
        """Return the area that densities refer to, m2.

        Args:
            condition: with what is known of the site, such as the area of its own electrode.
        """
        return self.probe.area if self.moves else condition.get(AREA, self.probe.area)

    def kept(self) -> tuple[Kept, ...]:
        """Return the numbers that a data file keeps of each site in its site table."""
        every = yielding(self.program, [pattern.segments for pattern in self.visits().patterns])
        if self.keep is None:
            return usual_to_keep(self.program, every)
        return asked_for(self.keep, self.program, every)[0]

    def visits(self) -> Visits:
        """Return every site in the order of the visits, as columns."""
        return self._visits

    @cached_property
    def _visits(self) -> Visits:
        """The sites, made once: a plan never changes, and checks and estimates ask many times."""
        conditions, regions = self.conditions, each_of(self.regions)
        places = in_every(self.places.places(), self.regions)
        condition = assigned(self.design, places, len(conditions))
        values, labels = own_of(self.places)
        if not values and not labels and self.regions is None:
            each = enumerate(conditions)
            patterns = tuple(Recipe.of(self, levels).site(index) for index, levels in each)
            return Visits(places, condition, patterns)
        recipes: dict[tuple[int, NamedLevels, str, str], int] = {}
        which, in_one = [], len(places) // len(regions)
        for number, index in enumerate(condition.tolist()):
            region, place = regions[number // in_one], number % in_one
            own = (*(values[place] if values else ()), *region.values)
            alike = index, own, labels[place] if labels else "", region.label
            which.append(recipes.setdefault(alike, len(recipes)))
        patterns = tuple(
            Recipe.of(self, conditions[index], own, label, name).site(index)
            for index, own, label, name in recipes
        )
        return Visits(places, np.array(which, int), patterns)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with some tables changed and not checked; its sites are made again."""
        copy = super().model_copy(update=update, deep=deep)
        copy.__dict__.pop("_visits", None)
        return copy

    @property
    def own_units(self) -> dict[str, str]:
        """The SI units of the values that each site has, by their names."""
        values, _ = own_of(self.places)
        known = (*(values[0] if values else ()), *each_of(self.regions)[0].values)
        return {name: level.unit for name, level in known}

    def shown_apart(self, regions: Sequence[str]) -> FloatArray:
        """Return by how much sites are shifted on a map, so that regions do not lie on each other.

        Args:
            regions: of the sites.

        Returns:
            Metres, shape (sites, 2).
        """
        if self.regions is None:
            return np.zeros((len(regions), 2))
        offsets = self.regions.offsets(self.places.places())
        return np.array([offsets.get(one, (0.0, 0.0)) for one in regions]).reshape(-1, 2)

    def sites(self) -> tuple[Site, ...]:
        """Return every site in the order of the visits, resolved to plain numbers."""
        return self.visits().sites()

    def duration(self, info: RigInfo, *, shortest: bool = False) -> float:
        """Estimate how long the scan takes at most, or at least, in seconds."""
        return duration_of(self.visits(), info, shortest=shortest)

    def bytes(self, info: RigInfo) -> int:
        """Estimate the size of the scan's data file, in bytes."""
        return bytes_of(self.visits(), info) + self.raw_bytes(info)

    def raw_bytes(self, info: RigInfo) -> int:
        """Estimate how much of it is raw samples, before they are compressed at the end."""
        visits = self.visits()
        seconds = duration_of(visits, info) if self.record.raw else raw_time(visits, info.clock)
        return round(seconds * raw_rate(info))

    def keeps_raw(self, info: RigInfo) -> bool:
        """Tell whether a rig's raw samples are kept: of the whole scan, or of some steps.

        A planner may ask for conditions that are faster than those of the plan: a file has room for
        raw samples if any step would keep them, were it fast enough.
        """
        if self.record.raw or not info.raw:
            return bool(info.raw)
        patterns = self.visits().patterns
        if KINDS.of(self.planner.kind).asks:
            return any(one.raw or one.row < math.inf for site in patterns for one in site.segments)
        return any(site.raw_time(info.clock) > 0.0 for site in patterns)
