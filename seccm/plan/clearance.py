"""Whether the tip comes up far enough to travel, and may not come down too far."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seccm.errors import Problem
from seccm.plan.reach import TILT
from seccm.plan.rounding import rounded_up
from seccm.plan.site import HANGS, NOISE
from seccm.plan.subject import Subject
from seccm.units import show


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
                "the slope from site to site and the noise of the position add "
                f"{show(beside, 'm', 2)}."
            )
            farther = show(rounded_up(enough), "m")
            put = subject.put(farther, "retract", "distance")
            if "error" not in told:
                remedy = f"Retract by {farther} or more."
                yield Problem("retract.distance", what, remedy, suggestion=put)
        elif severity and severity not in told:
            what = (
                f"{show(lift, 'm')} may not break the meniscus, which stretches to about the "
                f"footprint's radius, {show(enough - beside, 'm', 3)}, plus "
                f"{show(beside, 'm', 2)} for overtravel, slope and noise."
            )
            farther = show(rounded_up(enough), "m")
            put = subject.put(farther, "retract", "distance")
            remedy = f"Retract by {farther} or more."
            yield Problem("retract.distance", what, remedy, "warning", put)
        told.add(severity)
        if overtravel > hangs and "overtravel" not in told:
            told.add("overtravel")
            what = (
                f"{show(overtravel, 'm')} is more than the safe height of the hanging "
                f"meniscus, about {show(hangs, 'm', 2)}: the glass may touch the sample."
            )
            put = subject.put(show(hangs, "m", 2), "approach", "overtravel")
            remedy = f"Allow at most {show(hangs, 'm', 2)}."
            yield Problem("approach.overtravel", what, remedy, "warning", put)
