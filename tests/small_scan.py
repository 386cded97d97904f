"""A scan that takes a blink: a few short plating steps on the virtual rig."""

from __future__ import annotations

from typing import Any

from seccm.plan import Plan, load_plan
from seccm.rigs import RigFile, load_rig

STEP = {"step": "constant current", "current_density": "$j", "duration": "0.3 s"}


def small_scan(columns: int = 4, rows: int = 3, **tables: Any) -> Plan:
    """Return the shipped screen cut down to a few sites of 0.3 s, with fast travel.

    Args:
        columns: of the grid; each has one current density.
        rows: of the grid.
        tables: other tables to replace.
    """
    shipped = load_plan("li-on-au-combinatorial").to_dict()
    changes: dict[str, Any] = {
        "title": "small scan",
        "sites": {
            "kind": "grid",
            "columns": columns,
            "rows": rows,
            "pitch": "11 um",
            "origin": ["11 um", "11 um"],
        },
        "factors": {"j": [f"-{k + 1} mA/cm^2" for k in range(columns)]},
        "design": {"assign": "columns"},
        "travel": {"speed": "50 um/s", "settle": "25 ms"},
        "retract": {"distance": "8 um", "speed": "20 um/s"},
        "program": [STEP],
    }
    return Plan.from_dict({**shipped, **changes, **tables}, source="small scan")


def lasting_scan() -> Plan:
    """Return the small scan with steps so long that it never ends while a test does something."""
    return small_scan(program=[{**STEP, "duration": "1000 s"}])


def near_surface(start: str, rig: str) -> RigFile:
    """A shipped rig whose tip begins close above the surface."""
    file = load_rig(rig)
    tables: dict[str, Any] = {**file.config}
    world = tables if tables["kind"] == "virtual" else dict(tables["virtual"])
    world["stage"] = {**world.get("stage", {}), "start_z": start}
    return RigFile(file.source, {**tables, "virtual": world} if world is not tables else world)
