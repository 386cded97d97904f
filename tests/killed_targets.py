"""A scan on a virtual FPGA target whose host is killed, while the target goes on."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

from test_fpga_scan_faults import bench
from test_fpga_science import SITES, small

import seccm
from seccm.plan import Plan
from seccm.rig import Block

PLAN = Plan.from_dict(
    small("li-on-au-combinatorial", duration="0.3 s").to_dict()
    | {"sites": {**small("li-on-au-combinatorial").to_dict()["sites"], **SITES, "columns": 2}},
    source="two sites",
)
AFTER = 8.0
"""Seconds after which a descent of the plan is over, also where its host died."""


def run_and_die(path: str, log: str, at: float, after: float = AFTER) -> None:
    """Run a plan; at a moment of the target's time, let it go on alone, write down, and be killed.

    Args:
        path: of the data.
        log: what became of the target is written there, as JSON.
        at: seconds of the target.
        after: seconds for which it is watched then.
    """
    run = seccm.run(PLAN, bench(), path=path, seed=3)
    rig: Any = run._runner._rig
    read = rig.read

    def reading() -> Block:
        block: Block = read()
        if rig.plugged.now >= at:
            Path(log).write_text(json.dumps(left_alone(rig.plugged, after)), encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)
        return block

    rig.read = reading
    list(run)


def left_alone(behind: Any, after: float) -> dict[str, Any]:
    """Let the target go on without a host; return how it ends."""
    behind.library.kill()
    behind.library.pass_time(after)
    ended = behind.target._outputs.codes()
    behind.library.pass_time(0.2)
    return {
        "ended": ended,
        "later": behind.target._outputs.codes(),
        "contacts": behind.target.contacts,
        "landings": len(behind.truth.landings),
        "crashes": len(behind.truth.crashes),
        "failures": [str(one) for one in behind.library.failures],
    }
