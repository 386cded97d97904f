"""Staircase voltammetry: stairs are imposed, checked before motion, and read at their ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from planar_sweeps import f
from small_scan import small_scan

import seccm
from seccm.analysis.step_features import arrays_of, curves_of, measured
from seccm.errors import PlanError, Problem
from seccm.factors import Condition
from seccm.plan import Plan, load_plan
from seccm.program.registry import kind_of
from seccm.program.segment import Segment
from seccm.program.setting import Setting
from seccm.program.trace import Area, StepTrace
from seccm.results import Status
from seccm.rig import Flag, RigInfo
from seccm.rigs import load_rig
from seccm.steps.stairs import as_ramp, as_swept

AREA = 1e-12
CV: dict[str, Any] = {
    "step": "cv", "start": 0.35, "vertices": [-0.35], "scan_rate": 0.1, "stair": 5e-3
}  # fmt: skip
LSV: dict[str, Any] = {"step": "lsv", "start": 0.35, "stop": -0.35, "scan_rate": 0.1, "stair": 5e-3}


def segment_of(keys: dict[str, Any], index: int = 0, offset: float = 0.0) -> Segment:
    kind = kind_of(keys["step"])
    spec = kind.spec.model_validate({k: v for k, v in keys.items() if k != "step"})
    act = kind.resolve(spec, Setting(Condition(), offset=offset, area=AREA))
    return Segment.of(act, keys["step"], index, (index,))


def trace_of(keys: dict[str, Any], charging: float = 1e-9, rows: int = 20, index: int = 0,
             noise: float = 1e-14) -> StepTrace:  # fmt: skip
    """A wave of a reversible couple at steady state, with charging at the start of each stair."""
    segment = segment_of(keys, index)
    lasts = keys["stair"] / keys["scan_rate"]
    row = lasts / rows
    t = row * np.arange(1, round(segment.waveform.duration / row) + 1)
    e = segment.waveform.at(t - row / 2.0)
    steady = -1e-10 / (1.0 + np.exp(f * e))
    since = np.mod(t - row / 2.0 - keys.get("quiet", 0.0), lasts)
    jump = np.where(t <= 0.7 / keys["scan_rate"], -1.0, 1.0)  # there and back
    i = steady + charging * jump * np.exp(-since / (lasts / 40.0))
    i += noise * np.random.default_rng(1).standard_normal(t.size)
    flag = np.zeros(t.size, np.uint8)
    return StepTrace(segment, t, e, i, flag, row, "time", Area(AREA, 0.0, "nominal"))


def test_each_stair_is_as_high_and_as_long_as_the_plan_says():
    wave = segment_of(CV).waveform
    stairs = wave.at(0.05 * (np.arange(280) + 0.5))
    np.testing.assert_allclose(stairs[:141], 0.35 - 5e-3 * np.arange(141), atol=1e-12)
    np.testing.assert_allclose(stairs[140:], -0.35 + 5e-3 * np.arange(140), atol=1e-12)
    assert wave.duration == pytest.approx(14.0)
    last = segment_of(LSV).waveform.at(np.array([7.03]))[0]
    assert last == pytest.approx(-0.35), "its stop, too"


def test_cycles_of_stairs_follow_one_another_without_a_stair_twice():
    segment = segment_of({**CV, "cycles": 3, "quiet": 0.1})
    np.testing.assert_allclose(segment.cycles, [0.1, 14.1, 28.1, 42.1])
    stairs = segment.waveform.at(0.1 + 0.05 * (np.arange(840) + 0.5))
    np.testing.assert_allclose(stairs[280:560], stairs[:280], atol=1e-12)
    assert (np.abs(np.abs(np.diff(stairs)) - 5e-3) < 1e-9).all()


def test_data_points_are_the_currents_at_the_ends_of_the_stairs():
    trace = trace_of(CV)
    swept = as_swept(trace)
    assert swept.t.size == 280
    assert swept.row == pytest.approx(0.05)
    np.testing.assert_allclose(swept.E[:141], 0.35 - 5e-3 * np.arange(141), atol=1e-9)
    steady = -1e-10 / (1.0 + np.exp(f * swept.E))
    np.testing.assert_allclose(swept.I, steady, atol=1e-13)
    assert np.max(np.abs(trace.I)) > 3e-10, "charging is in the rows"


@pytest.mark.parametrize("keys", [CV, LSV], ids=["cv", "lsv"])
def test_the_wave_of_stairs_is_that_of_the_couple_whatever_is_charged(keys: dict[str, Any]):
    found = measured(trace_of(keys), ())
    assert found["E_half"].status.trusted
    assert found["E_half"].value == pytest.approx(0.0, abs=2e-3)
    assert found["i_lim"].value == pytest.approx(-1e-10, rel=0.03)
    drawn = {one.what.slug: one for one in curves_of(trace_of(keys))}
    assert drawn["charge"].x.size > 1000, "charges are of all that flowed"


def test_charges_of_cycles_are_of_all_that_flowed():
    trace = trace_of(CV)
    charge = measured(trace, ())["Q_c_last"].value
    expected = -float(np.minimum(trace.I, 0.0).sum()) * trace.row / AREA
    assert charge == pytest.approx(expected, rel=0.02)
    swept = as_swept(trace)
    assert charge > -1.1 * float(np.minimum(swept.I, 0.0).sum()) * swept.row / AREA


def test_a_flag_at_the_end_of_a_stair_reaches_the_results_and_charging_beyond_the_range_does_not():
    trace = trace_of(CV)
    for phase, status in ((1, Status.OK), (18, Status.SATURATED)):
        flagged = trace_of(CV)
        flagged.flag[phase::20] |= np.uint8(Flag.SATURATED)
        assert measured(flagged, ())["i_vertex"].status is status
    assert measured(trace, ())["i_vertex"].status is Status.OK


def test_a_step_that_ended_early_has_the_stairs_that_were_read():
    trace = trace_of(LSV)
    cut = slice(0, 1007)
    short = StepTrace(trace.segment, trace.t[cut], trace.E[cut], trace.I[cut], trace.flag[cut],
                      trace.row, "limit", trace.area, lost=500)  # fmt: skip
    swept = as_swept(short)
    assert swept.t.size == 50
    assert swept.lost == 25


def test_a_ramp_is_what_stairs_look_like():
    plain = {k: v for k, v in CV.items() if k != "stair"}
    for keys in ({}, {"cycles": 2}, {"quiet": 0.1}, {"vertices": [-0.2, 0.4]}):
        ramp, straight = as_ramp(segment_of({**CV, **keys})), segment_of({**plain, **keys})
        np.testing.assert_allclose(ramp.waveform.times, straight.waveform.times, atol=1e-9)
        np.testing.assert_allclose(ramp.waveform.values, straight.waveform.values, atol=1e-9)
    straight = segment_of(plain)
    assert as_ramp(straight) is straight
    assert as_swept(trace := trace_of(CV)) is not trace


def test_stairs_at_three_rates_are_a_series():
    traces = [trace_of({**LSV, "scan_rate": rate}, index=k) for k, rate in enumerate((0.1, 0.2, 1))]
    many = arrays_of(traces[-1], traces[:-1])
    np.testing.assert_allclose(many["v_of_sweeps"].values, [0.1, 0.2, 1.0])


# ------------------------------------------------------------------------------- before motion


def plan(**keys: Any) -> Plan:
    """A plan with one staircase voltammogram."""
    tables = load_plan("redox-cv-map").to_dict()
    tables["sites"] = {"kind": "grid", "columns": 1, "rows": 1, "pitch": 4e-6}
    tables["program"] = [{**CV, "start": -0.2, "vertices": [0.25], **keys}]
    return Plan.from_dict(tables)


@pytest.fixture(scope="module")
def info() -> RigInfo:
    """Of a card with raw samples."""
    info, _ = seccm.check(small_scan(1, 1), load_rig("virtual-nidaq"))
    return info


def told(info: RigInfo, **keys: Any) -> list[Problem]:
    """What is told of the stairs, of the file or of the rig."""
    try:
        found = plan(**keys).check(info)
    except PlanError as refused:
        found = refused.problems
    return [problem for problem in found if "stair" in problem.where]


def test_what_is_wrong_with_stairs_is_told_before_motion(info: RigInfo):
    assert not told(info)
    for keys, words in (
        ({"stair": 4e-3}, "not a whole number of stairs"),
        ({"stair": 1e-6}, "at most 20000"),
        ({"scan_rate": 1.0}, "last 5 ms at 1 V/s: 1.9 data points of 2.57 ms"),
    ):
        (problem,) = told(replace(info, raw_always=False, raw=()), **keys)
        assert words in problem.what
    assert not told(info, scan_rate=1.0), "with raw samples stairs have shorter data points"


def test_a_stair_that_fits_is_suggested(info: RigInfo):
    (problem,) = told(info, stair=4e-3)
    assert problem.suggestion is not None
    assert problem.suggestion.value == "3.75 mV"
    assert not told(info, stair=3.75e-3)
    (odd,) = told(info, stair=4e-3, vertices=[0.2500003])
    assert odd.suggestion is None


def test_stairs_run_on_the_virtual_rig(tmp_path: Path):
    """A couple at a pipette of 200 nm: stairs have the wave that a ramp has."""
    halves = []
    for keys in ({"stair": 5e-3}, {"stair": None}):
        tables = plan(start=-0.3, vertices=[0.3], **keys).to_dict()
        tables["probe"] = {"aperture": 2e-7, "footprint": {"ratio": 1.0, "basis": "nominal"}}
        path = tmp_path / f"{len(halves)}.h5"
        for _ in seccm.run(Plan.from_dict(tables), "virtual", path=path, seed=1):
            pass
        with seccm.open(path) as scan:
            halves.append(scan.results("E_half")["value"][0])
    assert halves[0] == pytest.approx(halves[1], abs=3e-3)
