"""The plan: what to do, as frozen data that has been checked in itself.

A plan is read from TOML, where every quantity carries its unit, or built in Python, where SI
floats will do. Whether a given rig can carry it out is asked with `plan.check(rig.info)`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from seccm.advice import told
from seccm.errors import PlanError, Problem
from seccm.mistakes import Mistake, mistakes_of, plainly, schema_of, written
from seccm.plan import placing, planner, ways
from seccm.plan.approach import Approach
from seccm.plan.channels import MEANINGLESS, completed, meaningless, stays
from seccm.plan.check import check
from seccm.plan.contacts import KINDS
from seccm.plan.examples import examples
from seccm.plan.expand import length_problem
from seccm.plan.library import find_plan
from seccm.plan.recipe import Recipe
from seccm.plan.regions import region_levels
from seccm.plan.site import Site
from seccm.plan.sites import own_levels
from seccm.plan.tables import Tables
from seccm.plan.together import forget, good_parts, plain, readable_levels, together, unused_factors
from seccm.program.registry import on_register
from seccm.program.words import learn
from seccm.quantities import FROM_FILE, is_shallow, read_toml
from seccm.rig import Axis, RigInfo
from seccm.suggestion import Suggestion
from seccm.versions import PLAN, Version

FORMAT = "format"
"""The key that says in which format a plan is written; may be left out."""


class Plan(Tables):
    """What to do, where, how often and in which order."""

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
        data = dict(plain(data))
        written = data.pop(FORMAT, None)
        if written is not None and (problem := _format_problem(written)):
            # What else such a plan says cannot be judged.
            raise PlanError(source, [problem])
        if too_long := length_problem(data.get("program")):
            # To look for the mistakes in all of these takes minutes.
            raise PlanError(source, [too_long])
        if self._mistakes(data, context):
            raise PlanError(source, told(data, lambda data: self._mistakes(data, context)))

    def _mistakes(self, data: Mapping[str, Any], context: Mapping[str, Any]) -> list[Mistake]:
        """Find what is wrong with the tables, which become those of this plan."""
        levels = readable_levels(data)
        own = own_levels(data.get("sites"), context.get("folder", Path()))
        own |= region_levels(data.get("regions"))
        context = {**context, "factors": {**own, **levels}}
        problems = [*unused_factors(data, levels), *meaningless(data)]
        data = completed(data)
        found: list[Mistake] = []
        try:
            self.__pydantic_validator__.validate_python(
                dict(data), self_instance=self, context=context
            )
            parts = dict(self)
        except ValidationError as error:
            found = mistakes_of(error, type(self), data, examples)
            parts = good_parts(type(self), data, context)
        problems += together(parts, own)
        return [*found, *map(plainly, problems)]

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain tables in SI, from which `from_dict` makes the same plan."""
        tables = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        left_out = MEANINGLESS if stays(tables) else ()
        return {name: table for name, table in tables.items() if name not in left_out}

    def to_json(self) -> str:
        """Return the plan as text, from which `from_json` makes the same plan."""
        tables = {FORMAT: str(PLAN), **self.to_dict()}
        return json.dumps(tables, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str, *, source: str = "plan") -> Plan:
        """Read what `to_json` wrote.

        Raises:
            PlanError: it is not that.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise PlanError(source, [Problem("file", f"is not JSON: {error}.")]) from None
        if not isinstance(data, dict) or not is_shallow(data):
            raise PlanError(source, [Problem("file", f"is not a plan: {written(data)}.")])
        return cls.from_dict(data, source=source)

    def replace(self, **changes: Any) -> Plan:
        """Return a plan in which some tables are others, checked as a whole again.

        Raises:
            PlanError: with one problem for each mistake.
        """
        return type(self).from_dict({**self.to_dict(), **changes}, source=self.title)

    def site(
        self,
        x: float | str,
        y: float | str,
        factors: Mapping[str, placing.Given] | None = None,
        *,
        ix: int = -1,
        iy: int = -1,
        label: str = "",
        region: str = "",
    ) -> Site:
        """Return a site of this plan at a place of your choice, for a planner to return.

        It gets its number when the planner returns it.

        Args:
            x: stage coordinate, in metres or with its unit.
            y: the same.
            factors: a level for each factor of the plan, and what is known of the site itself
                where the sites of the plan have such values: with its unit, or a number in SI.
            ix: the column in a grid; -1 where there is none.
            iy: the row in a grid.
            label: what the site is called.
            region: of the sample in which it lies, in a plan that has regions.

        Raises:
            PlanError: a factor or the region is unknown, or a factor has no level, or one that the
                plan cannot use.
        """
        (made,) = placing.alone(self, x, y, factors or {}, label, region).sites()
        return made.at(made.x, made.y, ix, iy, number=-1, repeat=0)

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


def _format_problem(written: object) -> Problem | None:
    """Return why a plan of the format that it names cannot be read; None if it can."""
    try:
        version = Version.read(written)
    except ValueError:
        return Problem(
            FORMAT,
            f"is {written!r:.40}, which is not a format of plans.",
            f'Write {FORMAT} = "{PLAN}", or remove it.',
            suggestion=Suggestion((FORMAT,), "remove"),
        )
    if not version.is_beyond(PLAN):
        return None
    return Problem(
        FORMAT,
        f"the plan is written in format {version}; this program reads formats up to {PLAN}.",
        "Update this program, or write the plan again for this version.",
    )


def _learn() -> None:
    """Let plans have a kind that was registered after the first plan was read."""
    learn(Approach, Recipe, Tables, Plan)
    schema_of.cache_clear()
    forget()


on_register(_learn)
KINDS.on_register(_learn)
ways.KINDS.on_register(_learn)
planner.KINDS.on_register(_learn)


def load_plan(name_or_path: str | Path) -> Plan:
    """Read a plan from a TOML file, or a plan that comes with the program, by its name.

    Raises:
        PlanError: with one problem for each mistake.
    """
    path = find_plan(name_or_path)
    return Plan.from_dict(read_toml(path), source=str(path), from_file=True, folder=path.parent)
