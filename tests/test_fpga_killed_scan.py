"""The host of an FPGA target is killed in a whole scan: tip held or up, and nothing is lost."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from children import begun
from killed_targets import run_and_die

import seccm
from seccm.events import Outcome

TOP = 0
"""Code of z where the tip is fully retracted."""


def killed(folder: Path, at: float, after: float) -> tuple[Path, dict[str, Any]]:
    """Kill the host at a moment; return the file and what became of the target."""
    path, log = folder / "scan.h5", folder / "target.json"
    child = begun(run_and_die, str(path), str(log), at, after)
    child.join()
    assert child.exitcode == -signal.SIGKILL, "the scan was over before"
    return path, json.loads(log.read_text(encoding="utf-8"))


def check_target(left: dict[str, Any]) -> str:
    """Check how a target that was left alone ended; return how the tip did."""
    assert left["ended"] == left["later"], "nothing moves or changes any more"
    assert left["crashes"] == 0
    assert left["failures"] == []
    z = left["ended"]["Applied Z"]
    if z == TOP:
        return "up"
    # More volts are farther down: no farther than where a contact stopped the tip.
    deepest = max((code for _, code in left["contacts"]), default=z)
    assert z <= deepest
    return "held"


def check_file(path: Path, left: dict[str, Any]) -> int:
    """Check what a killed run left; return how many sites are finished."""
    with seccm.open(path) as scan:
        status = scan.sites["status"].tolist()
        touched = left["landings"]
        assert scan.state != "complete"
        # Whatever was touched is known, and is not landed on again.
        assert len(scan.remaining()) <= len(status) - touched
        for k in np.flatnonzero(scan.sites["status"] == Outcome.OK).tolist():
            site = scan.site(k)
            assert np.isfinite(site.I).all()
            assert len(site.t) * scan.clock.period > 0.3
        return int(status.count(Outcome.OK))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is POSIX")
@pytest.mark.parametrize(
    ("at", "after", "finished"),
    [
        pytest.param(0.85, 0.8, {0}, id="in the descent"),
        pytest.param(1.1, 0.8, {0}, id="in the step"),
        pytest.param(1.6, 0.8, {0, 1}, id="on the way to the second site"),
        pytest.param(7.5, 5.0, {1}, id="in the descent there"),
    ],
)
def test_a_killed_host_leaves_the_tip_held_or_up_and_every_row_of_finished_sites(
    at: float, after: float, finished: set[int], tmp_path: Path
) -> None:
    """A site that ended a moment ago may not be in the file; before the tip goes down again it is.

    The target is watched until the descent is over.
    """
    path, left = killed(tmp_path, at, after)
    check_target(left)
    assert check_file(path, left) in finished
