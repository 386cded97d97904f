"""Constant height: a few approaches tell where the surface is, and the tip then keeps off it.

The first sites are come to as in hopping, down to where the current of a microelectrode shows the
surface. From then on the tip stops at a fixed distance from the plane through those, whatever its
current is there: it reads the feedback of each place at one distance, also where that is too weak
to stop it. It comes from above to every site, and the contact is watched for all the way down: a
place that is higher than the plane stops it before it is too near. It never goes below the plane of
the contacts by more than the guard of every descent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from seccm.errors import ContactError, Problem
from seccm.events import Landed, Landing
from seccm.hopping.course import Course, Steps
from seccm.hopping.terrain import Terrain
from seccm.hopping.way import Arrived
from seccm.plan.site import NOISE, Site
from seccm.plan.way_words import WayWords
from seccm.plan.ways import WayKind, WaySpec
from seccm.quantities import Count, Length
from seccm.rig import RigInfo
from seccm.rig.contact import always_flows
from seccm.units import show
from seccm.ways.hopping import Hopping

if TYPE_CHECKING:
    from seccm.plan.subject import Subject

_ROWS = 4
"""Data points of the current and the height where the tip stopped."""


class ConstantHeightSpec(WaySpec):
    """Approach the first sites, and stop at a fixed distance from their plane at all others."""

    kind: Literal["constant height"] = "constant height"
    approaches: Annotated[Count, Field(ge=3)] = 3
    """How many sites are approached until contact; three that do not lie on a line give a plane.
    They are the first ones in the order of the visit: choose places that are alike."""
    above: Length = 0.0
    """How far above their plane the tip stops at all other sites; below it where it is negative."""


class ConstantHeight(Hopping):
    """One visit at constant height; see `seccm.hopping.way.Way`.

    Args:
        site: where, and what to do there.
        info: the rig's limits and latencies.
        course: the hop's newest block and untold events.
        terrain: what is known of the surface.
    """

    def __init__(self, site: Site, info: RigInfo, course: Course, terrain: Terrain) -> None:
        super().__init__(site, info, course, terrain)
        way = site.way
        assert isinstance(way, ConstantHeightSpec)
        self._way = way
        self._goal: float | None = None
        """Height at which the tip is to stop; None while the plane is not known."""

    def _floor(self, x: float, y: float) -> float:
        course = self._course
        self._goal = None
        if self._terrain.landings < self._way.approaches:
            return -math.inf
        now = course.row * course.block.clock.period
        expected = self._terrain.expect(x, y, now, self._site.approach.surface_margin)
        if expected is None:
            return -math.inf
        # Never up, and never to where the descent is given up for another reason.
        here = course.position("z", 3) - NOISE
        lowest = expected.lowest - self._site.approach.overtravel + NOISE
        self._goal = min(max(expected.z + self._way.above, lowest), here)
        return self._goal

    def _land(self, attempt: int, offset: tuple[float, float]) -> Steps[Arrived]:
        try:
            return (yield from super()._land(attempt, offset))
        except ContactError as error:
            if error.code != "no-contact" or self._goal is None:
                raise
        return self._arrived(attempt, offset)

    def _arrived(self, attempt: int, offset: tuple[float, float]) -> Arrived:
        """Begin the programme where the tip stopped."""
        course, approach = self._course, self._approach
        assert approach is not None
        signal = course.block.data[self._site.approach.rule.signal]
        landing = Landing.unseen(
            course.row - 1,
            z=course.position("z", _ROWS),
            signal=float(np.mean(signal[-_ROWS:])),
            baseline=approach.baseline,
            attempt=attempt,
            x=self._site.x + offset[0],
            y=self._site.y + offset[1],
        )
        course.tell(Landed(course.row, self._site.number, landing, None))
        return Arrived(landing, (course.block,))


def _problems(way: ConstantHeightSpec, subject: Subject) -> Iterator[Problem]:
    """Find contacts that this way cannot do, and heights below the guard of the descent."""
    for site in subject.patterns():
        if not always_flows(site.approach.rule):
            what = "is one of a droplet; constant height needs a current that flows all the time."
            remedy = 'Choose the kind "feedback", or another way.'
            yield Problem("approach.contact", what, remedy)
            return
        guard = site.approach.surface_margin
        if -way.above > guard:
            what = (
                f"{show(-way.above, 'm')} below the contacts is more than approach.surface_margin "
                f"allows, {show(guard, 'm')}."
            )
            yield Problem("way.above", what, "Write a height of 0 m or more, or a smaller depth.")
            return
    if len(subject.visits.places) <= way.approaches:
        what = f"all of the sites are approached: there are no more than {way.approaches}."
        yield Problem("way.approaches", what, "Take the way hopping, or more sites.", "warning")


KIND = WayKind(
    "constant height",
    ConstantHeightSpec,
    ConstantHeight,
    _problems,
    speaks=WayWords(landings="arrivals"),
)
