"""Impedances measured by whole runs: on the virtual rig, and with the NI driver on its stand-in.

The dummy is 1 Mohm in series with 100 Mohm beside 20 pF: its apex is at 79.6 Hz. The card puts out
a staircase, converts its inputs one after the other, and its current comes through an amplifier of
10 kHz. The potential inputs of both rigs are quiet, so that a second or two are enough.
"""

from __future__ import annotations

import math
import re
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


CURRENT: dict[str, Any] = {
    "step": "impedance", "current": 0.0, "current_amplitude": 1e-9, "lowest": 20.0,
    "highest": 5000.0, "per_decade": 5, "periods": 8,
}  # fmt: skip


def _plan(*more: dict[str, Any], **step: Any) -> Plan:
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
        program=[{**STEP, **step}, *more],
    )


def _shipped(name: str) -> str:
    return (Path(seccm.__file__).parents[1] / "configs" / "rigs" / name).read_text("utf-8")


def _quiet(rig: str) -> str:
    assert '"0.4 mV"  # rms of a row' in rig
    return rig.replace('"0.4 mV"  # rms of a row', '"10 uV"')


def _run(folder: Path, rig: str, plan: Plan) -> Scan:
    (folder / "rig.toml").write_text(rig, "utf-8")
    for _ in seccm.run(plan, folder / "rig.toml", path=folder / "scan.h5", seed=1):
        pass
    return open_scan(folder / "scan.h5")


def _number(scan: Scan, name: str) -> float:
    value = scan.results(name)["value"][0]
    return float(value)


def _found(scan: Scan, step: int = 0) -> StepImpedance:
    plan = Plan.from_json(scan.plan_json)
    traces = list(step_traces(scan.planned[0], scan.record(0), 0.0, area_of(plan)))
    found = impedance_of(traces[step])
    assert found is not None
    return found


