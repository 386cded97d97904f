"""What a planner believes while a run goes on, read from its data file, as a screen shows it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from seccm.arrays import BoolArray, FloatArray
from seccm.events import Outcome
from seccm.plan.decision import HALF, SURE, Belief, Decision, Direction, Progress
from seccm.plan.instruction import Forbidden, Instruction
from seccm.plan.regions import OF_REGIONS, known_of_regions
from seccm.results import Status
from seccm.typography import counted, readable
from seccm.units import lasting, show

if TYPE_CHECKING:
    from seccm.data import Scan


@dataclass(frozen=True, eq=False, slots=True)
class Measured:
    """A result at the sites so far."""

    points: FloatArray
    """Where each lies, shape (sites, directions), in SI."""
    values: FloatArray
    """NaN of a site without a number, shape (sites,)."""


@dataclass(frozen=True, eq=False, slots=True)
class Planning:
    """One look at the decisions of a run."""

    state: str
    """Of the file."""
    decisions: Mapping[int, Decision]
    """By the numbers of their sites; that behind the last site says why the run ended."""
    instructions: Mapping[int, Instruction]
    places: FloatArray
    """Of the sites, shape (sites, 2), in metres."""
    outcomes: Sequence[int]
    measured: Mapping[str, Measured] = field(default_factory=dict)
    """By the results that the newest beliefs are about."""
    regions: Sequence[str] = ()
    """Of the sample, for each site; empty in a plan without regions."""
    known: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Of each region, where it is on the sample and what else the plan knows of it, in SI."""

    @classmethod
    def of(cls, scan: Scan) -> Planning:
        """Read it from an open file."""
        sites = scan.sites
        # Where they are meant to be: one that comes next has not been anywhere yet.
        planned = scan.planned
        places = np.full((len(sites), 2), np.nan)
        for number in planned:
            places[number] = planned[number].x, planned[number].y
        decisions, instructions = dict(scan.decisions), dict(scan.instructions)
        outcomes = sites["status"].tolist()
        named = {number: site.region for number, site in planned.items() if site.region}
        regions = [named.get(number, "") for number in range(len(places))] if named else []
        known = known_of_regions(scan.plan_json) if named else {}
        found = cls(scan.state, decisions, instructions, places, outcomes)
        names = set(sites.names)
        measured = {}
        for belief in found.beliefs:
            columns = []
            for direction in belief.directions:
                at = {"x": places[:, 0], "y": places[:, 1]}.get(direction.name)
                if at is None and any(direction.name in one for one in known.values()):
                    of = [known.get(one, {}).get(direction.name, np.nan) for one in regions]
                    at = np.array(of, float)
                factor = f"factor_{direction.name}"
                if at is None and factor in names:
                    at = np.asarray(sites[factor][:], float)
                columns.append(np.full(len(places), np.nan) if at is None else at)
            values = np.full(len(places), np.nan)
            if belief.result in names:
                codes = sites[f"{belief.result}_status"].tolist()
                trusted = np.array([Status.read(int(code)).trusted for code in codes], bool)
                values = np.where(trusted, sites[belief.result][:], np.nan)
            measured[belief.result] = Measured(np.column_stack(columns), values)
        return cls(found.state, decisions, instructions, places, outcomes, measured, regions, known)

    @property
    def newest(self) -> tuple[int, Decision] | None:
        """The last decision, with its number; None before the first."""
        number = max(self.decisions, default=None)
        return None if number is None else (number, self.decisions[number])

    @property
    def beliefs(self) -> tuple[Belief, ...]:
        """What was believed last."""
        for number in sorted(self.decisions, reverse=True):
            if self.decisions[number].beliefs:
                return self.decisions[number].beliefs
        return ()

    @property
    def next(self) -> int | None:
        """The site that is measured or comes next; None where none is known."""
        for number, outcome in enumerate(self.outcomes):
            if outcome in (Outcome.PLANNED, Outcome.RUNNING) and number in self.decisions:
                return number
        return None

    @property
    def done(self) -> int:
        """How many sites are finished."""
        return sum(outcome > Outcome.RUNNING for outcome in self.outcomes)

    @property
    def head(self) -> str:
        """Which site is next, and why; or why there are no more."""
        if self.newest is None:
            return "The planner has not decided anything yet."
        number, decision = self.newest
        if number >= len(self.places):
            return readable(f"The end. {decision.reason}")
        at = self.next if self.next is not None else number
        x, y = self.places[at]
        region = f" in region {self.regions[at]}" if self.regions else ""
        where = f"Site {at}{region} at ({show(float(x), 'm', 4)}, {show(float(y), 'm', 4)})."
        return readable(f"{where} {self.decisions[at].reason}")

    def nearest_region(self, names: Sequence[str], x: float, y: float) -> str | None:
        """Return the label of the region nearest to a point of a map; None without any.

        Args:
            names: of the two directions of the map.
            x: along the first, in SI.
            y: along the second.
        """
        labels = [one for one, of in self.known.items() if set(names) <= of.keys()]
        if not labels:
            return None
        at = np.array([[self.known[one][name] for name in names] for one in labels])
        across = np.ptp(at, axis=0)
        if set(names) == set(OF_REGIONS):
            across = np.full(2, across.max())  # a metre is a metre in both directions
        apart = (at - (x, y)) / np.where(across > 0.0, across, 1.0)
        return labels[int((apart**2).sum(axis=1).argmin())]

    @property
    def forbidden(self) -> FloatArray:
        """Places where no site may be, shape (n, 2)."""
        ground = Forbidden(0.0, (one for _, one in sorted(self.instructions.items())))
        return np.array(ground.places, float).reshape(-1, 2)

    @property
    def progress(self) -> tuple[Progress, ...]:
        """How far the run was towards each of its ends when its planner last said so.

        A site that a person asked for says nothing of that.
        """
        told = (self.decisions[number].progress for number in sorted(self.decisions, reverse=True))
        return next(filter(None, told), ())

    @property
    def path(self) -> tuple[FloatArray, float, str]:
        """How the interval that decides became narrower.

        Returns:
            Numbers of sites and half widths, shape (n, 2); what is asked for, NaN if nothing; and
            the unit.
        """
        rows, aim, unit = [], float("nan"), "1"
        for number, decision in sorted(self.decisions.items()):
            for one in decision.progress:
                if one.words == HALF:
                    rows.append((float(number), one.value))
                    aim, unit = one.aim, one.unit
        return np.array(rows, float).reshape(-1, 2), aim, unit

    def said(self) -> list[str]:
        """Return what persons told the run, each as a sentence; the newest first."""
        return [readable(one.words) for _, one in sorted(self.instructions.items(), reverse=True)]


