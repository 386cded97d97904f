"""When a planner asks for no more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from seccm.factors import Level
from seccm.plan.decision import HALF, SURE, Progress
from seccm.planners.problems import unit_of
from seccm.planners.specs import Learnt, Stop, deviations
from seccm.typography import counted
from seccm.units import since

CONFIRMED = 2
"""Decisions in succession after which the interval has to be narrow enough.

A few sites may happen to lie close together; a run that ends at the first interval that is narrow
enough would rather end there, and hold the true value less often than it says. With the rule of
Y. S. Chow and H. Robbins, Ann. Math. Stat. 36 (1965) 457, some more sites mend that (G. Simons,
Ann. Math. Stat. 39 (1968) 1946). What then holds as often as it says is the width that was asked
for: the last one, if narrower, is so in part by chance.
"""
GAIN = 0.9
"""An interval that is narrower than this share of the narrowest before is a gain."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a run has come."""

    sites: int
    seconds: float
    """From its start to the end of the last site."""
    half_widths: Sequence[float]
    """Half the width of the interval after each decision so far, or after the last ones that count
    (see `Ending.needed`); infinite as long as nothing is known; empty before the first."""


class Ending:
    """Says when it is enough.

    Args:
        stop: of the plan.
        learnt: the result that decides.
        value: that is sought of it, if one is.
    """

    def __init__(self, stop: Stop, learnt: Learnt, value: Level | None = None) -> None:
        self._stop, self._scale = stop, learnt.scale
        self._unit = unit_of(learnt.result) or "1"
        self.aim: float | None = None
        """Half the width of the 95 % interval that is enough, on the scale of the result: on a
        logarithmic one "0.1 s" of a target of 2 s is a share of 0.05."""
        self._asked = ""
        if (given := stop.uncertainty) is not None:
            half, unit = given.value, given.unit
            share = self._scale == "logarithmic"
            self._asked = f"{100.0 * half:.4g} %" if share and unit == "1" else f"{given}"
            if share and unit != "1" and value is not None:
                half /= value.value
            self.aim = half * SURE / deviations(stop.coverage)

    def needed(self, first: int, done: int) -> range:
        """Return after how many sites it wants to know the width of the interval.

        Args:
            first: how many sites there were at the first decision.
            done: how many there are now.
        """
        begin = first if self._stop.no_gain is not None else max(first, done + 1 - CONFIRMED)
        return range(begin, done + 1)

    def progress(self, standing: Standing) -> tuple[Progress, ...]:
        """Return how far a run has come towards each of its ends."""
        stop, found = self._stop, []
        if standing.half_widths and math.isfinite(standing.half_widths[-1]):
            # Kept also where it ends nothing: it is the learning curve.
            said = "1" if self._scale == "logarithmic" else self._unit
            aim = math.nan if self.aim is None else self.aim
            found.append(Progress(HALF, standing.half_widths[-1], aim, said))
        if stop.sites is not None:
            found.append(Progress("sites", standing.sites, stop.sites))
        if stop.time is not None:
            found.append(Progress("time", standing.seconds, stop.time, "s"))
        if stop.no_gain is not None:
            found.append(Progress("sites without gain", _idle(standing.half_widths), stop.no_gain))
        return tuple(found)

    def why(self, standing: Standing) -> str:
        """Return why the planner asks for no more, as a sentence; empty while it goes on."""
        stop, widths = self._stop, standing.half_widths
        if self._narrow(widths) >= CONFIRMED:
            # As it was asked for: what is shown, and counted until here, is the 95 % interval.
            level, sites = f"{100.0 * stop.coverage:.4g} %", f"{CONFIRMED} sites in succession"
            now = f"the {level} interval is within the ±{self._asked} that were asked for"
            return f"After {sites} {now}."
        if stop.sites is not None and standing.sites >= stop.sites:
            are = "is" if standing.sites == 1 else "are"
            return f"{counted(standing.sites, 'site')} {are} done, as many as the plan allows."
        if stop.time is not None and standing.seconds >= stop.time:
            return f"{since(standing.seconds)} of the {since(stop.time)} for the run are over."
        if stop.no_gain is not None and _idle(widths) >= stop.no_gain:
            sites = counted(stop.no_gain, "site")
            return f"{sites} in succession did not make the interval narrower by a tenth."
        return ""

    def to_confirm(self, standing: Standing) -> str:
        """Return that one more site has to confirm the end, as a sentence; else empty."""
        if not 0 < self._narrow(standing.half_widths) < CONFIRMED:
            return ""
        return "The interval is as narrow as was asked for; this site has to confirm it."

    def _narrow(self, half_widths: Sequence[float]) -> int:
        """Return after how many of the last decisions the interval was narrow enough."""
        aim = self.aim
        if aim is None:
            return 0
        return sum(1 for _ in takewhile(lambda half: half <= aim, reversed(half_widths)))


def _idle(half_widths: Sequence[float]) -> int:
    """Return after how many of the last decisions the interval had not become narrower."""
    idle, narrowest = 0, float("inf")
    for half in half_widths:
        if half < GAIN * narrowest:
            idle, narrowest = 0, half
        else:
            idle += 1
    return idle
