"""A small plan in plain Python, and a rig to check it against."""

from __future__ import annotations

from typing import Any

from seccm.plan import Plan
from seccm.rig import AxisRange, Range, RigInfo, StopAbility

UM = 1e-6
RIG_OF = {
    "activity-library": "virtual-library",
    "double-barrel-map": "virtual-double-barrel",
    "lmo-array-pitt": "virtual-array",
    "ume-fast-li": "virtual-microelectrode",
    "secm-feedback-map": "virtual-secm",
    "secm-sg-tc": "virtual-secm",
    "sicm-topography": "virtual-sicm",
}
"""Rigs of the shipped plans that the usual one cannot carry out."""

INFO = RigInfo(
    name="bench",
    virtual=True,
    axes={
        "x": AxisRange(Range(0.0, 100 * UM), 1e-3),
        "y": AxisRange(Range(0.0, 100 * UM), 1e-3),
        "z": AxisRange(Range(0.0, 80 * UM), 50 * UM),
    },
    modes=frozenset({"potential", "current", "open"}),
    potential=Range(-10.0, 10.0),
    current=Range(-20e-9, 20e-9),
    overload=10.0,
    stop=StopAbility("virtual", typical=0.005, worst=0.02),
    stage_lag=0.005,
)

STEP = {"step": "constant current", "current": -1e-9, "duration": 2.0}
CV = {"step": "cv", "start": 1.0, "vertices": [-0.5], "cycles": 3, "scan_rate": 0.5}
TABLES: dict[str, Any] = {
    "title": "small",
    "sample": "li-on-au",
    "reference": {"name": "Li/Li+", "electrode": "Ag", "offset": 3.0, "provenance": "assumed"},
    "probe": {"aperture": 2 * UM, "footprint": {"ratio": 1.5, "basis": "nominal"}},
    "sites": {"kind": "grid", "columns": 3, "rows": 2, "pitch": 10 * UM},
    "approach": {
        "speed": 2 * UM,
        "travel": 20e-6,
        "overtravel": 100e-9,
        "contact": {"kind": "potential drop", "drop": 5.0},
    },
    "retract": {"distance": 4 * UM, "speed": 4 * UM},
    "travel": {"speed": 5 * UM},
    "program": [STEP],
}
POTENTIOSTATIC = {
    **TABLES["approach"],
    "contact": {"kind": "current threshold", "threshold": 5e-12},
}


def small(**tables: Any) -> Plan:
    """Return the small plan with some tables replaced."""
    return Plan(**{**TABLES, **tables})


def grid(**keys: Any) -> dict[str, Any]:
    """Return the small plan's sites with some keys replaced."""
    return {**TABLES["sites"], **keys}


def approach(**keys: Any) -> dict[str, Any]:
    """Return the small plan's approach with some keys replaced."""
    return {**TABLES["approach"], **keys}
