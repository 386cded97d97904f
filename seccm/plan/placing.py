"""Sites that are thought of while a run goes on: made from a plan, checked, and numbered."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from seccm.errors import PlanError, Problem
from seccm.factors import Condition, Level
from seccm.mistakes import similar, written
from seccm.plan.decision import Decision
from seccm.plan.recipe import conditions_among
from seccm.plan.site import Site
from seccm.plan.sites import single
from seccm.plan.spacing import droplets_are_none, meeting
from seccm.rig import Axis, RigInfo
from seccm.units import show

if TYPE_CHECKING:
    from seccm.plan.plan import Plan

MOST_LINES = 10_000
"""Columns or rows of a grid."""
Given = str | float | Level
"""A level as a script gives it: with its unit, or as a number in SI."""


def levels_for(plan: Plan, factors: Mapping[str, Given]) -> dict[str, Level]:
    """Return a level for each factor of a plan, in their order.

    Raises:
        PlanError: a factor is unknown, or has no level, or one that is no such quantity.
    """
    units = {**plan.conditions[0].units, **plan.own_units}
    wrong = [
        Problem(f"factors.{name}", "is not a factor of the plan.", similar(name, list(units)))
        for name in factors
        if name not in units
    ]
    found: dict[str, Level] = {}
    for name, unit in units.items():
        if name not in factors:
            wrong.append(Problem(f"factors.{name}", "has no level at this site.", "Give one."))
            continue
        given = factors[name]
        try:
            bare = isinstance(given, int | float) and not isinstance(given, bool)
            level = Level(float(given), unit) if bare else Level.read(given)  # type: ignore[arg-type]
        except ValueError as error:
            wrong.append(Problem(f"factors.{name}", str(error)))
            continue
        if level.unit != unit:
            what = f"{level} is not a quantity like the levels of the plan, which are in {unit}."
            wrong.append(Problem(f"factors.{name}", what))
        elif not math.isfinite(level.value):
            what = f"must be a finite number, not {written(level.value)}."
            wrong.append(Problem(f"factors.{name}", what, "Give a number and a unit."))
        found[name] = level
    if wrong:
        raise PlanError(plan.title, wrong)
    return found


def alone(
    plan: Plan,
    x: object,
    y: object,
    factors: Mapping[str, Given],
    label: str = "",
    region: str = "",
) -> Plan:
    """Return the plan of a single site.

    Args:
        plan: of which it is one.
        x: stage coordinate.
        y: the same.
        factors: a level for each factor, and each value that sites of the plan have.
        label: what it is called; empty if nothing.
        region: of the sample in which it lies.

    Raises:
        PlanError: the place or a level cannot be used, or the region is unknown, whatever the rig.
    """
    regions = _only(plan, region)
    shared = () if regions is None else regions["values"]
    levels = levels_for(plan, {**factors, **_of_region(plan, region)})
    own = {name: levels[name] for name in plan.own_units if name not in shared}
    return plan.replace(
        sites=single(plan.places, x, y, own, label),
        regions=regions,
        factors={name: [levels[name]] for name in plan.conditions[0]},
        design={},
        planner={"kind": "listed"},
    )


def _only(plan: Plan, region: str) -> dict[str, Any] | None:
    """Return the table of the one region in which a site lies; None in a plan without regions.

    Raises:
        PlanError: the plan has no such region.
    """
    known = () if plan.regions is None else plan.regions.labels
    if region not in (known or ("",)):
        what = f'"{region}" is not a region of the plan.' if region else "is missing."
        raise PlanError(plan.title, [Problem("region", what, similar(region, known))])
    return None if plan.regions is None else plan.regions.only(region)


def _of_region(plan: Plan, region: str) -> dict[str, Level]:
    """Return what is known of a region."""
    return {} if plan.regions is None else dict(plan.regions.of(region).values)


def _forged(site: Site) -> Iterator[Problem]:
    """Find what a program may have put into a site that `Plan.site` would not have."""
    for name in ("x", "y"):
        value = getattr(site, name)
        if not isinstance(value, int | float) or not math.isfinite(value):
            what = f"is {value!r:.40}, not a finite number of metres."
            yield Problem(name, what, "Make the site with Plan.site of the run's plan.")
    for name in ("ix", "iy"):
        value = getattr(site, name)
        if not isinstance(value, int) or not -1 <= value < MOST_LINES:
            what = f"is {value!r:.40}, not the number of a column or row of a grid."
            yield Problem(name, what, "Leave it out, or give that of the plan's grid.")
    try:
        if site.decision is not None:
            Decision.read(site.decision.text)
    except Exception as error:  # whatever somebody else has put there
        yield Problem("decision", f"cannot be stored: {type(error).__name__}: {error}.")


class Placing:
    """Takes the sites of a planner as they come: each is checked as those of a plan are.

    Args:
        plan: of the run.
        info: the rig that is to visit them.
        sites: that the run has already, in the order of their numbers.
        at: where the axes were when the rig was opened, in metres, as far as known.
    """

    def __init__(
        self,
        plan: Plan,
        info: RigInfo,
        sites: Iterable[Site] = (),
        at: Mapping[Axis, float] | None = None,
    ) -> None:
        self.plan, self.info, self._at = plan, info, dict(at or {})
        self._sites = list(sites)
        self._conditions: dict[Condition, int] = {
            condition: index for index, condition in enumerate(conditions_among(plan, self._sites))
        }
        self._repeats = np.bincount(
            [site.condition for site in self._sites], minlength=len(self._conditions)
        ).tolist()

    @property
    def count(self) -> int:
        """How many sites the run has."""
        return len(self._sites)

    def place(self, site: Site) -> Site:
        """Return a site with its number, condition and repeat; the next one is checked against it.

        Raises:
            PlanError: it was not made by this plan, the rig cannot visit it, or its droplet would
                meet that of another site.
        """
        number, made = len(self._sites), self.check(site)
        assert made.recipe is not None
        condition = made.recipe.condition
        index = self._conditions.setdefault(condition, len(self._conditions))
        self._repeats += [0] * (index + 1 - len(self._repeats))
        pattern = made.recipe.site(index)
        placed = replace(pattern, decision=site.decision).at(
            site.x, site.y, site.ix, site.iy, number=number, repeat=self._repeats[index]
        )
        self._repeats[index] += 1
        self._sites.append(placed)
        return placed

    def check(self, site: Site, others: Sequence[Site] = ()) -> Site:
        """Return a site as the plan makes it; nothing changes.

        Args:
            site: that a planner or a person asks for.
            others: sites that are to be visited, beside those that the run has.

        Raises:
            PlanError: as `place`.
        """
        number = len(self._sites)
        if not isinstance(site, Site) or site.recipe is None:
            what = f"is {type(site).__name__!r}, not a site that Plan.site has made."
            raise PlanError(self.plan.title, [Problem(f"site {number}", what)])
        if wrong := [*_forged(site)]:
            raise PlanError(f"site {number}", wrong)
        given = {**dict(site.recipe.condition.levels), **site.recipe.values}
        only = alone(self.plan, site.x, site.y, given, site.label, site.region)
        (made,) = only.sites()
        assert made.recipe is not None
        problems = [p for p in only.check(self.info, at=self._at) if p.severity == "error"]
        if made.recipe.text != site.recipe.text:
            what = "differs from what the plan does at its sites."
            problems.append(Problem("recipe", what, "Make it with Plan.site of the run's plan."))
        problems += self._used(made, [*self._sites, *others])
        if problems:
            raise PlanError(f"site {number}", problems)
        return made

    def _used(self, site: Site, others: Sequence[Site]) -> list[Problem]:
        """Refuse ground that another site has used, or may use."""
        bare = droplets_are_none((site,))
        if self.plan.places.allow_overlap or bare or not self.plan.moves:
            return []
        there = [(k, one) for k, one in enumerate(others) if one.region == site.region]
        places = np.array([(one.x, one.y) for _, one in there], float).reshape(-1, 2)
        diameter = self.plan.probe.diameter
        met = meeting((site.x, site.y), places, site.no_contact.offsets(), diameter)
        if met is None:
            return []
        apart = show(float(np.hypot(*(places[met] - (site.x, site.y)))), "m", 3)
        retries = " with its retries" if len(site.no_contact.offsets()) > 1 else ""
        number, _ = there[met]
        who = f"site {number}" if number < len(self._sites) else "a site that is to come"
        what = (
            f"({show(site.x, 'm')}, {show(site.y, 'm')}){retries} is on used ground: {who} is "
            f"{apart} away, and the footprint's diameter is {show(diameter, 'm', 3)}."
        )
        remedy = "Choose another place, or set sites.allow_overlap = true if this is intended."
        return [Problem("sites", what, remedy)]
