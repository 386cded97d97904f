"""How long a scan will take and how large its file will be, before it is run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray
from seccm.plan.site import Site
from seccm.plan.visits import Visits
from seccm.rig import Clock

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


def stages_of(visits: Visits, clock: Clock, *, shortest: bool = False) -> Stages:
    """Estimate how long the parts of each site take, in the order of the visits.

    Args:
        visits: all sites.
        clock: of the rig.
        shortest: how long the stays take at least instead, where repeats may end early, an `if` may
            leave steps out and durations follow what was measured.

    How deep the first approach goes is unknown and taken as half its travel; the others begin
    where the retract before them ended.
    """
    if len(visits) == 0:
        return Stages(np.zeros(0), np.zeros(0))
    patterns = visits.patterns
    lift = visits.each([p.retract.distance for p in patterns])
    down = np.concatenate(([patterns[visits.pattern[0]].approach.travel / 2], lift[:-1]))
    sideways = np.concatenate(([0.0], visits.hops()))
    way: FloatArray = (
        sideways / visits.each([p.travel_speed for p in patterns])
        + down / visits.each([p.approach.speed for p in patterns])
        + visits.each([_settling(p, clock) for p in patterns])
    )
    return Stages(way, visits.each([_standing(p, clock, shortest) for p in patterns]))


def duration_of(visits: Visits, clock: Clock, *, shortest: bool = False) -> float:
    """Estimate how long all sites take together, in seconds; see `stages_of`."""
    stages = stages_of(visits, clock, shortest=shortest)
    return float((stages.way + stages.stay).sum())


def raw_time(visits: Visits, clock: Clock) -> float:
    """Estimate how long steps that keep their raw samples take at most, at all sites, in seconds.

    Args:
        visits: all sites.
        clock: of the rig.
    """
    return float(visits.each([site.raw_time(clock) for site in visits.patterns]).sum())


def _settling(site: Site, clock: Clock) -> float:
    """Return the seconds on the way to a site in which the tip stands still."""
    return site.travel_settle + site.approach.settle + site.approach.confirm * clock.period


def _standing(site: Site, clock: Clock, shortest: bool) -> float:
    """Return the seconds from contact until the tip is up."""
    lift = site.retract.distance / site.retract.speed
    return site.measuring_time(clock)[0 if shortest else 1] + lift


def bytes_of(visits: Visits, clock: Clock) -> int:
    """Estimate the size of the data file, in bytes."""
    rows = duration_of(visits, clock) / clock.period
    return round(rows * BYTES_A_ROW) + len(visits) * (BYTES_A_SITE + BYTES_A_RECORD) + BYTES_A_FILE
