"""Steps that follow the last step of a kind, and repeats that end when something has faded."""

from __future__ import annotations

from typing import Any

import pytest
from programmes import came_to, plan_of, run

import seccm
from seccm.plan import Plan

REST: dict[str, Any] = {"step": "open circuit", "duration": "1 s"}
FOLLOWS: dict[str, Any] = {
    "from": "last open circuit", "offset": "-15 mV", "within": ["-1 V", "1 V"],
}  # fmt: skip
HOLD: dict[str, Any] = {"step": "constant potential", "potential": FOLLOWS, "duration": "1 s"}
CV: dict[str, Any] = {
    "step": "cv", "start": FOLLOWS, "scan_rate": "0.1 V/s",
    "vertices": [{**FOLLOWS, "offset": "-200 mV"}, {**FOLLOWS, "offset": "100 mV"}],
    "until": {"potential_above": {**FOLLOWS, "offset": "90 mV"}, "after": "1 s"},
}  # fmt: skip


def refused(*program: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(seccm.PlanError) as said:
        plan_of(*program)
    return {problem.where: f"{problem.what} {problem.remedy}" for problem in said.value.problems}


def test_a_step_needs_no_name_to_be_followed() -> None:
    plan = plan_of(REST, HOLD, REST, HOLD)
    answers = [came_to(E=0.1), came_to(E=0.5), came_to(E=0.2), came_to()]
    segments = run(plan, *answers)
    assert segments[1].waveform.extremes[0] == pytest.approx(0.085)
    assert segments[3].waveform.extremes[0] == pytest.approx(0.185), "the newest rest counts"
    assert Plan.from_json(plan.to_json()) == plan
    program = plan.sites()[0].program
    for index, segment in enumerate(segments):
        assert program.ran(index, segment.path, segment.resolved) == segment


def test_start_vertices_and_limits_of_a_cv_follow_it() -> None:
    segment = run(plan_of(REST, CV), came_to(E=0.3))[1]
    assert segment.waveform.values == pytest.approx((0.285, 0.1, 0.4, 0.285))
    assert segment.limits[0].value == pytest.approx(0.39)


@pytest.mark.parametrize(
    ("program", "where", "words"),
    [
        ([HOLD], "program[0].potential.from", "no open circuit step runs before"),
        ([HOLD, REST], "program[0].potential.from", "comes later"),
        ([{**REST, "name": "last open circuit"}], "program[0].name", "last step of a kind"),
        ([{**HOLD, "potential": {**FOLLOWS, "from": "last open circut"}}],
         "program[0].potential.from", "names no step"),
        ([REST, {**HOLD, "potential": {**FOLLOWS, "from": "last open circut"}}],
         "program[1].potential.from", 'Did you mean "last open circuit"?'),
    ],
)  # fmt: skip
def test_a_kind_that_surely_has_not_run_is_refused(
    program: list[dict[str, Any]], where: str, words: str
) -> None:
    told = refused(*program)
    assert words in told[where], told


def test_both_arms_of_an_if_provide_a_kind_and_one_does_not() -> None:
    first = {"step": "constant potential", "potential": "0 V", "duration": "1 s", "name": "first"}
    choice = {"step": "if", "when": {"from": "first", "take": "E", "above": "0 V"},
              "program": [REST]}  # fmt: skip
    plan_of(first, {**choice, "otherwise": [REST]}, HOLD)
    told = refused(first, choice, HOLD)
    assert "runs only in one arm" in told["program[2].potential.from"]


def test_repeats_end_when_the_capacity_has_faded() -> None:
    discharge = {"step": "constant current", "current": "-1 nA", "duration": "1 s",
                 "name": "discharge"}  # fmt: skip
    faded = {"from": "discharge", "take": "charge", "below": "80 %", "of": "first"}
    plan = plan_of({"step": "repeat", "times": 100, "until": faded, "program": [discharge]})
    charges = [came_to(charge=-1e-9 * (1.0 - 0.03 * k)) for k in range(100)]
    assert len(run(plan, *charges)) == 8, "1, 0.97 ... 0.79"
    assert Plan.from_json(plan.to_json()) == plan
    assert "of that of its first run" in plan.program[0].until.words


def test_what_has_no_share_is_refused() -> None:
    rest = {**REST, "name": "rest"}
    ask = {"from": "rest", "take": "E", "below": "80 %", "of": "first"}
    told = refused({"step": "repeat", "times": 3, "until": ask, "program": [rest]})
    assert "depends on its reference" in told["program[0].until.of"]
    ask = {"from": "rest", "take": "charge", "below": "1 nC", "of": "first"}
    told = refused({"step": "repeat", "times": 3, "until": ask, "program": [rest]})
    assert list(told) == ["program[0].until.below"]


def test_a_count_of_a_kind_ends_repeats() -> None:
    ask = {"from": "last open circuit", "take": "count", "above": 2.5}
    plan = plan_of({"step": "repeat", "times": 9, "until": ask, "program": [REST]})
    assert len(run(plan, came_to())) == 3