def share_of(progress: Progress) -> float:
    """Return how much of the way to an end is done, 0 to 1."""
    if not np.isfinite(progress.aim):
        return 0.0
    if not progress.aim > 0.0:
        return 1.0
    if progress.words == HALF:
        return min(1.0, progress.aim / progress.value) if progress.value > 0.0 else 1.0
    return min(1.0, progress.value / progress.aim)


def progress_words(progress: Progress) -> str:
    """Return how far it is, as a phrase: what is counted, how much by now, and until when."""
    if progress.unit == "s" and progress.words == "time":
        now, aim = lasting(progress.value), lasting(progress.aim)
    elif progress.unit == "1" and progress.words == HALF:
        now, aim = (f"{100.0 * value:.2g} %" for value in (progress.value, progress.aim))
    elif progress.unit == "1":
        now, aim = f"{progress.value:.6g}", f"{progress.aim:.6g}"
    else:
        now, aim = (show(value, progress.unit, 3) for value in (progress.value, progress.aim))
    ends = f", ends at {aim}" if np.isfinite(progress.aim) else ""
    return readable(f"{progress.words}: {now}{ends}")


@dataclass(frozen=True, eq=False, slots=True)
class Law:
    """A belief along one direction, and the sites."""

    direction: Direction
    at: FloatArray
    """Rising, shape (points,)."""
    mean: FloatArray
    low: FloatArray
    high: FloatArray
    """Ends of the 95 % interval."""
    sites: FloatArray
    values: FloatArray
    """Of the sites with a number, shape (n,) each."""


@dataclass(frozen=True, eq=False, slots=True)
class Plane:
    """A belief over two directions, and where sites were."""

    directions: tuple[Direction, Direction]
    points: FloatArray
    """Shape (points, 2)."""
    mean: FloatArray
    half: FloatArray
    """Half of the 95 % interval, shape (points,)."""
    sites: FloatArray
    """Shape (sites, 2)."""


def shown_as(belief: Belief, measured: Measured | None) -> Law | Plane:
    """Return a belief as it can be drawn: along one direction, or over two.

    Of more directions, x and y are drawn, or else the first two, and what is expected is the mean
    over the others.
    """
    names = [direction.name for direction in belief.directions]
    known = Measured(np.empty((0, len(names))), np.empty(0)) if measured is None else measured
    if len(names) == 1:
        order = np.argsort(belief.points[:, 0], kind="stable")
        at, mean = belief.points[order, 0], belief.mean[order]
        half = SURE * belief.deviation[order]
        some = np.isfinite(known.values) & np.isfinite(known.points[:, 0])
        return Law(
            belief.directions[0], at, mean, mean - half, mean + half,
            known.points[some, 0], known.values[some],
        )  # fmt: skip
    plane = belief.plane()
    first, second = plane.directions
    pair = [names.index(first.name), names.index(second.name)]
    there = np.isfinite(known.points[:, pair]).all(axis=1)
    sites = known.points[there][:, pair]
    return Plane((first, second), plane.points, plane.mean, SURE * plane.deviation, sites)


def along(direction: Direction, values: FloatArray) -> FloatArray:
    """Return levels as an axis shows them: on a logarithmic one, logarithms of magnitudes."""
    if not direction.logarithmic:
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log10(np.abs(values)))


def axis_name(direction: Direction) -> tuple[str, str]:
    """Return what stands at an axis, as HTML, and the unit."""
    name = re.sub(r"^([^_]+)_(.+)$", r"<i>\1</i><sub>\2</sub>", direction.name)
    name = f"<i>{name}</i>" if "_" not in direction.name else name
    return (f"|{name}|" if direction.logarithmic else name), direction.unit


def left_out(planning: Planning) -> BoolArray:
    """Tell which sites a person wanted, shape (sites,)."""
    wanted = {n for n, one in planning.decisions.items() if one.instruction is not None}
    return np.array([number in wanted for number in range(len(planning.places))], bool)


def counted_words(planning: Planning) -> str:
    """Return how much there is so far, for the line above the pictures."""
    words = counted(planning.done, "site") + " finished"
    wanted = int(left_out(planning).sum())
    return f"{words}, {wanted} of them asked for by a person" if wanted else words
