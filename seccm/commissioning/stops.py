"""How soon a motion stops after the order: measured on the stage, far above the sample."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seccm.commissioning.finding import Finding
from seccm.commissioning.report import Verdict
from seccm.conductor.conductor import Conductor
from seccm.conductor.opening import open_at_rest
from seccm.errors import RigError
from seccm.hopping.course import Course, Steps
from seccm.rig import Block, Flag, Freeze, Move, RigInfo
from seccm.stop_record import FIGURE, SPARE
from seccm.units import parse, show

PROCEDURE = "stops"
"""As its finding and its report are named."""
WAY = 1.0
"""Seconds for which the tip goes down before it is stopped."""
PATIENCE = 60.0
"""Seconds after which a stage that still moves has not stopped."""


def measured_stops(
    conductor: Conductor, *, speed: float, count: int = 10
) -> tuple[tuple[float, ...], RigInfo]:
    """Stop a motion down again and again; return how long each stop took, in seconds.

    From the order until the height no longer changes, as the rows show it: at the speed given, the
    way that the tip goes on after the order. The tip goes down by `speed` times a second and a
    little, and up again. Whatever ends it early, the stage is stopped and the cell off.

    Args:
        conductor: of a rig that is not open, its tip far above the sample.
        speed: of the motions, in m/s: that of the approach.
        count: how many stops.

    Returns:
        Seconds of each stop, and what the open rig says of itself.

    Raises:
        LimitError: there is not so much way down, or the speed is too high; nothing moved.
        RigError: the rig failed, or did not come to rest.
    """
    with conductor.driving("measuring the stop", open_at_rest, retract=False):
        conductor.next_block()
        found = conductor.carry_out(lambda course: _each_stop(course, conductor.info, speed, count))
        return found, conductor.info


def finding_of(stops: Sequence[float], speed: float, config: Mapping[str, Any]) -> Finding:
    """Return what a report says of the stops, and what belongs into the rig file.

    Args:
        stops: seconds of each.
        speed: at which they were measured, in m/s.
        config: the rig file; where it believes in a stop of its controller, that is compared.
    """
    typical, worst = float(np.median(stops)), max(stops)
    believed = config.get("controller", {}).get("stop", {}).get("worst")
    verdicts = (
        ()
        if believed is None
        else (Verdict("worst stop", worst, 0.0, parse(str(believed), "s"), "s"),)
    )
    how = f"{len(stops)} stops at {show(speed, 'm/s')}"
    said = (
        f"From the order to the rest: {show(typical, 's', 3)} as a rule, {show(worst, 's', 3)} at "
        f"worst, in {how}.",
    )
    table = {"typical": show(typical, "s", 3), "worst": show(SPARE * worst, "s", 3)}
    results = {"stops": list(stops), "typical": typical, "worst": worst, "speed": speed}
    figures = {FIGURE: (worst, "s")}
    if believed is None:
        return Finding(PROCEDURE, results, words=said, how=how, figures=figures)
    words = (
        *said,
        "For the rig file, [controller.stop]: "
        + ", ".join(f'{key} = "{value}"' for key, value in table.items())
        + f', measured = "DATE, {how}".',
    )
    return Finding(PROCEDURE, results, verdicts, words, how=how, figures=figures)


def _each_stop(course: Course, info: RigInfo, speed: float, count: int) -> Steps[tuple[float, ...]]:
    found: list[float] = []
    for _ in range(count):
        start = float((yield from _still(course, info)).data["z"][-1])
        block = yield from course.next(Move("z", start - 2.0 * WAY * speed, speed))
        due = block.stop + info.clock.rows(WAY)
        while block.stop < due:
            block = yield from course.next()
        at = float(block.data["z"][-1])
        yield from course.next(Freeze("measuring the stop"))
        rest = float((yield from _still(course, info)).data["z"][-1])
        yield from course.next(Move("z", start, speed))
        yield from _still(course, info)
        found.append(abs(at - rest) / speed)
    return tuple(found)


def _still(course: Course, info: RigInfo) -> Steps[Block]:
    """Receive rows until nothing moves; return the newest ones.

    Raises:
        RigError: that takes too long.
    """
    begun = calm = course.row
    lag = info.clock.rows(max(6.0 * info.stage_lag, 0.1))
    block = yield from course.next()
    while block.stop < calm + lag:
        block = yield from course.next()
        if (block.flags & np.uint8(Flag.MOVING)).any():
            calm = block.stop
        if block.stop - begun > math.ceil(PATIENCE / info.clock.period):
            raise RigError(
                "not-at-rest",
                info.name,
                f"the stage still moves after {show(PATIENCE, 's')}.",
                "Look at the controller of the stage.",
            )
    return block
