"""The motions of a tip that an operator asks for one at a time: the same pieces as in a hop.

A tip goes sideways only after its circuit was seen to be open where it is. It goes down only
while its rig and this program watch for contact. After a contact it does neither before it was
lifted by the retract distance: a meniscus through which no current flows at the hold, such as that
of a charged double layer, shows an open circuit as long as it lasts. Where a current always flows,
the height alone decides, and a tip that nobody has lifted counts as in contact. Each motion is a
generator, as a hop is, and says at its end what came of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from seccm.errors import ContactError
from seccm.events import Landing, Phase, PhaseBegan
from seccm.hopping.approach import Approach
from seccm.hopping.circuit import Circuit, can_be_seen, look_at_circuit, open_level
from seccm.hopping.course import OFF, Course, Steps
from seccm.hopping.leave import lift_until_open
from seccm.hopping.terrain import Terrain
from seccm.plan.site import NOISE, Site
from seccm.rig import Flag, Freeze, Move, RigInfo, Wake
from seccm.rig.detector import ContactDetector
from seccm.units import show

_FROZEN = int(Flag.FROZEN)
_NOT_BEGUN = ("wet-at-start", "saturated-input", "faint-signal", "out-of-range")
"""Why an approach is refused before the tip comes down."""
REST = 0.05
"""Seconds after a motion before it is said where it ended."""


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a motion."""

    text: str
    level: Literal["info", "warning"] = "info"


