"""Repeats over values: a factor within a site."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programmes import OFFSET, REST, came_to, plan_of, run
from small_plan import INFO

import seccm
from seccm.plan import Plan
from seccm.program.outline import outline
from seccm.program.program import Program
from seccm.program.tree import Likeness, bounds, part_at
from seccm.program.yielded import results_of, yielding

HOLD: dict[str, Any] = {"step": "constant potential", "potential": "$E", "duration": "1 s"}
SWEEP: dict[str, Any] = {
    "step": "lsv", "start": "0 V", "stop": "0.1 V", "scan_rate": "$v",
}  # fmt: skip
HELD_CURRENT: dict[str, Any] = {
    **plan_of(REST).to_dict()["approach"],
    "hold": {"potential": "0.25 V"},
}


def over(values: dict[str, Any], *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"step": "repeat", "over": values, "program": list(steps), **more}


def refused(*program: dict[str, Any], **changes: Any) -> dict[str, str]:
    """What is wrong with a plan of these steps, by key."""
    with pytest.raises(seccm.PlanError) as said:
        plan_of(*program, **changes)
    return {problem.where: f"{problem.what} {problem.remedy}" for problem in said.value.problems}


def test_each_turn_has_its_value() -> None:
    segments = run(plan_of(over({"E": ["0.1 V", "0.2 V", "-0.1 V"]}, HOLD, REST)), came_to())
    holds, rests = segments[::2], segments[1::2]
    raw = [segment.waveform.extremes[0] for segment in holds]
    assert raw == pytest.approx([0.1 - OFFSET, 0.2 - OFFSET, -0.1 - OFFSET])
    assert [json.loads(s.resolved) for s in holds] == [
        {"$E": E, "potential": E} for E in (0.1, 0.2, -0.1)
    ]
    assert [json.loads(s.resolved) for s in rests] == [{"$E": E} for E in (0.1, 0.2, -0.1)]
    assert [[(name, level.value) for name, level in s.values] for s in rests] == [
        [("E", 0.1)], [("E", 0.2)], [("E", -0.1)]
    ]  # fmt: skip
    assert len({segment.path for segment in segments}) == 6


def test_lists_go_side_by_side_and_repeats_in_one_another_try_every_combination() -> None:
    two = over({"E": ["0.1 V", "0.2 V"], "t": ["1 s", "5 s"]}, {**HOLD, "duration": "$t"})
    values = [(s.waveform.extremes[0] + OFFSET, s.waveform.duration)
              for s in run(plan_of(two), came_to())]  # fmt: skip
    assert values == [pytest.approx((0.1, 1.0)), pytest.approx((0.2, 5.0))]
    nested = over(
        {"E": ["0.1 V", "0.2 V"]}, over({"t": ["1 s", "5 s"]}, {**HOLD, "duration": "$t"})
    )
    values = [(s.waveform.extremes[0] + OFFSET, s.waveform.duration)
              for s in run(plan_of(nested), came_to())]  # fmt: skip
    assert values == [pytest.approx(pair) for pair in ((0.1, 1), (0.1, 5), (0.2, 1), (0.2, 5))]


def test_a_value_may_be_the_offset_from_an_earlier_step() -> None:
    follows = {"from": "rest", "offset": "$dE", "within": ["-1 V", "1 V"]}
    program = [REST, over({"dE": ["-15 mV", "15 mV"]}, {**HOLD, "potential": follows})]
    plan = plan_of(*program)
    segments = run(plan, came_to(E=0.3))
    assert [s.waveform.extremes[0] for s in segments[1:]] == pytest.approx([0.285, 0.315])
    site = plan.sites()[0]
    for index, segment in enumerate(segments):
        assert site.program.ran(index, segment.path, segment.resolved) == segment


def test_ranges_are_spelled_out() -> None:
    def values(given: Any) -> list[float]:
        plan = plan_of(over({"E": given}, HOLD))
        assert Plan.from_json(plan.to_json()) == plan
        return [level.value for level in plan.program[0].over["E"]]

    assert values({"from": "4.1 V", "to": "3.5 V", "step": "100 mV"}) == [
        4.1, 4.0, 3.9, 3.8, 3.7, 3.6, 3.5
    ]  # fmt: skip
    assert values([{"from": "1 mV", "to": "1 V", "count": 4, "spacing": "log"}, "2 V"]) == [
        0.001, 0.01, 0.1, 1.0, 2.0
    ]  # fmt: skip
    assert values({"from": "0 V", "to": "1 V", "count": 5}) == [0.0, 0.25, 0.5, 0.75, 1.0]
    levels = plan_of(HOLD, factors={"E": {"from": "0 V", "to": "0.1 V", "step": "0.1 V"}}).levels
    assert [level.value for level in levels["E"]] == [0.0, 0.1]


@pytest.mark.parametrize(
    ("given", "where", "words"),
    [
        ({"from": "0 V", "to": "1 V", "step": "0.3 V"}, "", "does not go into"),
        ({"from": "0 V", "to": "1 V", "step": "2 V"}, "", "makes no steps"),
        ({"from": "0 V", "to": "1 V", "step": "0 V"}, "", "steps from"),
        ({"from": "0 V", "to": "1 V", "step": "1 s"}, "", "a quantity like"),
        ({"from": "0 V", "to": "1 V"}, "", "needs step or count"),
        ({"from": "0 V", "to": "1 V", "count": 1}, "", "whole number from 2"),
        ({"from": "0 V", "to": "1 V", "count": 5, "spacing": "log"}, "", "same sign"),
        ({"from": "0 V", "to": "1 V", "count": 5, "spacing": "lin"}, "", '"linear" or "log"'),
        ({"from": "0 V", "count": 5}, ".to", "is missing"),
        ({"from": "0 V", "till": "1 V", "to": "1 V", "count": 5}, ".till", "not a known key"),
        ({"from": "zero", "to": "1 V", "count": 5}, ".from", "number and a unit"),
    ],
)
def test_a_wrong_range_is_told(given: dict[str, Any], where: str, words: str) -> None:
    told = refused(over({"E": given}, HOLD))
    assert all(key.startswith(f"program[0].over.E{where}") for key in told), told
    assert words in " ".join(told.values())


@pytest.mark.parametrize(
    ("program", "where", "words"),
    [
        (over({"E": ["1 V", "2 s"]}, HOLD), "program[0].program[0].potential", "unit of V"),
        (over({"E": ["1 s"]}, HOLD), "program[0].program[0].potential", "unit of V"),
        (over({"E": ["0.1 V"]}, REST), "program[0].over.E", "no step of this repeat uses $E"),
        (over({"E": ["0.1 V"]}, HOLD, times=2), "program[0]", "times or over"),
        ({"step": "repeat", "program": [REST]}, "program[0]", "times or over"),
        (over({}, REST), "program[0]", "times or over"),
        (over({"E": []}, HOLD), "program[0].over.E", ""),
        (over({"E": ["0.1 V"], "t": ["1 s", "2 s"]}, {**HOLD, "duration": "$t"}),
         "program[0].over.t", "equally long"),
        (over({"E": ["0.1 V"]}, over({"E": ["0.2 V"]}, HOLD)),
         "program[0].program[0].over.E", "what program[0] goes over already"),
        (over({"E": ["0.1 V"]}, {**HOLD, "potential": "$F"}),
         "program[0].program[0].potential", "$E"),
        (over({"v": ["0 V/s"]}, SWEEP), "program[0].program[0].scan_rate", "greater than"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_values_is_told(program: dict[str, Any], where: str, words: str) -> None:
    told = refused(program)
    assert where in told, told
    assert words in told[where]


def test_the_name_of_a_factor_is_not_taken() -> None:
    told = refused(over({"E": ["0.1 V"]}, HOLD), factors={"E": ["0.3 V"]})
    assert "the name of a factor" in told["program[0].over.E"]


def test_a_value_is_known_only_in_its_repeat() -> None:
    told = refused(over({"E": ["0.1 V"]}, HOLD), HOLD)
    assert list(told) == ["program[1].potential"]


def test_every_value_is_checked_before_anything_moves() -> None:
    """The one that the rig cannot do is told with its value, wherever it stands in the list."""
    plan = plan_of(over({"E": ["0.1 V", "20 V", "0.2 V"]}, HOLD))
    told = [p for p in plan.check(INFO) if p.severity == "error"]
    assert [problem.where for problem in told] == ["program[0].program[0]"]
    assert "with E = 20 V" in told[0].what


def test_the_longest_way_counts() -> None:
    values = ["1 s", "20 s", "3 s"]
    program = plan_of(over({"t": values}, {**REST, "duration": "$t"})).sites()[0].program
    assert program.lasts(0.0) == (24.0, 24.0)
    until = {"from": "rest", "take": "E", "above": "1 V"}
    program = (
        plan_of(over({"t": values}, {**REST, "duration": "$t"}, until=until)).sites()[0].program
    )
    assert program.lasts(0.0) == (1.0, 24.0)


def test_a_series_is_told_in_one_line() -> None:
    plan = plan_of(over({"E": {"from": "0 V", "to": "0.9 V", "count": 10}}, HOLD))
    lines = [line for _, line in outline(Program(*plan.resolved(plan.conditions[0])))]
    assert lines == [
        "repeat over E = 0 V ... 900 mV (10)", "constant potential: 0 V for 1 s ... 0.9 V for 1 s"
    ]  # fmt: skip


@st.composite
def loops(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Repeats over values in one another, each used by a step."""

    def inside(names: list[str], depth: int) -> list[dict[str, Any]]:
        name = f"t{depth}_{draw(st.integers(0, 10**6))}"
        steps: list[dict[str, Any]] = [
            {"step": "open circuit", "duration": f"${one}"} for one in (*names, name)
        ]
        if depth < 2 and draw(st.booleans()):
            at = draw(st.integers(0, len(steps)))
            steps[at:at] = inside([*names, name], depth + 1)
        values = draw(st.lists(st.floats(0.1, 9.0), min_size=1, max_size=4))
        return [over({name: [f"{value!r} s" for value in values]}, *steps)]

    return [{"step": "open circuit", "duration": "1 s"}, *inside([], 0)]


