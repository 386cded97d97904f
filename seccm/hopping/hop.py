"""The hop: travel, approach, measure, retract.

Theory of operation. A hop is a story with a beginning and an end, so it is written as one: a
generator that yields what should happen and receives blocks of rows. Every ordinary way out,
success, no contact, a lost meniscus, skip or stop, leads through `retract`. What is not
ordinary, a halt or a rig that failed, drops the generator where it stands; the runner then
makes the rig safe without it.

How the place is come to and left is the plan's way, see `seccm.hopping.way`; hopping is the usual
one, see `seccm.ways.hopping`.
"""

from __future__ import annotations

from seccm.errors import ContactError
from seccm.events import Note, Outcome, SiteFinished, SiteStarted
from seccm.hopping.course import Course, GivenUp, Steps, guarded
from seccm.hopping.judge import Judge
from seccm.hopping.measure import measure
from seccm.hopping.terrain import Terrain
from seccm.hopping.way import Way, way_of
from seccm.plan.site import Site
from seccm.rig import RigInfo
from seccm.rig.shown import UNSHOWN, Shown

_OUTCOMES = {
    "no-contact": Outcome.NO_CONTACT,
    "known-surface": Outcome.NO_CONTACT_AT_THE_KNOWN_SURFACE,
}
"""What a landing that failed is; anything else is a fault."""


def hop(
    site: Site,
    info: RigInfo,
    course: Course,
    terrain: Terrain | None = None,
    judge: Judge | None = None,
) -> Steps[SiteFinished]:
    """Visit one site; the tip ends lifted whatever happens.

    Args:
        site: where, and what to do there.
        info: the rig's limits and latencies.
        course: the newest rows.
        terrain: what is known of the surface, and told what comes of this site.
        judge: told of the steps; whoever runs the hop feeds it, and asks it in the end.

    Returns:
        What became of the site, also told to the listeners with the hop's last words.
    """
    outcome, reason = Outcome.OK, ""
    course.tell(SiteStarted(course.row, site.number))
    terrain = Terrain() if terrain is None else terrain
    way = way_of(site, info, course, terrain)
    late = info.runs is not None
    try:
        yield from guarded(_visit(way, course, site, terrain, judge, late=late), way.leave)
    except GivenUp as request:
        outcome, reason = request.outcome, request.reason
    except ContactError as error:
        outcome = _OUTCOMES.get(error.code, Outcome.FAULT)
        reason = str(error)
    if way.wet:
        # What ends the run stays what it is; everything else counts as a failure of the tip.
        outcome = outcome if outcome is Outcome.ABORTED else Outcome.FAULT
        reason = f"{reason} {way.wet}".lstrip()
    return SiteFinished(course.row, site.number, outcome, reason)


def _visit(
    way: Way, course: Course, site: Site, terrain: Terrain, judge: Judge | None, *, late: bool
) -> Steps[None]:
    """Come to the place and run the programme there.

    Raises:
        ContactError: the landing or the measurement failed.
    """
    landing, seen = yield from way.arrive()
    shown = None
    if site.moves:
        hold = site.approach.hold
        period = course.block.clock.period
        shown = Shown(site.approach.rule, hold.mode, landing.baseline, hold.value, period)
    yield from measure(course, site, landing, seen, shown, judge, late=late)
    if shown is not None and shown.missing and landing.seen:
        terrain.doubt()
        course.tell(Note(course.row, site.number, f"Contact doubtful: {UNSHOWN}."))
