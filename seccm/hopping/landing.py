"""The landing: from the row in which contact was seen to a tip at rest, and its measures.

The rig stops the tip by itself (`Move.until`). What is found out here, from the rows of the stop
and from its record where the rig keeps one, is whether the contact lasted, when the signal
crossed the threshold, when the tip halted, and how far it went in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray
from seccm.errors import RigError
from seccm.events import Landing, Note
from seccm.hopping.course import PATIENCE, Course, Steps
from seccm.plan.site import ApproachSpec
from seccm.rig import Block, ContactRecord, ContactRule, Flag, Freeze, RigInfo, Wake
from seccm.rig.block import joined
from seccm.units import show

_FROZEN, _MOVING = int(Flag.FROZEN), int(Flag.MOVING)
REST_ROWS = 6
"""Rows after a stop in which the stage comes to rest: 15 ms, four time constants of a 50 Hz
loop. The last half of them gives the resting height."""


@dataclass(frozen=True, slots=True)
class Stop:
    """How a tip stopped at a contact."""

    seen: list[Block]
    """The newest blocks, from shortly before the contact row to row `due` at least."""
    hit: int
    """The contact row."""
    halt: int
    """The row in which the tip had halted."""
    due: int
    """The row after the last in which it came to rest."""


def rest_after(
    course: Course, confirm: int, seen: list[Block], hit: int, listen: Callable[[Block], object]
) -> Steps[Stop]:
    """Freeze, and add rows to `seen` until the tip rests and the contact can be judged.

    Args:
        course: the newest rows.
        confirm: rows after the contact row that judge the contact.
        seen: the newest blocks, from shortly before the contact row on.
        hit: the contact row.
        listen: is given each new block.

    Raises:
        RigError: the tip does not halt.
    """
    late = course.row + course.block.clock.rows(PATIENCE)
    freeze: tuple[Freeze, ...] = (Freeze("contact"),)
    while True:
        halt = _halt(seen, hit)
        rests = (course.row if halt is None else halt) + REST_ROWS
        due = max(rests, hit + confirm + 1)
        if halt is not None and not freeze and course.row >= due:
            return Stop(seen, hit, halt, due)
        if halt is None and course.row > late:
            raise RigError(
                "not-stopped",
                "z",
                f"the tip was still moving {show(PATIENCE, 's')} after contact.",
                "Check how the stage is stopped before you continue.",
            )
        seen.append((yield from course.next(*freeze, Wake(due))))
        listen(course.block)
        freeze = ()


def lasted(rule: ContactRule, baseline: float, stop: Stop, confirm: int) -> bool:
    """Tell whether most of the rows after the contact row are still past the threshold."""
    rows = joined([block.part(stop.hit, stop.hit + confirm + 1) for block in stop.seen])
    return float(np.mean(rule.holds(baseline, rows))) >= 0.5


def landing_of(
    stop: Stop,
    record: ContactRecord | None,
    channel: str,
    baseline: float,
    attempt: int,
    place: tuple[float, float] | None,
) -> Landing:
    """Work out when the signal crossed, when the tip halted, and how far it went.

    Args:
        stop: the rows.
        record: the raw samples of the stop, where the rig kept them.
        channel: of the contact.
        baseline: its undisturbed value.
        attempt: 0 for the first approach at this site.
        place: where the tip was sent to, x and y in metres; None where it was not sent anywhere.
    """
    seen, hit, due = stop.seen, stop.hit, stop.due
    clock = seen[0].clock
    crossing, stopped = float(hit * clock.spacing), float(stop.halt * clock.spacing)
    if record is not None and record.crossing is not None and record.stopped is not None:
        crossing, stopped = float(record.crossing), float(record.stopped)
    heights = np.concatenate([b.data["z"] for b in seen])
    rows = np.concatenate([np.arange(b.start, b.stop) for b in seen])
    middles = rows * clock.spacing + clock.averaged / 2
    z_crossing = float(np.interp(crossing, middles, heights))
    z_rest = float(np.mean(values(seen, "z", due - REST_ROWS // 2, due)))
    return Landing(
        row=hit,
        z=z_rest,
        z_crossing=z_crossing,
        signal=float(values(seen, channel, hit, hit + 1)[0]),
        baseline=baseline,
        latency=(stopped - crossing) / clock.rate,
        overtravel=z_crossing - z_rest,
        attempt=attempt,
        x=place[0] if place else None,
        y=place[1] if place else None,
    )


def remarks(landing: Landing, site: int, spec: ApproachSpec, info: RigInfo) -> Iterator[Note]:
    """Say so when a stop was later or longer than it may be."""
    if landing.latency > info.stop.worst:
        yield Note(
            landing.row,
            site,
            f"The stop took {show(landing.latency, 's')} from the threshold crossing, "
            f"longer than the stated worst case of the rig ({show(info.stop.worst, 's')}).",
        )
    if landing.overtravel > spec.overtravel:
        yield Note(
            landing.row,
            site,
            f"The tip went {show(landing.overtravel, 'm')} past contact; the plan allows "
            f"{show(spec.overtravel, 'm')}. Lower the approach speed.",
        )


def record_since(blocks: list[Block], since: int) -> ContactRecord | None:
    """Return the record of the stop of the motion that began in row `since`.

    That of an earlier, false contact may arrive late.
    """
    for block in blocks:
        record = block.record
        if record is not None and record.start + len(record.current) > since * block.clock.spacing:
            return record
    return None


def values(blocks: list[Block], channel: str, first: int, stop: int) -> FloatArray:
    """Return one channel from row `first` up to, not including, `stop`; shape (rows,)."""
    return np.concatenate([b.part(first, stop).data[channel] for b in blocks])


def _halt(blocks: list[Block], hit: int) -> int | None:
    """Return the first row from the contact row on in which the tip was not under way."""
    for block in blocks:
        own = block.part(hit, block.stop)
        halted = (own.flags & (_FROZEN | _MOVING)) != _MOVING
        if halted.any():
            return own.start + int(halted.argmax())
    return None
