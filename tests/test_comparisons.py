"""Questions about earlier steps: what they mean, and what cannot be asked."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from seccm.earlier import TAKEN
from seccm.factors import Condition, Level
from seccm.level_lists import MOST, named_levels, spelled_out
from seccm.mistakes import Mistakes
from seccm.program.comparison import Comparison
from seccm.results import Status, Value
from seccm.units import example

UNITS = {take: unit for take, (unit, *_) in TAKEN.items()}
number = st.floats(-100.0, 100.0)


def limit(value: float, unit: str) -> str:
    return f"{value!r} {unit}".removesuffix(" 1")


def asked(**keys: object) -> Comparison:
    return Comparison.model_validate({"from": "rest", **keys})


def refused(**keys: object) -> str:
    with pytest.raises(ValidationError) as raised:
        asked(**keys)
    return str(raised.value)


# What is asked.


@pytest.mark.parametrize("take", sorted(UNITS))
@given(bound=number, taken=number)
def test_a_value_is_above_or_below_a_limit_and_on_it_neither(take, bound, taken):
    text = limit(bound, UNITS[take])
    above, below = asked(take=take, above=text), asked(take=take, below=text)
    value = above.limit.value  # type: ignore[union-attr]
    assert above.holds(taken) is (taken > value)
    assert below.holds(taken) is (taken < value)
    assert not (above.holds(taken) and below.holds(taken))
    assert not above.holds(value)
    assert not below.holds(value)


@given(number, st.sampled_from(list(Status)))
def test_a_result_that_is_missing_is_neither_above_nor_below_anything(taken, status):
    found = Value(taken, 0.1, status) if status.has_value else Value.none(status)
    above, below = asked(result="CE", above="0"), asked(result="CE", below="0")
    there, missing = asked(result="CE", found="yes"), asked(result="CE", found="no")
    assert above.holds_for(found) is (status.has_value and taken > 0.0)
    assert below.holds_for(found) is (status.has_value and taken < 0.0)
    assert there.holds_for(found) is status.has_value
    assert missing.holds_for(found) is not there.holds_for(found)
    for question in (above, below, there):
        assert not question.holds_for(None)
    assert missing.holds_for(None)


@pytest.mark.parametrize("take", sorted(UNITS))
def test_a_question_is_told_in_words_with_its_limit(take: str):
    text = example(UNITS[take]) if UNITS[take] != "1" else "3"
    for side in ("above", "below"):
        question = asked(take=take, **{side: text})
        assert question.words == f"{TAKEN[take][1]} of rest {side} {question.limit}"
    if take != "E":
        assert asked(take=take, of="first", below="0.8").words.endswith("of that of its first run")
    assert asked(result="CE", found="no").words == "CE of rest is missing"
    assert asked(result="CE", found="yes").words == "CE of rest is found"


@pytest.mark.parametrize("take", sorted(UNITS))
def test_a_question_reads_back_as_it_was_written(take: str):
    question = asked(take=take, above=limit(0.25, UNITS[take]))
    again = Comparison.model_validate(question.model_dump(by_alias=True, exclude_none=True))
    assert again == question


# What cannot be asked.


@pytest.mark.parametrize("take", sorted(UNITS))
@pytest.mark.parametrize("unit", ["V", "A", "s", "C", "m", "1"])
def test_a_limit_is_of_the_kind_of_what_is_taken(take: str, unit: str):
    if unit == UNITS[take]:
        assert asked(take=take, above=limit(1.0, unit)).limit == Level(1.0, unit)
    else:
        assert f'is not a limit for "{take}"' in refused(take=take, above=limit(1.0, unit))


@pytest.mark.parametrize("take", sorted(UNITS))
def test_a_share_of_the_first_run_is_a_number_and_never_of_a_potential(take: str):
    """The zero of a potential is a choice, so that a share of it means nothing."""
    if take == "E":
        assert "depends on its reference" in refused(take=take, of="first", above="0.8")
        return
    assert asked(take=take, of="first", above="0.8").limit == Level(0.8, "1")
    if UNITS[take] != "1":
        said = refused(take=take, of="first", above=limit(1.0, UNITS[take]))
        assert f'is not a limit for "{take}"' in said


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"take": "E"},
        {"result": "CE"},
        {"above": "1 V"},
        {"take": "E", "result": "CE", "above": "1 V"},
        {"take": "E", "above": "1 V", "below": "2 V"},
        {"result": "CE", "above": "1", "found": "yes"},
        {"take": "E", "found": "yes"},
        {"take": "E", "above": "1 V", "found": "yes"},
        {"result": "CE", "above": "1", "of": "first"},
        {"take": "E", "above": "1 V", "from": 3},
        {"take": "mood", "above": "1 V"},
        {"take": "E", "above": "high"},
        {"take": "E", "above": "1 V", "of": "second"},
        {"result": "CE", "found": "perhaps"},
    ],
)
def test_a_question_that_is_none_is_refused(keys):
    assert refused(**keys)


# Levels that are written as a range.


@given(st.floats(-5.0, 5.0), st.integers(1, 40), st.sampled_from([0.001, 0.05, 0.1, 0.25, 1.0]))
def test_a_range_by_steps_is_the_same_as_by_count_and_backwards(first, steps, size):
    first = round(first, 3)
    last = round(first + steps * size, 6)
    ends = {"from": f"{first!r} V", "to": f"{last!r} V"}
    by_step = spelled_out({**ends, "step": f"{size!r} V"})
    by_count = spelled_out({**ends, "count": steps + 1})
    turned = spelled_out({"from": ends["to"], "to": ends["from"], "count": steps + 1})
    assert by_step == by_count
    assert [one.value for one in turned[::-1]] == pytest.approx([one.value for one in by_step])
    assert len(by_step) == steps + 1
    assert by_step[0] == Level(first, "V")
    assert by_step[-1] == Level(last, "V")
    assert [one.value for one in by_step] == pytest.approx(np_range(first, last, steps))


def np_range(first: float, last: float, steps: int) -> list[float]:
    return [first + (last - first) * k / steps for k in range(steps + 1)]


@given(st.floats(1e-3, 10.0), st.floats(1.1, 1e4), st.integers(2, 30), st.sampled_from([1, -1]))
def test_each_level_of_a_logarithmic_range_is_as_many_times_the_one_before(low, ratio, count, sign):
    found = spelled_out({"from": f"{sign * low!r} A", "to": f"{sign * low * ratio!r} A",
                         "count": count, "spacing": "log"})  # fmt: skip
    values = [one.value for one in found]
    ratios = [b / a for a, b in itertools.pairwise(values)]
    assert ratios == pytest.approx([ratio ** (1 / (count - 1))] * (count - 1), rel=1e-6)
    assert all(one.unit == "A" for one in found)


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"from": "1 V"}, "is missing"),
        ({"to": "1 V", "count": 3}, "is missing"),
        ({"from": "1 V", "to": "2 V"}, "step or count"),
        ({"from": "1 V", "to": "2 V", "count": 3, "step": "0.5 V"}, "step or count"),
        ({"from": "1 V", "to": "2 A", "count": 3}, "a quantity like"),
        ({"from": "1 V", "to": "2 V", "step": "1 A"}, "a quantity like"),
        ({"from": "1 V", "to": "2 V", "step": "0.3 V"}, "does not go into"),
        ({"from": "1 V", "to": "2 V", "step": "3 V"}, "makes no steps"),
        ({"from": "1 V", "to": "1 V", "step": "1 V"}, "makes no steps"),
        ({"from": "1 V", "to": "2 V", "step": "0 V"}, "too many steps"),
        ({"from": "0 V", "to": "1 V", "step": "1 uV"}, "too many steps"),
        ({"from": "1 V", "to": "2 V", "count": 1}, "whole number from 2"),
        ({"from": "1 V", "to": "2 V", "count": 2.5}, "whole number from 2"),
        ({"from": "1 V", "to": "2 V", "count": True}, "whole number from 2"),
        ({"from": "1 V", "to": "2 V", "count": MOST + 1}, "whole number from 2"),
        ({"from": "-1 V", "to": "2 V", "count": 3, "spacing": "log"}, "same sign"),
        ({"from": "0 V", "to": "2 V", "count": 3, "spacing": "log"}, "same sign"),
        ({"from": "1 V", "to": "2 V", "step": "1 V", "spacing": "log"}, "needs count"),
        ({"from": "1 V", "to": "2 V", "count": 3, "spacing": "even"}, "linear"),
        ({"from": "1 V", "to": "2 V", "count": 3, "by": 2}, "not a known key"),
        ({"from": "one", "to": "2 V", "count": 3}, "one"),
    ],
)
def test_a_range_that_is_none_is_refused_with_the_reason(given_, words):
    for where in (given_, [given_], ["1 V", given_]):
        with pytest.raises(Mistakes) as raised:
            spelled_out(where)
        assert any(words in f"{one.what} {one.remedy}" for one in raised.value.problems)
    assert named_levels({"j": given_, "k": ["1 V"]}) == {"j": (), "k": (Level(1.0, "V"),)}


@given(st.lists(st.sampled_from(["1 V", 2, 0.5, "3 mA"]), max_size=6))
def test_levels_one_by_one_stay_as_they_are(levels):
    assert spelled_out(levels) == levels
    with_range = spelled_out([*levels, {"from": "1 V", "to": "2 V", "count": 2}])
    assert with_range == [*levels, Level(1.0, "V"), Level(2.0, "V")]


@pytest.mark.parametrize("other", [None, 3, "1 V", {"value": "1 V"}])
def test_what_is_no_list_is_left_for_others_to_judge(other):
    assert spelled_out(other) == other


@given(st.dictionaries(st.sampled_from("abcd"), number, max_size=4))
def test_a_condition_knows_its_levels_by_name(levels):
    condition = Condition(tuple((name, Level(value, "V")) for name, value in levels.items()))
    assert dict(condition) == levels
    assert condition.units == dict.fromkeys(levels, "V")
    assert condition.label.count("=") == len(levels)
    assert condition.inside(()) is condition
    inner = condition.inside((("inner", Level(1.0, "s")),))
    assert dict(inner) == {**levels, "inner": 1.0}
