"""A plan says which results the site table shows: in words, checked before anything moves."""

from __future__ import annotations

from typing import Any

import pytest
from programmes import REST, plan_of
from small_plan import CV, INFO, STEP, TABLES
from small_plan import small as small_plan

from seccm.errors import PlanError, Problem
from seccm.plan import Plan, load_plan
from seccm.plan.library import plans
from seccm.program.keep import FEW_STEPS
from seccm.suggestion import applied

PLATE: dict[str, Any] = {**STEP, "name": "plate"}
STRIP: dict[str, Any] = {**STEP, "name": "strip", "current": 1e-9}
CYCLING = [{"step": "repeat", "times": 20, "program": [PLATE, STRIP]}, {**REST, "name": "rest"}]
"""Twenty galvanostatic cycles, and a rest: 41 steps."""
EITHER = [
    REST,
    {
        "step": "if",
        "when": {"from": "rest", "take": "E", "above": "0 V"},
        "program": [{**STEP, "name": "plate"}],
        "otherwise": [{**STEP, "name": "other"}],
    },
]


def small(**tables: Any) -> Plan:
    """The small plan with some tables replaced, which holds a current at the approach."""
    hold = (
        {"potential": 0.0}
        if tables.get("program", [STEP])[0]["step"] == "cv"
        else {"current": -1e-9}
    )
    contact = {"kind": "current threshold", "threshold": 5e-12} if "potential" in hold else {}
    approach = {**TABLES["approach"], "hold": hold, **({"contact": contact} if contact else {})}
    return small_plan(**{"approach": approach, **tables})


def columns(keep: list[str] | None, program: list[dict[str, Any]]) -> list[str]:
    plan = small(program=program, **({"keep": keep} if keep else {}))
    return [kept.column for kept in plan.kept()]


def problems(keep: list[str], program: list[dict[str, Any]], **tables: Any) -> list[Problem]:
    with pytest.raises(PlanError) as refused:
        small(program=program, keep=keep, **tables)
    return list(refused.value.problems)


def steps_of(keep: str, program: list[dict[str, Any]]) -> tuple[list[int], str]:
    (kept,) = small(program=program, keep=[keep]).kept()
    return sorted(kept.among), kept.which


# ----------------------------------------------------------------------------- what is understood


@pytest.mark.parametrize(
    ("words", "column"),
    [
        ("E_nuc", "E_nuc"),
        ("E_nuc of first step", "E_nuc"),
        ("E_nuc of first", "E_nuc"),
        ("E_nuc  of first   cycle", "E_nuc"),
        ("E_nuc of step 0", "E_nuc"),
        ("E_nuc of step 0.0.0", "E_nuc"),
        ("E_nuc of step 2", "E_nuc_2"),
        ("E_nuc of step 0.19.0", "E_nuc_38"),
        ("E_nuc of last step", "E_nuc_of_last_step"),
        ("E_nuc of last cycle", "E_nuc_of_last_cycle"),
        ("E_nuc of plate", "E_nuc_of_plate"),
        ("E_nuc of last plate", "E_nuc_of_last_plate"),
        ("CE of last cycle", "CE_of_last_cycle"),
        ("Q of last open circuit", "Q_of_last_open_circuit"),
        ("Q of open circuit", "Q_of_open_circuit"),
        ("Q of step 40", "Q_40"),
        ("|Q_nuc|", "Q_nuc"),
    ],
)
def test_a_result_of_a_step_is_named_in_words(words: str, column: str) -> None:
    assert columns([words], CYCLING) == [column]


@pytest.mark.parametrize(
    ("words", "column"),
    [
        ("CE of last cycle", "CE_of_last_cycle"),
        ("CE_of_cycles of last cycle", "CE_of_last_cycle"),
        ("CE of first cycle", "CE_of_first_cycle"),
        ("CE of cycle 1", "CE_of_cycle_1"),
        ("CE of last cycle of last cv", "CE_of_last_cycle_of_last_cv"),
        ("CE of last cycle of step 1", "CE_of_last_cycle_1"),
        ("mean of CE", "mean_of_CE"),
        ("mean of Q_c of last step", "mean_of_Q_c_of_last_step"),
        ("CE_last", "CE_last"),
    ],
)
def test_a_number_of_an_array_is_named_in_words(words: str, column: str) -> None:
    assert columns([words], [CV, CV]) == [column]


