"""Impedances measured by whole runs: on the virtual rig, and with the NI driver on its stand-in.

The dummy is 1 Mohm in series with 100 Mohm beside 20 pF: its apex is at 79.6 Hz. The potential
inputs of both rigs are quiet, so that a second or two are enough.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_plan import TABLES, small

import seccm
from seccm.analysis.features import area_of
from seccm.analysis.impedance.of_step import StepImpedance, impedance_of
from seccm.analysis.step_trace import step_traces
from seccm.data import Scan, open_scan
from seccm.plan import Plan
from seccm.results import Status
from seccm.rig import Leads

TRUTH = {"R_s": 1e6, "R_ct": 1e8, "C_dl": 2e-11, "f_apex": 79.577}
DUMMY = 'kind = "circuit"\nseries = "1 Mohm"\nparallel = "100 Mohm"\ncapacitance = "20 pF"\n'
STEP: dict[str, Any] = {
    "step": "impedance", "potential": 0.0, "amplitude": 0.05, "lowest": 5.0, "highest": 5000.0,
}  # fmt: skip


def _plan(**step: Any) -> Plan:
    approach = {
        **TABLES["approach"],
        "speed": 0.8e-6,
        "hold": {"potential": 0.05},
        "contact": {"kind": "current threshold", "threshold": 50e-12},
    }
    return small(
        sample="dummy",
        sites={"kind": "grid", "columns": 1, "rows": 1, "pitch": 10e-6},
        reference={"name": "ref", "electrode": "wire", "offset": 0.0, "provenance": "assumed"},
        approach=approach,
        program=[{**STEP, **step}],
    )


def _shipped(name: str) -> str:
    return (Path(seccm.__file__).parents[1] / "configs" / "rigs" / name).read_text("utf-8")


def _run(folder: Path, rig: str, plan: Plan) -> Scan:
    (folder / "rig.toml").write_text(rig, "utf-8")
    for _ in seccm.run(plan, folder / "rig.toml", path=folder / "scan.h5", seed=1):
        pass
    return open_scan(folder / "scan.h5")


def _number(scan: Scan, name: str) -> float:
    (value,) = scan.results(name)["value"]
    return float(value)


def _found(scan: Scan) -> StepImpedance:
    plan = Plan.from_json(scan.plan_json)
    (trace,) = step_traces(scan.planned[0], scan.record(0), 0.0, area_of(plan))
    found = impedance_of(trace)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def virtual(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    rig = _shipped("virtual.toml").replace('"0.4 mV"  # rms of a row', '"10 uV"  # quiet')
    assert "quiet" in rig
    folder = tmp_path_factory.mktemp("virtual")
    return _run(folder, f"{rig}\n[samples.dummy]\n{DUMMY}", _plan())


@pytest.fixture(scope="module")
def nidaq(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    rig = _shipped("virtual-nidaq.toml").replace('output_rate = "5 kHz"', 'output_rate = "25 kHz"')
    head, tail = rig.split("[virtual]")
    rig = (
        f'{head}[inputs.leads]\nstray = "1 pF"\n[virtual]\nstep = 1{tail}\n'
        f'[virtual.electrometer]\npotential_noise = "60 uV"\n[virtual.samples.dummy]\n{DUMMY}'
    )
    plan = _plan(amplitude=0.02, highest=3000.0, per_decade=6, periods=10)
    return _run(tmp_path_factory.mktemp("nidaq"), rig, plan)


def test_every_parameter_of_the_dummy_is_right_within_02_percent(virtual: Scan) -> None:
    for name, truth in TRUTH.items():
        assert _number(virtual, name) == pytest.approx(truth, rel=2e-3), name
    fit = _found(virtual).fit
    assert fit is not None
    assert not fit.poor
    assert fit.chi_square < 2.5
    assert {value.status for value in fit.each} == {Status.OK}


def test_the_driver_of_a_card_finds_the_dummy(nidaq: Scan) -> None:
    """With samples of 10 us behind steps of 40 us, 1 Mohm x 20 pF = 20 us is hardly seen."""
    for name, within in (("R_ct", 2e-3), ("C_dl", 4e-3), ("f_apex", 4e-3), ("R_s", 0.06)):
        assert _number(nidaq, name) == pytest.approx(TRUTH[name], rel=within), name
    assert _found(nidaq).doubt is Status.OK


def test_the_spectrum_in_the_file_is_that_of_the_analysis(virtual: Scan) -> None:
    found = _found(virtual).spectrum
    for name, part in (("f_Z", found.f), ("Z_real", found.Z.real), ("Z_imag", found.Z.imag)):
        (stored,) = virtual.arrays(name)
        np.testing.assert_allclose(stored, part, rtol=1e-12)


def test_the_file_says_what_the_leads_of_the_rig_do(virtual: Scan, nidaq: Scan) -> None:
    for scan in (virtual, nidaq):
        assert scan.record(0).leads == Leads(stray=1e-12)
