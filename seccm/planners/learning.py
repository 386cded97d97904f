"""From finished sites to what a model is told: numbers, bounds, and what says nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from seccm.plan.planner import Finished
from seccm.planners.gaussian_process import Told
from seccm.planners.specs import Learnt
from seccm.program.kept import declared_of
from seccm.results import Status, Value

NUMBER, ABOVE, BELOW = 0.0, 1.0, -1.0


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one site says of a result, on the scale on which it is learnt."""

    value: float
    error: float
    side: float


def lesson(finished: Finished, learnt: Learnt) -> Lesson | None:
    """Return what a site says of a result; None if nothing.

    A number that must be looked at first is left out, but for bounds. Where an event was awaited
    in vain, the result lies beyond what was seen.
    """
    found, logarithmic = finished.result(learnt.result), learnt.scale == "logarithmic"
    if found.status.trusted:
        return _scaled(found, NUMBER, logarithmic)
    if found.status is Status.AT_LEAST:
        return _scaled(found, ABOVE, logarithmic)
    if found.status is Status.AT_MOST:
        return _scaled(found, BELOW, logarithmic)
    declared = declared_of(learnt.result)
    if not found.status.censored or declared is None:
        return None
    step = learnt.result.removeprefix(declared.name)
    cathodic = finished.result(f"j{step}").value < 0.0
    for name, side in ((declared.waited, ABOVE), (declared.beyond, BELOW if cathodic else ABOVE)):
        limit = finished.result(f"{name}{step}")
        if name and limit.status.has_value:
            return _scaled(Value(limit.value, 0.0), side, logarithmic)
    return None


def _scaled(found: Value, side: float, logarithmic: bool) -> Lesson | None:
    error = found.error if math.isfinite(found.error) else 0.0
    if not logarithmic:
        return Lesson(found.value, error, side)
    if found.value <= 0.0:
        return None
    return Lesson(math.log(found.value), error / found.value, side)


def told_of(
    sites: Sequence[Finished], points: Sequence[tuple[float, ...]], learnt: Learnt
) -> Told | None:
    """Return what sites say of a result; None as long as they say nothing.

    Args:
        sites: that are over.
        points: where each lies.
        learnt: the result.
    """
    every = [(point, lesson(site, learnt)) for site, point in zip(sites, points, strict=True)]
    said = [(point, one) for point, one in every if one is not None and all(map(isfinite, point))]
    if not any(one.side == NUMBER for _, one in said):
        return None
    return Told(
        np.array([point for point, _ in said]),
        np.array([one.value for _, one in said]),
        np.array([one.error for _, one in said]),
        np.array([one.side for _, one in said]),
    )
