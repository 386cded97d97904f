"""Places in a file, words for values, and the words that are near a mistyped one."""

from __future__ import annotations

import datetime
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.errors import Problem
from seccm.imaging.plain_json import plain_json
from seccm.mistakes import Mistakes, OneOf, nearest, plainly, sentence, similar, written
from seccm.movie.pages import START, PageLayout
from seccm.schema import Schema, has, inside, join, key, located
from seccm.suggestion import Suggestion, key_of

few = settings(max_examples=20)

# ------------------------------------------------------------------ places in a file

NAME = st.text("abcdefgh_xyz", min_size=1, max_size=8)
PATH = st.tuples(NAME, *[NAME | st.integers(0, 99)] * 3).map(tuple)


@few
@given(PATH)
def test_a_place_is_written_as_it_is_read(path: Any):
    assert key_of(key(path)) == path


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), "file"), (("a",), "a"), (("a", 0), "a[0]"), (("a", 0, "b"), "a[0].b"),
        ((0, "b"), "[0].b"), (("a", 1, 2), "a[1][2]"),
    ],
)  # fmt: skip
def test_a_place_in_words(path: Any, text: str):
    assert key(path) == text


def test_a_name_without_end_is_shortened():
    assert len(key(("x" * 10_000,))) <= 60


@pytest.mark.parametrize(
    ("table", "rest", "text"),
    [
        ("file", "a", "a"), ("a", "b", "a.b"), ("a", "[0].b", "a[0].b"), ("a", "", "a"),
        ("file", "", "file"), ("a[0]", "b", "a[0].b"),
    ],
)  # fmt: skip
def test_a_place_inside_of_a_place(table: str, rest: str, text: str):
    assert join(table, rest) == text


def test_what_is_there_is_found_and_nothing_else():
    data = {"a": [1, {"b": None}], "t": (5,)}
    assert has(data, "a")
    assert has(data["a"], 1)
    assert inside(inside(data["a"], 1), "b") is None
    assert inside(data["t"], 0) == 5
    for here, part in (
        (data, "b"),
        (data["a"], 2),
        (data["a"], "a"),
        (5, 0),
        ("text", 0),
        (None, "a"),
    ):
        assert not has(here, part)
        assert inside(here, part) is None


def test_names_of_kinds_in_a_location_are_no_keys_of_the_file():
    data = {"sites": {"kind": "points", "points": [["1 um"]]}, "program": [{"step": "cv"}]}
    path, there = located(("sites", "points", "points", 0), data, absent=False)
    assert path == ("sites", "points", 0)
    assert there == ["1 um"]
    path, _ = located(("program", 0, "cv", "start"), data, absent=True)
    assert path == ("program", 0, "start")
    path, there = located(("program", 7, "cv"), data, absent=False)
    assert path == ("program",)
    assert there == data["program"]


SCHEMA: dict[str, Any] = {
    "$defs": {
        "Round": {"properties": {"kind": {"const": "round"}, "d": {"unit": "m", "default": 2e-6}}},
        "Flat": {
            "properties": {"kind": {"const": "flat"}, "w": {"unit": "m", "examples": ["3 um"]}}
        },
    },
    "properties": {
        "tip": {"anyOf": [{"$ref": "#/$defs/Round"}, {"$ref": "#/$defs/Flat"}]},
        "count": {"type": "integer", "minimum": 3},
        "on": {"type": "boolean"},
        "way": {"enum": ["up", "down"]},
        "place": {"prefixItems": [{"unit": "m"}, {"unit": "V"}]},
        "many": {"type": "array", "items": {"$ref": "#/$defs/Round"}},
        "any": {"additionalProperties": {"unit": "A"}},
    },
}


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        ({"tip": {"kind": "round"}}, {"kind", "d"}), ({"tip": {"kind": "flat"}}, {"kind", "w"}),
        ({"tip": {}}, {"kind", "d", "w"}), ({}, {"kind", "d", "w"}),
        ({"tip": {"kind": "odd"}}, set()),
    ],
)  # fmt: skip
def test_a_table_has_the_keys_of_the_kind_that_it_says(data: dict[str, Any], keys: set[str]):
    assert set(Schema(SCHEMA, data).keys(("tip",))) == keys


def test_kinds_are_told_with_their_keys():
    found = Schema(SCHEMA, {"tip": {"kind": "odd"}}).kinds(("tip",), "kind")
    assert {name: set(keys) for name, keys in found.items()} == {
        "round": {"kind", "d"},
        "flat": {"kind", "w"},
    }


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        (("tip", "d"), "m"), (("place", 0), "m"), (("place", 1), "V"), (("place", 2), ""),
        (("any", "x"), "A"), (("count",), ""), (("nowhere",), ""), (("many", 4, "d"), "m"),
    ],
)  # fmt: skip
def test_the_unit_of_a_quantity_is_found_along_its_path(path: Any, unit: str):
    assert Schema(SCHEMA, {"tip": {"kind": "round"}}).unit(path) == unit


@pytest.mark.parametrize(
    ("path", "first"),
    [
        (("tip", "w"), "3 um"), (("tip", "d"), "2 um"), (("count",), 3), (("on",), False),
        (("way",), "up"),
    ],
)  # fmt: skip
def test_what_could_stand_there_is_written_as_a_file_has_it(path: Any, first: Any):
    assert Schema(SCHEMA, {}).examples(path)[0] == first


