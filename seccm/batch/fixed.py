"""A fixed design beside a planner: every place of the plan once, what varies spread evenly."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray
from seccm.factors import Level
from seccm.plan import Plan
from seccm.plan.planner import Finished
from seccm.plan.regions import each_of
from seccm.plan.site import Site


class Fixed:
    """The design as a planner: it hears of the sites, and changes nothing.

    Each first few sites are spread evenly: over the ranges of the factors, over the places where
    the planner chooses these, and over the regions where it chooses those. A region's own sites
    follow each other, as those of the planner do.

    Args:
        plan: whose planner says what varies.
        seed: of the order.
    """

    def __init__(self, plan: Plan, seed: int) -> None:
        self._listed = plan.replace(planner={"kind": "listed"})
        sites = self._listed.sites()
        table = plan.planner.model_dump()
        ranges = {
            one["factor"]: (one["between"], one["scale"])
            for one in (*table.get("vary", ()), *([table] if "factor" in table else ()))
        }
        count, rng = len(sites), np.random.default_rng(seed)
        groups, where = _chosen(plan, sites, table)
        drawn = _spread(len(ranges) + where.shape[1], count, rng)
        order = [k for group in _evenly(where, drawn[:, len(ranges) :]) for k in groups[group]]
        if len(ranges) == 1 and not where.shape[1]:
            drawn[:, 0] = rng.permutation(np.linspace(0.0, 1.0, count))
        constant = {name: level for name, level in plan.conditions[0].levels if name not in ranges}
        self._sites = []
        for shares, number in zip(drawn[:, : len(ranges)].tolist(), order, strict=True):
            levels: dict[str, Any] = dict(constant)
            for share, (name, (ends, scale)) in zip(shares, ranges.items(), strict=True):
                low, high = (_si(end) for end in ends)
                levels[name] = (
                    low * (high / low) ** share if scale == "logarithmic"
                    else low + share * (high - low)
                )  # fmt: skip
            own = sites[number]
            known = {} if own.recipe is None else dict(own.recipe.values)
            self._sites.append((own, {**levels, **known}))
        self._done = 0

    @property
    def total(self) -> int:
        """One site for each place."""
        return len(self._sites)

    def tell(self, finished: Finished) -> None:
        """Take in a finished site, which changes nothing but the count."""
        self._done += 1

    def ask(self) -> Site | None:
        """Return the next site of the design."""
        if self._done == len(self._sites):
            return None
        own, levels = self._sites[self._done]
        return self._listed.site(
            own.x, own.y, levels, ix=own.ix, iy=own.iy, label=own.label, region=own.region
        )


def _chosen(
    plan: Plan, sites: tuple[Site, ...], table: Mapping[str, Any]
) -> tuple[list[list[int]], FloatArray]:
    """Return what the planner chooses among: sites that go together, and where they are.

    Returns:
        The numbers of the sites of each region, or of each place; and their coordinates, shape
        (groups, d), with d = 0 where the sites are used in their order.
    """
    among = table.get("regions", "in order")
    if plan.regions is not None and among != "in order":
        regions = each_of(plan.regions)
        where = [
            region.position if among == "by place" else [level.value for _, level in region.values]
            for region in regions
        ]
        own = [
            [k for k, site in enumerate(sites) if site.region == region.label] for region in regions
        ]
        return own, np.array(where, np.float64)
    single = [[k] for k in range(len(sites))]
    if table.get("places", "in order") == "any":
        return single, np.array([(site.x, site.y) for site in sites], np.float64)
    return single, np.zeros((len(sites), 0))


def _spread(dimensions: int, count: int, rng: np.random.Generator) -> FloatArray:
    """Return points of which each first few fill a unit cube evenly, shape (count, dimensions)."""
    power = math.ceil(math.log2(max(count, 2)))
    drawn = scipy.stats.qmc.Sobol(dimensions, rng=rng).random_base2(power)
    return np.asarray(drawn[:count], np.float64)


def _si(level: Any) -> float:
    """Return a level of a dumped table in SI."""
    return Level.read(level).value if not isinstance(level, Mapping) else float(level["value"])


def _evenly(places: FloatArray, drawn: FloatArray) -> Iterator[int]:
    """Yield places, shape (n, d), in an order in which each first few are spread evenly."""
    if not places.shape[1]:
        yield from range(len(places))
        return
    low, across = places.min(axis=0), np.maximum(np.ptp(places, axis=0), 1e-300)
    shares, free = (places - low) / across, np.ones(len(places), bool)
    for at in drawn[: len(places)]:
        apart = np.where(free, ((shares - at) ** 2).sum(axis=1), np.inf)
        nearest = int(apart.argmin())
        free[nearest] = False
        yield nearest
