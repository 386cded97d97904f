"""Programmes that follow what was measured, for the tests."""

from __future__ import annotations

from typing import Any

from seccm.plan import Plan, load_plan
from seccm.program.live import Known, Live
from seccm.program.segment import Segment

REST: dict[str, Any] = {"step": "open circuit", "duration": "1 s", "name": "rest"}
FOLLOWS: dict[str, Any] = {"from": "rest", "offset": "-15 mV", "within": ["-1 V", "1 V"]}
HOLD: dict[str, Any] = {"step": "constant potential", "potential": FOLLOWS, "duration": "1 s"}
OFFSET = 0.2
"""Volts of the plan's reference below: a raw potential of 0 V is 0.2 V against it."""


def plan_of(*program: dict[str, Any], **changes: Any) -> Plan:
    """A plan of two sites with these steps, whose reference is off by 0.2 V."""
    plan = load_plan("redox-cv-map").to_dict()
    plan["approach"]["hold"] = {"potential": 0.25}
    plan["reference"] = {**plan["reference"], "offset": OFFSET}
    plan["sites"] = {"kind": "grid", "columns": 2, "rows": 1, "pitch": 2e-6, "origin": [5e-6, 5e-6]}
    plan |= {"factors": {}, "design": {}, "program": list(program), **changes}
    return Plan.from_dict(plan)


def run(plan: Plan, *answers: Known) -> list[Segment]:
    """Walk through a programme; each step comes to what is said, the last of it again and again."""
    walk, live = plan.sites()[0].program.walk(), Live()
    found: list[Segment] = []
    while (segment := walk.next(live)) is not None:
        found.append(segment)
        live.tell(segment.name, answers[min(len(found), len(answers)) - 1], segment.kind)
    return found


def came_to(E: float = 0.0, i: float = 0.0, charge: float = 0.0, time: float = 1.0) -> Known:
    """What a step came to; the potential is raw."""
    return Known(E, i, charge, time)
