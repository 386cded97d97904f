"""The same science on an FPGA target as on the virtual rig, and latencies that are true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_scan import near_surface

import seccm
from hardware.wec_fpga.rig import WecFpgaRig
from seccm.data.scan import Scan
from seccm.plan import Plan, load_plan

SITES = {"columns": 1, "rows": 1, "origin": ["50 um", "50 um"], "leave_out": []}


def small(name: str, **step: Any) -> Plan:
    """A shipped plan at one place, with its first step changed."""
    plan = load_plan(name).to_dict()
    changes: dict[str, Any] = {
        "sites": plan["sites"] | SITES,
        "approach": plan["approach"] | {"travel": "14 um"},
        "retract": plan["retract"] | {"speed": "50 um/s"},
        "program": [plan["program"][0] | step],
    }
    if plan.get("factors"):
        changes |= {"factors": {"j": ["-2.30 mA/cm^2"]}, "design": {}}
    return Plan.from_dict(plan | changes, source="small")


def ran(plan: Plan, rig: str, folder: Path) -> tuple[Scan, Any]:
    """Run a plan from close above the surface; return its data and the rig that ran it."""
    path = folder / f"{rig}.h5"
    run = seccm.run(plan, path=path, rig=near_surface("53 um", rig), seed=3)
    used = run._runner._rig
    assert list(run)
    return seccm.open(path), used


PLANS = {
    "current": (small("li-on-au-combinatorial", duration="1 s"), {"E_nuc": 10e-3}),
    "sweep": (small("li-on-au-cv", cycles=1, scan_rate="2 V/s"), {"CE_first": 0.02}),
}


@pytest.mark.parametrize("kind", PLANS)
def test_a_scan_finds_the_same_and_its_landing_is_as_late_as_it_truly_was(kind, tmp_path):
    plan, wanted = PLANS[kind]
    usual, _ = ran(plan, "virtual", tmp_path)
    scan, rig = ran(plan, "virtual-wec-fpga", tmp_path)
    with usual, scan:
        assert scan.sites.words("status").tolist() == ["ok"]
        for name, within in wanted.items():
            found, same = float(scan.sites[name][0]), float(usual.sites[name][0])
            assert np.isfinite(same)
            assert found == pytest.approx(same, abs=within)
        latency = float(scan.sites["latency"][0])
        overtravel = float(scan.sites["overtravel"][0])
        height = float(scan.sites["z_contact"][0])
    assert isinstance(rig, WecFpgaRig)
    plugged, period = rig.plugged, rig.info.clock.period
    touch = plugged.truth.landings[0]
    halt, code = min(one for one in plugged.target.contacts if one[0] / 40e6 >= touch.t)
    assert latency == pytest.approx(halt / 40e6 - touch.t, abs=period)
    rest = 100e-6 - code / 3276.8 * 10e-6
    assert overtravel == pytest.approx(touch.z - rest, abs=2e-6 * period + 10e-9)
    assert height == pytest.approx(touch.z, abs=2e-6 * (period + rig.info.stage_lag) + 5e-9)
    assert plugged.truth.crashes == []
    # Nothing jumped when the rig was opened: the first line moves nothing.
    assert plugged.target.began[0][1][13] == 0
