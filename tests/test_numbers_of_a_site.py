"""From what a plan says to the raw numbers of a site: levels, arithmetic, references, limits."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.errors import PlanError
from seccm.factors import Condition, Level
from seccm.placeholder import (
    Placeholder,
    c_rate,
    is_placeholder,
    placeholders,
    read_placeholder,
    read_rate,
    times,
)
from seccm.program.second import SecondDrive
from seccm.program.setting import Setting, second_of
from seccm.program.until import Until
from seccm.quantities import validate
from seccm.units import base

few = settings(max_examples=20)
SIZE = st.floats(1e-6, 1e6)
J = Level(-2.2, "A/m^2")
D = Level(2e-6, "m")


def under(**levels: Level) -> Condition:
    return Condition(tuple(levels.items()))


def worth(text: str, **levels: Level) -> float:
    return under(**levels).number(read_placeholder(text))


# ------------------------------------------------------------------ levels


@pytest.mark.parametrize(
    ("given_", "value", "unit"),
    [
        ("-0.22 mA/cm^2", -2.2, "A/m^2"), ("2 um", 2e-6, "m"), (3, 3.0, "1"), (0.5, 0.5, "1"),
        ("7", 7.0, "1"), (-2.0, -2.0, "1"), ("5 %", 0.05, "1"),
    ],
)  # fmt: skip
def test_a_level_is_read_in_si_with_its_kind(given_: Any, value: float, unit: str):
    found = Level.read(given_)
    assert found.value == pytest.approx(value)
    assert found.unit == unit
    assert Level.read(found) == found
    assert Level.read(str(found)) == found


@pytest.mark.parametrize(
    "given_", [True, None, [1], {}, "", "much", math.nan, math.inf, "1 V V", "1,5 V"]
)
def test_what_is_no_level_is_refused(given_: Any):
    with pytest.raises(ValueError, match=r"."):
        Level.read(given_)


@pytest.mark.parametrize(("text", "rate"), [("C/3", 1 / 3), ("2C", 2.0), ("C", 1.0), ("1C", 1.0)])
def test_a_rate_of_charging_is_a_level_of_its_own_kind(text: str, rate: float):
    assert Level.read(text).value == pytest.approx(rate)
    assert Level.read(text).unit == Level.read("C/2").unit != Level.read("2 C").unit


# ------------------------------------------------------------------ conditions


def test_a_condition_is_a_mapping_from_names_to_values_in_si():
    condition = under(j=J, d=D)
    assert dict(condition) == {"j": -2.2, "d": 2e-6}
    assert condition.units == {"j": "A/m^2", "d": "m"}
    assert len(condition) == 2
    assert list(condition) == ["j", "d"]
    with pytest.raises(KeyError):
        condition["k"]


def test_nothing_that_varies_is_not_named():
    assert Condition().label == ""
    assert Condition().under(1.0, 2.0) == ""
    assert under(j=J).under(1.0) == ""
    assert under(j=J).label in under(j=J).under(1.0, Placeholder("j"))


def test_what_a_repeat_goes_over_comes_before_a_factor_of_the_same_name():
    inside = under(j=J).inside((("j", Level(9.0, "A/m^2")),))
    assert inside["j"] == 9.0
    assert inside.number(Placeholder("j")) == 9.0
    assert under(j=J).inside(()) == under(j=J)


# ------------------------------------------------------------------ arithmetic


@few
@given(d=SIZE, v=st.floats(-10, 10))
def test_arithmetic_is_that_of_paper(d: float, v: float):
    levels = {"d": Level(d, "m"), "v": Level(v, "V"), "n": Level(3.0, "1")}
    assert worth("$d / 2", **levels) == pytest.approx(d / 2)
    assert worth("2 * $d", **levels) == pytest.approx(2 * d)
    assert worth("$d * $d", **levels) == pytest.approx(worth("$d^2", **levels))
    assert worth("$d / $d", **levels) == pytest.approx(1.0)
    assert worth("-$v", **levels) == pytest.approx(-v, abs=1e-15)
    assert worth("$v + 50 mV", **levels) == pytest.approx(v + 0.05)
    assert worth("$v - 50 mV", **levels) == pytest.approx(v - 0.05)
    assert worth("50 mV - $v", **levels) == pytest.approx(0.05 - v)
    assert worth("$v * $n - 1 V + 1 V", **levels) == pytest.approx(3 * v, abs=1e-12)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2 * $d", "$d * 2"), ("2 um * $n", "$n * 2 um"), ("$d²", "$d^2"), ("$d**2", "$d^2"),
        ("$d × 2", "$d * 2"), ("$d x 2", "$d * 2"), ("$d · 2", "$d * 2"), ("$d/2", "$d / 2"),
        ("  $d  ", "$d"), ("(2 um) * $n", "2 um * $n"), ("$d * 1e-3", "$d / 1000"),
        ("$d − 1 um", "$d - 1 um"), ("1 um + $d", "$d + 1 um"),
    ],
)  # fmt: skip
def test_what_is_written_in_two_ways_is_one_number(one: str, other: str):
    levels = {"d": D, "n": Level(7.0, "1")}
    assert worth(one, **levels) == pytest.approx(worth(other, **levels))


@pytest.mark.parametrize(
    "text",
    [
        "2 $d", "2$d", "$d $n", "$d *", "* $d", "$d + $n", "$d + 1 um + 1 V", "$d / 0", "$d / 0 um",
        "$d ^ 2", "$d^0", "$d^10", "$", "$d + ", "much * $d", "$d $", "$d * 2 um um",
        "$d * (2 um", "sqrt($d)", "$d // 2", "$d ** ", "",
    ],
)  # fmt: skip
def test_what_is_no_arithmetic_is_refused_and_not_guessed(text: str):
    with pytest.raises(ValueError, match=r"."):
        read_placeholder(text)


def test_a_name_beside_a_number_gets_the_sign_that_is_missing():
    with pytest.raises(ValueError, match=r"2 \* \$d"):
        read_placeholder("2 $d")


@few
@given(
    scale=SIZE,
    first=SIZE,
    second=SIZE,
    power=st.integers(1, 3),
    plus=st.floats(-10, 10),
)
def test_what_becomes_known_bit_by_bit_comes_to_the_same(scale, first, second, power, plus):
    text = f"{scale!r} V * $a^{power} / $b + {plus!r} V"
    a, b = Level(first, "1"), Level(second, "1")
    whole = worth(text, a=a, b=b)
    half = under(a=a).known(read_placeholder(text))
    assert isinstance(half, Placeholder)
    assert half.names == {"b"}
    assert under(b=b).number(half) == pytest.approx(whole, rel=1e-12, abs=1e-12)
    # And what was written of it is read as the same.
    assert under(b=b).number(read_placeholder(str(half))) == pytest.approx(whole, rel=1e-9)
    assert under(a=a, b=b).known(read_placeholder(text)) == whole


def test_what_is_not_known_stays_as_it_is():
    text = read_placeholder("2 * $a / $b")
    assert Condition().known(text) is text
    assert under(c=J).known(Placeholder("a")) == Placeholder("a")
    assert under(c=J).known(5.0) == 5.0
    with pytest.raises(KeyError):
        under(c=J).number(Placeholder("a"))


def test_names_are_found_in_all_that_a_plan_says():
    plan = {"a": ["$x", {"b": "2 * $y / $z"}], "c": "no name", "d": 5, "e": "broken $w *"}
    assert set(placeholders(plan)) == {"x", "y", "z", "w"}
    assert [is_placeholder(one) for one in ("$x", "x", 5, None, ["$x"])] == [
        True, False, False, False, False,
    ]  # fmt: skip


@few
@given(st.tuples(*[st.integers(-3, 3)] * 7), st.tuples(*[st.integers(-3, 3)] * 7))
def test_dimensions_multiply_and_divide_back(one: Any, other: Any):
    assert times(times(one, other, 1), other, -1) == one
    assert times(one, other, 0) == one
    assert times(base("V")[1], base("A")[1], -1) == base("ohm")[1]


# ------------------------------------------------------------------ rates of charging


@few
@given(rate=st.floats(0.01, 100.0), capacity=SIZE)
def test_a_rate_of_one_passes_the_capacity_in_an_hour(rate: float, capacity: float):
    setting = Setting(Condition(), 0.0, 1e-12)
    current = setting.amperes(c_rate(rate), None, capacity)
    assert current * 3600.0 == pytest.approx(rate * capacity)


@pytest.mark.parametrize("text", ["C/0", "/3", "C3C", "3 C", "c/3", "C*3", "C/-2", "", "C/"])
def test_what_is_no_rate_is_none(text: str):
    """A blank before the C makes it coulombs, and nothing is passed in no time."""
    assert read_rate(text) is None


# ------------------------------------------------------------------ raw numbers


@few
@given(volts=st.floats(-5, 5), offset=st.floats(-1, 1))
def test_raw_potentials_are_as_far_from_the_plans_as_the_reference_is(volts, offset):
    setting = Setting(under(E=Level(volts, "V")), offset, 1e-12)
    assert setting.raw(volts) + offset == pytest.approx(volts)
    assert setting.raw(Placeholder("E")) == setting.raw(volts)
    second = second_of(SecondDrive(drive="substrate", potential=volts), setting)
    assert second.value == setting.raw(volts)
    assert second.drive == "substrate"


@few
@given(density=st.floats(-100, 100), area=st.floats(1e-14, 1e-9))
def test_a_density_is_a_current_by_the_area(density: float, area: float):
    setting = Setting(Condition(), 0.0, area)
    assert setting.amperes(None, density) == pytest.approx(density * area)
    assert setting.amperes(1e-9, None) == 1e-9


def test_a_step_without_any_current_is_an_error_of_the_program():
    with pytest.raises(ValueError, match="neither"):
        Setting(Condition(), 0.0, 1e-12).amperes(None, None)


# ------------------------------------------------------------------ what ends a step


def until(**table: Any) -> Until:
    return validate(Until, table, "plan", from_file=True)


def limits(offset: float = 0.0, mains: float = 50.0, **table: Any) -> dict[str, Any]:
    found = Setting(Condition(), offset, 1e-12, mains).limits(until(**table))
    return {f"{one.quantity} {one.side}": one for one in found}


def test_a_step_without_limits_has_none():
    assert Setting(Condition(), 0.0, 1e-12).limits(None) == ()


@few
@given(offset=st.floats(-1, 1), millivolts=st.integers(-2000, 2000))
def test_limits_of_potentials_move_with_the_reference_and_those_of_currents_do_not(
    offset: float, millivolts: int
):
    table = {"potential_below": f"{millivolts} mV", "potential_above": f"{millivolts} mV",
             "current_below": "-3 nA", "current_above": "3 nA", "charge": "5 nC"}  # fmt: skip
    found = limits(offset, **table)
    for side in ("below", "above"):
        assert found[f"potential {side}"].value == pytest.approx(millivolts * 1e-3 - offset)
    assert found["current below"].value == pytest.approx(-3e-9)
    assert found["current above"].value == pytest.approx(3e-9)
    assert found["charge above"].value == pytest.approx(5e-9)


@pytest.mark.parametrize("mains", [50.0, 60.0])
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_current_that_is_small_is_so_over_five_periods_of_the_mains(mains: float, sign: str):
    found = limits(mains=mains, current_magnitude_below=f"{sign}2 pA")
    (limit,) = found.values()
    assert limit.value == pytest.approx(2e-12)
    assert limit.span == pytest.approx(5 / mains)


def test_what_is_said_of_rows_and_noise_holds_for_potential_and_current():
    found = limits(
        potential_below="0 V", current_above="1 nA", rows=7, after="2 s",
        potential_hysteresis="3 mV", current_hysteresis="4 pA",
    )  # fmt: skip
    for one, noise in (("potential below", 3e-3), ("current above", 4e-12)):
        assert (found[one].rows, found[one].after) == (7, 2.0)
        assert found[one].hysteresis == pytest.approx(noise)


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("E < 0 V", {"potential_below": "0 V"}), ("i>2 nA", {"current_above": "2 nA"}),
        ("Voltage >= -1 V", {"potential_above": "-1 V"}),
        ("current <= -5 pA", {"current_below": "-5 pA"}), ("V < 1 V", {"potential_below": "1 V"}),
    ],
)  # fmt: skip
def test_a_limit_that_is_written_as_a_sentence_is_refused_with_the_table_it_means(text, table):
    class Step(Until.__base__):  # type: ignore[name-defined, misc]
        until: Until

    with pytest.raises(PlanError) as caught:
        validate(Step, {"until": text}, "plan", from_file=True)
    (problem,) = caught.value.problems
    assert problem.suggestion is not None
    assert problem.suggestion.value == table
    assert until(**problem.suggestion.value) == until(**table)


@pytest.mark.parametrize(
    "table", [{}, {"rows": 5}, {"after": "1 s", "potential_hysteresis": "1 mV"}]
)
def test_limits_that_limit_nothing_are_refused(table: dict[str, Any]):
    with pytest.raises(PlanError, match="is empty"):
        until(**table)


@pytest.mark.parametrize(
    "table",
    [
        {"charge": "-5 nC"}, {"charge": "0 C"}, {"current_share_below": "0 %"},
        {"current_above": "1 nA", "rows": 0}, {"current_above": "1 nA", "after": "-1 s"},
        {"potential_above": "1 V", "potential_hysteresis": "-1 mV"}, {"potential_above": "1 nA"},
    ],
)  # fmt: skip
def test_limits_that_can_never_be_meant_are_refused(table: dict[str, Any]):
    with pytest.raises(PlanError):
        until(**table)
