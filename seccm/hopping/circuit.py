"""Whether the cell's circuit is open: no liquid from the pipette to the surface."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from seccm.arrays import BoolArray
from seccm.hopping.course import OFF, Course, Steps
from seccm.hopping.trust import railed
from seccm.plan.site import ApproachSpec, CircuitLook
from seccm.rig import Action, Block, Clock, Constant, ContactRule, Drive, Modulate, RigInfo, Wake
from seccm.rig.streaks import streaks


class Circuit(StrEnum):
    """What is known of a tip that was left somewhere; what is not known is never taken as open."""

    OPEN = "open"
    """Seen to be open where the tip is now: no liquid reaches the surface."""
    UNKNOWN = "unknown"
    CLOSED = "closed"
    """Seen to be closed where the tip is now, or the contact was seen."""


OPEN_ROWS = 4
"""Rows in succession that show an open circuit: 10 ms, longer than any bounce."""
SHORTEST = 8
"""Rows that an open circuit is waited for at the least; the settling time of the approach, in
which leads and filters come to rest, where that is longer."""


def can_be_seen(course: Course, rule: ContactRule) -> bool:
    """Tell whether a contact rule can show an open circuit; else the height alone must do."""
    return rule.open(course.block) is not None


def listen(hold: Drive, rule: ContactRule, info: RigInfo) -> tuple[Action, ...]:
    """Return what is applied to see a contact: the hold, and the swing of the height if needed."""
    return (hold, Modulate(on=True)) if info.modulates(rule.signal) else (hold,)


def quiet(rule: ContactRule, info: RigInfo) -> tuple[Action, ...]:
    """Return what ends that."""
    return (OFF, Modulate(on=False)) if info.modulates(rule.signal) else (OFF,)


def deaf_rows(rule: ContactRule, info: RigInfo, clock: Clock) -> int:
    """Return the rows after a change in which a signal may still show what was before.

    It is filtered, or the instrument that holds takes its time to begin.
    """
    settling = max(info.settling(rule.signal), 0.0 if info.runs is None else info.runs.start)
    return clock.covering(settling) if settling else 0


def look_at_circuit(
    course: Course, spec: ApproachSpec | CircuitLook, info: RigInfo, *, keep: bool = False
) -> Steps[Circuit]:
    """Apply the hold of the approach to a tip at rest, look, and switch the cell off again.

    A circuit that cannot be told from a closed one counts as closed. It is unknown only where the
    contact rule shows no open circuit at all, as that of a current that always flows.

    Args:
        course: the newest rows.
        spec: whose hold and contact rule tell an open circuit.
        info: of the rig: how slow the signal is, and whether the height has to swing for it.
        keep: leave the hold on where the circuit is not closed, for whoever goes on watching.
    """
    blind = not can_be_seen(course, spec.rule)
    if blind and not keep:
        return Circuit.UNKNOWN
    since = course.row
    hold = Drive(spec.hold.mode, Constant(spec.hold.value))
    off = quiet(spec.rule, info)
    clock, deaf = course.block.clock, deaf_rows(spec.rule, info, course.block.clock)
    due = since + max(clock.rows(spec.settle), SHORTEST, deaf + SHORTEST if deaf else 0)
    since += deaf
    streak = 0
    yield from course.next(*listen(hold, spec.rule, info), Wake(since + OPEN_ROWS))
    while True:
        block = course.block.part(since, course.row)
        shown = spec.rule.open(block)
        if shown is not None:
            rows = streaks(shown & _lives(spec.rule, block), streak)
            streak = int(rows[-1]) if len(rows) else 0
            if (rows >= OPEN_ROWS).any():
                if not keep:
                    yield from course.next(*off, Wake(course.row + 1))
                return Circuit.OPEN
        if course.row >= due:
            if blind:
                return Circuit.UNKNOWN
            yield from course.next(*off, Wake(course.row + 1))
            return Circuit.CLOSED
        yield from course.next(Wake(due))


def _lives(rule: ContactRule, block: Block) -> BoolArray:
    """Tell for each row whether it differs from the one before; a stuck input shows nothing.

    A signal at the rail of an overloaded galvanostat may be constant.
    """
    found: BoolArray = np.diff(block.data[rule.signal], prepend=np.nan) != 0
    return found | railed(block)


def open_level(rule: ContactRule, block: Block) -> float:
    """Return the undisturbed signal under the hold, the mean of the newest rows."""
    return float(np.mean(block.data[rule.signal][-OPEN_ROWS:]))
