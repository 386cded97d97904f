"""All the sites of a plan at once, as columns: what checks and estimates look at.

A site of its own is made only for a run: a plan may have a million of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray, IntArray
from seccm.plan.places import Places
from seccm.plan.site import Site


@dataclass(frozen=True)
class Visits:
    """Where each site lies, and which condition it has, in the order of the visits."""

    places: Places
    condition: IntArray
    """Index into the plan's list of conditions, shape (sites,)."""
    patterns: tuple[Site, ...]
    """What the sites of each condition have in common, as a site at the origin."""

    @classmethod
    def of(cls, sites: Sequence[Site]) -> Visits:
        """Return some sites as columns, each with the first of its condition as its pattern."""
        _, first, which = np.unique(
            np.array([site.condition for site in sites], int),
            return_index=True,
            return_inverse=True,
        )
        columns = (np.array([getattr(s, name) for s in sites]) for name in ("x", "y", "ix", "iy"))
        return cls(Places(*columns), which, tuple(sites[k] for k in first.tolist()))

    def __len__(self) -> int:
        return len(self.places)

    def each(self, values: list[float]) -> FloatArray:
        """Return for each site the value of its condition, shape (sites,)."""
        return np.array(values, float)[self.condition]

    def hops(self) -> FloatArray:
        """Return the way from each site to the next in metres, shape (sites - 1,)."""
        return np.hypot(np.diff(self.places.x), np.diff(self.places.y))

    def sites(self) -> tuple[Site, ...]:
        """Return the sites one by one."""
        seen = [0] * len(self.patterns)
        sites = []
        places = self.places
        columns = (places.x, places.y, places.ix, places.iy, self.condition)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        for number, (x, y, ix, iy, index) in enumerate(rows):
            of = self.patterns[index]
            sites.append(of.at(x, y, ix, iy, number=number, repeat=seen[index]))
            seen[index] += 1
        return tuple(sites)
