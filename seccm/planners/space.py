"""What a planner may choose among: levels of factors, and the free places of the plan."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray, IntArray
from seccm.factors import Level
from seccm.plan.decision import Direction
from seccm.plan.instruction import Forbidden, Instruction
from seccm.plan.plan import Plan
from seccm.plan.regions import OF_REGIONS, Regions
from seccm.plan.site import Site
from seccm.plan.spacing import meeting
from seccm.planners.specs import Among, Range

LEVELS = {1: 81, 2: 21, 3: 9}
"""Levels of each factor that are considered, by how many factors vary; fewer with more of them."""
MANY = 1500
"""Points that are considered together at the most; of more, these are drawn."""
_DIGITS = 4
"""Of a level that is chosen: what no instrument can tell apart is not to differ."""
_NOTHING = 1e-9
"""Share of a range, below which a level is zero: it is what is left of a sum."""


@dataclass(frozen=True, slots=True)
class Span:
    """A range of a factor, between 0 and 1."""

    name: str
    range: Range

    @property
    def direction(self) -> Direction:
        """What it is called."""
        unit = self.range.between[0].unit
        return Direction(self.name, unit, self.range.scale == "logarithmic")

    def level(self, share: float) -> float:
        """Return the level in SI at a share of the range, rounded, but never beyond its ends."""
        first, last = (level.value for level in self.range.between)
        if self.range.scale == "logarithmic":
            level = first * (last / first) ** share
        else:
            level = first + share * (last - first)
            level = level if abs(level) > _NOTHING * abs(last - first) else 0.0
        low, high = sorted((first, last))
        return min(max(float(f"{level:.{_DIGITS}g}"), low), high)

    def share(self, level: float) -> float:
        """Return where a level lies in the range; NaN where its scale does not go so far."""
        first, last = (level.value for level in self.range.between)
        if self.range.scale == "logarithmic":
            if level / first <= 0.0:
                return math.nan  # a person may have wanted it
            return math.log(level / first) / math.log(last / first)
        return (level - first) / (last - first)


@dataclass(frozen=True, eq=False, slots=True)
class Choice:
    """A condition at a place, as a planner sees it."""

    point: tuple[float, ...]
    """Shares of the ranges, and behind them those of the place, or of the region, if chosen."""
    place: int | None
    """The place of the plan by its number; None for the next free one."""


def coordinates(
    regions: Regions, among: Among
) -> tuple[tuple[Direction, ...], dict[str, tuple[float, ...]]]:
    """Return what tells the regions of a sample apart, and that of each by its label.

    Args:
        regions: of the plan.
        among: whether their places on the sample, or what is known of them.
    """
    if among == "by place":
        where = tuple(Direction(name, "m") for name in OF_REGIONS)
        return where, {one.label: one.position for one in regions.each()}
    units = {name: levels[0].unit for name, levels in regions.values.items()}
    known = {one.label: tuple(level.value for _, level in one.values) for one in regions.each()}
    return tuple(Direction(name, unit) for name, unit in units.items()), known


class Space:
    """What may vary.

    Args:
        plan: of the run.
        ranges: of the factors that vary.
        chosen: whether the places are chosen; else they are used in their order.
        regions: how the regions of the sample are chosen; else they are used in their order.
    """

    def __init__(
        self, plan: Plan, ranges: Mapping[str, Range], *, chosen: bool, regions: Among = "in order"
    ) -> None:
        self._plan = plan
        self.spans = tuple(Span(name, span) for name, span in ranges.items())
        self._sites = plan.sites()
        self._constant = {
            name: level for name, level in plan.conditions[0].levels if name not in ranges
        }
        self.places = np.array([(site.x, site.y) for site in self._sites]).reshape(-1, 2)
        self.apart = regions != "in order" and plan.regions is not None
        """Whether regions are chosen, and not places."""
        self._where: tuple[Direction, ...] = ()
        self._at = np.zeros((len(self._sites), 0))
        """What is known of each place that is chosen, shape (places, coordinates)."""
        if self.apart and plan.regions is not None:
            self._where, of = coordinates(plan.regions, regions)
            self._at = np.array([of[site.region] for site in self._sites])
        elif chosen:
            self._where, self._at = (Direction("x", "m"), Direction("y", "m")), self.places
        self._chosen = bool(self._where)
        self._low = self._at.min(axis=0)
        across = np.ptp(self._at, axis=0)
        if self._chosen and regions != "by values":
            across = np.full(len(across), across.max())  # a metre is a metre in all directions
        self._across = np.where(across > 0.0, across, 1.0)

    @property
    def by_choice(self) -> bool:
        """Whether places are chosen one by one; else they are used in the order of the plan."""
        return self._chosen and not self.apart

    @property
    def directions(self) -> tuple[Direction, ...]:
        """What varies, in the order of the coordinates of a point."""
        return (*(span.direction for span in self.spans), *self._where)

    def used(self, sites: Iterable[Site]) -> set[int]:
        """Return the places of the plan that sites have used, by their numbers."""
        # Where a plan has a place twice, each site there uses one of the two.
        left = defaultdict[tuple[str, float, float], deque[int]](deque)
        for number, site in enumerate(self._sites):
            left[site.region, site.x, site.y].append(number)
        there = (left.get((site.region, site.x, site.y)) for site in sites)
        return {numbers.popleft() for numbers in there if numbers}

    def forbidden(self, instructions: Iterable[Instruction]) -> set[int]:
        """Return the places of the plan at which no site may be, by their numbers."""
        ground = Forbidden(self._plan.probe.diameter, instructions)
        if not len(ground):
            return set()
        return {number for number, site in enumerate(self._sites) if ground.by(site) is not None}

    def taken(self, sites: Iterable[Site]) -> set[int]:
        """Return the places of the plan whose footprints those of some sites would meet."""
        offsets, diameter = self._sites[0].no_contact.offsets(), self._plan.probe.diameter
        return {
            number
            for site in sites
            for number, own in enumerate(self._sites)
            if own.region == site.region
            and meeting((own.x, own.y), np.array([(site.x, site.y)]), offsets, diameter) is not None
        }

    def point(self, site: Site) -> tuple[float, ...]:
        """Return where a site lies."""
        levels = {} if site.recipe is None else dict(site.recipe.condition)
        factors = tuple(span.share(levels[span.name]) for span in self.spans)
        if not self._chosen:
            return factors
        if not self.apart:
            return factors + self._shares((site.x, site.y))
        number = next(k for k, own in enumerate(self._sites) if own.region == site.region)
        return factors + self._shares(self._at[number])

    def _shares(self, at: Iterable[float]) -> tuple[float, ...]:
        return tuple(((np.asarray(at) - self._low) / self._across).tolist())

    def _free(self, used: set[int]) -> list[int]:
        """Return the places that are free, by their numbers; of each region the first."""
        free = [number for number in range(len(self.places)) if number not in used]
        if not self.apart:
            return free
        first = {self._sites[number].region: number for number in reversed(free)}
        return sorted(first.values())

    def candidates(self, used: set[int], seed: int) -> list[Choice]:
        """Return what may come next: levels all over the ranges, at places that are free.

        Args:
            used: places, by their numbers.
            seed: of what is drawn where there is too much.
        """
        free = self._free(used)
        if not free:
            return []
        factors, rng = self._levels(), np.random.default_rng(seed)
        every = len(factors) * (len(free) if self._chosen else 1)
        kept: IntArray = np.arange(every)
        if every > MANY:
            kept = np.sort(rng.choice(every, MANY, replace=False))
        if not self._chosen:
            return [Choice(tuple(point), None) for point in factors[kept].tolist()]
        pairs = [(factors[f], free[p]) for f, p in zip(*np.divmod(kept, len(free)), strict=True)]
        return [Choice((*f.tolist(), *self._shares(self._at[p])), p) for f, p in pairs]

    def _levels(self) -> FloatArray:
        count = len(self.spans)
        if not count:
            return np.zeros((1, 0))
        axis = np.linspace(0.0, 1.0, LEVELS.get(count, 5))
        net = np.stack(np.meshgrid(*[axis] * count, indexing="ij"), axis=-1)
        return np.asarray(net.reshape(-1, count))

    def net(self, seed: int) -> FloatArray:
        """Return points all over the space, used or not, shape (m, d): where all is to be known."""
        return np.array([choice.point for choice in self.candidates(set(), seed)])

    def inside(self, points: FloatArray) -> FloatArray:
        """Return points in SI, shape (n, d)."""
        columns = [
            np.array([span.level(share) for share in points[:, k].tolist()])
            for k, span in enumerate(self.spans)
        ]
        if self._chosen:
            columns += [*(self._low + self._across * points[:, len(self.spans) :]).T]
        return np.column_stack(columns)

    def evenly(self, count: int, seed: int) -> FloatArray:
        """Return the points of a fixed design of so many sites, shape (count, d).

        Levels at equal distances, or places at equal distances in the order of the plan.
        """
        if len(self.directions) == 1 and not self._chosen:
            return np.linspace(0.0, 1.0, count)[:, None]
        every = self.candidates(set(), seed)
        which = np.linspace(0, len(every) - 1, count).round().astype(int)
        return np.array([every[k].point for k in which])

    def first(self, count: int, seed: int) -> list[Choice]:
        """Return choices that fill the space evenly, the ends of a single factor among them."""
        dimensions = len(self.directions)
        if dimensions == 1 and not self._chosen:
            order: IntArray = np.random.default_rng(seed).permutation(count)
            shares = np.linspace(0.0, 1.0, count)[order]
            return [Choice((float(share),), None) for share in shares]
        drawn = scipy.stats.qmc.Sobol(dimensions, rng=np.random.default_rng(seed)).random_base2(
            math.ceil(math.log2(max(count, 2)))
        )[:count]
        if not self._chosen:
            return [Choice(tuple(point), None) for point in drawn.tolist()]
        free = self._free(set())
        shares = np.array([self._shares(self._at[place]) for place in free])
        scaled = drawn[:, len(self.spans) :] * shares.max(axis=0)
        taken: set[int] = set()
        found = []
        for levels, at in zip(drawn[:, : len(self.spans)], scaled, strict=True):
            order = np.argsort(((shares - at) ** 2).sum(axis=1), kind="stable")
            which = next((int(k) for k in order if int(k) not in taken), None)
            if which is None:
                break
            taken.add(which)
            found.append(Choice((*levels.tolist(), *shares[which].tolist()), free[which]))
        return found

    def fitting(self, choice: Choice, used: set[int]) -> list[int]:
        """Return the free places that fit a choice, by their numbers; the best one is the first.

        Of a map they are sorted by their distance from the place that was chosen. Else they are
        those of one region, or all, in the order of the plan; where a region that was chosen is
        used up, those of the one that is nearest to it.

        Args:
            choice: what was chosen.
            used: places, by their numbers.
        """
        free = [k for k in range(len(self.places)) if k not in used]
        if (place := choice.place) is not None:
            apart = ((np.asarray(self._at) - self._at[place]) ** 2).sum(axis=1)
            home = self._sites[place].region
            free.sort(key=lambda k: (self._sites[k].region != home, float(apart[k])))
        if self.by_choice:
            return free
        return [k for k in free if self._sites[k].region == self._sites[free[0]].region]

    def region(self, place: int) -> str:
        """Return the label of the region of a place; empty in a plan without regions."""
        return self._sites[place].region

    def site(self, choice: Choice, place: int) -> Site:
        """Return the site of a choice at a place, by its number."""
        own = self._sites[place]
        values = {} if own.recipe is None else dict(own.recipe.values)
        levels: dict[str, float | Level] = {
            **self._constant,
            **{s.name: s.level(x) for s, x in zip(self.spans, choice.point, strict=False)},
            **values,
        }
        return self._plan.site(
            own.x, own.y, levels, ix=own.ix, iy=own.iy, label=own.label, region=own.region
        )
