"""From one region of a sample to the next: the tip goes to the top of its travel first.

A person then moves the sample, or a coarse stage of the rig does. The cell is off and the circuit
was seen to be open, so that nothing is dragged over the sample; whatever was known of the surface
is forgotten in the end. See `seccm.plan.regions`.
"""

from __future__ import annotations

import math

from seccm.errors import RigError
from seccm.events import Note, Phase, PhaseBegan
from seccm.hopping.circuit import Circuit
from seccm.hopping.course import OFF, Course, Steps
from seccm.hopping.leave import lift_until_open
from seccm.hopping.terrain import Terrain
from seccm.plan.regions import Regions
from seccm.plan.site import Site
from seccm.rig import Carry, Freeze, RigInfo, Wake
from seccm.units import show

AT_TOP = 0.01
"""Share of the travel by which the tip may miss its top."""
REST = 0.1
"""Seconds after a motion before its end is looked at."""


class NotClearError(Exception):
    """The circuit is closed with the tip at the top: nothing is to be moved."""


class Carrying:
    """Which region is below the tip, and how the next one gets there.

    Args:
        regions: of the plan; None where it has none.
        info: of the rig.
        here: the label of the region below the tip; empty where nobody knows.
    """

    def __init__(self, regions: Regions | None, info: RigInfo, here: str = "") -> None:
        self._regions, self._info, self._here = regions, info, here
        self._lifted: Site | None = None
        """The site for which the tip was lifted, and nobody has moved the sample since."""
        self._unfound = ""
        """The region whose surface was looked for in vain; empty if there is none."""

    def not_found(self, site: Site) -> None:
        """Take in that the first descent to a site of a region did not find its surface.

        Before another descent there, the tip is lifted, and a person is asked.
        """
        if self._regions is not None and site.region == self._here:
            self._here, self._unfound = "", site.region

    def needed(self, site: Site) -> bool:
        """Tell whether the sample has to be moved before a site."""
        return self._regions is not None and site.region != self._here

    def lifted(self, site: Site) -> bool:
        """Tell whether the tip is up already, so that the sample may be moved."""
        return self._lifted is site

    def asked(self, site: Site) -> str:
        """Return what a person is asked to do before a site; empty if nothing."""
        if self._regions is None or not self.needed(site):
            return ""
        # From now on nobody knows how far the person has got.
        self._here = ""
        if site.region != self._unfound:
            return self._regions.asked(site.region)
        travel = show(site.approach.travel, "m")
        return (
            f"No contact in region {site.region} within {travel} (approach.travel) from the top. "
            "The tip is at the top, cell off. Bring the sample closer by less than that, or see "
            "what is wrong there, then resume. Or stop the run, make a coarse approach, and resume "
            "the file."
        )

    def lift(self, course: Course, site: Site) -> Steps[None]:
        """Switch the cell off, lift the tip to the top, and see that the circuit is open.

        Raises:
            NotClearError: it is closed. The tip is at the top; nothing else moved.
            RigError: the tip did not come up.
        """
        travel = self._info.axes["z"].travel
        course.tell(PhaseBegan(course.row, -1, Phase.RETRACT))
        yield from course.next(Freeze("next region"), OFF, Wake(course.row + 4))
        lifted = yield from lift_until_open(course, site, self._info, travel.upper)
        yield from course.rest(REST)
        missing = travel.upper - course.position("z")
        if missing > AT_TOP * (travel.upper - travel.lower):
            what = f"the tip is {show(missing, 'm')} below the top; the sample was not moved."
            raise RigError("not-retracted", "z", what, "Check the servo of the z axis.")
        if lifted.circuit is Circuit.CLOSED:
            raise NotClearError(
                "The circuit is closed with the tip at the top, so that the sample cannot be moved "
                f"to region {site.region}. Cell off. Check the pipette for liquid, then resume."
            )
        course.tell(PhaseBegan(course.row, -1, Phase.IDLE))
        self._lifted = site

    def carry(self, course: Course, site: Site, terrain: Terrain) -> Steps[None]:
        """Have the region of a site below the tip, and forget what is known of the surface.

        A person has moved the sample already; the coarse stage of a rig is waited for.
        """
        assert self._regions is not None
        region = self._regions.of(site.region)
        by, seconds, self._here = self._regions.moved_by, self._seconds(region.position), ""
        carry = Carry(region.label, *region.position, by)
        if by == "rig":
            course.tell(PhaseBegan(course.row, -1, Phase.TRAVEL))
        yield from course.rest(seconds, OFF, carry)
        terrain.forget()
        self._here, self._lifted, self._unfound = region.label, None, ""
        what = f"Region {region.label} is below the tip. Its surface is looked for again."
        course.tell(Note(course.row, -1, what, "info"))

    def _seconds(self, to: tuple[float, float]) -> float:
        """Return how long the coarse stage of the rig takes; nothing where a person moved."""
        carrier = self._info.carrier
        if carrier is None or self._regions is None or self._regions.moved_by == "person":
            return 0.0
        since = self._regions.of(self._here).position if self._here else carrier.far(to)
        return carrier.seconds(math.dist(since, to))
