"""Tables of a TOML text, moved and removed together with what is said above them."""

from __future__ import annotations

import tomllib

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from ui.models.toml_blocks import inline, put, swapped, table_of, without

remark = st.sampled_from(["", "# why\n", "# one\n# two\n", "   # indented\n"])
step = st.tuples(remark, st.integers(0, 9), st.booleans(), st.integers(0, 2))


def written(steps: list[tuple[str, int, bool, int]]) -> str:
    """Write a plan of so many steps, each known by its place, some with tables of their own."""
    text = 'title = "a"\n\n[sites]\nkind = "grid"\n\n'
    for k, (above, value, nested, blank) in enumerate(steps):
        text += f'{above.replace("#", f"# {k}")}[[program]]\nname = "s{k}"\nvalue = {value}\n'
        if nested:
            text += f"[program.until]\nlimit = {k}\n"
        text += "\n" * blank
    return text + "[record]\nraw = true\n"


def names(text: str) -> list[str]:
    return [one["name"] for one in tomllib.loads(text).get("program", [])]


def remarks(text: str, name: str) -> list[str]:
    """Return the comments directly above the table of a name."""
    lines = text.splitlines()
    at = lines.index(f'name = "{name}"') - 1
    found = []
    while lines[at - 1].lstrip().startswith("#"):
        at -= 1
        found.append(lines[at])
    return found[::-1]


@given(st.lists(step, min_size=2, max_size=5), st.integers(0, 3))
def test_a_step_changes_places_with_the_next_one_and_takes_its_comment_along(steps, k):
    text = written(steps)
    if k + 1 >= len(steps):
        assert swapped(text, ("program", k)) is None
        return
    made = swapped(text, ("program", k))
    assert made is not None
    before, after = tomllib.loads(text), tomllib.loads(made)
    order = list(range(len(steps)))
    order[k], order[k + 1] = order[k + 1], order[k]
    assert after["program"] == [before["program"][n] for n in order]
    assert {key: value for key, value in after.items() if key != "program"} == {
        key: value for key, value in before.items() if key != "program"
    }
    for name in names(text):
        assert remarks(made, name) == remarks(text, name)
    assert swapped(made, ("program", k)) == text
    assert sorted(made.splitlines()) == sorted(text.splitlines())


@given(st.lists(step, min_size=1, max_size=5), st.integers(0, 5))
def test_a_step_is_removed_with_its_comment_and_nothing_else(steps, k):
    text = written(steps)
    made = without(text, ("program", k))
    if k >= len(steps):
        assert made is None
        return
    assert made is not None
    before, after = tomllib.loads(text), tomllib.loads(made)
    assert after.get("program", []) == [p for n, p in enumerate(before["program"]) if n != k]
    assert after["sites"] == before["sites"]
    assert after["record"] == before["record"]
    for name in names(made):
        assert remarks(made, name) == remarks(text, name)
    assert f"# {k}" not in made


LOOP = """
[[program]]
step = "rest"

[[program]]
repeat = 3
# first
[[program.do]]
step = "a"
# second
[[program.do]]
step = "b"
[program.do.until]
limit = 1

# another
[[program]]
repeat = 2
[[program.do]]
step = "c"
"""


def inner(text: str, k: int) -> list[str]:
    return [one["step"] for one in tomllib.loads(text)["program"][k]["do"]]


def test_steps_within_a_step_are_moved_within_it():
    made = swapped(LOOP, ("program", 1, "do", 0))
    assert made is not None
    assert inner(made, 1) == ["b", "a"]
    assert inner(made, 2) == ["c"]
    assert made.index("# second") < made.index('"b"') < made.index("# first") < made.index('"a"')
    assert swapped(LOOP, ("program", 1, "do", 1)) is None
    assert swapped(LOOP, ("program", 2, "do", 0)) is None


def test_a_step_with_steps_in_it_is_moved_and_removed_whole():
    made = swapped(LOOP, ("program", 1))
    assert made is not None
    assert inner(made, 1) == ["c"]
    assert inner(made, 2) == ["a", "b"]
    assert tomllib.loads(made)["program"][2]["do"][1]["until"] == {"limit": 1}
    removed = without(LOOP, ("program", 1))
    assert removed is not None
    assert [p.get("repeat") for p in tomllib.loads(removed)["program"]] == [None, 2]
    assert "# first" not in removed
    assert "# another" in removed


@pytest.mark.parametrize(
    "key", [("program", 7), ("nowhere", 0), ("program", 0, "do", 0), ("program", 7, "do", 0)]
)
def test_what_is_not_there_is_neither_moved_nor_removed(key):
    assert swapped(LOOP, key) is None
    assert without(LOOP, key) is None


def test_tables_that_are_written_on_one_line_have_no_place_of_their_own():
    """Who asks is told so, and does it in another way."""
    text = 'program = [{ step = "a" }, { step = "b" }]\n'
    assert swapped(text, ("program", 0)) is None
    assert without(text, ("program", 0)) is None


@pytest.mark.parametrize("heading", ["[[ program ]]", "[[program]]  # a remark", "  [[program]]"])
def test_a_heading_may_be_written_in_any_way_toml_allows(heading):
    text = f'{heading}\nname = "a"\n[[program]]\nname = "b"\n'
    made = swapped(text, ("program", 0))
    assert made is not None
    assert names(made) == ["b", "a"]


rows = st.dictionaries(
    st.sampled_from(["a", "b c", "d.e", "ü"]),
    st.one_of(st.integers(-5, 5), st.booleans(), st.text("xyz\"'\\ ü", max_size=5)),
    min_size=1,
)


@given(rows)
def test_a_row_reads_back_as_it_was_on_one_line_and_on_several(row):
    one = tomlkit.document()
    one["row"] = inline(row)
    several = tomlkit.document()
    several["row"] = table_of(row)
    assert len(one.as_string().splitlines()) == 1
    for document in (one, several):
        assert tomllib.loads(document.as_string()) == {"row": row}


@given(rows, rows, st.booleans())
def test_a_row_is_written_as_the_one_in_whose_place_it_comes(old, new, on_one_line):
    document = tomlkit.document()
    if on_one_line:
        array = tomlkit.array()
        array.append(inline(old))
        document["list"] = array
    else:
        tables = tomlkit.aot()
        tables.append(table_of(old))
        document["list"] = tables
    put(document["list"], 0, new)
    text = document.as_string()
    assert tomllib.loads(text) == {"list": [new]}
    assert ("[[list]]" in text) is not on_one_line
    assert list(tomllib.loads(text)["list"][0]) == list(new)
