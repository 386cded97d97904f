"""What is suggested for a planner's table and for regions is what the plan itself can bear."""

from __future__ import annotations

from typing import Any

import pytest

from seccm.errors import PlanError
from seccm.plan import Plan, load_plan
from seccm.plan.examples import examples

LIBRARY = load_plan("activity-library").to_dict()
YIELDED = [kept.column for kept in Plan.from_dict(LIBRARY).kept()]


def with_planner(**changes: Any) -> dict[str, Any]:
    return {**LIBRARY, "planner": {**LIBRARY["planner"], **changes}}


def test_results_that_are_suggested_are_those_that_the_programme_yields() -> None:
    """Those that are learnt already are not suggested again."""
    bare = with_planner(stop={}, learn=[{"result": "E_half"}, {}])
    suggested = examples(("planner", "learn", 1, "result"), bare)
    assert set(suggested) == set(YIELDED) - {"E_half"}
    assert [one["result"] for one in examples(("planner", "learn", 1), bare)] == list(suggested)
    assert [[{"result": one}] for one in YIELDED] == examples(
        ("planner", "learn"), with_planner(stop={}, learn=True)
    )


@pytest.mark.parametrize("path", [("vary", 0), ("vary", 0, "between", 1), ("learn", 0, "scale")])
def test_no_result_is_suggested_for_what_is_none(path: tuple[int | str, ...]) -> None:
    """A factor, a level, a scale: their own examples are those of the schema."""
    assert examples(("planner", *path), with_planner(learn=[{}])) == []


def test_they_have_the_unit_of_what_is_to_be_reached() -> None:
    for stop, some in (("15 mV", "E_half"), ("1 pA", "i_lim"), ("10 %", "E_half")):
        data = with_planner(stop={"uncertainty": stop}, learn=[{}])
        suggested = examples(("planner", "learn", 0, "result"), data)
        assert some in suggested, stop
        units = {kept.result.unit for kept in Plan.from_dict(LIBRARY).kept()
                 if kept.column in suggested}  # fmt: skip
        assert len(units) == 1 or stop.endswith("%")


@pytest.mark.parametrize("absurd", ["a few", "", None, ["1 V"], {"V": 1}, "1e400 V"])
def test_what_cannot_be_read_keeps_no_suggestion_back(absurd: Any) -> None:
    data = with_planner(stop={"uncertainty": absurd}, learn=[{}])
    assert "E_half" in examples(("planner", "learn", 0, "result"), data)


def test_where_the_plan_is_wrong_elsewhere_no_result_is_made_up() -> None:
    broken = {**with_planner(learn=[{}]), "program": [{"step": "no such step"}]}
    assert examples(("planner", "learn", 0, "result"), broken) == []


@pytest.mark.parametrize("count", [1, 5])
def test_as_many_labels_are_suggested_as_there_are_positions_or_values(count: int) -> None:
    positions = [[f"{k} mm", "0 mm"] for k in range(count)]
    for regions in ({"positions": positions}, {"values": {"x": [*range(count)]}}):
        (labels,) = examples(("regions", "labels"), {"regions": {**regions, "labels": "x"}})
        assert len(labels) == len(set(labels)) == count


def test_without_regions_or_with_something_else_that_varies_order_is_as_good() -> None:
    assert examples(("planner", "regions"), with_planner(regions=[])) == ["by place"]
    varied = with_planner(regions=[], places="any")
    assert examples(("planner", "regions"), varied) == []
    alone = {key: table for key, table in varied.items() if key != "regions"}
    assert examples(("planner", "regions"), alone) == []


def test_a_plan_with_regions_and_without_sites_is_refused_in_a_sentence() -> None:
    without = {key: table for key, table in LIBRARY.items() if key != "sites"}
    with pytest.raises(PlanError, match=r"sites: is missing\. Write a table \[sites\]"):
        Plan.from_dict(without)
