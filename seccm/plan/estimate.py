"""How long a scan will take and how large its file will be, before it is run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray
from seccm.plan.visits import Visits
from seccm.plan.ways import timing_of
from seccm.rig import Clock, RigInfo

BYTES_A_ROW = 23
"""Five channels of four bytes, flags, phase and step."""
BYTES_A_SITE = 600
"""The site's line in the table of sites, and its index."""
BYTES_A_RECORD = 2 * 4 * 512
"""The raw samples of a contact record, potential and current."""
BYTES_A_FILE = 200_000
"""Plan, rig, log and the file's own structure."""


@dataclass(frozen=True, slots=True)
class Stages:
    """How long the two parts of each site take at most, in seconds, without retries."""

    way: FloatArray
    """From the site before to contact, shape (sites,)."""
    stay: FloatArray
    """From contact until the tip is up again, shape (sites,)."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Where the time of each site goes, in seconds, shape (sites,) each, without retries."""

    travel: FloatArray
    """Sideways, from the site before."""
    settle: FloatArray
    """At rest before the descent."""
    descent: FloatArray
    """Down to contact, and the stop."""
    steps: FloatArray
    retract: FloatArray

    @property
    def total(self) -> FloatArray:
        """Seconds of each site, shape (sites,)."""
        return self.travel + self.settle + self.descent + self.steps + self.retract


def shares_of(visits: Visits, info: RigInfo, *, shortest: bool = False) -> Shares:
    """Estimate where the time of each site goes, in the order of the visits.

    Args:
        visits: all sites.
        info: of the rig.
        shortest: how long the steps take at least instead, where repeats may end early, an `if` may
            leave steps out and durations follow what was measured.

    How deep the first approach goes is unknown and taken as half its travel; the others begin
    where the retract before them ended.
    """
    if len(visits) == 0:
        return Shares(*([np.zeros(0)] * 5))
    patterns, which = visits.patterns, 0 if shortest else 1
    timings = [timing_of(pattern, info) for pattern in patterns]
    lift = visits.each(
        [
            p.retract.distance if t.lift is None else t.lift
            for p, t in zip(patterns, timings, strict=True)
        ]
    )
    first = visits.pattern[0]
    down = lift[:-1] * visits.each([t.descent for t in timings])[1:]
    deep = patterns[first].approach.travel / 2 * timings[first].first
    sideways = np.concatenate(([0.0], visits.hops()))
    return Shares(
        travel=sideways * visits.each([t.travel for t in timings]),
        settle=visits.each([t.settle for t in timings]),
        descent=np.concatenate(([deep], down)) + visits.each([t.landing for t in timings]),
        steps=visits.each([p.measuring_time(info.clock)[which] for p in patterns]),
        retract=visits.each([t.retract for t in timings]),
    )


def stages_of(visits: Visits, info: RigInfo, *, shortest: bool = False) -> Stages:
    """Estimate how long the parts of each site take, in the order of the visits; see `shares_of`.

    Args:
        visits: all sites.
        info: of the rig.
        shortest: how long the steps take at least instead.
    """
    shares = shares_of(visits, info, shortest=shortest)
    return Stages(shares.travel + shares.settle + shares.descent, shares.steps + shares.retract)


def duration_of(visits: Visits, info: RigInfo, *, shortest: bool = False) -> float:
    """Estimate how long all sites take together, in seconds; see `shares_of`."""
    return float(shares_of(visits, info, shortest=shortest).total.sum())


def raw_time(visits: Visits, clock: Clock) -> float:
    """Estimate how long steps that keep their raw samples take at most, at all sites, in seconds.

    Args:
        visits: all sites.
        clock: of the rig.
    """
    return float(visits.each([site.raw_time(clock) for site in visits.patterns]).sum())


def bytes_of(visits: Visits, info: RigInfo) -> int:
    """Estimate the size of the data file, in bytes."""
    rows = duration_of(visits, info) / info.clock.period
    return round(rows * BYTES_A_ROW) + len(visits) * (BYTES_A_SITE + BYTES_A_RECORD) + BYTES_A_FILE
