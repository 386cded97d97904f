"""The kind "bisection", as plans name it; what it calculates with is loaded when a run begins."""

from __future__ import annotations

from seccm.plan.plan import Plan
from seccm.plan.planner import Planner, PlannerKind
from seccm.planners.problems import bisection_problems
from seccm.planners.specs import BisectionSpec


def _begin(spec: BisectionSpec, plan: Plan) -> Planner:
    # Plans are read, and checked, in a tenth of the time that loading this takes.
    from seccm.planners.bisecting import Bisection

    return Bisection(spec, plan)


BISECTION = PlannerKind("bisection", BisectionSpec, _begin, problems=bisection_problems)
