"""Sweeps of 10 to 30 V/s and pulses of a millisecond on a microelectrode, from plan to report."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fast_disk import on_a_card, one_disk

import seccm
from seccm.data import Scan
from seccm.data.leads import update_of
from seccm.errors import PlanError
from seccm.events import Outcome
from seccm.plan import load_plan
from seccm.plan.fine_rows import fine_row_words
from seccm.plan.planner import with_script
from seccm.rig import Clock
from seccm.rigs import RigFile, load_rig

RIG = "virtual-microelectrode"
ROOT = 6365.0
"""A/m2 at 1 V/s: 0.6105 F c sqrt(D F / RT), 1 mol/l and 3e-10 m2/s."""
AREA = math.pi * 12.5e-6**2


def ran(path: Path, plan: Any, rig: str | RigFile, seed: int) -> Scan:
    for _ in seccm.run(plan, rig, path=path, seed=seed):
        pass
    return seccm.open(path)


def values(scan: Scan, name: str) -> np.ndarray:
    return np.asarray(scan.results(name)["value"], float)


@pytest.fixture(scope="module", params=[1, 2, 3])
def scanned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fast") / "scan.h5"
    ran(path, one_disk(), RIG, request.param).close()
    return path


def test_deposition_peaks_grow_as_the_root_of_the_scan_rate(scanned: Path):
    with seccm.open(scanned) as scan:
        assert scan.sites["status"][0] == Outcome.OK
        peaks = -values(scan, "j_p_free")
        assert not np.asarray(scan.results("j_p_free")["status"]).any()
        roots = np.sqrt([10.0, 20.0, 30.0])
        np.testing.assert_allclose(peaks / peaks[0], roots / roots[0], rtol=0.02)
        np.testing.assert_allclose(peaks, ROOT * roots, rtol=0.02)
        assert -values(scan, "j_p_root") == pytest.approx([ROOT], rel=0.02)
        assert values(scan, "j_p_power") == pytest.approx([0.5], abs=0.02)
        np.testing.assert_allclose(values(scan, "E_p_free"), -21.9e-3, atol=3e-3)


def test_the_ohmic_drop_is_said_and_what_was_measured_stays(scanned: Path):
    with seccm.open(scanned) as scan:
        assert values(scan, "R_u") == pytest.approx([20e3] * 3)
        drop, measured = values(scan, "iR_p"), values(scan, "j_pc")
        np.testing.assert_allclose(drop, 20e3 * measured * AREA, rtol=0.02)
        # Measured, the peak is too low and too late.
        assert (-measured < 0.8 * -values(scan, "j_p_free")).all()
        assert (values(scan, "E_pc") < -0.15).all()


def test_pulses_have_their_charge(scanned: Path):
    """1 A/cm2 for 1 ms; the galvanostat has an error of 0.1 %."""
    with seccm.open(scanned) as scan:
        assert values(scan, "Q_pulse") == pytest.approx([-10.0], rel=5e-3)
        (each,) = scan.arrays("Q_of_pulses")
        assert len(each) == 10
        np.testing.assert_allclose(each, -10.0, rtol=5e-3)
        # 98 mV through the resistance, and the ion is 21 % fewer: 7 mV.
        assert values(scan, "E_pulse") == pytest.approx([-0.105], abs=2e-3)


def test_rows_of_a_sweep_cover_two_millivolts_at_most(scanned: Path):
    info, _ = seccm.check(one_disk(), load_rig(RIG))
    told = list(fine_row_words(one_disk(), info))
    assert [words.split("data points of ")[1].split(",")[0] for words in told] == [
        "200 us", "100 us", "60 us", "50 us",
    ]  # fmt: skip
    with seccm.open(scanned) as scan:
        (rates,) = scan.arrays("v_of_sweeps")
        assert rates == pytest.approx([10.0, 20.0, 30.0])
        (heights,) = scan.arrays("j_p_of_sweeps")
        np.testing.assert_allclose(heights, values(scan, "j_p_free"))


def test_on_the_driver_of_a_card(tmp_path: Path):
    """What is put out comes in steps of 100 us: data points of a sweep span whole ones of them."""
    with ran(tmp_path / "scan.h5", one_disk(), on_a_card(), 1) as scan:
        assert scan.sites["status"][0] == Outcome.OK
        peaks, roots = -values(scan, "j_p_free"), np.sqrt([10.0, 20.0, 30.0])
        np.testing.assert_allclose(peaks / peaks[0], roots / roots[0], rtol=0.02)
        assert -values(scan, "j_p_root") == pytest.approx([ROOT], rel=0.02)
        assert values(scan, "Q_pulse") == pytest.approx([-10.0], rel=5e-3)


@pytest.mark.parametrize(
    ("update", "seconds", "samples"),
    [
        (0.0, 66.7e-6, 6),
        (10e-6, 66.7e-6, 6),
        (100e-6, 66.7e-6, 10),
        (100e-6, 199e-6, 10),
        (100e-6, 200e-6, 20),
        (200e-6, 1e-3, 100),
        (250e-6, 0.99e-3, 75),
        (10e-3, 66.7e-6, 257),
    ],
)
def test_a_data_point_of_a_staircase_spans_whole_steps(update: float, seconds: float, samples: int):
    assert Clock().samples_over(seconds, update) == samples


@pytest.mark.parametrize(("rate", "covers"), [("5 kHz", "6 mV"), ("10 kHz", ""), ("25 kHz", "")])
def test_a_card_whose_steps_are_too_coarse_for_a_sweep_says_how_fast_they_must_be(
    rate: str, covers: str
):
    rig = on_a_card()
    rig = replace(rig, config={**rig.config, "output_rate": rate})
    _, problems = seccm.check(one_disk(), rig)
    told = [problem for problem in problems if problem.where.endswith("scan_rate")]
    assert bool(told) == bool(covers)
    if covers:
        assert f"each data point covers {covers}: rig " in told[0].what
        assert 'output_rate = "15 kHz"' in told[0].remedy
        # The advice is taken.
        rig = replace(rig, config={**rig.config, "output_rate": "15 kHz"})
        assert not [p for p in seccm.check(one_disk(), rig)[1] if p.where.endswith("scan_rate")]


def test_a_row_that_the_plan_gives_is_taken_as_it_is():
    step = {"step": "lsv", "start": "0 V", "stop": "-0.5 V", "scan_rate": "30 V/s"}
    for row, words in ((None, "100 us"), ("60 us", "60 us")):
        program = [step if row is None else {**step, "row": row}]
        plan = one_disk(program=program)
        info, _ = seccm.check(plan, on_a_card())
        assert f"data points of {words}, averaged" in next(iter(fine_row_words(plan, info)))


@pytest.mark.parametrize(
    ("said", "update"),
    [
        ({"update": 1e-4, "raw_always": True}, 1e-4),
        ({"update": 1e-4, "raw_always": False}, 1e-5),
        ({"update": float("nan"), "raw_always": True}, 0.0),
        ({"update": -1.0, "raw_always": True}, 0.0),
        ({"raw_always": True}, 0.0),
        ({}, 0.0),
    ],
)
def test_the_file_says_how_fast_its_rig_puts_out_values(said: dict[str, Any], update: float):
    text = json.dumps({"info": {"clock": {"rate": 1e5}, **said}})
    assert update_of(text) == pytest.approx(update)
    assert update_of("no rig") == 0.0


def test_the_shipped_plan_is_right_on_its_rig_and_tells_on_another():
    plan = load_plan("ume-fast-li")
    _, problems = seccm.check(plan, load_rig(RIG))
    assert [p for p in problems if p.severity == "error"] == []
    with pytest.raises(PlanError, match="not a sample of this virtual rig"):
        seccm.check(plan, load_rig("virtual"))


class Faster:
    """A planner; what it asks for does not matter here."""

    def ask(self) -> None:
        """Ask for nothing."""

    def tell(self, result: object) -> None:
        """Take no notice."""


def test_a_file_has_room_for_raw_samples_that_a_planner_may_ask_for():
    """A planner of one's own may sweep faster than any condition of the plan."""
    sweep = {"step": "lsv", "start": "0 V", "stop": "-0.5 V", "scan_rate": "0.5 V/s"}
    rest = {"step": "constant potential", "potential": "0 V", "duration": "1 s"}
    info, _ = seccm.check(one_disk(), load_rig(RIG))
    for program, keeps in (([sweep], True), ([rest], False), ([{**rest, "raw": True}], True)):
        plan = one_disk(program=program)
        assert plan.keeps_raw(info) == bool(program[0].get("raw"))
        assert with_script(plan, Faster()).keeps_raw(info) == keeps
        assert not with_script(plan, Faster()).keeps_raw(replace(info, raw=()))


