"""How long the rest of a scan takes: what its plan says, corrected by what was seen so far.

A site has two parts. On the way to it the tip travels and comes down; only the first way of a run
is of unknown length, because nobody knows yet where the surface is. The stay, from contact to the
end of the retract, is what the plan's programme says, and shorter where steps end early: this
differs from condition to condition, so each condition is corrected by its own sites alone. The
rig's clock says how fast time passes: a simulated rig may be faster than the clock on the wall.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from statistics import median

import numpy as np

from seccm.events import Event, Landed, Outcome, SiteFinished, SiteStarted
from seccm.plan.estimate import Stages, stages_of
from seccm.plan.site import Site
from seccm.plan.visits import Visits
from seccm.rig import RigInfo

REMEMBERED = 20
"""Sites, or stays of a condition, that are remembered."""


class Pace:
    """Follows the events of a run; `now` is always seconds on one steady clock.

    Conditions of unequal length are the rule: the time left is added up from the sites that are
    left, each with its own duration.

    Args:
        expected: what the plan gives to each site, by its number.
        conditions: of each site, shape (sites,).
        period: of the rig's data points, in seconds.
        total: how many sites there will be in the end, those of a planner included; None where
            nobody knows. As many as there are unless given.
    """

    def __init__(
        self,
        expected: Stages,
        conditions: Sequence[int],
        *,
        period: float,
        total: int | None = 0,
    ) -> None:
        self._way, self._stay = expected.way, expected.stay
        self._condition = np.array(conditions, int)
        self._period, self._total = period, total
        self._open = np.ones(self._way.size, bool)
        self._way_factors: deque[float] = deque(maxlen=REMEMBERED)
        """How many times as long as planned the last ways took, by the rig's clock."""
        self._stay_factors: dict[int, deque[float]] = {}
        """The same for the stays of each condition."""
        self._clocks: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)
        """Seconds that sites took by the rig's clock, and by the clock on the wall."""
        self._site: int | None = None
        self._began = self._landed = self._latest = (0, 0.0)
        """Data point and time of the start, the contact and the last event of the active site."""
        self._touched, self._sites_begun = False, 0

    @classmethod
    def of(cls, sites: Sequence[Site], known: int, total: int | None, info: RigInfo) -> Pace:
        """Return the pace of a run.

        Args:
            sites: whose durations are known, in the order of the visits.
            known: how many sites there are, with those whose duration nobody asks for any more.
            total: see the class.
            info: of the rig.
        """
        numbers = [site.number for site in sites]
        planned = stages_of(Visits.of(sites), info)
        expected = Stages(np.zeros(known), np.zeros(known))
        expected.way[numbers], expected.stay[numbers] = planned.way, planned.stay
        conditions = np.full(known, -1)
        conditions[numbers] = [site.condition for site in sites]
        return cls(expected, conditions.tolist(), period=info.clock.period, total=total)

    def close(self, sites: Iterable[int]) -> None:
        """Take sites out that were finished before anybody followed."""
        self._open[list(sites)] = False

    def add(self, site: Site, before: Site | None, info: RigInfo) -> None:
        """A planner added a site, which has the next number.

        Args:
            site: the new one.
            before: the site before it, if there is one.
            info: of the rig.
        """
        both = (site,) if before is None else (before, site)
        expected = stages_of(Visits.of(both), info)
        self._way = np.append(self._way, expected.way[-1])
        self._stay = np.append(self._stay, expected.stay[-1])
        self._condition = np.append(self._condition, site.condition)
        self._open = np.append(self._open, True)

    def hear(self, event: Event, now: float) -> None:
        """Take in an event of the run."""
        if not isinstance(event, SiteStarted | Landed | SiteFinished):
            return
        here = (event.row, now)
        if isinstance(event, SiteStarted):
            self._site, self._began, self._latest = event.site, here, here
            self._touched = False
            self._sites_begun += 1
            return
        if event.site == self._site:
            self._latest = here
            if isinstance(event, Landed):
                self._landed, self._touched = here, True
            else:
                self._learn(event, here)
        if isinstance(event, SiteFinished):
            self._open[event.site] = False
            self._site = None

    def _learn(self, event: SiteFinished, here: tuple[int, float]) -> None:
        """Take in how long a site took; one that was given up tells how fast time passes only."""
        self._clocks.append(self._passed(self._began, here))
        if event.outcome is not Outcome.OK or not self._touched:
            return
        site = event.site
        way, stay = self._passed(self._began, self._landed)[0], self._passed(self._landed, here)[0]
        if self._sites_begun > 1 and self._way[site] > 0.0:
            self._way_factors.append(way / float(self._way[site]))
        if self._stay[site] > 0.0:
            of = self._stay_factors.setdefault(int(self._condition[site]), deque(maxlen=REMEMBERED))
            of.append(stay / float(self._stay[site]))

    def _passed(self, begin: tuple[int, float], end: tuple[int, float]) -> tuple[float, float]:
        """Return the seconds between two moments, by the rig's clock and by that on the wall."""
        return (end[0] - begin[0]) * self._period, end[1] - begin[1]

    @property
    def _ahead(self) -> float:
        """How many sites a planner has yet to think of."""
        return math.inf if self._total is None else max(0, self._total - self._way.size)

    @property
    def measured(self) -> bool:
        """Whether a site was seen from start to end; until then `left` is what the plan says."""
        return bool(self._clocks)

    @property
    def rate(self) -> float:
        """How many seconds pass on the wall in a second of the rig; 1 until that was seen."""
        seen = [*self._clocks, self._passed(self._began, self._latest)]
        rig, wall = (sum(part) for part in zip(*seen, strict=True))
        return wall / rig if rig > 0.0 and wall > 0.0 else 1.0

    def left(self, now: float) -> float:
        """Return for how many seconds the sites that are left will still take.

        A site that a planner has yet to think of counts as the mean of those that there are. NaN
        where nobody knows how many will come.
        """
        ahead = self._ahead
        if ahead and (self._total is None or not self._way.size):
            return math.nan
        rate = self.rate
        way = self._way * (median(self._way_factors) if self._way_factors else 1.0)
        stay = self._stay.copy()
        for condition, factors in self._stay_factors.items():
            stay[self._condition == condition] *= median(factors)
        left = float((way + stay)[self._open].sum())
        if ahead:
            left += ahead * float((way + stay).mean())
        left *= rate
        if self._site is None or not self._open[self._site]:
            return left
        part, since = (stay, self._landed) if self._touched else (way, self._began)
        if self._touched:
            left -= float(way[self._site]) * rate
        return left - min(max(0.0, now - since[1]), float(part[self._site]) * rate)
