"""Programmes that ask for results of steps that have ended, while they run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from programmes import REST, came_to, plan_of
from small_plan import INFO

import seccm
from seccm.events import StepFinished
from seccm.plan import Plan, load_plan
from seccm.program.live import Live
from seccm.results import Status, Value
from seccm.session.live_results import LiveResults

PLATE: dict[str, Any] = {
    "step": "constant current", "current": "-1 nA", "duration": "1 s", "name": "plate",
}  # fmt: skip
MISSING: dict[str, Any] = {"from": "plate", "result": "E_nuc", "found": "no"}
HOLD: dict[str, Any] = {"step": "constant potential", "potential": "0.1 V", "duration": "1 s"}


def refused(*program: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(seccm.PlanError) as said:
        plan_of(*program)
    return {problem.where: f"{problem.what} {problem.remedy}" for problem in said.value.problems}


def walked(question: dict[str, Any], found: Mapping[str, Value]) -> list[str]:
    """Return the kinds of steps that run if the plating yields these results."""
    plan = plan_of(PLATE, {"step": "if", "when": question, "program": [HOLD], "otherwise": [REST]})
    walk, live, kinds = plan.sites()[0].program.walk(), Live(), []
    while (segment := walk.next(live)) is not None:
        kinds.append(segment.kind)
        live.tell(segment.name, came_to(), segment.kind, found)
    return kinds


THERE = {"E_nuc": Value.of(-0.1, 0.001)}
NONE = {"E_nuc": Value.none(Status.TOO_SHORT)}


@pytest.mark.parametrize(
    ("question", "found", "holds"),
    [
        ({"found": "no"}, THERE, False),
        ({"found": "no"}, NONE, True),
        ({"found": "no"}, {}, True),
        ({"found": "yes"}, THERE, True),
        ({"below": "-50 mV"}, THERE, True),
        ({"above": "-50 mV"}, THERE, False),
        ({"above": "-50 mV"}, {}, False),
        ({"below": "-50 mV"}, {}, False),
    ],
)
def test_an_answer_follows_the_result(
    question: dict[str, str], found: Mapping[str, Value], holds: bool
) -> None:
    """A number that is missing is neither above nor below anything."""
    kinds = walked({"from": "plate", "result": "E_nuc", **question}, found)
    assert kinds == ["constant current", "constant potential" if holds else "open circuit"]
    asked = {"from": "last constant current", "result": "E_nuc", **question}
    assert walked(asked, found) == kinds


@pytest.mark.parametrize(
    ("question", "key", "words"),
    [
        ({"result": "E_nuk", "found": "no"}, ".result", "not a result of a step of the kind"),
        ({"result": "CE_of_cycles", "found": "no"}, ".result", "not a result of a step"),
        ({"result": "E_nuc", "below": "1 s"}, ".below", "which is in V"),
        ({"result": "E_nuc"}, "", "one of above, below and found"),
        ({"result": "E_nuc", "take": "E", "below": "0 V"}, "", "take or result"),
        ({"take": "E", "below": "0 V", "found": "no"}, ".found", '"result" only'),
        ({"result": "E_nuc", "below": "0 V", "of": "first"}, ".of", '"take" only'),
        ({"below": "0 V"}, "", "take or result"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(
    question: dict[str, Any], key: str, words: str
) -> None:
    ask = {"step": "if", "when": {"from": "plate", **question}, "program": [HOLD]}
    told = refused(PLATE, ask)
    assert words in told[f"program[1].when{key}"], told


def test_a_programme_that_asks_is_not_too_long_and_has_its_data_points() -> None:
    ask = {"step": "if", "when": MISSING, "program": [HOLD]}
    plan = plan_of({**PLATE, "duration": "2 h"}, ask)
    assert "data points of a site are kept" in plan.check(INFO)[0].what
    assert not [p for p in plan_of(PLATE, ask).check(INFO) if "kept for it" in p.what]
    assert Plan.from_json(plan.to_json()) == plan


@pytest.fixture(scope="module")
def run_(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[int, int, Any]]]:
    """Plates in short steps until it nucleates; and what was found at once, by site and step."""
    path = tmp_path_factory.mktemp("asks") / "scan.h5"
    plan = load_plan("li-on-au-from-rest").to_dict()
    plate = {"step": "constant current", "current_density": "$j", "duration": "4 s",
             "name": "plate"}  # fmt: skip
    again = {"from": "plate", "result": "E_nuc", "found": "yes"}
    rest = {"step": "open circuit", "duration": "0.5 s"}
    plan["program"] = [
        plate,
        {"step": "if", "when": {**MISSING}, "program": [
            {"step": "repeat", "times": 3, "until": {**again, "from": "more"},
             "program": [{**plate, "name": "more", "duration": "6 s"}, rest]}],
         "otherwise": [{"step": "constant potential", "potential": "0.1 V", "duration": "0.5 s"}]},
    ]  # fmt: skip
    plan |= {"keep": ["E_nuc of first step"], "factors": {"j": ["-4 A/m^2", "-16 A/m^2"]},
             "sites": {**plan["sites"], "columns": 2, "rows": 1}}  # fmt: skip
    heard: list[tuple[int, int, Any]] = []
    original = LiveResults.results

    def listening(self: LiveResults, finished: StepFinished) -> Mapping[str, Value]:
        found = original(self, finished)
        heard.append((finished.site, finished.step, found))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LiveResults, "results", listening)
        for _ in seccm.run(Plan.from_dict(plan), "virtual", path=path, seed=2):
            pass
    return path, heard


def test_what_is_found_at_once_is_what_the_file_says(
    run_: tuple[Path, list[tuple[int, int, Any]]],
) -> None:
    path, heard = run_
    asked = [(site, step, found) for site, step, found in heard if found]
    assert len(asked) >= 3
    with seccm.open(path) as scan:
        for name in ("E_nuc", "t_nuc", "j", "Q"):
            stored = scan.results(name).to_pandas()
            for site, step, found in asked:
                if name not in found:
                    continue
                row = stored[(stored.site == site) & (stored.step == step)].iloc[0]
                assert row.value == pytest.approx(found[name].value, rel=1e-9, nan_ok=True)
                assert row.status in (int(found[name].status), found[name].status.label)


def test_the_answers_choose_the_steps(run_: tuple[Path, list[tuple[int, int, Any]]]) -> None:
    """The weak current does not nucleate in its first step, and goes on until it does."""
    path, _ = run_
    with seccm.open(path) as scan:
        frame = scan.steps.to_pandas()
        for site, level in enumerate(scan.sites["factor_j"].tolist()):
            kinds = frame[frame.site == site].kind.tolist()
            if level == -16.0:
                assert kinds == ["constant current", "constant potential"]
            else:
                assert kinds[:3] == ["constant current", "constant current", "open circuit"]