@pytest.fixture(scope="module")
def virtual(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    rig = _quiet(_shipped("virtual.toml"))
    folder = tmp_path_factory.mktemp("virtual")
    return _run(folder, f"{rig}\n[samples.dummy]\n{DUMMY}", _plan(CURRENT))


@pytest.fixture(scope="module")
def nidaq(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    rig = _shipped("virtual-nidaq.toml").replace('output_rate = "5 kHz"', 'output_rate = "25 kHz"')
    head, tail = rig.split("[virtual]")
    rig = (
        f'{head}[inputs.leads]\nstray = "1 pF"\nbandwidth = "10 kHz"\n[virtual]\nstep = 1{tail}\n'
        f'[virtual.stage]\nstart_z = "53 um"\n'
        f'[virtual.electrometer]\npotential_noise = "10 uV"\n[virtual.samples.dummy]\n{DUMMY}'
    )
    plan = _plan(CURRENT, per_decade=6, periods=5)
    return _run(tmp_path_factory.mktemp("nidaq"), rig, plan)


@pytest.fixture(params=["virtual", "nidaq"])
def measured(request: pytest.FixtureRequest) -> Scan:
    scan: Scan = request.getfixturevalue(request.param)
    return scan


def test_every_parameter_of_the_dummy_is_right_within_02_percent(measured: Scan) -> None:
    """On the virtual rig, and by the real driver of a card that converts one by one."""
    for name, truth in TRUTH.items():
        assert _number(measured, name) == pytest.approx(truth, rel=2e-3, abs=0.0), name
    fit = _found(measured).fit
    assert fit is not None
    assert not fit.poor
    assert fit.chi_square < 4.0  # a few bins tell the noise of each frequency
    assert {value.status for value in fit.each} == {Status.OK}
    assert _found(measured).doubt is Status.OK


def test_phases_are_right_to_a_tenth_of_a_degree_up_to_5_khz(measured: Scan) -> None:
    """Where the noise lets them: once leads, amplifier and the converters' delay are taken off."""
    spectrum = _found(measured).spectrum
    alone = 1.0 / 1e8 + 1j * spectrum.omega * 2e-11
    ratio = spectrum.Z / (1e6 + 1.0 / alone)
    clear = spectrum.sigma < 1e-3 * np.abs(spectrum.Z)
    assert clear[spectrum.f > 500.0].any()
    assert np.abs(np.angle(ratio, deg=True))[clear].max() < 0.1
    assert spectrum.f[clear].max() > 4900.0


def test_the_spectrum_in_the_file_is_that_of_the_analysis(virtual: Scan) -> None:
    found = _found(virtual).spectrum
    for name, part in (("f_Z", found.f), ("Z_real", found.Z.real), ("Z_imag", found.Z.imag)):
        stored, _ = virtual.arrays(name)
        np.testing.assert_allclose(stored, part, rtol=1e-12)


def test_the_file_says_what_the_leads_of_the_rig_do(virtual: Scan, nidaq: Scan) -> None:
    assert virtual.record(0).leads == Leads(stray=1e-12)
    leads = nidaq.record(0).leads
    assert (leads.stray, leads.time_constant) == (1e-12, pytest.approx(15.9155e-6, rel=1e-5))
    assert leads.delay == pytest.approx(1.11e-6)  # nine inputs share the converter for 10 us


def test_sines_of_current_find_the_same_dummy_through_the_same_leads(measured: Scan) -> None:
    """What a galvanostat imposes goes into cell and leads: 1 pF beside 20 pF would be 5 %."""
    found = _found(measured, 1)
    assert found.fit is not None
    assert found.doubt is Status.OK
    assert not found.fit.poor
    for name, truth, within in (("R1", 1e8, 2e-3), ("C1", 2e-11, 2e-3), ("R0", 1e6, 1e-2)):
        value = found.value(name)
        assert value.value == pytest.approx(truth, rel=within, abs=0.0), name
        assert abs(value.value - truth) < 4.0 * value.error, name
        assert value.status is Status.OK


def test_single_sines_find_the_dummy_too(tmp_path: Path) -> None:
    rig = _quiet(_shipped("virtual.toml"))
    plan = _plan(sines="one by one", per_decade=3, shortest=0.05, amplitude=0.02)
    scan = _run(tmp_path, f"{rig}\n[samples.dummy]\n{DUMMY}", plan)
    for name in ("R_ct", "C_dl"):
        assert _number(scan, name) == pytest.approx(TRUTH[name], rel=5e-3, abs=0.0), name


def test_a_particle_of_10_um_has_its_apex_where_its_kinetics_say(tmp_path: Path) -> None:
    """RT/F over the exchange current beside 32 pF: within 2 % of 63.6 Hz."""
    rig = _quiet(_shipped("virtual.toml"))
    head, particle = rig.split("[samples.lmo-particle]")
    for key, value in (("filled", "0.5"), ("scatter", "0.0")):
        particle = re.sub(rf"{key} = [\d.]+", f"{key} = {value}", particle, count=1)
    tables = {
        **_plan(potential=4.104, amplitude=0.01, highest=1000.0).to_dict(),
        "sample": "lmo-particle",
        "probe": {"aperture": 10e-6, "footprint": {"ratio": 1.5, "basis": "nominal"}},
        "sites": {"kind": "grid", "columns": 1, "rows": 1, "pitch": 30e-6},
        "retract": {"distance": 10e-6, "speed": 8e-6},
    }
    tables["approach"] = {**tables["approach"], "hold": {"potential": 4.124}}
    scan = _run(tmp_path, f"{head}[samples.lmo-particle]{particle}", Plan(**tables))
    area = math.pi * 10.1e-6**2
    assert _number(scan, "R_ct") == pytest.approx(0.0256926 / (1.04 * area), rel=5e-3)
    assert _number(scan, "C_dl") == pytest.approx(0.1 * area, rel=5e-3, abs=0.0)
    assert _number(scan, "f_apex") == pytest.approx(63.6, rel=0.02)
    found = _found(scan)
    assert found.doubt is Status.OK
    (status,) = scan.results("R_ct")["status"]
    assert int(status) == Status.OK
