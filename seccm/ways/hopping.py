"""Hopping: travel high, come down until the meniscus touches, and leave the surface again.

The tip travels sideways only at the height to which it was lifted: after a landing that is
the retract distance above that landing; after an approach that met nothing it is the height at
which the approach began; where the meniscus may still be in contact, it is the higher of both. It
is never less than half of the retract distance above the highest landing so far.

After a descent the tip does not travel before the cell's circuit has been seen to be open: the
hold of the approach is applied once more, and while the signal shows a closed circuit the tip goes
further up, twice as far each time, to the top if need be. A circuit that is closed even there makes
the site a fault. A contact in a current that always flows cannot show that: then the retract
distance above the landing must do, and the run says so.
"""

from __future__ import annotations

import math
from typing import Literal

from seccm.errors import ContactError, RigError
from seccm.events import Landing, Note, Phase, PhaseBegan
from seccm.hopping.approach import Approach
from seccm.hopping.circuit import Circuit, can_be_seen
from seccm.hopping.course import OFF, Course, Steps
from seccm.hopping.descent import Division, InOne, Pacing
from seccm.hopping.detach import detach
from seccm.hopping.leave import Lifted, lift_until_open, rise
from seccm.hopping.terrain import Terrain
from seccm.hopping.way import Arrived
from seccm.plan.site import Site
from seccm.plan.ways import WayKind, WaySpec
from seccm.rig import Axis, Freeze, Move, RigInfo, Wake
from seccm.units import show

_ELSEWHERE = ("known-surface", "short-contact")
"""After these the tip may be tried again, but not in the same place: it may have touched there."""


class HoppingSpec(WaySpec):
    """Travel high, approach until contact, measure, retract."""

    kind: Literal["hopping"] = "hopping"


