"""Carries out a story on a rig: reads, hands on what came, and does what the story asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from seccm.errors import SeccmError
from seccm.events import Event
from seccm.hopping.course import Course, Steps
from seccm.hopping.leave import lift_until_open
from seccm.plan.site import Site
from seccm.rig import Rig, SafeReport

T = TypeVar("T")


def carry_out(rig: Rig, body: Callable[[Course], Steps[T]]) -> T:
    """Carry out the steps of a motion on a rig whose rows stream; return what they return.

    Events are left out. Whoever asks makes the rig safe if this raises.
    """
    steps = body(Course(rig.read()))
    out = next(steps)
    while True:
        for item in out:
            if not isinstance(item, Event):
                rig.apply(item)
        try:
            out = steps.send(rig.read())
        except StopIteration as end:
            result: T = end.value
            return result


def lift_clear(rig: Rig, site: Site | None, by: float, *, streams: bool = True) -> SafeReport:
    """Leave the surface in an emergency: cell off, up at the rig's fastest speed, then look.

    The first lift asks nothing of the program but this one call of `Rig.safe`. Then, while rows
    still come, the circuit is looked at, and the tip goes on up until it is open; the cell is off
    again at the end. Whatever fails in that look, or interrupts it, sends the tip to the top.

    Args:
        rig: whose tip is lifted.
        site: whose approach tells an open circuit; None where nothing is known of any.
        by: metres; see `Rig.safe`.
        streams: whether rows may be read by whoever calls.
    """
    report = rig.safe("emergency retract", by=by)
    if site is None or report.height is None or not (report.retracted and streams):
        return report
    height, fastest = report.height, rig.info.axes["z"].fastest
    try:
        lifted = carry_out(
            rig, lambda course: lift_until_open(course, site, rig.info, height, fastest)
        )
    except Exception as error:  # also one of the program: nobody after this makes the rig safe
        report = rig.safe("emergency retract")
        why = str(error) if isinstance(error, SeccmError) else f"{error!r}."
        return replace(report, checked=f"The circuit could not be checked: {why}")
    except BaseException:
        rig.safe("emergency retract")
        raise
    at_top = lifted.height >= rig.info.axes["z"].travel.upper
    at_top |= report.at_top
    return replace(report, height=lifted.height, at_top=at_top, checked=lifted.seen)
