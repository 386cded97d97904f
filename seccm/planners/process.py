"""The kind "gaussian process", as plans name it; its model is loaded when a run begins."""

from __future__ import annotations

from seccm.plan.plan import Plan
from seccm.plan.planner import Planner, PlannerKind
from seccm.planners.problems import process_problems
from seccm.planners.specs import GaussianProcessSpec


def _begin(spec: GaussianProcessSpec, plan: Plan) -> Planner:
    # Plans are read, and checked, in a tenth of the time that loading this takes.
    from seccm.planners.exploring import GaussianProcess

    return GaussianProcess(spec, plan)


GAUSSIAN_PROCESS = PlannerKind(
    "gaussian process", GaussianProcessSpec, _begin, problems=process_problems
)
