"""What stands in a field is what stands in the file, and numbers that differ look different."""

from __future__ import annotations

import math
import tomllib
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.in_toml import toml
from seccm.plan import Plan
from seccm.typography import as_fine, decimals, number, plus_minus
from seccm.units import parse, parse_any
from ui.models.form import Field, Group, Listing, keys_of
from ui.models.form_making import MOST_ROWS, form
from ui.models.pad import Typed, units_like
from ui.models.showing import Conventions, Prefix, Showing, raised
from ui.models.typed import Kind, read, same, shown

KINDS: tuple[Kind, ...] = get_args(Kind)
LETTERS = "a1 ,.-+e\"'{}[]=#\\$µ中\n"
SCHEMA = Plan.model_json_schema()
PLAIN = (
    st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.text(LETTERS, max_size=12)
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "from", "b c", "1"]), inner, max_size=3)
    ),
    max_leaves=6,
)


# Fields


@given(st.sampled_from(KINDS), VALUES)
@settings(max_examples=30)
def test_typing_again_what_a_field_shows_changes_nothing(kind: Kind, value: Any) -> None:
    found, text = shown(kind, value)
    assert found in (kind, "pair", "toml")
    back = read(found, text)
    if back is None:
        assert value in ("", []) or str(value).strip() == "", "an empty field leaves the key out"
    else:
        assert same(back, value)


@given(VALUES)
@settings(max_examples=30)
def test_a_value_as_it_stands_in_the_file_is_toml(value: Any) -> None:
    assert same(tomllib.loads(f"x = {toml(value)}")["x"], value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["", "  ", "{", "[1,", '"', "'''", "\\", "1e999", "٣", "0" * 2000])
def test_nothing_that_is_typed_is_an_error_of_the_field(kind: Kind, text: str) -> None:
    found = read(kind, text)
    if not text.strip() and kind != "long text":
        assert found is None
    assert same(found, found)


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (1, True), (1, "1"), (0.0, False), ([1], [1.0]), ({"a": 1}, {"a": 1.0}),
     ({"a": 1, "b": 2}, {"b": 2, "a": 1}), ([1, 2], [1]), (None, "")],
)  # fmt: skip
def test_what_is_written_differently_is_not_the_same(one: Any, other: Any) -> None:
    assert not same(one, other)
    assert not same(other, one)
    assert same(one, one)


# The form of any file


def texts(group: Group) -> dict[tuple[str | int, ...], Field]:
    """All fields of a form."""
    found: dict[tuple[str | int, ...], Field] = {}
    for part in group.parts:
        if isinstance(part, Group):
            found |= texts(part)
        elif isinstance(part, Field):
            found[part.key] = part
    return found


@given(st.dictionaries(st.sampled_from(sorted(SCHEMA["properties"])), VALUES, max_size=4))
@settings(max_examples=30)
def test_any_file_is_a_form_in_which_every_key_stands_once(data: dict[str, Any]) -> None:
    made = form(SCHEMA, data)
    keys = keys_of(made)
    assert len(keys) == len(set(keys))
    assert {"title", "sites", "program"} <= {str(part.key[0]) for part in made.parts}
    for name in data:
        assert any(part.key[0] == name for part in made.parts), name


@pytest.mark.parametrize("value", ["words", 5, [1, 2], {"x": 1}, [{"y": 2}], True, [[1], "a"]])
@pytest.mark.parametrize("name", ["program", "sites", "design", "approach", "factors", "planner"])
def test_what_a_table_cannot_show_stands_as_in_the_file_and_comes_back(
    name: str, value: Any
) -> None:
    """A list where a table belongs, a word where a list does: nothing is lost or invented."""
    made = form(SCHEMA, {name: value})
    (part,) = (part for part in made.parts if part.key == (name,))
    if isinstance(part, Field) and part.kind == "toml":
        assert same(read("toml", part.text), value)
        return
    if isinstance(value, dict):
        assert isinstance(part, Group)
        odd = texts(part)[(name, "x")]
        assert same(read(odd.kind, odd.text), 1)
        assert not odd.known or name == "factors"
    else:
        assert isinstance(part, Group | Listing | Field)
        assert str(value) in ("words", "[{'y': 2}]"), "all others are no tables"


@pytest.mark.parametrize("rows", [1, MOST_ROWS, MOST_ROWS + 1])
def test_a_list_too_long_for_the_form_says_how_long_it_is(rows: int) -> None:
    data = {
        "design": {"kind": "listed", "conditions": [{"j": f"{k} mA/cm^2"} for k in range(rows)]}
    }
    (group,) = (part for part in form(SCHEMA, data).parts if part.key == ("design",))
    assert isinstance(group, Group)
    (part,) = (part for part in group.parts if part.key[-1] == "conditions")
    if rows <= MOST_ROWS:
        assert isinstance(part, Listing)
        assert [row[0] for row in part.rows] == [f"{k} mA/cm^2" for k in range(rows)]
        assert part.cell(0, "j") == ("design", "conditions", 0, "j")
    else:
        assert isinstance(part, Field)
        assert part.aside
        assert str(rows) in part.text


