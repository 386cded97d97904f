"""A finished scan planned again: what would another planner have asked for?

The planner is asked as in a run. It is told the results of the measured site that is nearest to
what it asked for, each site once; so it decides on places and conditions that were measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seccm.arrays import FloatArray
from seccm.data import Scan, open_scan
from seccm.errors import PlanError, PlannerError, Problem
from seccm.events import Outcome
from seccm.plan import Plan
from seccm.plan.decision import HALF, Decision
from seccm.plan.planner import (
    KINDS,
    Finished,
    Listed,
    Planner,
    ScriptSpec,
    planner_of,
)
from seccm.plan.site import Site
from seccm.rigs import RigFile
from seccm.session.checking import check
from seccm.session.past import finished, read_what_ran

DECADE = 10.0
"""Levels of one sign that span more than this ratio are compared by their logarithms."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A site that a planner would have asked for, and the measured one that stood for it."""

    wanted: Site
    told: Finished
    off: float
    """How far apart the two are: the root of the sum of squares, in shares of the ranges."""

    @property
    def reason(self) -> str:
        """Why it asked for the site, in sentences; empty if it did not say."""
        return "" if self.wanted.decision is None else self.wanted.decision.reason


@dataclass(frozen=True, slots=True)
class Replanned:
    """What a planner would have done with a scan."""

    asked: tuple[Asked, ...]
    end: str
    """Why it asked for no more."""
    measured: int
    """How many sites the scan has."""
    decision: Decision | None = None
    """The last one, with what was believed in the end."""


def replan(
    scan: Scan | str | Path,
    planner: Mapping[str, Any] | Planner | None = None,
    *,
    most: int | None = None,
) -> Replanned:
    """Ask a planner again for the sites of a finished scan.

    Args:
        scan: an open scan, or the path of one.
        planner: the table of a planner, or one that a script made; that of the scan's own plan
            unless given.
        most: sites after which it is not asked any more; all that were measured unless given.

    Raises:
        PlanError: the table is wrong, or does not fit the plan.
        PlannerError: the planner failed.
        DataFileError: the file cannot be read.
    """
    if not isinstance(scan, Scan):
        with open_scan(Path(scan)) as opened:
            return replan(opened, planner, most=most)
    plan, rig, *_ = read_what_ran(scan)
    if isinstance(planner, Mapping):
        plan = plan.replace(planner=dict(planner))
        _look_through(plan, rig)
    made = planner if planner is not None and not isinstance(planner, Mapping) else _made(plan)
    # The scan's own planner had to do without the results of a site that was broken off, and was
    # told so; another one is not asked to.
    own = planner is None
    sites = [one for one in finished(scan) if own or one.outcome is not Outcome.ABORTED]
    instructions = scan.instructions if planner is None else {}
    left = _Left(plan, sites)
    asked: list[Asked] = []
    heed = getattr(made, "heed", None)
    heeded = 0
    said = [one for _, one in sorted(instructions.items()) if not one.visits]
    while most is None or len(asked) < most:
        while heed is not None and heeded < len(said) and said[heeded].after <= len(asked):
            heed(said[heeded])
            heeded += 1
        wanted: Any = left.instructed() if planner is None else None
        if wanted is None:
            wanted = _answer(made)
        if not isinstance(wanted, Site):
            end = "The planner asks for no more sites." if wanted is None else wanted.reason
            return Replanned(tuple(asked), end, len(sites), wanted)
        if len(asked) == len(sites):
            break
        told, off = left.nearest(wanted)
        asked.append(Asked(wanted, told, off))
        try:
            made.tell(told)
        except Exception as error:
            raise PlannerError(f"The planner failed: {type(error).__name__}: {error}.") from error
    newest = asked[-1].wanted.decision if asked else None
    end = "All measured sites were used." if len(asked) == len(sites) else "As many as were wanted."
    return Replanned(tuple(asked), end, len(sites), newest)


def _look_through(plan: Plan, rig: RigFile) -> None:
    """Refuse a planner that cannot work with a plan; a real rig is not asked for that.

    Raises:
        PlanError: with every mistake of its table.
    """
    if not rig.simulated:
        return
    _, problems = check(plan, rig)
    wrong = [p for p in problems if p.severity == "error" and p.where.startswith("planner")]
    if wrong:
        raise PlanError(plan.title, wrong)


