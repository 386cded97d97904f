"""A short step of every kind there is, for droplets of a dissolved couple."""

from __future__ import annotations

from typing import Any

from seccm.plan import Plan, load_plan
from seccm.program.registry import kinds

SWEEP: dict[str, Any] = {"start": "-0.25 V", "stop": "0.25 V"}
STAIRCASE: dict[str, Any] = {**SWEEP, "increment": "50 mV"}
PULSED: dict[str, Any] = {"width": "20 ms", "period": "40 ms"}
SHORT: dict[str, dict[str, Any]] = {
    "constant current": {"current": "2 pA", "duration": "60 ms"},
    "constant potential": {"potential": "0.25 V", "duration": "0.1 s"},
    "open circuit": {"duration": "60 ms"},
    "cv": {"start": "-0.25 V", "vertices": ["0.25 V"], "scan_rate": "5 V/s"},
    "lsv": {**SWEEP, "scan_rate": "5 V/s"},
    "pulses": {"current": "2 pA", "width": "4 ms", "pause": "6 ms", "count": 3},
    "differential pulse": {**STAIRCASE, "amplitude": "25 mV", **PULSED},
    "square wave": {**STAIRCASE, "amplitude": "25 mV", "frequency": "25 Hz"},
    "normal pulse": {**STAIRCASE, **PULSED},
    "impedance": {"potential": "0 V", "amplitude": "10 mV", "lowest": "100 Hz", "highest": "1 kHz"},
    "impacts": {"potential": "0.2 V", "duration": "0.5 s", "widest": "5 ms"},
    "pitt": {"potential": "0.1 V", "duration": "0.3 s"},
    "gitt": {"duration": "0.2 s"},
}
"""By kind; a cell of picoamperes follows each of them."""
CYCLING: dict[str, Any] = {
    "step": "repeat",
    "times": 3,
    "program": [
        {"step": "constant current", "current": "2 pA", "duration": "50 ms"},
        {"step": "constant potential", "potential": "-0.25 V", "duration": "50 ms"},
    ],
}
"""Three times in and out again."""


def every_step() -> list[dict[str, Any]]:
    """A step of each kind, and cycles; of a kind that is not above its own example.

    A foreign kind is one of those. What goes on with a current comes after one.
    """
    made = {name: SHORT.get(name, kind.example) for name, kind in kinds().items()}
    # What needs a second drive cannot be done on a rig that has one.
    alone = {name: keys for name, keys in made.items() if keys is not None and "beside" not in keys}
    steps = [{"step": name, **keys} for name, keys in alone.items()]
    pulses = [step for step in steps if step["step"] == "gitt"]
    current = {"step": "constant current", **SHORT["constant current"]}
    return [*(s for s in steps if s not in pulses), current, *pulses, CYCLING]


def one_site(*kinds: str) -> Plan:
    """A plan of one droplet, in which these kinds are carried out; all if none is named."""
    tables = load_plan("redox-cv-map").to_dict()
    tables["sites"] |= {"columns": 1, "rows": 1}
    tables["travel"] = {"speed": "50 um/s", "settle": "25 ms"}
    steps = [{"step": name, **SHORT[name]} for name in kinds] or every_step()
    return Plan.from_dict({**tables, "program": steps}, source="every method")
