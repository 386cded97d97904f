"""What is recorded beside the rows, and how much room it takes."""

from __future__ import annotations

from collections.abc import Iterator

from seccm.errors import Problem
from seccm.plan.subject import Subject
from seccm.quantities import Model, YesNo
from seccm.rig import RigInfo
from seccm.rig.raw import BYTES


class Record(Model):
    """What is recorded beside the averaged rows."""

    raw: YesNo = False
    """Keep every sample of every input, as the converters gave it: gigabytes an hour."""


def raw_rate(info: RigInfo) -> float:
    """Return the bytes that the raw samples of a rig fill in a second."""
    return info.clock.rate * BYTES * len(info.raw)


def recording_problems(subject: Subject) -> Iterator[Problem]:
    """Find what the rig has no samples for."""
    if subject.plan.record.raw and not subject.info.raw:
        what = f"rig {subject.info.name} has no raw samples, only rows."
        remedy = "Leave it out, or take a rig on a card, such as virtual-nidaq."
        yield Problem("record.raw", what, remedy)
