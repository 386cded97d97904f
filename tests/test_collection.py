"""Substrate generation and tip collection: planted efficiencies, pulses, and a series of levels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from secm_plans import generator

import seccm
from seccm.errors import PlanError
from seccm.factors import Condition
from seccm.plan import load_plan
from seccm.program.program import act_of
from seccm.program.registry import kind_of
from seccm.program.segment import Segment
from seccm.program.setting import Setting
from seccm.program.trace import Area, SecondRows, StepTrace
from seccm.results import Status
from sim import feedback

KIND = kind_of("tip collection")
ROW = 2.57e-3
GIVEN = {"collect": -0.3, "rest": 0.3, "width": 0.5, "pause": 0.5, "count": 3}
TIP, SUBSTRATE = -1e-9, 4e-9


def segment(level=0.3, **keys):
    second = {"drive": "substrate", "potential": level}
    spec = KIND.spec.model_validate({"step": "tip collection", "beside": second, **GIVEN, **keys})
    act = act_of(spec, Setting(Condition(), offset=0.0, area=1e-12))
    return Segment.of(act, "tip collection", 0, (0,))


def trace(level=0.3, *, tip=TIP, made=SUBSTRATE, noise=0.0, cut=None, second=True, **keys):
    """A step as it is recorded: the tip collects after a transient in each of its pulses."""
    own = segment(level, **keys)
    t = np.arange(1, round(own.waveform.duration / ROW) + 1) * ROW
    in_pulse = (t % 1.0 > 0.5 + 1e-9) | (t % 1.0 < 1e-9)
    since = np.where(in_pulse, t % 1.0 - 0.5, 0.0)
    current = np.where(in_pulse, tip * (1.0 + 3.0 * np.exp(-since / 0.03)), 2e-9)
    rng = np.random.default_rng(1)
    current = current + rng.normal(0.0, noise, t.size)
    kept = slice(None, cut)
    other = SecondRows(np.full(t.size, level)[kept], np.full(t.size, made)[kept])
    return StepTrace(
        own, t[kept], own.waveform.at(t)[kept], current[kept], np.zeros(t.size, np.uint8)[kept],
        ROW, "time", Area(1e-12, 0.0, "nominal"), second=other if second else None,
    )  # fmt: skip


def numbers(one, before=()):
    return {name: found.checked(one) for name, found in KIND.measure(one, before).items()}


# What is imposed.


def test_the_tip_pulses_within_the_step_and_ends_at_rest():
    wave = segment().waveform
    at = wave.at(np.array([0.0, 0.4, 0.6, 0.99, 1.2, 1.6, 2.9, 3.0 + 1e-5]))
    assert at.tolist() == [0.3, 0.3, -0.3, -0.3, 0.3, -0.3, -0.3, 0.3]
    assert wave.duration == pytest.approx(3.0, abs=1e-5)


def test_a_step_without_a_substrate_is_refused_with_advice():
    shipped = load_plan("secm-sg-tc").to_dict()
    step = {**shipped["program"][1]["program"][0]}
    del step["beside"]
    with pytest.raises(PlanError, match="substrate"):
        seccm.Plan.from_dict({**shipped, "program": [step]}, source="x")


# What is measured.


def test_the_mean_of_the_last_part_of_each_pulse_counts():
    """The transient of 30 ms is over after 350 ms."""
    found = numbers(trace())
    assert found["i_collected"].value == pytest.approx(TIP, rel=1e-3)
    assert found["i_substrate"].value == pytest.approx(SUBSTRATE)
    assert found["collection"].value == pytest.approx(0.25, rel=1e-3)
    assert found["collection"].status is Status.OK


def test_of_the_whole_pulse_the_transient_is_part():
    assert numbers(trace(late=1.0))["i_collected"].value < 1.1 * TIP


def test_noise_gives_an_uncertainty_that_holds_the_truth():
    found = numbers(trace(noise=2e-11))["collection"]
    assert 0.0 < found.error < 0.01
    assert abs(found.value - 0.25) < 4.0 * found.error


def test_signs_of_both_currents_may_be_turned():
    assert numbers(trace(tip=1e-9, made=-4e-9))["collection"].value == pytest.approx(0.25, rel=1e-3)


def test_a_substrate_that_makes_nothing_has_no_efficiency():
    assert numbers(trace(made=0.0))["collection"].status is Status.UNDEFINED


def test_without_the_record_of_the_substrate_only_the_tip_is_known():
    found = numbers(trace(second=False))
    assert found["i_collected"].status is Status.OK
    assert found["collection"].status is Status.NOT_MEASURED


@pytest.mark.parametrize(("cut", "pulses"), [(None, 3), (round(2.4 / ROW), 2), (100, 0), (1, 0)])
def test_pulses_that_were_cut_off_do_not_count(cut, pulses):
    one = trace(cut=cut)
    assert len(KIND.arrays(one, ())["i_of_collections"]) == pulses
    status = numbers(one)["i_collected"].status
    assert status is (Status.OK if pulses else Status.TOO_SHORT)


def test_each_pulse_has_its_own_number():
    values = KIND.arrays(trace(), ())["i_of_collections"].values
    assert values == pytest.approx([TIP] * 3, rel=1e-3)


# A series of potentials.


def test_from_the_third_potential_on_there_is_a_series():
    before = [trace(-0.1, tip=-1e-11), trace(0.0, tip=-5e-10)]
    found = KIND.arrays(trace(0.3), before)
    assert found["E_of_substrate"].values == pytest.approx([-0.1, 0.0, 0.3])
    assert found["i_of_levels"].values == pytest.approx([-1e-11, -5e-10, -1e-9], rel=2e-3)


@pytest.mark.parametrize(
    "before",
    [[trace(0.0)], [trace(0.0), trace(0.0)], [trace(0.0), trace(0.1, width=0.4)]],
)
def test_fewer_levels_or_other_pulses_make_none(before):
    assert "E_of_substrate" not in KIND.arrays(trace(0.3), before)


def test_what_is_yielded_is_what_is_declared():
    steps = [trace(-0.1), trace(0.0), trace(0.3)]
    for k in range(3):
        declared = {r.name for r in KIND.declared(steps[k].segment, [s.segment for s in steps[:k]])}
        made = {*numbers(steps[k]), *KIND.arrays(steps[k], steps[:k])}
        assert made == declared


def test_words_tell_the_current_and_the_share():
    assert KIND.words(numbers(trace())) == "tip -1 nA, collects 25 %"


# On the virtual rig, whose field was solved.


def test_the_planted_efficiency_comes_out_in_a_run(tmp_path):
    """(a / R) (2 / pi) arctan(R / d), times what feedback adds; d where the tip truly was."""
    path = tmp_path / "a.h5"
    for _ in seccm.run(generator(["0.1 V", "0.3 V"]), "virtual-secm", path=path, seed=3):
        pass
    with seccm.open(path) as scan:
        z = scan.site(0).z[scan.site(0).phase == seccm.Phase.STEP].mean()
        found = {name: float(scan.sites[name][0]) for name in ("collection_2", "i_substrate_2")}
    distance = z - 25e-6
    there = 2.0 / math.pi * math.atan2(12.5e-6, distance)
    feeds = float(feedback.current(np.array([distance / 5e-6]), 10.0, math.inf)[0])
    assert found["collection_2"] == pytest.approx(0.4 * there * feeds, rel=0.02)
    assert found["i_substrate_2"] == pytest.approx(4.824e-9, rel=0.01)
