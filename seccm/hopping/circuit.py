"""Whether the cell's circuit is open: no liquid from the pipette to the surface."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from seccm.hopping.contact import BoolArray, past_threshold, signal_channel
from seccm.hopping.course import OFF, Course, Steps
from seccm.hopping.streaks import streaks
from seccm.hopping.trust import railed
from seccm.plan.site import ApproachSpec
from seccm.rig import Block, Constant, ContactRule, Drive, Flag, PotentialDrop, Wake


class Circuit(StrEnum):
    """What is known of a tip that was left somewhere; what is not known is never taken as open."""

    OPEN = "open"
    """Seen to be open where the tip is now: no liquid reaches the surface."""
    UNKNOWN = "unknown"
    CLOSED = "closed"
    """Seen to be closed where the tip is now, or the contact was seen."""


_SATURATED = int(Flag.SATURATED)
OPEN_ROWS = 4
"""Rows in succession that show an open circuit: 10 ms, longer than any bounce."""
SHORTEST = 8
"""Rows that an open circuit is waited for at the least; the settling time of the approach, in
which leads and filters come to rest, where that is longer."""


def circuit_is_open(course: Course, spec: ApproachSpec, *, keep: bool = False) -> Steps[bool]:
    """Apply the hold of the approach to a tip at rest, look, and switch the cell off again.

    A circuit that cannot be told from a closed one counts as closed.

    Args:
        course: the newest rows.
        spec: whose hold and contact rule tell an open circuit.
        keep: leave the hold on where the circuit is open, for whoever goes on watching.
    """
    since = course.row
    due = since + max(course.block.clock.rows(spec.settle), SHORTEST)
    streak = 0
    yield from course.next(
        Drive(spec.hold.mode, Constant(spec.hold.value)), Wake(since + OPEN_ROWS)
    )
    while True:
        block = course.block.part(since, course.row)
        rows = streaks(shows_open(spec.rule, block) & _lives(spec.rule, block), streak)
        streak = int(rows[-1]) if len(rows) else 0
        is_open = bool((rows >= OPEN_ROWS).any())
        if is_open and keep:
            return True
        if is_open or course.row >= due:
            yield from course.next(OFF, Wake(course.row + 1))
            return is_open
        yield from course.next(Wake(due))


def _lives(rule: ContactRule, block: Block) -> BoolArray:
    """Tell for each row whether it differs from the one before; a stuck input shows nothing.

    A signal at the rail of an overloaded galvanostat may be constant.
    """
    found: BoolArray = np.diff(block.data[signal_channel(rule)], prepend=np.nan) != 0
    return found | railed(block)


def shows_open(rule: ContactRule, block: Block) -> BoolArray:
    """Tell for each row whether it shows an open circuit under the hold of the approach.

    A rise is counted from zero: a circuit that is closed has no other baseline.
    """
    signal = block.data[signal_channel(rule)]
    if isinstance(rule, PotentialDrop):
        found: BoolArray = railed(block) | (np.abs(signal) > rule.drop)
        return found
    saturated: BoolArray = (block.flags & _SATURATED) != 0
    return ~(past_threshold(rule, 0.0, signal) | saturated)


def open_level(rule: ContactRule, block: Block) -> float:
    """Return what a contact rule compares with while the circuit is open, raw volts or amperes.

    A current counts from zero, as it does in `shows_open`.
    """
    if not isinstance(rule, PotentialDrop):
        return 0.0
    return float(np.mean(block.data["potential"][-OPEN_ROWS:]))
