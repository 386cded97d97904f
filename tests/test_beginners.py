"""What a beginner writes is told in words that lead on: what is meant, and how it is written."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from seccm.errors import PlanError
from seccm.plan import Plan, plans
from seccm.suggestion import applied

BASE = tomllib.loads(plans()["mixed-protocol"].read_text(encoding="utf-8"))
REST = {"step": "open circuit", "duration": "2 s"}
CC = {"step": "constant current", "current": "-50 pA", "duration": "5 s"}
CA = {"step": "constant potential", "potential": "0.1 V", "duration": "5 s"}


def plan(*program: dict[str, Any], **tables: Any) -> dict[str, Any]:
    kept = {name: table for name, table in BASE.items() if name != "keep"}
    return {**kept, **tables, "program": list(program)}


def repeat(**keys: Any) -> dict[str, Any]:
    return {"step": "repeat", **keys}


OVER = {"E": ["0.1 V", "0.2 V"]}
WITHIN = {"within": ["-1 V", "4 V"]}
RATES = {"r": ["C/3", "2 C"]}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (plan({**CC, "until": "E < 0 V"}), 'Write { potential_below = "0 V" }.'),
        (plan({**CA, "until": "i > 5 nA"}), 'Write { current_above = "5 nA" }.'),
        (plan({**CC, "until": {"potential_below": "0 V", "consecutive": 5}}), 'mean "rows"?'),
        (plan({**CC, "until": {"potential_below": "0 V", "blanking": "1 s"}}), 'mean "after"?'),
        (plan({**CC, "until": {"potential_below": "0 V", "hysteresis": "5 mV"}}),
         'mean "potential_hysteresis"?'),
        (plan({**CA, "until": {"current_below": "0 A", "hysteresis": "5 pA"}}),
         'mean "current_hysteresis"?'),
        (plan(REST, {**CA, "potential": {"from": "OCP", **WITHIN}}), 'mean "last open circuit"?'),
        (plan(REST, {**CA, "potential": "last open circuit - 15 mV"}),
         '{ from = "last open circuit", offset = "-15 mV", within = ["-1 V", "1 V"] }'),
        (plan({**CC, "step": "galvanostatic"}), 'mean "constant current"?'),
        (plan({**CA, "step": "CA"}), 'mean "constant potential"?'),
        (plan(REST, {**REST, "step": "OCV"}), 'mean "open circuit"?'),
        (plan({"step": "constant potential", "voltage": "0.1 V", "duration": "5 s"}),
         'mean "potential"?'),
        (plan({"step": "constant current", "current": "-1 nA", "time": "5 s"}), 'mean "duration"?'),
        (plan(repeat(times=2, steps=[REST])), 'mean "program"?'),
        (plan(repeat(over=OVER, program=[{**CA, "potential": "E"}])), 'mean "$E"?'),
        (plan(repeat(over=OVER, program=[{**CA, "potential": "2$E"}])), 'write "2 * $E"'),
        (plan(repeat(over=OVER, program=[CA])), 'Write potential = "$E" in program[0].program[0]'),
        (plan({**CC, "current": "$r", "capacity": "1 nAh"}, factors=RATES), 'as in "2C"'),
        (plan(CC, approach={**BASE["approach"], "hold": {"from": "last open circuit"}}),
         'Write a value, or hold = "first step".'),
        (plan(CC, approach={**BASE["approach"], "hold": {"potential": {"from": "x", **WITHIN}}}),
         "cannot follow an earlier step here"),
    ],
)  # fmt: skip
def test_a_message_says_how_it_is_written(data: dict[str, Any], words: str) -> None:
    """Where one change is meant, it is data, too, and puts the mistake right."""
    with pytest.raises(PlanError) as refused:
        Plan.from_dict(data, from_file=True)
    told = next(problem for problem in refused.value.problems if words in str(problem))
    if "mean" in words or words.startswith("Write pot"):
        assert told.suggestion is not None
        try:
            left = Plan.from_dict(applied(data, told.suggestion), from_file=True) and ()
        except PlanError as error:
            left = error.problems
        assert told.where not in [problem.where for problem in left]
