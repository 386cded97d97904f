"""When a planner asks for no more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from seccm.plan.decision import HALF, SURE, Progress
from seccm.planners.specs import Scale, Stop, deviations, interval
from seccm.typography import counted
from seccm.units import since

GAIN = 0.9
"""An interval that is narrower than this share of the narrowest before is a gain."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a run has come."""

    sites: int
    seconds: float
    """From its start to the end of the last site."""
    half_widths: Sequence[float]
    """Half the width of the interval after each decision so far; infinite as long as nothing is
    known; empty before the first."""


def progress(stop: Stop, standing: Standing, unit: str, scale: Scale) -> tuple[Progress, ...]:
    """Return how far a run has come towards each of its ends; the stop as `as_shown` gives it."""
    found = []
    if standing.half_widths and math.isfinite(standing.half_widths[-1]):
        # Kept also where it ends nothing: it is the learning curve.
        said = "1" if scale == "logarithmic" else unit
        aim = math.nan if stop.uncertainty is None else stop.uncertainty.value
        found.append(Progress(HALF, standing.half_widths[-1], aim, said))
    if stop.sites is not None:
        found.append(Progress("sites", standing.sites, stop.sites))
    if stop.time is not None:
        found.append(Progress("time", standing.seconds, stop.time, "s"))
    if stop.no_gain is not None:
        found.append(Progress("sites without gain", _idle(standing.half_widths), stop.no_gain))
    return tuple(found)


def _idle(half_widths: Sequence[float]) -> int:
    """Return after how many of the last decisions the interval had not become narrower."""
    idle, narrowest = 0, float("inf")
    for half in half_widths:
        if half < GAIN * narrowest:
            idle, narrowest = 0, half
        else:
            idle += 1
    return idle


def why_enough(stop: Stop, standing: Standing, unit: str, scale: Scale) -> str:
    """Return why the planner asks for no more, as a sentence; empty while it goes on."""
    widths = standing.half_widths
    if stop.uncertainty is not None and widths and widths[-1] <= stop.uncertainty.value:
        # As it was asked for: what is shown, and counted until here, is the 95 % interval.
        part = deviations(stop.coverage) / SURE
        now, aim = (interval(part * x, unit, scale) for x in (widths[-1], stop.uncertainty.value))
        level = f"{100.0 * stop.coverage:.4g} %"
        return f"The {level} interval is ±{now}, and ±{aim} were asked for."
    if stop.sites is not None and standing.sites >= stop.sites:
        are = "is" if standing.sites == 1 else "are"
        return f"{counted(standing.sites, 'site')} {are} done, as many as the plan allows."
    if stop.time is not None and standing.seconds >= stop.time:
        return f"{since(standing.seconds)} of the {since(stop.time)} for the run are over."
    if stop.no_gain is not None and _idle(widths) >= stop.no_gain:
        sites = counted(stop.no_gain, "site")
        return f"{sites} in succession did not make the interval narrower by a tenth."
    return ""
