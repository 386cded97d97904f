"""Leaving the surface: lift the tip, then look whether the cell's circuit is open.

Whoever moves a tip leaves the surface in this way, and goes sideways only after it: how far a
meniscus stretches is not known, but an open circuit shows that none is left. Where a current
always flows, no circuit opens, and the plan's retract distance alone must do.
"""

from __future__ import annotations

from dataclasses import dataclass

from seccm.errors import RigError
from seccm.hopping.circuit import Circuit, look_at_circuit
from seccm.hopping.course import Course, Steps
from seccm.hopping.descent import Pacing
from seccm.plan.site import NOISE, Site
from seccm.plan.ways import timing_of
from seccm.rig import Move, RigInfo
from seccm.units import show


@dataclass(frozen=True, slots=True)
class Lifted:
    """How far the tip had to go up."""

    height: float
    """Where the tip was sent in the end, z in metres."""
    further: float
    """Metres above the height that was asked for."""
    circuit: Circuit
    """What was seen there. The tip is at the top of its travel if the circuit is closed; it is
    unknown where the contact rule cannot show it, so that the height alone decides."""
    planned: float
    """The plan's retract distance, metres."""

    @property
    def words(self) -> str:
        """What an operator must know of it, in sentences; empty where all went as planned."""
        if self.circuit is Circuit.CLOSED:
            return (
                "The circuit was still closed after the retract, up to the top at "
                f"z = {show(self.height, 'm')}. Check the pipette for liquid."
            )
        if self.further > 0.0:
            return (
                f"The circuit was still closed after the retract of {show(self.planned, 'm')}; it "
                f"opened {show(self.further, 'm')} higher. Retract farther."
            )
        return ""

    @property
    def seen(self) -> str:
        """What is known of the circuit there, in sentences."""
        match self.circuit:
            case Circuit.OPEN:
                further = f", {show(self.further, 'm')} higher" if self.further else ""
                return f"The circuit is open{further}."
            case Circuit.UNKNOWN:
                return "This contact cannot show an open circuit: the height alone decides."
            case Circuit.CLOSED:
                return self.words


def clear_distance(site: Site, info: RigInfo) -> float:
    """Return by how many metres a tip must be lifted from wherever it is to be clear.

    The plan's retract distance counts from the contact, and the tip may be below it.
    """
    approach = site.approach
    past = info.overtravel(
        timing_of(site, info).fastest_descent, approach.rule.consecutive, approach.rule.signal
    )
    return site.retract.distance + max(approach.overtravel, past)


def rise(course: Course, to: float, pacing: Pacing) -> Steps[None]:
    """Lift the tip to a height; it stays where it is if it is that high already.

    Args:
        course: the newest rows.
        to: z in metres.
        pacing: how fast.

    Raises:
        RigError: it did not come up; it must not travel.
    """
    here = course.position("z", 3)
    if to <= here:
        return
    yield from course.go(Move("z", to, pacing.speed, smooth=pacing.smooth))
    risen = course.position("z", 1) - here
    # Noise and lag never take half of the way: that is a stage which says it has arrived
    # and stands still.
    if risen < (to - here) / 2 - NOISE:
        raise RigError(
            "not-lifted",
            "z",
            f"the tip was to rise by {show(to - here, 'm')} and rose by "
            f"{show(risen, 'm')}. It did not travel.",
            "Check the servo and the wiring of the z axis.",
        )


def lift_until_open(
    course: Course, site: Site, info: RigInfo, height: float, pacing: Pacing | None = None
) -> Steps[Lifted]:
    """Lift the tip to a height, and on from there while the circuit is seen to be closed.

    It goes on by the plan's retract distance, by twice as far each time, to the top if need be.
    The cell must be off; it is off again at the end.

    Args:
        course: the newest rows.
        site: whose approach tells an open circuit, and whose retract is used.
        info: the rig's limits.
        height: z in metres to begin with; no higher than the axis goes.
        pacing: how fast; by default at the speed of the retract.

    Raises:
        RigError: the tip did not come up; it must not travel.
    """
    pacing = Pacing(site.retract.speed) if pacing is None else pacing
    top = info.axes["z"].travel.upper
    planned = site.retract.distance
    sent, step = height, max(planned, NOISE)
    yield from rise(course, sent, pacing)
    while (seen := (yield from look_at_circuit(course, site.approach, info))) is Circuit.CLOSED:
        if sent >= top:
            break
        sent, step = min(sent + step, top), 2 * step
        yield from rise(course, sent, pacing)
    return Lifted(sent, sent - height, seen, planned)