@settings(max_examples=60, deadline=None)
@given(loops())
def test_walking_is_expanding(program: list[dict[str, Any]]) -> None:
    """What runs is what was planned, of the same length, and is known again from its path."""
    plan = plan_of(*program)
    site = plan.sites()[0]
    walked = run(plan, came_to())
    assert tuple(walked) == site.segments
    assert len(walked) == bounds(plan.program, lambda _: (1.0, 1.0))[1]
    least, most = site.program.lasts(0.0)
    assert least == most == pytest.approx(sum(s.waveform.duration for s in walked))
    acts = {act for _, act in site.program.parts()}
    for index, segment in enumerate(walked):
        assert part_at(plan.program, segment.path).values == segment.values
        assert site.program.ran(index, segment.path, "") == segment
        assert any(act.waveform == segment.waveform for act in acts)
    again = Plan.from_json(plan.to_json())
    assert again == plan
    assert again.sites()[0].segments == site.segments
    assert site.recipe is not None
    assert type(site.recipe).read(site.recipe.text).site().segments == site.segments


def test_turns_that_plate_and_turns_that_strip_yield_their_own_results() -> None:
    """What a step yields is looked up in a turn that is like it, not in the first one."""
    values = ["-1 nA", "-2 nA", "1 nA", "-3 nA", "2 nA", "3 nA"]
    step = {"step": "constant current", "current": "$i", "duration": "1 s"}
    plan = plan_of(over({"i": values}, step), approach={**HELD_CURRENT})
    segments = plan.sites()[0].segments
    found = yielding(plan.program, [segments])
    assert [each.path for each in found] == [segment.path for segment in segments]
    for index, each in enumerate(found):
        truth = {result.name for result in results_of(segments[index], segments[:index])}
        # Whether the step just before plated is not told by the signs alone.
        assert each.results.keys() - {"CE"} == truth - {"CE"}


def test_a_thousand_values_are_checked_in_a_moment() -> None:
    """Turns that are alike are looked at once."""
    values = {"from": "1 nA", "to": "2 nA", "count": 1000}
    step = {"step": "constant current", "current": "$i", "duration": "1 s"}
    plan = plan_of(over({"i": values}, step), approach={**HELD_CURRENT})
    likeness = Likeness(plan.program, 2)
    assert {likeness.of(segment.path) for segment in plan.sites()[0].segments} == {
        (0, 0, 0), (0, 1, 0)
    }  # fmt: skip
