"""Which rows a result comes from, and what was wrong with them: every result says both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from seccm.program.trace import StepTrace
from seccm.results import Status, Value
from seccm.rig import Flag

_FLAWS: Mapping[Flag, Status] = {
    Flag.SATURATED: Status.SATURATED,
    Flag.OVERLOAD: Status.OVERLOADED,
    Flag.GAP: Status.GAP,
}
"""What a flag in one of its rows makes of a result."""
WHOLE = (slice(None),)
"""Every row of a step."""
NO_ROWS: tuple[slice, ...] = ()
"""Of a result that is a fact about the step and was not measured."""


def doubted(status: Status, rows: Sequence[slice], trace: StepTrace) -> Status:
    """Return the status of a result with what its rows were flagged for.

    A search in vain among rows at the end of a range is not one that was in vain: what was
    sought may have been beyond it. Nor is one among rows without contact, of which nothing is
    measured.

    Args:
        status: what the analysis says of it.
        rows: that it comes from.
        trace: the step that they are of.
    """
    flags = 0
    for each in rows:
        flags |= int(np.bitwise_or.reduce(trace.flaws[each], initial=0))
    if trace.lost is not None:
        ends = [each.indices(trace.t.size)[:2] for each in rows]
        if any(stop > trace.lost for _, stop in ends):
            if not status.has_value or any(start >= trace.lost for start, _ in ends):
                return Status.NO_CONTACT
            status = status.worse(Status.LOST_CONTACT)
    if status.censored and flags & Flag.SATURATED:
        return Status.UNDEFINED
    return flawed(status, flags) if status.has_value else status


@dataclass(frozen=True, slots=True)
class Measured:
    """A number and the rows of its step that it comes from."""

    value: Value
    rows: tuple[slice, ...]

    def checked(self, trace: StepTrace) -> Value:
        """Return the number, with what its rows were flagged for as its status."""
        status = doubted(self.value.status, self.rows, trace)
        return replace(self.value, status=status) if status.has_value else Value.none(status)


def flawed(status: Status, flags: int) -> Status:
    """Return the status of a number that comes from rows with these flags, bits of `Flag`."""
    for flag, doubt in _FLAWS.items():
        if flags & flag:
            status = status.worse(doubt)
    return status


Numbers = Mapping[str, Measured]
"""The results of a step, by their names."""