def test_first_and_last_are_those_that_yield_the_result_whichever_arm_ran() -> None:
    assert steps_of("E_nuc of first step", CYCLING) == (list(range(0, 40, 2)), "first")
    assert steps_of("E_nuc of last step", CYCLING) == (list(range(0, 40, 2)), "last")
    assert steps_of("Q of last step", CYCLING) == ([40], "last")
    assert steps_of("E_nuc of last step", EITHER) == ([1, 2], "last")
    assert steps_of("E_nuc of other", EITHER) == ([2], "last")
    assert steps_of("CE of first step", CYCLING) == (list(range(1, 40, 2)), "first")


def test_a_step_that_yields_a_result_only_after_another_does_so_from_its_second_turn_on() -> None:
    program = [{"step": "repeat", "times": 5, "program": [STRIP, PLATE]}]
    assert steps_of("CE of first step", program) == ([2, 4, 6, 8], "first")


def test_a_step_may_have_a_name_of_several_words() -> None:
    assert columns(["Q of rest of the day"], [{**REST, "name": "rest of the day"}]) == ["Q"]
    program = [PLATE, {**REST, "name": "rest of the day"}]
    assert columns(["Q of rest of the day"], program) == ["Q_of_rest_of_the_day"]


# ------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("E_nuk of first step", 'no kind of step yields "E_nuk". Did you mean "E_nuc of first'),
        ("E_half", 'no step of this programme yields "E_half". Its steps yield E_nuc, t_nuc'),
        ("E_nuc of strip", '"strip" does not yield E_nuc. Write "E_nuc of step 0".'),
        ("E_nuc of step 1", 'step 1, "strip", does not yield E_nuc; it yields E_end, j'),
        ("E_nuc of step 41", 'no step of this programme is "step 41". Write first step, last'),
        ("E_nuc of step 0.20.0", 'no step of this programme is "step 0.20.0". Write first step'),
        ("E_nuc of plat", 'no step of this programme is "plat". Did you mean "E_nuc of plate"?'),
        ("E_nuc of last lap", 'no step of this programme is "last lap". Write first step, last'),
        ("Q of constant current", "there are several steps"),
        ("E_nuc_2", '"E_nuc_2" is not a result. Write "E_nuc of step 2".'),
        ("mean of E_nuc", "is a single number at each step, and has no mean. Write"),
        ("E_nuc of", 'no kind of step yields "E_nuc of". Did you mean "E_nuc"?'),
        ("of first step", 'no kind of step yields "of first step"'),
        ("mean", 'no kind of step yields "mean".'),
    ],
)
def test_what_cannot_be_kept_is_refused_by_key_with_what_there_is(words: str, said: str) -> None:
    (problem,) = problems([words], CYCLING)
    assert problem.where == "keep[0]"
    assert said in f"{problem.what} {problem.remedy}"


def test_an_array_is_not_a_single_number() -> None:
    (problem,) = problems(["CE_of_cycles"], [CV])
    assert problem.what == '"CE_of_cycles" is many numbers at each step, one for each cycle.'
    assert problem.remedy == 'Write "CE of last cycle".'


def test_all_mistakes_are_told_at_once_with_those_of_other_tables() -> None:
    found = problems(["E_nuk", "Q of nap", "Q"], CYCLING, retract={"distance": -1.0})
    assert {"keep[0]"} <= {problem.where for problem in found}
    assert any(problem.where.startswith("retract") for problem in found)
    found = problems(["E_nuk", "Q", "Q of nap", "Q of first step"], CYCLING)
    assert [problem.where for problem in found] == ["keep[0]", "keep[2]", "keep[3]"]
    assert found[-1].what == '"Q of first step" is kept already: "Q".'


def test_a_mistake_in_the_programme_does_not_hide_an_unknown_result() -> None:
    found = problems(["E_nuk of first step"], [{**STEP, "duration": -1.0}])
    assert "keep[0]" not in {problem.where for problem in found}  # the steps are not known at all
    wrong = {**CV, "scan_rate": 1e-9, "vertices": [1.0]}
    found = problems(["E_nuk of first step", "Q of nap"], [wrong])
    assert [p.where for p in found if p.where.startswith("keep")] == ["keep[0]"]


@pytest.mark.parametrize("keep", [[], "E_nuc", [1], [""], ["E_nuc"] * 201, {"a": 1}])
def test_a_keep_that_is_no_list_of_words_is_refused_by_key(keep: Any) -> None:
    with pytest.raises(PlanError) as refused:
        small(keep=keep)
    assert {problem.where.partition("[")[0] for problem in refused.value.problems} == {"keep"}


