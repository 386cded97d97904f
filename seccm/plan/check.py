"""Whether a rig can carry out a plan, and whether the plan makes sense, before anything moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from seccm.errors import Problem
from seccm.rig import Axis, RigInfo

if TYPE_CHECKING:
    from seccm.plan.plan import Plan


def check(
    plan: Plan, info: RigInfo, *, at: Mapping[Axis, float], free_disk: int | None
) -> tuple[Problem, ...]:
    """Return errors, with which a run must not begin, and warnings."""
    return ()
