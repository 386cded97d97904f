"""Whether the tip comes up far enough to travel, and may not come down too far."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seccm.errors import Problem
from seccm.plan.reach import TILT
from seccm.plan.rounding import rounded_up
from seccm.plan.site import HANGS, NOISE, Site
from seccm.plan.subject import Subject
from seccm.rig.contact import always_flows
from seccm.suggestion import Suggestion
from seccm.units import show


def clearance_problems(subject: Subject) -> Iterator[Problem]:
    """Find retracts that leave the meniscus on the surface, and overtravels that press it flat."""
    probe = subject.plan.probe
    hops = subject.visits.hops()
    # The way to the next site: that back from the end of a row to the next one is no measure.
    slope = TILT * float(np.median(hops)) if len(hops) else 0.0
    hangs, told = HANGS * probe.aperture, set[str]()
    for site in subject.patterns():
        if always_flows(site.approach.rule):
            continue  # no droplet hangs from a pipette in a bath
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
        yield from _margin_problems(subject, site, beside, told)
        if overtravel > hangs and "overtravel" not in told:
            told.add("overtravel")
            what = (
                f"{show(overtravel, 'm')} is more than the safe height of the hanging "
                f"meniscus, about {show(hangs, 'm', 2)}: the glass may touch the sample."
            )
            put = subject.put(show(hangs, "m", 2), "approach", "overtravel")
            remedy = f"Allow at most {show(hangs, 'm', 2)}."
            yield Problem("approach.overtravel", what, remedy, "warning", put)


def _margin_problems(
    subject: Subject, site: Site, beside: float, told: set[str]
) -> Iterator[Problem]:
    """Find heights above the break of the meniscus that are too low to travel, or of no use."""
    detaching, where = site.retract.detaching, "retract.detachment.margin"
    if detaching is None or detaching.margin is None:
        return
    margin, steps = detaching.margin, site.approach.surface_margin
    if margin < beside and "margin" not in told:
        told.add("margin")
        what = (
            f"{show(margin, 'm')} above the break of the meniscus may touch on the way to the "
            "next site: the overtravel, the slope from site to site and the noise of the "
            f"position add {show(beside, 'm', 2)}."
        )
        farther = show(rounded_up(max(beside, steps)), "m")
        put = subject.put(farther, "retract", "detachment", "margin")
        remedy = f"Write {farther} or more, more than the sample's steps are high."
        yield Problem(where, what, remedy, suggestion=put)
    elif margin < steps and "margin" not in told:
        told.add("margin")
        what = (
            f"{show(margin, 'm')} above the break of the meniscus is less than the surface may be "
            f"lower or higher from site to site, approach.surface_margin = {show(steps, 'm')}."
        )
        farther = show(rounded_up(steps), "m")
        put = subject.put(farther, "retract", "detachment", "margin")
        remedy = f"Write {farther} or more, more than the sample's steps are high."
        yield Problem(where, what, remedy, "warning", put)
    if margin >= site.retract.distance and "useless margin" not in told:
        told.add("useless margin")
        what = (
            f"{show(margin, 'm')} above the break is never reached: the tip is lifted by "
            f"retract.distance = {show(site.retract.distance, 'm')} at most."
        )
        put = Suggestion(("retract", "detachment", "margin"), "remove")
        yield Problem(where, what, "Write less, or remove it.", "warning", put)
