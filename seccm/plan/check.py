"""Whether a rig can carry out a plan, and whether the plan makes sense, before anything moves."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from seccm.errors import Problem
from seccm.plan.asking import asking_problems
from seccm.plan.endings import ending_problems
from seccm.plan.keeping import usual_problems
from seccm.plan.reach import reach_problems
from seccm.plan.sense import sense_problems
from seccm.plan.subject import Subject
from seccm.plan.surface import surface_problems
from seccm.plan.tables import Tables
from seccm.plan.waiting import waiting_problems
from seccm.rig import Axis, RigInfo


def check(
    plan: Tables, info: RigInfo, *, at: Mapping[Axis, float], free_disk: int | None
) -> tuple[Problem, ...]:
    """Find what a rig cannot do, and what would come out useless; errors come first.

    Args:
        plan: the plan, without mistakes of its own.
        info: the rig's abilities and limits.
        at: where the axes are now, in metres, as far as known.
        free_disk: bytes to spare where the data file will lie, if known.
    """
    subject = Subject(plan, info, plan.visits(), dict(at), free_disk)
    parts = (
        reach_problems(subject),
        ending_problems(subject),
        asking_problems(subject),
        sense_problems(subject),
        surface_problems(subject),
        waiting_problems(subject),
        usual_problems(subject),
    )
    found = dict.fromkeys(chain.from_iterable(parts))
    return tuple(sorted(found, key=lambda problem: problem.severity != "error"))
