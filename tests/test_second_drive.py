"""A second drive beside that of the cell: plans, rigs, records, and how it is switched off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from secm_plans import generator
from small_plan import INFO, STEP, small

import seccm
from seccm.errors import LimitError, PlanError
from seccm.events import SiteFinished, StepFinished
from seccm.hopping.course import OFF
from seccm.program.second import Second, opened
from seccm.rig import (
    CellInfo,
    Constant,
    Drive,
    DriveInfo,
    Mounted,
    Range,
    parts_of,
    rig_of,
)
from seccm.rig.drives import signal_names
from seccm.rigs import build_rig, load_rig

UM = 1e-6
TWO = replace(INFO, drives=(DriveInfo("substrate", Range(-5.0, 5.0), Range(-1e-8, 1e-8)),))
HELD = {"drive": "substrate", "potential": 0.5}


def found(plan, info=TWO):
    return {problem.where: problem for problem in plan.check(info)}


# What a plan may say.


def test_a_step_says_what_the_second_drive_imposes_against_the_reference_of_the_plan():
    """0.5 V against the reference, whose offset is 3 V: -2.5 V raw."""
    (segment,) = small(program=[{**STEP, "beside": HELD}]).sites()[0].segments
    assert segment.second == Second("substrate", -2.5, segment.second.words)
    assert "substrate at" in segment.label


def test_a_step_without_it_imposes_nothing_on_it():
    (segment,) = small().sites()[0].segments
    assert segment.second is None


def test_it_may_follow_the_values_of_a_repeat():
    inner = {**STEP, "beside": {"drive": "substrate", "potential": "$E"}}
    steps = [{"step": "repeat", "over": {"E": ["0.1 V", "0.2 V"]}, "program": [inner]}]
    segments = small(program=steps).sites()[0].segments
    assert [segment.second.value for segment in segments] == pytest.approx([-2.9, -2.8])


def test_the_first_step_goes_on_with_the_approach_only_if_both_drives_do():
    hold = {"step": "constant potential", "potential": 1.0, "duration": 1.0}
    contact = {"kind": "current threshold", "threshold": 5e-12}

    def continues(first, approach):
        approach = {"speed": 2 * UM, "travel": 20e-6, "overtravel": 100e-9,
                    "contact": contact} | approach  # fmt: skip
        return small(program=[hold | first], approach=approach).sites()[0].approach.continues

    assert continues({}, {})
    assert continues({"beside": HELD}, {"beside": HELD})
    assert not continues({"beside": HELD}, {})
    assert not continues({}, {"beside": HELD})
    assert not continues({"beside": HELD}, {"beside": {**HELD, "potential": 0.6}})


@pytest.mark.parametrize("where", ["step", "approach"])
def test_a_rig_without_that_drive_is_said_with_advice(where):
    tables = (
        {"program": [{**STEP, "beside": HELD}]}
        if where == "step"
        else {"approach": {**small().to_dict()["approach"], "beside": HELD}}
    )
    key = "program[0].beside" if where == "step" else "approach.beside"
    problem = found(small(**tables), INFO)[key]
    assert problem.severity == "error"
    assert "drives" in problem.remedy
    assert problem.suggestion is not None


def test_another_name_suggests_the_one_that_is_there():
    plan = small(program=[{**STEP, "beside": {**HELD, "drive": "substrat"}}])
    problem = found(plan)["program[0].beside.drive"]
    assert problem.suggestion.value == "substrate"


@pytest.mark.parametrize(
    ("volts", "fits"), [(8.0, True), (8.1, False), (-2.0, True), (-2.1, False)]
)
def test_a_potential_beyond_the_second_drive_is_refused(volts, fits):
    """5 V either side of the electrode, which is at 3 V."""
    plan = small(program=[{**STEP, "beside": {**HELD, "potential": volts}}])
    assert ("program[0].beside.potential" not in found(plan)) == fits


def test_no_current_can_be_imposed_by_it():
    with pytest.raises(PlanError):
        small(program=[{**STEP, "beside": {"drive": "substrate", "current": 1e-9}}])


def test_names_of_its_signals():
    assert signal_names("substrate") == ("substrate_potential", "substrate_current")


# What it measures: a substrate that generates, a tip that collects.

LEVELS = ["-0.2 V", "0 V", "0.3 V"]


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    path = tmp_path_factory.mktemp("sg") / "a.h5"
    plan = generator(LEVELS)
    events = list(seccm.run(plan, "virtual-secm", path=path, seed=3))
    return path, events


@pytest.fixture
def site(collected):
    with seccm.open(collected[0]) as scan:
        yield scan.site(0)


def test_the_run_goes_well(collected):
    (end,) = [event for event in collected[1] if isinstance(event, SiteFinished)]
    assert end.outcome is seccm.Outcome.OK


def test_the_substrate_is_open_until_a_step_holds_it(collected, site):
    """No current during the approach and the first step; the planted wave after that."""
    current = site.signals["substrate_current"]
    assert abs(current[site.step == 0].mean()) < 2e-12
    last = (site.phase == seccm.Phase.STEP) & (site.step == 3)
    assert current[last].mean() == pytest.approx(4.82e-9, rel=0.02)


def test_it_is_off_once_the_tip_leaves(site):
    leaving = site.phase == seccm.Phase.RETRACT
    assert leaving.sum() > 50
    assert abs(site.signals["substrate_current"][leaving][5:].mean()) < 2e-12


def test_tip_and_substrate_change_in_the_same_row(site):
    """The potential of the substrate jumps where the step of the tip begins."""
    potential, step = site.signals["substrate_potential"], site.step
    begins = int(np.flatnonzero((step == 3) & (site.phase == seccm.Phase.STEP))[0])
    assert potential[begins - 2] < 0.05
    assert potential[begins] == pytest.approx(0.3, abs=3e-3)


def test_what_comes_of_each_step(collected):
    ends = [event for event in collected[1] if isinstance(event, StepFinished)]
    assert len(ends) == 4
    assert [event.kind for event in ends] == ["surface kinetics", *["tip collection"] * 3]


# Putting a rig together of parts, with a drive of another device.


class Held:
    """A potentiostat that holds what it is told."""

    def __init__(self):
        self.info = CellInfo(
            "bench potentiostat", frozenset({"potential", "open"}), Range(-2.0, 2.0),
            Range(-1e-8, 1e-8), 10.0,
        )  # fmt: skip
        self.told, self.is_open, self.fails = [], False, False

    def open(self):
        self.is_open = True

    def impose(self, drive, row):
        self.told.append((drive.mode, drive.waveform.extremes[0], row))

    def off(self):
        self.told.append(("open", 0.0, -1))
        return not self.fails

    def close(self):
        self.is_open = False


@pytest.fixture
def assembled():
    whole = build_rig(load_rig("virtual"), Mounted("dummy-resistor", 1e-6), seed=1)
    other = Held()
    rig = rig_of(*parts_of(whole), drives={"substrate": other})
    rig.open()
    rig.start()
    return rig, other


def test_the_parts_declare_the_drive(assembled):
    rig, other = assembled
    (drive,) = rig.info.drives
    assert (drive.name, drive.potential) == ("substrate", Range(-2.0, 2.0))
    assert other.is_open


def test_each_drive_is_told_its_own(assembled):
    rig, other = assembled
    rig.apply(Drive("potential", Constant(0.1)))
    assert other.told == []
    rig.apply(Drive("potential", Constant(0.5), on="substrate"))
    assert other.told[-1][:2] == ("potential", 0.5)
    with pytest.raises(LimitError):
        rig.apply(Drive("potential", Constant(2.5), on="substrate"))
    assert len(other.told) == 1


def test_an_open_circuit_of_the_cell_opens_it(assembled):
    rig, other = assembled
    rig.apply(Drive("potential", Constant(0.5), on="substrate"))
    rig.apply(OFF)
    assert other.told[-1][0] == "open"


def test_one_can_be_opened_alone(assembled):
    rig, other = assembled
    rig.apply(Drive("potential", Constant(0.5), on="substrate"))
    rig.apply(opened("substrate"))
    assert other.told[-1][0] == "open"


@pytest.mark.parametrize("fails", [False, True])
def test_safe_switches_it_off_and_says_if_it_could_not(assembled, fails):
    rig, other = assembled
    other.fails = fails
    rig.apply(Drive("potential", Constant(0.5), on="substrate"))
    report = rig.safe("test")
    assert other.told[-1][0] == "open"
    assert report.drive_off is not fails
    assert ("could not be switched off" in report.what) == fails
    assert report.retracted


def test_it_is_let_go_of_with_the_others(assembled):
    rig, other = assembled
    rig.close()
    assert not other.is_open
