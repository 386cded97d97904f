"""How long a scan will take and how large its file will be, before it is run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from seccm.plan.site import Site
from seccm.rig import Clock

BYTES_A_ROW = 23
"""Five channels of four bytes, flags, phase and step."""
BYTES_A_SITE = 600
"""The site's line in the table of sites, and its index."""
BYTES_A_RECORD = 2 * 4 * 512
"""The raw samples of a contact record, potential and current."""
BYTES_A_FILE = 200_000
"""Plan, rig, log and the file's own structure."""


def seconds_at_sites(sites: Sequence[Site], clock: Clock) -> Iterator[float]:
    """Estimate the seconds that each site takes.

    How deep the first approach goes is unknown and taken as half its travel; the others begin
    where the retract before them ended.
    """
    before: Site | None = None
    for site in sites:
        sideways = math.hypot(site.x - before.x, site.y - before.y) if before else 0.0
        down = before.retract.distance if before else site.approach.travel / 2
        yield (
            sideways / site.travel_speed
            + site.travel_settle
            + site.approach.settle
            + down / site.approach.speed
            + site.approach.confirm * clock.period
            + site.measuring_time(clock)
            + site.retract.distance / site.retract.speed
        )
        before = site


def duration_of(sites: Sequence[Site], clock: Clock) -> float:
    """Estimate how long the sites take, in seconds, without retries."""
    return sum(seconds_at_sites(sites, clock))


def bytes_of(sites: Sequence[Site], clock: Clock) -> int:
    """Estimate the size of the data file, in bytes."""
    rows = duration_of(sites, clock) / clock.period
    return round(rows * BYTES_A_ROW) + len(sites) * (BYTES_A_SITE + BYTES_A_RECORD) + BYTES_A_FILE
