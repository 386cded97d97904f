"""Faults of an FPGA target in a whole scan: tip up or held, the cell's state said, data kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from small_scan import near_surface
from test_fpga_science import small

import seccm
from seccm.errors import RigError
from seccm.rigs import RigFile

PLAN = small("li-on-au-combinatorial", duration="0.6 s")
WHEN = 1.4
"""Seconds, in the step: it lasts from 0.95 s to 1.55 s, and the tip goes up until 1.61 s."""


class Ended(NamedTuple):
    """How a scan ended, and what was true then."""

    error: RigError | None
    codes: dict[str, int]
    contacts: list[tuple[int, int]]
    """Ticks and codes of z where motions ended."""
    path: Path


def bench(**target: Any) -> RigFile:
    """The virtual target close above the surface, with switches."""
    file = near_surface("51.9 um", "virtual-wec-fpga")
    virtual = {**file.config["virtual"], "target": target}
    return replace(file, config={**file.config, "patience": "0.3 s", "virtual": virtual})


def ran(path: Path, faults: tuple[str, ...] = (), **target: Any) -> Ended:
    """Run the plan."""
    run = seccm.run(PLAN, bench(**target), path=path, seed=3, faults=faults)
    rig: Any = run._runner._rig
    error = None
    try:
        list(run)
    except RigError as failed:
        error = failed
    behind = rig.plugged
    before = behind.target._outputs.codes()
    behind.library.pass_time(0.3)
    after = behind.target._outputs.codes()
    assert after["Applied X"] == before["Applied X"]
    assert after["Applied Z"] == before["Applied Z"], "held, or up"
    assert behind.truth.crashes == []
    assert behind.library.failures == []
    return Ended(error, after, behind.target.contacts, path)


FAULTS: dict[str, tuple[dict[str, str], tuple[str, ...], str, bool]] = {
    "a fault of the hardware": ({"fails_at": f"{WHEN} s"}, (), "library", False),
    "a queue that times out": ({"full_at": f"{WHEN} s"}, (), "queue-uncertain", False),
    "a queue that stays empty": ({}, (f"stalled-read@at={WHEN} s",), "stalled-read", True),
    "the target stops itself": ({"stops_itself": f"{WHEN} s"}, (), "target-stopped", False),
}
"""Switches, faults, what is said, and whether the target still obeys."""


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_in_a_step_ends_the_scan_safely_and_loses_nothing(kind: str, tmp_path: Path):
    target, faults, code, obeys = FAULTS[kind]
    ended = ran(tmp_path / "scan.h5", faults, **target)
    assert ended.error is not None
    assert ended.error.code == code
    with seccm.open(ended.path) as scan:
        assert scan.state == "fault"
        said = " ".join(scan.events["msg"].tolist())
        site = scan.site(0)
        # Everything until then is there, and the site is not landed on again.
        assert scan.sites.words("status").tolist() != ["pending"]
        assert len(scan.remaining()) == 0
        times = np.sort(site.t)
        assert len(times) * scan.clock.period > 0.1
        assert np.isfinite(site.I).all()
    off = ended.codes["Applied Voltage"] == 0
    if obeys:
        assert off
        assert ended.codes["Applied Z"] == 0, "up"
    else:
        assert ended.codes["Applied Z"] <= ended.contacts[0][1], "held at the contact, or above"
    assert ("ould not be switched off" in said or "left on" in said) is not off


@pytest.mark.parametrize("at", [0.3, 0.8, 1.58, 1.65])
def test_rows_that_stop_at_any_time_leave_the_tip_up_and_no_stand_in_broken(at, tmp_path):
    """In a descent, in the step, on the way up: the target still obeys, though nobody sees it."""
    ended = ran(tmp_path / "scan.h5", (f"stalled-read@at={at} s",))
    assert ended.error is not None
    assert ended.error.code == "stalled-read"
    assert ended.codes["Applied Voltage"] == 0
    assert ended.codes["Applied Z"] == 0


def test_words_that_are_lost_in_a_step_end_nothing(tmp_path: Path) -> None:
    ended = ran(tmp_path / "scan.h5", tear_at=f"{WHEN} s", torn_words=5)
    assert ended.error is None
    with seccm.open(ended.path) as scan:
        assert scan.sites.words("status").tolist() == ["ok"]
        t = scan.site(0).t
        gaps = np.diff(np.sort(t)) > 1.5 * scan.clock.period
        assert gaps.sum() == 1, "the row that was torn"
