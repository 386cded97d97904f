"""What tests of the time left share: a pace without a plan, and visits of its sites."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seccm.events import Landed, Landing, Outcome, SiteFinished, SiteStarted
from seccm.plan.estimate import Stages
from seccm.plan.pace import Pace

PERIOD = 1e-3
"""Seconds that a data point takes."""
LANDING = Landing(0, 5e-5, 5e-5, 4.9, 10.0, 3e-3, 2e-8, 0)


def pace_of(
    stays: Sequence[float],
    *,
    way: float = 0.0,
    conditions: Sequence[int] = (),
    total: int | None = 0,
) -> Pace:
    """Return the pace of sites whose stays, and ways, the plan says; in seconds."""
    expected = Stages(np.full(len(stays), way), np.array(stays, float))
    return Pace(expected, conditions or [0] * len(stays), period=PERIOD, total=total)


def visit(
    pace: Pace,
    site: int,
    now: float,
    way: float,
    stay: float,
    *,
    wall: float = 1.0,
    outcome: Outcome = Outcome.OK,
    until: str = "finished",
) -> float:
    """Tell of a visit, or of its first part.

    Args:
        pace: that is told.
        site: that is visited.
        now: when it begins, on the wall.
        way: seconds of the rig on the way to it.
        stay: seconds of the rig at it.
        wall: seconds on the wall in a second of the rig.
        outcome: what becomes of the site.
        until: "started", "landed" or "finished".

    Returns:
        When the site is over, on the wall.
    """
    row = round(now / wall / PERIOD)
    landed, over = (row + round(t / PERIOD) for t in (way, way + stay))
    pace.hear(SiteStarted(row, site), now)
    if until != "started":
        pace.hear(Landed(landed, site, LANDING, None), now + wall * way)
    if until == "finished":
        pace.hear(SiteFinished(over, site, outcome, ""), now + wall * (way + stay))
    return now + wall * (way + stay)