# The number pad


@pytest.mark.parametrize("unit", ["m", "m/s", "s", "V", "A", "A/m^2", "C", "F", "ohm", "Hz", "rad"])
def test_every_unit_of_the_pad_is_one_of_the_quantity(unit: str) -> None:
    offered = units_like("", unit)
    assert len(offered) == len(set(offered)) >= 3
    sizes = [parse(f"1 {each}", unit) for each in offered]
    assert all(size > 0.0 for size in sizes)
    for each in offered:
        assert units_like(f"5 {each}") == offered, "the text alone says of which kind it is"


@given(st.lists(st.sampled_from("0123456789.-<+"), max_size=14))
@settings(max_examples=30)
def test_keys_of_the_pad_in_any_order_change_the_number_at_the_cursor_alone(
    keys: list[str],
) -> None:
    made = Typed("1 mV, 22 nA, 3 s", 7)
    for key in keys:
        made = {"-": made.turned, "<": made.back, "+": lambda m=made: m.stepped(1)}.get(
            key, lambda m=made, k=key: m.digit(k)
        )()
        assert made.which == 1
        assert (made.parts[0], made.parts[2]) == ("1 mV", "3 s")
        assert made.parts[1].endswith("nA")
        assert made.parts[1].count(".") <= 1


@pytest.mark.parametrize("text", ["5 mV", "-0.25 V", "1e-3 A", "0 s", "120 nm", "0.10 mA/cm^2"])
def test_turning_twice_and_stepping_there_and_back_gives_the_same_quantity(text: str) -> None:
    made = Typed(text, 1)
    value, unit = parse_any(text)
    turned = made.turned()
    assert parse_any(turned.text) == pytest.approx((-value, unit))
    assert parse_any(turned.turned().text) == (value, unit)
    there = made.stepped(1)
    assert parse_any(there.text)[0] > value
    assert parse_any(there.stepped(-1).text)[0] == pytest.approx(value, abs=1e-15)


# Numbers for people


@given(st.floats(-1e6, 1e6), st.floats(1e-5, 1e3), st.floats(1.0, 50.0), st.sampled_from([-1, 1]))
@settings(max_examples=30)
def test_numbers_that_differ_by_more_than_their_error_are_shown_to_differ(
    value: float, error: float, times: float, sign: int
) -> None:
    if error < 1.1e-4 * abs(value) + 1e-3 * error:
        return
    other = value + sign * 1.01 * times * error
    if error < 1.1e-4 * abs(other):
        return
    one, two = (float(as_fine(v, error).replace("−", "-")) for v in (value, other))
    assert one != two
    assert (one < two) is (value < other)
    assert one == pytest.approx(value, abs=0.51 * 10.0 ** -decimals(error))


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
@settings(max_examples=30)
def test_a_larger_number_is_never_shown_smaller(one: float, other: float) -> None:
    low, high = sorted((one, other))
    for write in (lambda v: number(v, 4), lambda v: as_fine(v, 0.3)):
        below, above = (float(write(v).replace("−", "-")) for v in (low, high))
        assert below <= above


@pytest.mark.parametrize("error", [math.nan, math.inf, 0.0, -1.0, 1e-9])
def test_an_error_that_says_nothing_is_not_written(error: float) -> None:
    assert plus_minus(-0.12343, error) == "−0.1234"
    assert plus_minus(math.nan, error) == "–"


@given(st.floats(1e-17, 1e12), st.floats(1.0, 1.3))
@settings(max_examples=30)
def test_a_prefix_serves_what_it_was_chosen_for_and_does_not_hop(size: float, more: float) -> None:
    chosen = Prefix().fitting(size)
    assert chosen.fitting(size) == chosen
    shown_size = size * chosen.factor
    if 1e-15 <= size < 1e12:
        assert 0.5 <= shown_size < 2000.0
    if shown_size * more < 2000.0:
        assert chosen.fitting(size * more) == chosen


def test_what_was_chosen_for_one_reference_stays_and_signs_are_those_of_all() -> None:
    made = Conventions().taking(Showing("Ag/AgCl", other="SHE", shift=0.197))
    made = made.taking(Showing("Li/Li+", polarographic=True))
    assert made.of("Ag/AgCl") == Showing("Ag/AgCl", polarographic=True, other="SHE", shift=0.197)
    assert made.of("Li/Li+").against == "Li/Li⁺"
    assert made.of("another") == Showing("another", polarographic=True)


@pytest.mark.parametrize(
    "text", ["Li/Li+", "Fe(CN)6 3-/4-", "Ag/AgCl", "wire, 2+", "K-free", "", "+"]
)
def test_charges_are_raised_and_nothing_else_is_changed(text: str) -> None:
    back = str.maketrans("⁺⁻²³", "+-23")
    assert raised(text).translate(back) == text