def _made(plan: Plan) -> Planner:
    """Return the planner of a plan, or that of its list.

    Raises:
        PlanError: it cannot be made for this plan.
    """
    if isinstance(plan.planner, ScriptSpec):
        what = f'the planner "{plan.planner.name}" was given by a script.'
        remedy = "Name another planner, or call seccm.session.replan(..., planner) in that script."
        raise PlanError(plan.title, [Problem("planner", what, remedy)])
    try:
        found = planner_of(plan)
    except PlanError:
        raise
    except Exception as error:
        what = f"cannot work with this plan: {type(error).__name__}: {error}."
        raise PlanError(plan.title, [Problem("planner", what, "Check its factors.")]) from error
    if found is None:
        return Listed(KINDS.of(plan.planner.kind).known(plan.planner, plan))
    return found


def _answer(planner: Planner) -> Site | Decision | None:
    try:
        return planner.ask()
    except Exception as error:
        raise PlannerError(f"The planner failed: {type(error).__name__}: {error}.") from error


class _Left:
    """The measured sites that no answer has been yet."""

    def __init__(self, plan: Plan, sites: list[Finished]) -> None:
        self._sites = sites
        names = list(dict.fromkeys(name for one in sites for name in one.factors))
        self._spans = [_Span.of([one.factors.get(name, math.nan) for one in sites], name)
                       for name in names]  # fmt: skip
        # Places count where the planner chooses among them; else it takes them as they come.
        own = "in order" if hasattr(plan.planner, "factor") else "any"
        self._chosen = getattr(plan.planner, "places", own) == "any"
        self._points = np.array([self._point(one.site) for one in sites])
        self._free = np.ones(len(sites), bool)

    def _point(self, site: Site) -> FloatArray:
        levels = {} if site.recipe is None else dict(site.recipe.condition)
        shares = [span.share(levels.get(span.name, math.nan)) for span in self._spans]
        x, y = np.array([(one.site.x, one.site.y) for one in self._sites]).T
        across = max(float(np.ptp(x)), float(np.ptp(y))) or 1.0
        return np.array([*shares, *([site.x / across, site.y / across] * self._chosen)])

    def nearest(self, wanted: Site) -> tuple[Finished, float]:
        """Return the nearest site that is left, and how far off it is."""
        apart = np.nan_to_num(self._points - self._point(wanted))
        off = np.hypot.reduce(apart, axis=1) if apart.size else np.zeros(len(self._sites))
        number = int(np.where(self._free, off, np.inf).argmin())
        self._free[number] = False
        return self._sites[number], float(off[number])

    def instructed(self) -> Site | None:
        """Return the next site of the scan if a person wanted it; None if the planner did."""
        following = np.flatnonzero(self._free)
        one = self._sites[int(following[0])] if following.size else None
        return one.site if one is not None and one.instructed else None


@dataclass(frozen=True, slots=True)
class _Span:
    """The levels of a factor, between 0 and 1."""

    name: str
    first: float
    last: float
    logarithmic: bool

    @classmethod
    def of(cls, levels: list[float], name: str) -> _Span:
        """Choose a span that holds some levels."""
        known = [level for level in levels if math.isfinite(level)] or [0.0]
        low, high = min(known), max(known)
        ratio = max(abs(low), abs(high)) / (min(abs(low), abs(high)) or math.inf)
        return cls(name, low, high, low * high > 0.0 and ratio > DECADE)

    def share(self, level: float) -> float:
        """Return where a level lies; those that are all alike are at the same place."""
        if self.first == self.last or not math.isfinite(level):
            return 0.0
        if self.logarithmic and level / self.first > 0.0:
            return math.log(level / self.first) / math.log(self.last / self.first)
        return (level - self.first) / (self.last - self.first)


def learning_curve(replanned: Replanned) -> Iterator[tuple[int, float, float]]:
    """Yield after how many sites half of the interval was how wide, and what was asked for."""
    for count, one in enumerate(replanned.asked):
        decision = one.wanted.decision
        for progress in () if decision is None else decision.progress:
            if progress.words == HALF:
                yield count, progress.value, progress.aim
