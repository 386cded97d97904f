"""The shipped plan for microelectrodes on one disk, and its rig as a virtual card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seccm.plan import Plan, load_plan
from seccm.quantities import read_toml
from seccm.rigs import RigFile

RIGS = Path(__file__).parent.parent / "configs" / "rigs"
RANGE = {"name": "50 uA", "gain": "0.2 V/uA", "offset": "0 V", "calibrated": "for tests"}


def one_disk(**tables: Any) -> Plan:
    """Return the shipped plan with one site and short rests, and other tables if given."""
    shipped = load_plan("ume-fast-li").to_dict()
    for step in (shipped["program"][0]["program"][0], shipped["program"][1]):
        step["duration"] = "3 s"
    site = {"sites": {**shipped["sites"], "columns": 1, "rows": 1}}
    return Plan.from_dict({**shipped, **site, **tables}, source="one disk")


def on_a_card() -> RigFile:
    """Return the rig of the plan, with the driver of a card in front of it."""
    card = read_toml(RIGS / "virtual-nidaq.toml")
    world = read_toml(RIGS / "virtual-microelectrode.toml")
    card["output_rate"] = "10 kHz"
    card["inputs"]["current"] |= {"range": "50 uA", "ranges": [RANGE]}
    card["cell"]["current"] |= {"range": "50 uA", "ranges": [RANGE]}
    signals = {"command_current_at_10V": "-50 uA", "current_at_10V": "-50 uA"}
    card["virtual"] = {
        "step": 10,
        "electrometer": world["electrometer"],
        "samples": world["samples"],
        "wiring": {"signals": signals},
    }
    del card["commissioning"]
    return RigFile("virtual card for microelectrodes", card)
