"""Small scans of a microelectrode over planted spots, and what is true of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import seccm
from seccm.events import Event
from seccm.plan import Plan, load_plan

UM = 1e-6
GLASS, CONDUCTOR, SLOW = (50.0, 38.0), (32.0, 50.0), (68.0, 50.0)
"""Places of secm-spots in micrometres: beside all spots, on one like a conductor, on one of 0.3."""
TRUE_RATE = 6e-5
"""m/s, of the slow one."""
A = 5 * UM


def spots(*places: tuple[float, float], **tables: Any) -> Plan:
    """The shipped map at some places, with other tables replaced."""
    shipped = load_plan("secm-feedback-map").to_dict()
    points = [[f"{x} um", f"{y} um"] for x, y in places]
    changes = {"sites": {"kind": "points", "points": points}, **tables}
    return Plan.from_dict({**shipped, **changes}, source="spots")


def generator(levels: list[str], **tables: Any) -> Plan:
    """The shipped generation and collection at one place, with some potentials of the substrate."""
    shipped = load_plan("secm-sg-tc").to_dict()
    repeat = {**shipped["program"][1], "over": {"E": levels}}
    changes = {
        "sites": {"kind": "points", "points": [["50 um", "50 um"]]},
        "program": [shipped["program"][0], repeat],
        **tables,
    }
    return Plan.from_dict({**shipped, **changes}, source="generator")


def carried_out(plan: Plan, path: Path, *faults: str, rig: Any = "virtual-secm") -> list[Event]:
    """Run a plan to its end; return what was told."""
    return list(seccm.run(plan, rig, path=path, seed=3, faults=faults))