def test_a_sample_of_another_rig_is_told_with_the_rig_that_has_it():
    with pytest.raises(PlanError, match="shipped rig virtual-microelectrode has it") as told:
        seccm.check(one_disk(), load_rig("virtual"))
    (problem,) = told.value.problems
    assert "--rig virtual-microelectrode" in problem.remedy
    assert "Known: " in problem.remedy
    with pytest.raises(PlanError) as told:
        seccm.check(one_disk(sample="nowhere"), load_rig("virtual"))
    assert "shipped rig" not in str(told.value)


def test_a_slow_sweep_keeps_the_rows_of_the_rig():
    step = {"step": "lsv", "start": "0 V", "stop": "-0.5 V", "scan_rate": "0.5 V/s"}
    info, _ = seccm.check(one_disk(), load_rig(RIG))
    slow, fast = (one_disk(program=[{**step, "scan_rate": rate}]) for rate in ("0.5 V/s", "1 V/s"))
    assert not slow.keeps_raw(info)
    assert list(fine_row_words(slow, info)) == []
    assert fast.keeps_raw(info)


def test_resistance_and_conductivity_are_one_or_the_other():
    step = {"step": "lsv", "start": "0 V", "stop": "-0.5 V", "scan_rate": "10 V/s"}
    both = {**step, "resistance": "20 kohm", "conductivity": "1 S/m"}
    with pytest.raises(PlanError, match="conductivity"):
        one_disk(program=[both])
    one, other = (
        one_disk(program=[{**step, key: value}]).sites()[0].segments[0].given
        for key, value in (("resistance", "20 kohm"), ("conductivity", "1 S/m"))
    )
    assert dict(one)["resistance"] == pytest.approx(dict(other)["resistance"])
