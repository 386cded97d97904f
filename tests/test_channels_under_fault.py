"""Whatever fails and whatever is asked for, at any block, where nothing moves: the cell ends off,
nothing has moved, and what was measured goes on."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_channels import CHANNELS, HERE, plan_of
from test_every_story import FAULTS, GONE

import seccm
from seccm.errors import SeccmError
from seccm.events import Outcome
from seccm.hopping.life import Request
from seccm.rig import Action, Block, Move
from sim.virtual_rig import VirtualRig

RIG = """
kind = "virtual"
longest_block = 40
[switch]
channels = ["P1", "P2", "P3"]
[samples.dummy]
kind = "circuit"
parallel = "100 Mohm"
"""
PROGRAM = [
    {"step": "constant potential", "potential": 1.1, "duration": 0.6},
    {"step": "open circuit", "duration": 0.2},
    {"step": "constant current", "current": 1e-9, "duration": 0.6, "nuclei": False},
]
PLANS = {
    "channels": plan_of(CHANNELS, way={"switch": "rig", "rest": 0.1, "settle": 0.1},
                        program=PROGRAM),
    "asked": plan_of(CHANNELS, way={"rest": 0.1, "settle": 0.1}, program=PROGRAM),
    "here": plan_of(HERE, way={"rest": 0.1, "settle": 0.1,
                               "plausible": {"open_circuit": [0.5, 1.5]}}, program=PROGRAM),
}  # fmt: skip


def carried_out(run: seccm.Run, at: int, request: str) -> tuple[VirtualRig, list[Action]]:
    """A run of which something is asked at a block; whoever is asked to connect does so."""
    rig = run._runner._rig
    assert isinstance(rig, VirtualRig)
    moves: list[Action] = []
    apply, left = rig.apply, [at]

    def seen(action: Action) -> None:
        moves.extend([action] if isinstance(action, Move) else [])
        apply(action)

    def look(_: Block) -> None:
        left[0] -= 1
        if left[0] == 0:
            with suppress(SeccmError):
                run.ask(request)

    rig.apply = seen  # type: ignore[method-assign]
    run.watch(look)
    with suppress(SeccmError):
        for _ in run:
            if run.status.waiting:
                with suppress(SeccmError):
                    run.ask("resume")
    return rig, moves


@pytest.mark.parametrize("name", PLANS)
@settings(max_examples=4)
@given(
    fault=st.sampled_from(FAULTS),
    at=st.integers(1, 90),
    request_=st.sampled_from([r.value for r in Request if r is not Request.START]),
)
def test_the_cell_ends_off_nothing_moves_and_nothing_is_lost(name, fault, at, request_):
    with tempfile.TemporaryDirectory() as folder:
        path, rig_file = Path(folder) / "scan.h5", Path(folder) / "rig.toml"
        rig_file.write_text(RIG, encoding="utf-8")
        faults = (fault,) if fault else ()
        rig, moves = carried_out(
            seccm.run(PLANS[name], rig_file, path=path, faults=faults), at, request_
        )
        assert moves == []
        if not fault.startswith(GONE):
            assert rig.drive.mode == "open"
            assert rig.height == pytest.approx(rig._config.stage.start_z, abs=1e-9)
        with seccm.open(path) as scan:
            assert scan.check() == {}
            ended = {(int(s), int(n)) for s, n in zip(scan.steps["site"], scan.steps["number"],
                                                      strict=True)}  # fmt: skip
            left = scan.remaining()
        if left:
            _, moves = carried_out(seccm.resume(path), 10**9, "stop")
            assert moves == []
        with seccm.open(path) as scan:
            assert scan.check() == {}
            rows = list(zip(scan.steps["site"], scan.steps["number"], strict=True))
            assert len(set(rows)) == len(rows), "no step is measured twice"
            assert ended <= {(int(site), int(number)) for site, number in rows}
            if not fault.startswith(("stalled", "nan")):
                assert Outcome.PLANNED not in scan.sites["status"]
                over = np.isin(scan.sites["status"], [Outcome.OK, Outcome.SKIPPED, Outcome.FAULT])
                assert over.all()