def test_only_a_list_of_tables_lists_tables():
    schema = Schema(SCHEMA, {})
    assert schema.lists_tables(("many",))
    assert not schema.lists_tables(("place",))
    assert not schema.lists_tables(("count",))


# ------------------------------------------------------------------ near words

WORDS = ["current", "potential", "duration", "scan_rate", "vertices"]


@pytest.mark.parametrize(
    ("given_", "meant"),
    [
        ("curent", "current"), ("CURRENT", "current"), (" potental ", "potential"),
        ("scanrate", "scan_rate"), ("zzz", None), ("", None), (5, None), (None, None),
        (["current"], None),
    ],
)  # fmt: skip
def test_a_slip_of_the_keyboard_is_seen(given_: Any, meant: str | None):
    assert nearest(given_, WORDS) == meant
    said = similar(given_, WORDS)
    assert (f'"{meant}"' in said) if meant else all(word in said for word in WORDS)


def test_every_word_is_nearest_to_itself_and_of_no_words_there_is_none():
    assert [nearest(word, WORDS) for word in WORDS] == WORDS
    assert nearest("current", []) is None
    assert similar("x", []) == "Remove it."


def test_a_word_without_end_takes_no_time():
    assert nearest("x" * 1_000_000, WORDS) is None


# ------------------------------------------------------------------ words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Must be so", "must be so."), ("must be so.", "must be so."), ("Is it?", "is it?"),
        ("IUPAC is", "IUPAC is."), ("", "."), ("X", "X."),
    ],
)  # fmt: skip
def test_a_message_is_a_sentence_that_begins_small(text: str, said: str):
    assert sentence(text) == said


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"), (True, "true"), (5, "5"), ("a", '"a"'), ([1, "b"], '[1, "b"]'),
        (datetime.date(2020, 2, 3), "2020-02-03"), (datetime.time(1, 2), "01:02:00"),
        ("µ", '"µ"'),
    ],
)  # fmt: skip
def test_a_value_is_shown_as_it_stands_in_a_file(value: Any, text: str):
    assert written(value) == text


@pytest.mark.parametrize("value", ["x" * 999, list(range(999)), {"a": "y" * 999}, [10**9_999], {1}])
def test_a_long_value_is_shown_shortly_and_a_strange_one_at_all(value: Any):
    assert 0 < len(written(value)) <= 70


def test_nothing_that_is_shown_steers_a_terminal():
    assert "\x1b" not in written("\x1b[31mred")
    assert "\n" not in written("two\nlines")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a", "b"), "needs either a or b, one of them"),
        (("a", "b", "c"), "needs one of a, b and c"),
    ],
)
def test_one_of_some_keys_is_asked_for_in_words(names: tuple[str, ...], words: str):
    assert str(OneOf(names, [])) == words


def test_a_problem_is_a_mistake_with_its_suggestion_and_without():
    put = Suggestion(("a",), "put", 5)
    options = plainly(Problem("a", "is wrong.", "Write 5.", suggestion=put)).options
    assert [one.suggestion for one in options] == [put, None]
    assert options[-1].remedy == ""
    (only,) = plainly(Problem("a", "is wrong.", "Look at it.")).options
    assert only.remedy == "Look at it."


def test_mistakes_concern_each_other_inside_and_around_and_beside_not():
    def at(where: str) -> Any:
        return plainly(Problem(where, "is wrong."))

    assert at("a").concerns(at("a"))
    assert at("a").concerns(at("a.b"))
    assert at("a[0].b").concerns(at("a[0]"))
    assert at("a").concerns(at("a[3]"))
    for one, other in (("a", "ab"), ("a.b", "a.c"), ("a[1]", "a[10]"), ("a", "b")):
        assert not at(one).concerns(at(other))
    assert str(Mistakes([Problem("a", "is wrong."), Problem("b", "is, too.")])).count("is") == 2


# ------------------------------------------------------------------ json for every program

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)  # fmt: skip


@few
@given(st.dictionaries(st.text(max_size=4), JSON, max_size=4))
def test_every_program_reads_it_and_what_is_no_number_is_null(content: dict[str, Any]):
    def strict(word: str) -> Any:
        raise AssertionError(word)

    found = json.loads(plain_json(content), parse_constant=strict)

    def same(one: Any, other: Any) -> bool:
        if isinstance(one, dict):
            return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
        if isinstance(one, list):
            return len(one) == len(other) and all(map(same, one, other))
        return other is None if isinstance(one, float) and not math.isfinite(one) else one == other

    assert same(content, found)


# ------------------------------------------------------------------ pages of a movie


@few
@given(width=st.integers(1, 5_000), height=st.integers(1, 5_000), bits=st.sampled_from([8, 16]))
def test_pages_follow_one_another_without_overlap_at_multiples_of_eight(width, height, bits):
    layout = PageLayout("u", width, height, bits)
    assert layout.pixels == width * height * layout.dtype.itemsize
    assert layout.pixels <= layout.padded < layout.pixels + 8
    assert layout.offset(0) == START
    for page in (0, 1, 7):
        assert layout.offset(page) % 8 == 0
        assert layout.offset(page) + layout.padded < layout.offset(page + 1)
    assert layout.offset(7) - layout.offset(6) == layout.stride
