"""The plan: what to do, as frozen data that has been checked in itself.

A plan is read from TOML, where every quantity carries its unit, or built in Python, where SI
floats will do. Whether a given rig can carry it out is asked with `plan.check(rig.info)`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from seccm.errors import PlanError, Problem
from seccm.mistakes import problems_of, written
from seccm.plan.approach import Approach, Budget, OnNoContact, Retract, Travel
from seccm.plan.check import check
from seccm.plan.design import Design, Levels, assigned, conditions_of, levels_of
from seccm.plan.estimate import bytes_of, duration_of
from seccm.plan.expand import Expansion, flattened
from seccm.plan.factors import Condition, Level
from seccm.plan.library import find_plan
from seccm.plan.places import Places
from seccm.plan.probe import Probe, Reference
from seccm.plan.recording import Record, raw_rate
from seccm.plan.site import NoContact, Site
from seccm.plan.steps import Step
from seccm.plan.together import good_parts, plain, readable_levels, together, unused_factors
from seccm.quantities import FROM_FILE, Model, read_toml
from seccm.rig import Axis, Mounted, RigInfo


class Plan(Model):
    """What to do, where, how often and in which order."""

    title: Annotated[str, Field(min_length=1)]
    description: str = ""
    sample: Annotated[str, Field(min_length=1)]
    """What is mounted; a virtual rig brings its own sample of that name."""
    reference: Reference
    probe: Probe
    places: Annotated[Places, Field(alias="sites")]
    factors: Annotated[dict[str, Levels], Field(default_factory=dict)]
    design: Design = Design()
    approach: Approach
    retract: Retract
    travel: Travel
    on_no_contact: OnNoContact = OnNoContact()
    budget: Budget = Budget()
    record: Record = Record()
    program: Annotated[tuple[Step, ...], Field(min_length=1)]

    def __init__(self, **data: Any) -> None:
        """Build a plan from its tables; values are SI floats, texts with units, or models.

        Raises:
            PlanError: with one problem for each mistake.
        """
        self._fill(data, "plan", {})

    @classmethod
    def from_dict(
        cls,
        data: Mapping[str, Any],
        *,
        source: str = "plan",
        from_file: bool = False,
        folder: Path | None = None,
    ) -> Plan:
        """Build a plan from plain tables.

        Args:
            data: as a TOML file gives them.
            source: the file's name, for messages.
            from_file: whether every quantity must carry its unit.
            folder: where files named by the plan lie.

        Raises:
            PlanError: with one problem for each mistake.
        """
        plan = cls.__new__(cls)
        context = {**(FROM_FILE if from_file else {}), "folder": folder or Path()}
        cls._fill(plan, data, source, context)
        return plan

    def _fill(self, data: Mapping[str, Any], source: str, context: dict[str, Any]) -> None:
        data = plain(data)
        context = {**context, "factors": readable_levels(data)}
        problems = list(unused_factors(data, context["factors"]))
        try:
            self.__pydantic_validator__.validate_python(data, self_instance=self, context=context)
            parts = dict(self)
        except ValidationError as error:
            problems = problems_of(error, type(self), data) + problems
            parts = good_parts(type(self), data, context)
        problems += together(parts)
        if problems:
            raise PlanError(source, dict.fromkeys(problems))

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain tables in SI, from which `from_dict` makes the same plan."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def to_json(self) -> str:
        """Return the plan as text, from which `from_json` makes the same plan."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str, *, source: str = "plan") -> Plan:
        """Read what `to_json` wrote.

        Raises:
            PlanError: it is not that.
        """
        try:
            data = json.loads(text)
        except ValueError as error:
            raise PlanError(source, [Problem("file", f"is not JSON: {error}.")]) from None
        if not isinstance(data, dict):
            raise PlanError(source, [Problem("file", f"is no plan: {written(data)}.")])
        return cls.from_dict(data, source=source)

    def replace(self, **changes: Any) -> Plan:
        """Return a plan in which some tables are others, checked as a whole again.

        Raises:
            PlanError: with one problem for each mistake.
        """
        return type(self).from_dict({**self.to_dict(), **changes}, source=self.title)

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
        return Mounted(self.sample, self.probe.aperture)

    def expansion(self, condition: Condition) -> Expansion:
        """Return what turns this plan's quantities into raw numbers under a condition."""
        return Expansion(condition, self.reference.offset, self.probe.area)

    def sites(self) -> tuple[Site, ...]:
        """Return every site in the order of the visits, resolved to plain numbers."""
        places = self.places.places()
        patterns = [self._pattern(condition) for condition in self.conditions]
        seen = [0] * len(patterns)
        sites = []
        for number, (place, index) in enumerate(
            zip(places, assigned(self.design, places, len(patterns)), strict=True)
        ):
            sites.append(
                dataclasses.replace(
                    patterns[index],
                    number=number,
                    x=place.x,
                    y=place.y,
                    ix=place.ix,
                    iy=place.iy,
                    condition=index,
                    repeat=seen[index],
                )
            )
            seen[index] += 1
        return tuple(sites)

    def _pattern(self, condition: Condition) -> Site:
        """Return what the sites of a condition have in common, as a site at the origin."""
        expansion, policy = self.expansion(condition), self.on_no_contact
        segments = expansion.segments(self.program)
        first = next(step for _, step in flattened(self.program))
        return Site(
            number=0,
            x=0.0,
            y=0.0,
            ix=-1,
            iy=-1,
            condition=0,
            repeat=0,
            approach=expansion.approach(self.approach, first, segments[0]),
            segments=segments,
            retract=expansion.lift(self.retract),
            travel_speed=condition.number(self.travel.speed),
            travel_settle=condition.number(self.travel.settle),
            no_contact=NoContact(policy.then, policy.retries, policy.shift),
        )

    def duration(self, info: RigInfo) -> float:
        """Estimate how long the scan takes, in seconds."""
        return duration_of(self.sites(), info.clock)

    def bytes(self, info: RigInfo) -> int:
        """Estimate the size of the scan's data file, in bytes."""
        return bytes_of(self.sites(), info.clock) + self.raw_bytes(info)

    def raw_bytes(self, info: RigInfo) -> int:
        """Estimate how much of it is raw samples, before they are compressed at the end."""
        return round(self.duration(info) * raw_rate(info)) if self.record.raw else 0

    def check(
        self,
        info: RigInfo,
        *,
        at: Mapping[Axis, float] | None = None,
        free_disk: int | None = None,
    ) -> tuple[Problem, ...]:
        """Ask whether a rig can carry out this plan, and whether the plan makes sense.

        Args:
            info: the rig's abilities and limits.
            at: where the axes are now, in metres, if known.
            free_disk: bytes to spare where the data file will lie.

        Returns:
            Errors, with which a run must not begin, and warnings.
        """
        return check(self, info, at=at or {}, free_disk=free_disk)


def load_plan(name_or_path: str | Path) -> Plan:
    """Read a plan from a TOML file, or a plan that comes with the program, by its name.

    Raises:
        PlanError: with one problem for each mistake.
    """
    path = find_plan(name_or_path)
    return Plan.from_dict(read_toml(path), source=str(path), from_file=True, folder=path.parent)
