"""A run with a planner in a program of its own, killed at a moment, and resumed here.

Args: a data file, which of the plans, the name of a rig, the seed, and at which event the program
kills itself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from small_scan import STEP, small_scan

import seccm
import seccm.session
from seccm.errors import PlanError
from seccm.events import Paused
from seccm.plan.instruction import Instruction
from seccm.rigs import RigFile, load_rig

PLANNER = {
    "kind": "gaussian process", "learn": [{"result": "Q"}], "first": 3, "batch": 2,
    "vary": [{"factor": "j", "between": ["-1 mA/cm^2", "-4 mA/cm^2"], "scale": "logarithmic"}],
    "places": "any", "stop": {"sites": 8},
}  # fmt: skip
BISECTION = {
    "kind": "bisection", "factor": "j", "between": ["-2 mA/cm^2", "-8 mA/cm^2"],
    "scale": "logarithmic", "result": "t_nuc", "result_scale": "logarithmic", "target": "0.5 s",
    "stop": {"sites": 8},
}  # fmt: skip
SAID_AFTER = 3
"""The site during which somebody pins one place and forbids another, where places are chosen."""
ALIKE = "alike"
"""The virtual rig with a sample whose sites do not differ, and little noise."""


def plan(name: str = "map") -> seccm.Plan:
    """A plan of short plating steps.

    Args:
        name: "map", whose planner chooses places and current densities; or "in order", a bisection.
    """
    common: dict[str, Any] = {"design": {}, "factors": {"j": ["-2 mA/cm^2"]}}
    if name == "map":
        return small_scan(4, 3, planner=PLANNER, **common)
    return small_scan(4, 3, planner=BISECTION, program=[{**STEP, "duration": "1.5 s"}], **common)


def rig(name: str) -> RigFile:
    """A shipped rig, or the one named `ALIKE`."""
    file = load_rig("virtual" if name == ALIKE else name)
    if name != ALIKE:
        return file
    tables = dict(file.config)
    sample = {**tables["samples"]["li-on-au"], "capacity_scatter": 0.0, "nucleation_scatter": 0.0}
    more: dict[str, dict[str, Any]] = {
        "meniscus": {"pendant_scatter": 0.0, "footprint_scatter": 0.0},
        "surface": {"roughness": "0 nm", "bumps_per_area": 0.0, "tilt_x": 0.0, "tilt_y": 0.0},
        "electrometer": {"potential_noise": "10 uV", "hum": "0 pA", "offset": "0 pA"},
        "samples": {"li-on-au": sample},
    }
    changed = {table: {**tables[table], **keys} for table, keys in more.items()}
    return RigFile(file.source, {**tables, **changed})


def say(run: seccm.Run, event: seccm.Event) -> None:
    """Say what somebody wants, unless it was said in an earlier session."""
    if not (isinstance(event, seccm.SiteStarted) and event.site == SAID_AFTER):
        return
    if not hasattr(run.plan.planner, "places"):
        return
    with run.open() as scan:
        known = {one.kind for one in scan.instructions.values()}
    places = [(site.x, site.y) for site in plan().sites()]
    if "forbid" not in known:
        run.instruct(Instruction("forbid", *places[0]))
    for at in reversed(places) if "pin" not in known else ():
        try:
            run.instruct(Instruction("pin", *at, {"j": "-2 mA/cm^2"}))
        except PlanError:  # this place is used
            continue
        break


def carried_on(run: seccm.Run, until: int = sys.maxsize) -> int:
    """Carry a run on, and be killed at an event; return how many there were."""
    count = 0
    for count, event in enumerate(run):
        assert not isinstance(event, Paused), event
        say(run, event)
        if count == until:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    return count


def killed(path: Path, which: str, rig: str, seed: int, at: int) -> None:
    """Have a run killed at an event, by a program of its own."""
    words = [sys.executable, __file__, str(path), which, rig, str(seed), str(at)]
    ended = subprocess.run(words, check=False, capture_output=True)
    assert ended.returncode != 0, "it was not killed"


def asked(path: Path) -> list[tuple[Any, ...]]:
    """The sites of a file: where, at which level, and why; without numbers of the model."""
    with seccm.open(path) as scan:
        reasons = [scan.decisions[k].reason.partition(" is expected")[0] for k in scan.planned]
        planned = scan.planned.values()
        levels = scan.sites["factor_j"].tolist()
        each = zip(planned, levels, reasons, strict=True)
        return [(site.x, site.y, level, reason) for site, level, reason in each]


if __name__ == "__main__":
    file, which, on, seed, at = sys.argv[1:]
    run = seccm.session.run(plan(which), rig(on), path=Path(file), seed=int(seed))
    carried_on(run, until=int(at))