class Tip:
    """A tip that is moved by an operator, and what is known of it.

    Args:
        site: whose approach, hold and retract are used.
        info: the rig's limits and latencies.
    """

    def __init__(self, site: Site, info: RigInfo) -> None:
        self._site, self._info = site, info
        self.circuit = Circuit.UNKNOWN
        """Nobody knows where the tip was left before."""
        self._terrain = Terrain()
        self._contact: float | None = None
        """Height at which the newest contact was seen, z in metres."""
        self._suspected = False
        """Whether that contact was not seen, but could not be ruled out."""
        self._left = True
        """Whether the tip was clear of that contact since: lifted by the retract distance."""

    def raise_by(self, course: Course, move: Move) -> Steps[Said]:
        """Move z up."""
        course.tell(PhaseBegan(course.row, self._site.number, Phase.TRAVEL))
        self.circuit = Circuit.UNKNOWN
        self._suspect_contact(course)
        self._note_height(course)
        yield from course.go(move)
        yield from course.rest(REST)
        return Said(f"z is at {show(course.position('z'), 'm', 5)}.")

    def sideways(self, course: Course, move: Move) -> Steps[Said]:
        """Move x or y, once the circuit was seen to be open; the cell is off after that.

        Nobody knows how high the sample is on the way: the circuit is watched, too, and the rig
        stops where it closes.

        Raises:
            ContactError: the circuit is closed, or the tip too close to its last contact; it did
                not move, or was stopped.
            RigError: the tip does not arrive.
        """
        spec, axis = self._site.approach, move.axis
        self._suspect_contact(course)
        self._refuse_unless_left(course, "Not moved sideways")
        course.tell(PhaseBegan(course.row, self._site.number, Phase.TRAVEL))
        if (yield from look_at_circuit(course, spec, self._info, keep=True)) is Circuit.CLOSED:
            self.circuit = Circuit.CLOSED
            raise ContactError("circuit-closed", self._closed_words(course))
        self.circuit, course.clear = Circuit.UNKNOWN, True
        baseline = open_level(spec.rule, course.block)
        detector = ContactDetector(spec.rule, baseline)
        seconds = abs(move.to - course.position(axis)) / move.speed
        due = course.row + course.block.clock.rows(seconds) + 1
        yield from course.next(replace(move, until=spec.rule, baseline=baseline), Wake(due))
        while True:
            frozen = bool(course.block.flags[-1] & _FROZEN)
            if detector.feed(course.block) is not None or frozen:
                self.circuit = Circuit.CLOSED
                here = f"{axis} = {show(course.position(axis, 1), 'm', 5)}"
                raise ContactError(
                    "contact-sideways",
                    f"The circuit closed during the travel, at {here}: the sample is as high as "
                    "the tip there. The tip was stopped, the cell is off. Retract first.",
                )
            if not course.moving:
                break
            course.expect_end(due, seconds, move)
            yield from course.next()
        self.circuit = Circuit.OPEN if can_be_seen(course, spec.rule) else Circuit.UNKNOWN
        yield from course.rest(REST, OFF)
        return Said(f"{axis} is at {show(course.position(axis), 'm', 5)}; cell off.")

    def _suspect_contact(self, course: Course) -> None:
        """Take it that a tip is in contact that nobody has lifted yet and no circuit shows."""
        if self._contact is None and not can_be_seen(course, self._site.approach.rule):
            self._contact, self._left = course.position("z", 3), False
            self._suspected = True

    def _note_height(self, course: Course) -> None:
        """Take note of a tip that is clear of its last contact by now, whoever lifted it."""
        here = course.position("z")
        self._left = self._left or here > self._clear_of_contact - NOISE

    @property
    def _clear_of_contact(self) -> float:
        """Height at which the tip is clear of its last contact, z in metres."""
        contact = -math.inf if self._contact is None else self._contact
        top = self._info.axes["z"].travel.upper
        return min(contact + self._site.retract.distance, top)

    def _refuse_unless_left(self, course: Course, refused: str) -> None:
        """Refuse what only a tip may do that is clear of its last contact.

        Raises:
            ContactError: it is not; nothing moved.
        """
        self._note_height(course)
        if not self._left and self._contact is not None:
            met = "there may be a contact at" if self._suspected else "the last contact was at"
            raise ContactError(
                "not-retracted",
                f"{refused}: the tip is at z = {show(course.position('z'), 'm', 5)}, {met} "
                f"{show(self._contact, 'm', 5)}, and the retract distance is "
                f"{show(self._site.retract.distance, 'm')}: the meniscus may still be in contact "
                "though no signal shows it. Nothing moved. Retract first.",
            )

    def _closed_words(self, course: Course) -> str:
        here, top = course.position("z"), self._info.axes["z"].travel.upper
        if here > top - NOISE:
            what = (
                "the circuit is closed with the tip fully retracted. Nothing moved. Check "
                "the pipette for liquid, and whether the input's offset is past the contact "
                "threshold."
            )
        else:
            what = (
                f"the circuit is closed at z = {show(here, 'm', 5)}: the meniscus may still be in "
                "contact. Nothing moved. Retract first."
            )
        return f"Not moved sideways: {what}"

    def descend(self, course: Course, floor: float, travel: float, speed: float) -> Steps[Said]:
        """Come down by some way, watching for contact all along.

        No deeper than the surface that earlier landings have shown; after two descents that
        should have met it, twice as deep. What fails in any other way than finding nothing
        lifts the tip.

        Args:
            course: the newest rows.
            floor: height below which the tip is not sent, z in metres.
            travel: metres, at most.
            speed: metres per second.

        Raises:
            ContactError: as for an approach, but for "no-contact"; or the tip is too close to its
                last contact.
            RigError: the tip does not arrive or does not stop.
        """
        self._suspect_contact(course)
        self._refuse_unless_left(course, "Not lowered")
        spec = replace(self._site.approach, travel=travel, speed=speed)
        site, terrain = replace(self._site, approach=spec), self._terrain
        approach = Approach(course, site, self._info, 0, terrain=terrain, floor=floor)
        landing: Landing | None = None
        # Whatever ends it, even somebody who stops it.
        self.circuit = Circuit.UNKNOWN
        try:
            landing, _ = yield from approach.land()
        except ContactError as error:
            if error.code == "wet-at-start":
                self.circuit = Circuit.CLOSED
            if error.code in _NOT_BEGUN:
                raise
            if error.code != "no-contact":
                # The tip may touch, or the glass: it does not stay there.
                up = yield from self.retract(course)
                if terrain.in_doubt:
                    terrain.asked()
                raise ContactError(error.code, f"{error} {up.text}") from None
        else:
            self.circuit = Circuit.CLOSED
            self._contact, self._left = landing.z_crossing, False
            self._suspected = False
        # Told before what follows, though nothing follows here.
        yield course.untold()
        if landing is None:
            return Said(f"No contact down to {show(course.position('z'), 'm', 5)}.")
        return self._landed(landing, spec.overtravel)

    def _landed(self, landing: Landing, allowed: float) -> Said:
        over = show(landing.overtravel, "m")
        what = f"Contact at {show(landing.z_crossing, 'm', 5)}; went {over} past contact"
        if landing.overtravel <= allowed:
            return Said(f"{what}.")
        allows = show(allowed, "m")
        return Said(f"{what}; the plan allows {allows}. Lower the approach speed.", "warning")

    def retract(self, course: Course) -> Steps[Said]:
        """Switch the cell off, lift the tip by the plan's distance, and see that it is clear.

        Raises:
            RigError: the tip did not come up.
        """
        course.tell(PhaseBegan(course.row, self._site.number, Phase.RETRACT))
        self.circuit = Circuit.UNKNOWN
        yield from course.next(Freeze("retract"), OFF, Wake(course.row + 4))
        self._suspect_contact(course)
        here = course.position("z", 3)
        low = here if self._contact is None else max(here, self._contact)
        wanted = min(low + self._site.retract.distance, self._info.axes["z"].travel.upper)
        lifted = yield from lift_until_open(course, self._site, self._info, wanted)
        yield from course.rest(REST)
        self.circuit = lifted.circuit
        self._note_height(course)
        said = f"Retracted to {show(course.position('z'), 'm', 5)}; cell off."
        if lifted.words:
            return Said(f"{said} {lifted.words}", "warning")
        return Said(f"{said} {lifted.seen}")
