"""Whether the tip comes up far enough to travel, and may not come down too far."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from seccm.errors import Problem
from seccm.plan.reach import TILT
from seccm.plan.site import NOISE
from seccm.plan.subject import Subject
from seccm.units import show

HANGS = 0.05
"""Height of the meniscus over the diameter of the aperture, at the least."""


def _rounded_up(value: float) -> float:
    """Return a value with two digits that is no smaller, for advice that must hold."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return math.ceil(value / step * (1 - 1e-9)) * step


def clearance_problems(subject: Subject) -> Iterator[Problem]:
    """Find retracts that leave the meniscus on the surface, and overtravels that press it flat."""
    probe = subject.plan.probe
    hops = subject.visits.hops()
    # The way to the next site: that back from the end of a row to the next one is no measure.
    slope = TILT * float(np.median(hops)) if len(hops) else 0.0
    hangs, told = HANGS * probe.aperture, set()
    for site in subject.patterns():
        lift, overtravel = site.retract.distance, site.approach.overtravel
        beside = overtravel + slope + NOISE
        least = probe.aperture / 2 + beside
        enough = max(probe.diameter, probe.aperture) / 2 + beside
        severity = "error" if lift < least else "warning" if lift < enough * (1 - 1e-9) else ""
        if severity == "error":
            what = (
                f"{show(lift, 'm')} would drag the meniscus over the sample: it stretches to about "
                f"the radius of the aperture, {show(probe.aperture / 2, 'm', 3)}; the overtravel, "
                f"the slope from site to site and the noise of the position come on top, "
                f"{show(beside, 'm', 2)}."
            )
            remedy = f"Retract by {show(_rounded_up(enough), 'm')} or more."
            if "error" not in told:
                yield Problem("retract.distance", what, remedy)
        elif severity and severity not in told:
            what = (
                f"{show(lift, 'm')} may not break the meniscus, which stretches to about the "
                f"footprint's radius, {show(enough - beside, 'm', 3)}, besides "
                f"{show(beside, 'm', 2)} for overtravel, slope and noise."
            )
            yield Problem("retract.distance", what, "Retract farther.", "warning")
        told.add(severity)
        if overtravel > hangs and "overtravel" not in told:
            told.add("overtravel")
            what = (
                f"{show(overtravel, 'm')} is more than the meniscus surely hangs, "
                f"about {show(hangs, 'm', 2)}: the glass may touch the sample."
            )
            yield Problem("approach.overtravel", what, "Allow less.", "warning")