@pytest.mark.parametrize(
    "words",
    ["E_nuk", "E_nuc_2", "E_nuc of strip", "E_nuc of step 1", "E_nuc of plat", "mean of Q",
     "Q of constant current", "E_nuc of constant curent", "CE of step 0"],
)  # fmt: skip
def test_every_advice_is_taken(words: str) -> None:
    (problem,) = problems([words], CYCLING)
    assert problem.suggestion is not None
    data = {**small(program=CYCLING).to_dict(), "keep": [words]}
    plan = Plan.from_dict(applied(data, problem.suggestion))
    assert len(plan.kept()) == 1


# ------------------------------------------------------------------------------ what is usual


def test_without_keep_every_result_of_up_to_twelve_steps_has_a_column() -> None:
    assert columns(None, [STEP, REST, STEP])[:12] == [
        "E_nuc", "t_nuc", "Q_nuc", "E_growth", "eta_nuc", "t_seen", "Q_seen", "E_far", "j",
        "Q", "ended_by", "E_end",
    ]  # fmt: skip
    assert columns(None, [STEP, REST, STEP])[-2:] == ["Q_2", "ended_by_2"]
    assert "Q_11" in columns(None, [{**REST, "name": None}] * FEW_STEPS)


def test_without_keep_a_longer_programme_shows_first_and_last_step_of_each_kind() -> None:
    found = columns(None, CYCLING)
    assert {"E_nuc", "E_nuc_of_last_constant_current", "CE", "CE_of_last_constant_current",
            "Q", "Q_of_first_open_circuit"} <= {*found}  # fmt: skip
    assert len(found) == len({*found}) < 40
    assert "Q_of_last_open_circuit" not in found  # it is the first one


def test_a_step_may_be_named_like_a_kind_or_almost_like_another_step() -> None:
    named = [{**STEP, "name": "open circuit"}, {**STEP, "name": "open_circuit"}]
    program = [{"step": "repeat", "times": 9, "program": [*named, {**REST, "name": "rest"}]}]
    found = columns(None, program)
    assert len(found) == len({*found})
    assert {"E_nuc", "Q_of_last_open_circuit"} <= {*found}
    said = problems(["Q of last open circuit", "Q of last open_circuit"], program)
    assert [problem.where for problem in said] == ["keep[1]"]  # they would have the same column


def test_the_check_says_what_a_longer_programme_shows_and_its_advice_is_taken() -> None:
    plan = small(program=CYCLING)
    (said,) = [problem for problem in plan.check(INFO) if problem.where == "keep"]
    assert said.severity == "warning"
    assert "up to 41 steps run at each site" in said.what
    assert 'keep = ["E_nuc of last step"]' in said.remedy
    asked = small(program=CYCLING, keep=["E_nuc of last step"])
    assert not [problem for problem in asked.check(INFO) if problem.where == "keep"]
    assert not [problem for problem in small().check(INFO) if problem.where == "keep"]


@pytest.mark.parametrize("name", plans())
def test_what_a_shipped_plan_shows_can_be_asked_for_in_words(name: str) -> None:
    plan = load_plan(name)
    words = [f"{k.result.name} of {k.of or 'first step'}" for k in plan.kept()]
    again = Plan.from_dict({**plan.to_dict(), "keep": words})
    assert [k.column for k in again.kept()] == [k.column for k in plan.kept()]


def test_a_plan_with_keep_is_read_back_as_it_was() -> None:
    plan = plan_of(REST, keep=["E_end of last step"])
    assert Plan.from_json(plan.to_json()) == plan
    assert plan.to_dict()["keep"] == ["E_end of last step"]


@pytest.mark.parametrize(
    ("keep", "left"),
    [
        (["Q", "Q of first stepp"], ["Q"]),
        (["Q of first stepp", "Q"], ["Q"]),
        (["Q of first stepp", "Q of firsst step"], ["Q of first step"]),
        (["Q of last plate", "Q of last plte", "Q of rest"], ["Q of last plate", "Q of rest"]),
        (["Qq", "Q"], ["Q"]),
    ],
)
def test_what_is_suggested_is_not_kept_already(keep: list[str], left: list[str]) -> None:
    """Of two words for one number, one is removed; all suggestions together make a plan."""
    data = {"keep": keep}
    found = problems(keep, CYCLING)
    changes = [problem.suggestion for problem in found]
    for change in sorted(filter(None, changes), key=lambda one: one.key, reverse=True):
        data = applied(data, change)
    assert data["keep"] == left
    assert small(program=CYCLING, keep=data["keep"]).kept()