class Hopping:
    """One visit by hopping; see `seccm.hopping.way.Way`.

    Args:
        site: where, and what to do there.
        info: the rig's limits and latencies.
        course: the hop's newest block and untold events.
        terrain: what is known of the surface.
    """

    def __init__(self, site: Site, info: RigInfo, course: Course, terrain: Terrain) -> None:
        self._site = site
        self._info = info
        self._course = course
        self._terrain = terrain
        self._clear = course.position("z")
        self._approach: Approach | None = None
        self._landing: Landing | None = None
        self._up = Pacing(site.retract.speed)
        """How the tip goes up."""
        self._sideways = Pacing(site.travel_speed)
        """How it travels."""
        self.wet = ""
        """A sentence where the circuit stayed closed however high the tip was lifted."""

    def arrive(self) -> Steps[Arrived]:
        """Travel and approach, with the retries that the plan allows.

        Raises:
            ContactError: the landing failed.
        """
        site = self._site
        if not self._course.clear:
            yield from self._begin_clear()
        *earlier, last = enumerate(site.no_contact.offsets())
        for attempt, offset in earlier:
            try:
                return (yield from self._land(attempt, offset))
            except ContactError as error:
                if not self._may_retry(error):
                    raise
                yield from self.leave()
                if self.wet:
                    raise
        return (yield from self._land(*last))

    def _land(self, attempt: int, offset: tuple[float, float]) -> Steps[Arrived]:
        place = self._site.x + offset[0], self._site.y + offset[1]
        yield from self._travel(*place)
        divide, floor = self._divide(*place), self._floor(*place)
        self._approach = Approach(
            self._course, self._site, self._info, attempt, place, self._terrain, floor, divide
        )
        self._landing, seen = yield from self._approach.land()
        return Arrived(self._landing, tuple(seen))

    def _divide(self, x: float, y: float) -> Division:
        """Return what divides the descent at a place, in stage coordinates in metres."""
        return InOne(self._site.approach.speed)

    def _floor(self, x: float, y: float) -> float:
        """Return the height below which the tip is not sent at a place; all in metres."""
        return -math.inf

    def _may_retry(self, error: ContactError) -> bool:
        """Tell whether a retry is of use after this, and lands nowhere for the second time."""
        if error.code in _ELSEWHERE:
            return self._site.no_contact.shift > 0.0 and not self._terrain.in_doubt
        return error.code == "no-contact"

    def _begin_clear(self) -> Steps[None]:
        """See that the circuit is open before the first motion sideways of a run.

        Nobody knows where the tip was left: by another program, a kill, or a hand.

        Raises:
            RigError: the circuit is closed even at the top; the tip did not travel.
        """
        course = self._course
        here = course.position("z", 3)
        height, seen = here, can_be_seen(course, self._site.approach.rule)
        if not seen:
            height = min(here + self._site.retract.distance, self._info.axes["z"].travel.upper)
        lifted = yield from lift_until_open(course, self._site, self._info, height, self._up)
        if lifted.circuit is Circuit.CLOSED:
            raise RigError(
                "circuit-closed",
                "cell",
                "the circuit is closed before the first site, up to the top at "
                f"z = {show(lifted.height, 'm')}. The tip did not travel.",
                "Check the pipette for liquid, and whether the input's offset is past the "
                "contact threshold.",
            )
        course.clear = True
        if not seen:
            what = (
                "This contact cannot show whether the circuit is open: the height alone decides. "
                f"The tip was lifted by {show(height - here, 'm')} before the first site, and goes "
                f"sideways only {show(self._site.retract.distance, 'm')} above its last contact."
            )
            course.tell(Note(course.row, self._site.number, what))
        elif lifted.further > 0.0:
            what = (
                "The circuit was closed before the first site: the meniscus was still in contact. "
                f"It opened {show(lifted.further, 'm')} higher."
            )
            course.tell(Note(course.row, self._site.number, what))
        if lifted.height > here:
            # The approach still ends where it would have ended.
            course.spare, self._clear = lifted.height - here, lifted.height

    def leave(self) -> Steps[None]:
        """Switch the cell off, lift the tip clear of the surface, and see that it is clear.

        Raises:
            RigError: the tip did not come up; it must not travel.
        """
        course, lift = self._course, self._site.retract
        course.tell(PhaseBegan(course.row, self._site.number, Phase.RETRACT))
        yield from course.next(Freeze("retract"), OFF, Wake(course.row + 4))
        here = course.position("z", 3)
        # A tip that went far past contact must come up by that as well.
        low = here if self._landing is None else max(here, self._landing.z_crossing)
        wanted = here if self._landing else max(self._clear, here)
        may_touch = self._approach is not None and self._approach.may_touch
        if may_touch:
            wanted = max(wanted, low + lift.distance)
        # Lifting can only end early at the top, which is as clear as it gets.
        top = self._info.axes["z"].travel.upper
        wanted, above = min(wanted, top), lift.distance / 2
        if self._landing is not None and lift.detaching is not None:
            broke = yield from detach(course, lift.detaching, wanted)
            if broke is not None and lift.detaching.margin is not None:
                above = min(lift.detaching.margin, lift.distance)
                wanted = min(wanted, broke + above)
        if self._approach is not None:
            # A part of the sample that is known to be higher may lie on the way.
            wanted = max(wanted, min(self._terrain.highest + above, top))
        if self._approach is None:
            yield from rise(course, wanted, self._up)
            return
        usual = low + lift.distance if may_touch else -math.inf
        if self._landing is None:
            usual = max(usual, self._clear - course.spare)
        # Also after a descent that met nothing: the pipette may have begun to drip.
        lifted = yield from lift_until_open(course, self._site, self._info, wanted, self._up)
        self._judge(lifted)
        course.spare = max(0.0, lifted.height - usual)

    def _judge(self, lifted: Lifted) -> None:
        """Say what came of leaving the surface, where it is worth saying."""
        clear = lifted.circuit is not Circuit.CLOSED
        self._course.clear = clear
        self.wet = "" if clear else lifted.words
        if clear and lifted.words:
            self._course.tell(Note(self._course.row, self._site.number, lifted.words))

    def _travel(self, x: float, y: float) -> Steps[None]:
        course = self._course
        course.tell(PhaseBegan(course.row, self._site.number, Phase.TRAVEL))
        if moves := self._legs(x, y, self._sideways):
            yield from course.go(*moves)
        yield from self._settle()

    def _legs(self, x: float, y: float, pacing: Pacing) -> list[Move]:
        """Return the motions of a straight travel to a place; none where the tip is there."""
        dx, dy = x - self._course.position("x"), y - self._course.position("y")
        distance = math.hypot(dx, dy)
        # Both axes arrive together, so that the path is straight and its speed the plan's.
        legs: tuple[tuple[Axis, float, float], ...] = (("x", x, dx), ("y", y, dy))
        return [
            Move(axis, to, pacing.speed * abs(d) / distance, smooth=pacing.smooth)
            for axis, to, d in legs
            if abs(d) > 1e-3 * distance
        ]

    def _settle(self) -> Steps[None]:
        """Let the stage come to rest after its travel."""
        yield from self._course.rest(self._site.travel_settle)


KIND = WayKind("hopping", HoppingSpec, Hopping)
