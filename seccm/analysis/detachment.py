"""How far a meniscus stretched before it broke, and how wide it was for that.

A pinned contact line lets a bridge of liquid grow until it is about as high as its footprint is
wide; so the height tells the radius, once a few footprints were measured,

    r = r0 + s h,

with h counted from the height of contact: the drop that hung from the pipette is in r0.
"""

from __future__ import annotations

import math

import numpy as np

from seccm.analysis.stretching import Stretching
from seccm.data import Column, SiteRecord
from seccm.events import Phase
from seccm.plan.plan import Plan
from seccm.plan.site import Site
from seccm.program.site_results import A_RETRACTION, H_DETACH
from seccm.results import Status, Value, spacing
from seccm.results.breaking import Rising, find_break
from seccm.rig import Clock

HEIGHT = Column(H_DETACH.name, H_DETACH.unit, H_DETACH.words)
AREA = Column(A_RETRACTION.name, A_RETRACTION.unit, A_RETRACTION.words)


def columns_of(plan: Plan) -> tuple[Column, ...]:
    """Return what is determined of each site of a plan."""
    given = plan.retract.detachment
    if given is None:
        return ()
    return (HEIGHT,) if given.calibration is None else (HEIGHT, AREA)


def of_site(site: Site, record: SiteRecord) -> dict[str, Value]:
    """Determine the height of the break and the wetted area of a site, as far as it has them."""
    spec = site.retract.detaching
    if spec is None:
        return {}
    height = _height(site, record)
    found = {HEIGHT.name: height}
    if spec.slope is not None:
        given = Stretching(spec.slope, spec.radius, spec.uncertainty, 0)
        found[AREA.name] = given.area(height)
    return found


def _height(site: Site, record: SiteRecord) -> Value:
    spec = site.retract.detaching
    landing = record.landing
    if spec is None or landing is None or not math.isfinite(landing.z_crossing):
        return Value.none(Status.NOT_MEASURED)
    rows = np.flatnonzero(record.phase == Phase.RETRACT)
    if rows.size < 2:
        return Value.none(Status.INCOMPLETE)
    own = slice(int(rows[0]), int(rows[-1]) + 1)
    period = spacing(record.t)
    # Of a row no more is known here than how long it is.
    rising = Rising(
        spec.hold.mode,
        spec.hold.value,
        record.E[own],
        record.I[own],
        record.z[own],
        record.flag[own],
        Clock(1.0 / period, 1, 1),
    )
    found = find_break(rising)
    if found is None:
        return Value.none(Status.NOT_FOUND)
    return Value.of(found.z - landing.z_crossing, found.error)
