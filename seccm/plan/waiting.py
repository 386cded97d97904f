"""When a run waits because of a signal, and what keeps it from doing so on a rig."""

from __future__ import annotations

from collections.abc import Iterator

from seccm.errors import Problem
from seccm.plan.subject import Subject
from seccm.plan.tables import Tables
from seccm.rig import RigInfo
from seccm.rig.suspend import Suspend, resolved, suspend_problems


def waiting_problems(subject: Subject) -> Iterator[Problem]:
    """Find signals that the rig does not have, and limits of another kind than their signal."""
    yield from suspend_problems(subject.plan.suspend, subject.info.signals)


def rules_of(plan: Tables, info: RigInfo) -> tuple[Suspend, ...]:
    """Return every condition under which a run of a plan waits: those of the rig come first."""
    return (*info.suspends, *resolved(plan.suspend, info.signals))
