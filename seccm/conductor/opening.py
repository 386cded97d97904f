"""Opening a rig: for motion only with a plan that it can carry out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from seccm.errors import PlanError, Problem
from seccm.plan import Plan
from seccm.rig import Axis, Readback, Rig, RigInfo, SafeReport

__all__ = ["Opened", "look_at", "make_safe_alone", "open_at_rest", "open_for_motion"]

Further = Callable[[RigInfo], Sequence[Problem]]
"""Checks what is not the rig's, such as the room on a disk."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A rig that was opened, and what its check found."""

    info: RigInfo
    problems: tuple[Problem, ...]
    """Errors and warnings; warnings alone where the rig may move."""
    at: Mapping[Axis, float]
    """Where the axes counted as being when the plan was checked, in metres."""


def open_for_motion(
    rig: Rig, plan: Plan, *, lifts_first: bool = False, further: Further = lambda info: ()
) -> Opened:
    """Open a rig that is to move as a plan says; it stays open only if it can do that.

    Args:
        rig: built; closed again if it is refused.
        plan: whose approach, retract and steps are to be used.
        lifts_first: whether the tip goes up before it comes down; it is then checked for an
            approach from the top.
        further: checks what is not the rig's; its errors are told with those of the plan.

    Raises:
        PlanError: the rig cannot carry out the plan; nothing moved.
        RigError: it cannot be opened.
    """
    try:
        opened = _checked(rig, plan, lifts_first, further)
        errors = [problem for problem in opened.problems if problem.severity == "error"]
        if errors:
            raise PlanError(plan.title, errors)
        return opened
    except BaseException:
        rig.close()
        raise


def look_at(
    rig: Rig, plan: Plan, *, lifts_first: bool = False, further: Further = lambda info: ()
) -> Opened:
    """Open a rig for its position, check a plan against it, and close it again; see `Opened`.

    Raises:
        RigError: it cannot be opened.
    """
    try:
        return _checked(rig, plan, lifts_first, further)
    finally:
        rig.close()


def open_at_rest(rig: Rig) -> Readback:
    """Open a rig of which nothing is to move.

    Raises:
        RigError: it cannot be opened.
    """
    return rig.open()


def make_safe_alone(rig: Rig, why: str, *, lifts: bool = True) -> SafeReport:
    """Open a rig that nobody uses, make it safe, and close it again.

    Args:
        rig: closed.
        why: in words.
        lifts: whether the tip goes to the top; else nothing moves.

    Raises:
        RigError: it cannot be opened.
    """
    try:
        rig.open()
        return rig.safe(why, retract=lifts)
    finally:
        rig.close()


def _checked(rig: Rig, plan: Plan, lifts_first: bool, further: Further) -> Opened:
    at: Mapping[Axis, float] = rig.open().position
    if lifts_first:
        # One that begins lower is refused when it is asked for, if the axis does not go so far.
        at = {axis: where for axis, where in at.items() if axis != "z"}
    return Opened(rig.info, (*plan.check(rig.info, at=at), *further(rig.info)), at)
