"""A way of another package: the tip stays where it is, as a probe that was mounted on a particle.

Nothing is approached and nothing is left: each site of the plan is another run of the programme.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from seccm.errors import Problem
from seccm.events import Approaching, Landed, Landing, Phase, PhaseBegan
from seccm.hopping.course import OFF, Course, Steps
from seccm.hopping.terrain import Terrain
from seccm.hopping.way import Arrived
from seccm.plan.site import Site
from seccm.plan.subject import Subject
from seccm.plan.ways import WayKind, WaySpec
from seccm.quantities import Duration
from seccm.rig import Freeze, RigInfo, Wake


class HeldSpec(WaySpec):
    """The tip stays where it is."""

    kind: Literal["held"] = "held"
    rest: Annotated[Duration, Field(ge=0)] = 0.1
    """Time at open circuit before each programme."""


class Held:
    """One site of a tip that stays."""

    wet = ""

    def __init__(self, site: Site, info: RigInfo, course: Course, terrain: Terrain) -> None:
        self._site, self._course = site, course
        assert isinstance(site.way, HeldSpec)
        self._rest = site.way.rest

    def arrive(self) -> Steps[Arrived]:
        """Rest, and say that the programme begins here."""
        course, site = self._course, self._site
        course.tell(PhaseBegan(course.row, site.number, Phase.SETTLE))
        course.tell(Approaching(course.row, site.number, 0))
        yield from course.rest(self._rest, OFF)
        z = course.position("z")
        nothing = math.nan
        landing = Landing(
            row=course.row,
            z=z,
            z_crossing=nothing,
            signal=nothing,
            baseline=nothing,
            latency=nothing,
            overtravel=nothing,
            attempt=0,
            x=course.position("x"),
            y=course.position("y"),
        )
        course.tell(Landed(course.row, site.number, landing, None))
        return Arrived(landing)

    def leave(self) -> Steps[None]:
        """Switch the cell off; the tip stays."""
        course = self._course
        course.stays = True
        course.tell(PhaseBegan(course.row, self._site.number, Phase.RETRACT))
        yield from course.next(Freeze("held"), OFF, Wake(course.row + 1))


def problems(way: HeldSpec, subject: Subject) -> Iterator[Problem]:
    """Find a plan whose first step goes on with a hold that this way does not have."""
    if any(site.approach.continues for site in subject.patterns()):
        what = 'is "first step", but a tip that is held has no approach.'
        remedy = 'Write approach.hold = { potential = "0 V" }.'
        yield Problem("approach.hold", what, remedy)


HELD = WayKind("held", HeldSpec, Held, problems)
