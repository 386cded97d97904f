"""All the sites of a plan at once, as columns: what checks and estimates look at.

A site of its own is made only for a run: a plan may have a million of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray, IntArray
from seccm.plan.places import Places
from seccm.plan.site import Site


@dataclass(frozen=True, eq=False)
class Visits:
    """Where each site lies, and what is done there, in the order of the visits."""

    places: Places
    pattern: IntArray
    """Index into the patterns, shape (sites,)."""
    patterns: tuple[Site, ...]
    """What sites at which the same is done have in common, as a site at the origin: those of one
    condition, and of the same values of their own."""

    @classmethod
    def of(cls, sites: Sequence[Site]) -> Visits:
        """Return some sites as columns, each with the first one like it as its pattern."""
        patterns: list[Site] = []
        numbers: dict[object, int] = {}
        which = []
        for site in sites:
            alike = site.condition, site.levels, site.label, site.region
            if alike not in numbers:
                numbers[alike] = len(patterns)
                patterns.append(site)
            which.append(numbers[alike])
        columns = (np.array([getattr(s, name) for s in sites]) for name in ("x", "y", "ix", "iy"))
        return cls(Places(*columns), np.array(which, int), tuple(patterns))

    def __len__(self) -> int:
        return len(self.places)

    @property
    def condition(self) -> IntArray:
        """Index into the plan's list of conditions, shape (sites,)."""
        return np.array([site.condition for site in self.patterns], int)[self.pattern]

    def each(self, values: list[float]) -> FloatArray:
        """Return for each site the value of its pattern, shape (sites,)."""
        return np.array(values, float)[self.pattern]

    def hops(self) -> FloatArray:
        """Return the way from each site to the next in metres, shape (sites - 1,)."""
        return np.hypot(np.diff(self.places.x), np.diff(self.places.y))

    def sites(self) -> tuple[Site, ...]:
        """Return the sites one by one."""
        seen: Counter[int] = Counter()
        sites = []
        places = self.places
        columns = (places.x, places.y, places.ix, places.iy, self.pattern)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        for number, (x, y, ix, iy, index) in enumerate(rows):
            of = self.patterns[index]
            sites.append(of.at(x, y, ix, iy, number=number, repeat=seen[of.condition]))
            seen[of.condition] += 1
        return tuple(sites)
