"""Lifting a tip with the cell on, so that the break of the meniscus is seen.

The cell is off again at the end, whether it was seen or not.
"""

from __future__ import annotations

import numpy as np

from seccm.hopping.course import OFF, Course, Steps
from seccm.plan.site import Detaching
from seccm.plan.ways import REST_ROWS
from seccm.results.breaking import BEFORE, OPEN_ROWS, Break, Rising, find_break
from seccm.rig import Block, Constant, Drive, Freeze, Move, Wake
from seccm.rig.block import joined


def detach(course: Course, spec: Detaching, to: float) -> Steps[float | None]:
    """Lift the tip slowly until its meniscus breaks, at most to a height; switch the cell off.

    Args:
        course: the newest rows; the tip is at rest.
        spec: what is imposed meanwhile, and how fast the tip rises.
        to: z in metres.

    Returns:
        Where the meniscus broke, z in metres; None if that was not seen.

    Raises:
        RigError: the tip does not arrive.
    """
    hold = Drive(spec.hold.mode, Constant(spec.hold.value))
    since = course.row
    yield from course.next(hold, Wake(since + REST_ROWS))
    heard = [course.block.part(since, course.row)]
    while course.row < since + REST_ROWS:
        heard.append((yield from course.next(Wake(since + REST_ROWS))))
    move = Move("z", to, spec.speed)
    seconds = move.seconds(course.position("z", 3))
    due = course.row + course.block.clock.rows(seconds) + 1

    def look() -> tuple[Wake, ...]:
        # Only who goes no farther than the break needs must know of it soon.
        return () if spec.margin is None else (Wake(course.row + OPEN_ROWS),)

    heard.append((yield from course.next(move, Wake(due), *look())))
    while True:
        heard = _newest(heard)
        found = _found(spec, heard)
        if found is not None:
            # It may have risen for a while since; what is planned goes on from where it rests.
            yield from course.next(Freeze("detached"), OFF, Wake(course.row + OPEN_ROWS))
            while course.moving:
                course.expect_end(due, seconds, move)
                yield from course.next()
            return found.z
        if not course.moving:
            yield from course.next(OFF, Wake(course.row + 1))
            return None
        course.expect_end(due, seconds, move)
        heard.append((yield from course.next(*look())))


def _newest(heard: list[Block]) -> list[Block]:
    """Keep as many of the newest blocks as a break can lie in."""
    while len(heard) > 2 and sum(b.rows for b in heard[1:-1]) >= 2 * BEFORE + OPEN_ROWS:
        heard = heard[1:]
    return heard


def _found(spec: Detaching, heard: list[Block]) -> Break | None:
    rows = joined(heard)
    data = rows.data
    whole = np.isfinite(data["potential"]) & np.isfinite(data["current"]) & np.isfinite(data["z"])
    if not whole.all():
        return None
    return find_break(
        Rising(
            spec.hold.mode,
            spec.hold.value,
            data["potential"],
            data["current"],
            data["z"],
            rows.flags,
            rows.clock,
        )
    )
