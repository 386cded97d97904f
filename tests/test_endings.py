"""What ends a step: never its own charging current; limits that contradict are told beforehand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from made_records import ROW, analysed, record
from made_scans import CLOCK, smaller
from small_plan import CV, INFO, POTENTIOSTATIC, STEP, small

import seccm
from seccm.data import open_scan
from seccm.errors import PlanError, Problem
from seccm.plan import Plan
from seccm.results import Status

ONE = {"kind": "grid", "columns": 1, "rows": 1, "pitch": 10e-6}
HELD = {"step": "constant potential", "potential": 0.5, "duration": 2.0}


def problems(step: dict[str, Any], until: dict[str, float]) -> list[Problem]:
    """Return what a check says of a step that ends by some limits."""
    return [p for p in plan_of(step, until).check(INFO) if p.where.startswith("program[0].until")]


def plan_of(step: dict[str, Any], until: dict[str, float]) -> Plan:
    tables = {} if step["step"] == "constant current" else {"approach": POTENTIOSTATIC}
    return small(program=[{**step, "until": until}], **tables)


@pytest.mark.parametrize(
    ("step", "until"),
    [
        (STEP, {"potential_below": -0.1}),
        (STEP, {"potential_below": -0.1, "potential_above": 2.0, "after": 0.0}),
        (STEP, {"charge": 1e-9, "after": 60.0}),
        (HELD, {"current_above": 1e-9, "after": 1.9}),
        (HELD, {"potential_above": 0.5}),
        (CV, {"potential_below": -0.4, "current_below": -5e-9}),
    ],
)
def test_limits_that_can_end_a_step_are_not_spoken_of(step, until):
    assert problems(step, until) == []


@pytest.mark.parametrize(
    ("step", "until", "where", "words"),
    [
        (STEP, {"potential_below": -0.1, "after": 2.0}, "after", ("2 s", "duration")),
        (HELD, {"current_above": 1e-9, "after": 5.0}, "after", ("5 s", "2 s")),
        ({**HELD, "duration": 0.02}, {"current_above": 1e-9}, "after", ("50 ms", "20 ms")),
        (STEP, {"potential_below": 2.0, "potential_above": 1.0}, "", ("at once", "Exchange")),
        (HELD, {"current_below": 2e-9, "current_above": 1e-9}, "", ("1 nA", "2 nA")),
        (HELD, {"potential_above": 0.4}, "potential_above", ("imposes", "0.5 V", "at once")),
        (STEP, {"current_below": -0.5e-9}, "current_below", ("imposes", "-1 nA")),
        (CV, {"potential_below": 1.2}, "potential_below", ("imposes", "at once")),
    ],
)
def test_limits_that_contradict_their_step_or_one_another_are_refused(step, until, where, words):
    (problem,) = problems(step, until)
    assert problem.severity == "error"
    assert problem.where == "program[0].until" + (f".{where}" if where else "")
    assert all(word in str(problem) for word in words)


def test_the_advice_for_a_limit_that_is_looked_at_too_late_is_taken():
    plan = plan_of({**HELD, "duration": 0.02}, {"current_above": 1e-9, "after": 0.002})
    (told,) = problems({**HELD, "duration": 0.02}, {"current_above": 1e-9})
    assert 'after = "2 ms"' in str(told)
    assert [p for p in plan.check(INFO) if p.severity == "error"] == []


def test_a_time_alone_ends_nothing():
    with pytest.raises(PlanError, match="empty"):
        plan_of(STEP, {"after": 0.1})


@pytest.mark.parametrize("limit", [{"current_below": -3e-12}, {"current_above": 3e-12}])
def test_a_step_of_potential_goes_on_after_its_charging_current(limit, tmp_path):
    """From the plateau of the wave to its foot and back to rest: tens of pA flow for some rows."""
    program = [
        {"step": "constant potential", "potential": -0.3, "duration": 0.5, "until": limit},
        {"step": "constant potential", "potential": -0.25, "duration": 0.5, "until": limit},
    ]
    plan = smaller("redox-cv-map", program=program, sites=ONE)
    for _ in seccm.run(plan, path=tmp_path / "steps.h5", seed=2):
        pass
    with open_scan(tmp_path / "steps.h5") as scan:
        trace = scan.site(0)
        for index in (0, 1):
            assert scan.sites["ended_by" if index == 0 else "ended_by_1"][0] == 0  # time
            assert trace.steps[index].stop - trace.steps[index].start > 150
        spike = float(np.max(np.abs(trace.I[trace.steps[0]])))
        assert spike > 3e-12  # the trap was really there


# ------------------------------------------------------------------------------------ charge


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 50])
def test_the_charge_of_a_step_is_its_rows_times_their_length(rows):
    """Of one row and of many, in the event that ends the step and in the analysis alike."""
    plan = smaller(
        "redox-cv-map",
        program=[{"step": "constant potential", "potential": 0.1, "duration": rows * ROW}],
    )
    assert CLOCK.rows(plan.sites()[0].segments[0].waveform.duration) == rows
    current = 1e-11 * (1.0 + np.arange(rows))
    of = record(plan, [(np.full(rows, 0.1), current)])
    value, _, status = analysed(plan, of).features["Q"]
    assert status == Status.OK
    assert value * plan.probe.area == pytest.approx(math.fsum(current) * ROW, rel=1e-9)
    assert value * plan.probe.area == pytest.approx(of.ends[0].charge, rel=1e-9)


def test_the_charge_is_the_same_live_and_in_the_file(tmp_path):
    """Steps of one, two, three and a hundred rows, one after the other."""
    lengths = [100, 1, 2, 3, 100]
    program = [
        {"step": "constant potential", "potential": 0.25 - 0.1 * k, "duration": n * ROW}
        for k, n in enumerate(lengths)
    ]
    plan = smaller("redox-cv-map", program=program, sites=ONE)
    for _ in seccm.run(plan, path=tmp_path / "short.h5", seed=4):
        pass
    with open_scan(tmp_path / "short.h5") as scan:
        ends = scan.record(0).ends
        assert len(ends) == len(lengths)
        for end in ends:
            name = "Q" if end.step == 0 else f"Q_{end.step}"
            density = float(scan.sites[name][0])
            assert density * plan.probe.area == pytest.approx(end.charge, rel=1e-6, abs=1e-20)
