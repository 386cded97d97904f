"""Topography: a pipette in a bath hops from pixel to pixel, as low as its surroundings allow.

As in fast hopping, but for three things. After a landing the tip is lifted only a little, and it is
seen that the current has come back. Before it travels it is lifted as far above the highest landing
round its path, or by the whole retract distance where the surroundings are not known yet. And while
it travels the current is watched: where it falls, the surface is higher than was known; the tip is
stopped, lifted by the retract distance, and goes on.

Visit every n-th pixel first (`sites.order = "coarse first"`), and the surroundings of the others
are known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from seccm.errors import ContactError, Problem
from seccm.events import Note, Phase, PhaseBegan
from seccm.hopping.circuit import SHORTEST, open_level
from seccm.hopping.course import OFF, Course, Steps
from seccm.hopping.descent import Pacing, fastest_descent
from seccm.hopping.leave import rise
from seccm.hopping.terrain import Terrain
from seccm.plan.site import NOISE, Site
from seccm.plan.way_words import WayWords
from seccm.plan.ways import Timing, WayKind
from seccm.quantities import Length
from seccm.rig import Block, Constant, Drive, Flag, Freeze, RigInfo, Wake
from seccm.rig.block import joined
from seccm.rig.contact import always_flows
from seccm.rig.detector import ContactDetector
from seccm.units import show
from seccm.ways import fast

if TYPE_CHECKING:
    from seccm.plan.subject import Subject

_FROZEN = int(Flag.FROZEN)
MOST_STOPS = 4
"""Times that a travel is stopped by the surface, after which it is given up."""
ROOM = 0.25
"""Share of the fall to the setpoint that the current may have fallen on the way."""


class TopographySpec(fast.SwiftSpec):
    """Map the height of a surface with a pipette in a bath, by hops that are as low as they can be.

    Travel and retract go at the stage's own speed, in the place of `travel.speed` and
    `retract.speed`; but where the tip travels low, no faster than it can be stopped.
    """

    kind: Literal["topography"] = "topography"
    clear: Annotated[Length, Field(gt=0, examples=["0.5 um"])] = 0.5e-6
    """How far the tip is lifted above a contact, and how far above the highest contact around its
    path it travels: more than features that may lie between pixels, and the drift of a scan."""
    reach: Annotated[Length, Field(gt=0, examples=["2 um"])] = 2e-6
    """How far around its path contacts count. Where there is none so near, the tip travels
    retract.distance above its last contact; that is more than the highest feature."""


class Topography(fast.FastHopping):
    """One visit of a pixel; see `seccm.hopping.way.Way`.

    Args:
        site: where, and what to do there.
        info: the rig's limits and latencies.
        course: the hop's newest block and untold events.
        terrain: what is known of the surface.
    """

    def __init__(self, site: Site, info: RigInfo, course: Course, terrain: Terrain) -> None:
        super().__init__(site, info, course, terrain)
        way = site.way
        assert isinstance(way, TopographySpec)
        self._hops = way
        self._hold = Drive(site.approach.hold.mode, Constant(site.approach.hold.value))
        self._free: float | None = None
        """The current before the tip travelled, once that was measured."""
        self._slow = Pacing(
            min(self._sideways.speed, fastest_descent(site, info)), self._sideways.smooth
        )

    # Going there.

    def _travel(self, x: float, y: float) -> Steps[None]:
        course, number = self._course, self._site.number
        course.tell(PhaseBegan(course.row, number, Phase.TRAVEL))
        low = yield from self._rise_for(x, y)
        for _ in range(MOST_STOPS):
            if not (yield from self._go(x, y, self._slow if low else self._sideways)):
                yield from self._settle()
                yield from self._leave_room()
                return
            yield from self._climb()
            low = False
        raise ContactError(
            "travel-blocked",
            f"the current fell {MOST_STOPS} times on the way to the site, each time "
            f"{show(self._site.retract.distance, 'm')} higher: the pipette is clogged, or the "
            "surface is that steep. The tip did not descend.",
        )

    def _leave_room(self) -> Steps[None]:
        """Lift a tip that has come near the surface on its way.

        The descent counts from the current where it begins: near the surface that has fallen
        already, and the tip would stop too late.
        """
        rule, free = self._site.approach.rule, self._free
        levels = () if free is None else rule.levels(free)
        here = open_level(rule, self._course.block)
        if free is None or len(levels) != 1 or (free - here) / (free - levels[0]) < ROOM:
            return
        yield from self._lift_to(self._course.position("z", 3) + self._site.retract.distance)

    def _rise_for(self, x: float, y: float) -> Steps[bool]:
        """Lift the tip as high as the way to a place asks for; tell whether that is low."""
        course, relief = self._course, self._terrain.relief
        here = course.position("x"), course.position("y")
        highest = relief.along(here, (x, y), self._hops.reach)
        low = highest is not None
        if highest is not None:
            wanted = highest + self._hops.clear
        else:
            last = relief.newest
            wanted = -math.inf if last is None else last + self._site.retract.distance
        yield from self._lift_to(wanted)
        return low

    def _lift_to(self, height: float) -> Steps[None]:
        """Lift the tip to a height, if it is lower; it leaves the next approach from there."""
        course = self._course
        yield from rise(course, min(height, self._info.axes["z"].travel.upper), self._up)
        self._clear = course.position("z")

    def _go(self, x: float, y: float, pacing: Pacing) -> Steps[bool]:
        """Go to a place with the current watched; tell whether that stopped the tip."""
        course, rule = self._course, self._site.approach.rule
        moves = sorted(self._legs(x, y, pacing), key=lambda move: -move.speed)
        if not moves:
            return False
        block = yield from self._listen()
        baseline = self._free = open_level(rule, block)
        if rule.deaf(baseline, block) is not None:
            # Nothing can be watched for. The approach refuses to descend, and says why.
            yield from self._lift_to(course.position("z", 3) + self._site.retract.distance)
            yield from course.go(*moves)
            return False
        detector = ContactDetector(rule, baseline)
        seconds = max(move.seconds(course.position(move.axis)) for move in moves)
        due = course.row + course.block.clock.rows(seconds) + 1
        first = replace(moves[0], until=rule, baseline=baseline)
        yield from course.next(first, *moves[1:], Wake(due))
        while detector.feed(course.block) is None:
            if (course.block.flags[-1] & _FROZEN) != 0:
                return True
            if not course.moving:
                return False
            course.expect_end(due, seconds, *moves)
            yield from course.next()
        return True

    def _climb(self) -> Steps[None]:
        """Stop a tip that met the surface on its way, and lift it above that."""
        course, number = self._course, self._site.number
        yield from course.next(Freeze("contact sideways"), Wake(course.row + 4))
        course.clear = False
        x, y, z = (course.position(axis, 3) for axis in ("x", "y", "z"))
        self._terrain.relief.tell(x, y, z)
        lift = self._site.retract.distance
        course.tell(
            Note(
                course.row,
                number,
                f"The current fell on the way, at x = {show(x, 'm', 4)}, y = {show(y, 'm', 4)}: "
                "the surface is higher there than was known. The tip was stopped, and lifted by "
                f"{show(lift, 'm')} before it went on.",
            )
        )
        yield from self._lift_to(z + lift)
        course.clear = True

    def _listen(self) -> Steps[Block]:
        """Have the hold of the approach on, and return some rows of the tip at rest."""
        course = self._course
        since = course.row
        due = since + SHORTEST
        heard = [(yield from course.next(self._hold, Wake(due)))]
        while course.row < due:
            heard.append((yield from course.next()))
        # The first rows may be from before the hold was on.
        return joined([block.part(since + SHORTEST // 2, course.row) for block in heard])

    # Leaving.

    def leave(self) -> Steps[None]:
        """Lift the tip a little, see that the current came back, and switch the cell off.

        Raises:
            RigError: the tip did not come up; it must not travel.
        """
        landing, course = self._landing, self._course
        if landing is None:
            yield from super().leave()
            return
        course.tell(PhaseBegan(course.row, self._site.number, Phase.RETRACT))
        yield from course.next(Freeze("retract"), self._hold, Wake(course.row + 4))
        lowest = max(course.position("z", 3), landing.z_crossing)
        whole = self._site.retract.distance
        for distance in (min(self._hops.clear, whole), whole):
            yield from self._lift_to(lowest + distance)
            if (yield from self._is_back(landing.baseline)):
                break
        else:
            self._terrain.doubt()
            what = (
                f"The current did not come back when the tip was lifted by {show(whole, 'm')}: "
                "the pipette is clogging, or has touched. The height of this site is doubtful."
            )
            course.tell(Note(course.row, self._site.number, what))
        yield from course.next(OFF, Wake(course.row + 1))
        course.clear, course.spare = True, 0.0

    def _is_back(self, baseline: float) -> Steps[bool]:
        """Tell whether the current is that of a tip away from the surface."""
        rule = self._site.approach.rule
        block = yield from self._listen()
        mean = np.array([float(np.mean(block.data[rule.signal]))])
        return not bool(rule.past(baseline, mean)[0])


def _timing(way: TopographySpec, site: Site, info: RigInfo) -> Timing:
    """Return how long the parts of a hop take where the surroundings are known."""
    swift = fast.timing(way, site, info)
    watching = SHORTEST * info.clock.period
    slow = min(fast.stage_speed(way, info), fastest_descent(site, info))
    return replace(
        swift,
        travel=1.0 / slow,
        settle=swift.settle + watching,
        retract=way.clear / fast.stage_speed(way, info) + info.smoothing("z") + watching,
        lift=way.clear,
    )


def _problems(way: TopographySpec, subject: Subject) -> Iterator[Problem]:
    """Find contacts that this way cannot do, and hops that are too low or too high."""
    yield from fast.problems(way, subject)
    hops = subject.visits.hops()
    pitch = float(np.median(hops)) if len(hops) else 0.0
    if way.reach < pitch:
        what = (
            f"{show(way.reach, 'm')} is less than the distance of the sites, {show(pitch, 'm')}: "
            "no contact is so near, and each hop is as high as retract.distance."
        )
        put = subject.put(show(2.0 * pitch, "m", 2), "way", "reach")
        remedy = f"Write {show(2.0 * pitch, 'm', 2)}, or take another way."
        yield Problem("way.reach", what, remedy, "warning", put)
    for site in subject.patterns():
        if (problem := _site_problem(way, site, subject)) is not None:
            yield problem
            return


def _site_problem(way: TopographySpec, site: Site, subject: Subject) -> Problem | None:
    approach, lift = site.approach, site.retract
    if not always_flows(approach.rule):
        what = "is one of a droplet; a topography needs a current that flows all the time."
        return Problem("approach.contact", what, 'Choose the kind "ion current", or another way.')
    if lift.detaching is not None:
        what = "looks for the break of a meniscus; a pipette in a bath has none."
        return Problem("retract.detachment", what, "Remove it, or choose another way.")
    least = approach.overtravel + 2.0 * NOISE
    if way.clear < least:
        what = (
            f"{show(way.clear, 'm')} may leave the tip at the surface: approach.overtravel and the "
            f"noise of the position are {show(least, 'm', 3)}."
        )
        put = subject.put(show(least, "m", 3), "way", "clear")
        return Problem("way.clear", what, f"Write {show(least, 'm', 3)} or more.", suggestion=put)
    if way.clear > lift.distance:
        what = (
            f"{show(way.clear, 'm')} is more than retract.distance, {show(lift.distance, 'm')}, "
            "by which the tip is lifted where nothing is known."
        )
        put = subject.put(show(way.clear, "m"), "retract", "distance")
        return Problem("way.clear", what, "Lower it, or retract farther.", suggestion=put)
    return None


KIND = WayKind(
    "topography",
    TopographySpec,
    Topography,
    _problems,
    _timing,
    speaks=WayWords(landings="heights"),
)
