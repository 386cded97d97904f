"""The coarse approach: piezo down and up again in vain, then a few steps of the motor, and so on.

The motor never moves unless the piezo came down a known way without contact just before, went up
all the way since, and the circuit was seen to be open there, if the kind of contact can show that.
Then that way is free, and half of it is the most that the motor may take, whatever its steps are
worth. The rig is let go of while the motor moves: its outputs hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from seccm.conductor.conductor import Conductor, StoppedError
from seccm.conductor.opening import open_for_motion
from seccm.errors import ContactError, LimitError, RigError
from seccm.hopping.approach import Approach
from seccm.hopping.circuit import Circuit, look_at_circuit
from seccm.hopping.course import OFF, Course, Steps
from seccm.plan import Plan
from seccm.plan.site import NOISE, Site
from seccm.rig import CoarseStage, Freeze, Move, RigInfo
from seccm.units import show

SHARE = 0.5
"""Of the way that was found free, the most the motor may take."""
AT_TOP = 0.01
"""Part of the travel by which the tip may miss the fully retracted end."""
ROUNDING = 1e-9
"""Part by which a number of steps may miss a whole one by rounding."""
REST = 0.1
"""Seconds after a motion before its end is looked at."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What one try of the piezo found; the tip is fully retracted again."""

    free: float
    """Metres from the top down in which there was nothing."""
    contact: bool


@dataclass(frozen=True, slots=True)
class CoarseApproach:
    """How a coarse approach ended."""

    found: bool
    """Whether the piezo reaches the surface now."""
    tries: tuple[Reach, ...]
    steps: int
    """Of the motor, altogether."""
    what: str
    """A sentence."""


def approach_coarsely(
    conductors: Callable[[], Conductor],
    stage: CoarseStage,
    plan: Plan,
    *,
    tries: int,
    most: int,
    farthest: float,
    confirm: Callable[[str], bool],
) -> CoarseApproach:
    """Take turns of piezo and motor until the piezo finds the surface.

    Args:
        conductors: builds the rig again; it is opened and closed for every try of the piezo.
        stage: the motor.
        plan: whose first site's approach and retract are used, over the piezo's whole travel; x
            and y stay.
        tries: of the piezo, at most.
        most: steps of the motor at once, at most.
        farthest: metres that the motor may go altogether, if every step were its longest.
        confirm: asked, with what is about to happen, before every motion of the motor.

    Raises:
        PlanError: the rig cannot carry out the plan; nothing moved.
        ContactError: the approach failed otherwise than by finding nothing.
        RigError: rig or motor failed, or the tip is not known to be retracted.
    """
    site = plan.sites()[0]
    made: list[Reach] = []
    total = 0
    for left in range(tries - 1, -1, -1):
        reach = try_piezo(conductors(), plan, site)
        made.append(reach)
        if reach.contact:
            what = f"The surface is {show(reach.free, 'm')} below the retracted tip."
            return CoarseApproach(True, tuple(made), total, what)
        if not left:
            break
        left_over = math.floor(farthest / stage.step * (1.0 + ROUNDING)) - total
        steps = min(allowed_steps(reach.free, stage.step), most, left_over)
        if steps < 1:
            what = (
                f"No contact; the motor has made its allowed total of {show(farthest, 'm')}; the "
                "tip is fully retracted."
            )
            return CoarseApproach(False, tuple(made), total, what)
        ask = (
            f"No contact in {show(reach.free, 'm')}; the tip is fully retracted. Make {steps} "
            f"steps of at most {show(stage.step, 'm')} ({show(steps * stage.step, 'm')}) closer?"
        )
        try:
            granted = confirm(ask)
        except KeyboardInterrupt as error:
            error.add_note("The motor was not moved; cell off, the tip is fully retracted.")
            raise
        if not granted:
            return CoarseApproach(False, tuple(made), total, "Ended by the operator.")
        try:
            stage.closer(steps)
        except (KeyboardInterrupt, StoppedError) as error:
            _stop(stage)
            error.add_note("The motor was stopped; the tip is fully retracted.")
            raise
        total += steps
    what = f"No contact in {tries} tries; the tip is fully retracted."
    return CoarseApproach(False, tuple(made), total, what)


def _stop(stage: CoarseStage) -> None:
    """Stop the motor.

    Raises:
        RigError: it is not known to have stopped.
    """
    try:
        stage.stop()
    except RigError as error:
        error.add_note("The motor may still move: switch it off. The tip is fully retracted.")
        raise


def allowed_steps(free: float, step: float) -> int:
    """Return how many steps fit into the allowed part of the way that was found free.

    Raises:
        LimitError: not even one.
    """
    steps = math.floor(SHARE * free / step)
    if steps < 1:
        what = (
            f"one step of {show(step, 'm')} is more than half of the free distance "
            f"{show(free, 'm')}."
        )
        raise LimitError("step-too-long", "coarse stage", what, "Nothing moved.")
    return steps


def try_piezo(conductor: Conductor, plan: Plan, site: Site) -> Reach:
    """Retract fully, come down the whole travel looking for contact, and retract fully.

    Raises:
        PlanError: the rig cannot carry out the plan; nothing moved.
        ContactError: as for an approach, but for "no-contact".
        RigError: the rig failed, or did not retract.
    """
    info = conductor.info
    opening = partial(open_for_motion, plan=plan, lifts_first=True)
    with conductor.driving("the coarse approach", opening, retract=True):
        return conductor.carry_out(lambda course: _try(course, site, info))


def _try(course: Course, site: Site, info: RigInfo) -> Steps[Reach]:
    travel = info.axes["z"].travel
    yield from _to_top(course, site, info)
    top = course.position("z")
    spec = replace(site.approach, travel=top - travel.lower - 2.0 * NOISE)
    approach = Approach(course, replace(site, approach=spec), info, 0)
    try:
        landing, _ = yield from approach.land()
        reach = Reach(top - landing.z_crossing, True)
    except ContactError as error:
        if error.code != "no-contact":
            raise
        reach = Reach(top - course.position("z"), False)
    yield from course.next(Freeze("end of the approach"), OFF)
    yield from _to_top(course, site, info)
    if reach.contact:
        return reach
    if (yield from look_at_circuit(course, site.approach, info)) is Circuit.CLOSED:
        # The steps of the motor go sideways a little, too.
        what = (
            "The circuit is closed with the tip fully retracted, although the piezo found no "
            "contact. The motor was not moved. Check the pipette for liquid."
        )
        raise ContactError("circuit-closed", what)
    return reach


def _to_top(course: Course, site: Site, info: RigInfo) -> Steps[None]:
    """Retract all the way, and make sure of it."""
    travel = info.axes["z"].travel
    yield from course.go(Move("z", travel.upper, site.retract.speed))
    yield from course.rest(REST)
    missing = travel.upper - course.position("z")
    if missing > AT_TOP * (travel.upper - travel.lower):
        what = f"the tip is {show(missing, 'm')} below fully retracted."
        raise RigError("not-retracted", "z", what, "Check the stage; the motor was not moved.")
