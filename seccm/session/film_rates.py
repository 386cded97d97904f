"""How fast brightness changes under each condition, and in which direction, over all sites."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seccm.data import open_scan
from seccm.results import Status


@dataclass(frozen=True, slots=True)
class Rate:
    """Of the sites of one condition."""

    condition: int
    words: str
    """The levels of the factors; empty without factors."""
    sites: int
    mean: float
    """Of the change of brightness per second, 1/s."""
    sd: float
    """Standard deviation among the sites, 1/s; NaN of one."""
    brighter: int
    """Sites that became brighter; the others became darker."""


def rates_by_condition(path: str | Path) -> list[Rate]:
    """Return the rates that films of sites have shown, by condition; none without films.

    Only rates that can be trusted count: not those of contrast that turns over. Those against the
    recorded sign count: all together they say whether the record is right.

    Raises:
        DataFileError: the file cannot be read.
    """
    with open_scan(Path(path)) as scan:
        if "irm_rate" not in scan.sites:
            return []
        rate = np.array(scan.sites["irm_rate"], float)
        known = np.isin(scan.sites["irm_rate_status"], (Status.OK, Status.OTHER_SIGN))
        good = np.isfinite(rate) & known
        conditions = np.array(scan.sites["condition"])
        found = []
        for condition in np.unique(conditions[good]).tolist():
            here = np.flatnonzero(good & (conditions == condition))
            values = rate[here]
            found.append(
                Rate(
                    condition=condition,
                    words=scan.site(int(here[0])).condition,
                    sites=len(here),
                    mean=float(values.mean()),
                    sd=float(values.std(ddof=1)) if len(here) > 1 else math.nan,
                    brighter=int((values > 0).sum()),
                )
            )
    return found
