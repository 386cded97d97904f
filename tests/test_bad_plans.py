"""Whatever is wrong with a plan file, the message names the key, the value and the remedy."""

from __future__ import annotations

import itertools
import math
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from bad_plans import BAD, REMOVED, Bad, changed
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.errors import PlanError, Problem
from seccm.plan import Plan, load_plan, plans

JARGON = ("nput should", "pydantic", "tuple", "dict", "union", "literal", "None", "str ", " nan")
SHIPPED = {name: tomllib.loads(path.read_text(encoding="utf-8")) for name, path in plans().items()}
COMBINATORIAL = SHIPPED["li-on-au-combinatorial"]


def refusal(data: dict[str, Any]) -> PlanError:
    """Return the error that a plan file deserves."""
    with pytest.raises(PlanError) as caught:
        Plan.from_dict(data, source="mine.toml", from_file=True)
    return caught.value


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: f"{bad.key}={bad.value!r:.30}")
def test_each_mistake_is_told_once_in_plain_words(bad: Bad) -> None:
    """The message points at the key, shows the value, and says what to write instead."""
    error = refusal(changed(COMBINATORIAL, bad.key, bad.value))
    told = [problem for problem in error.problems if problem.where == bad.where]
    assert len(told) == 1, str(error)
    for word in bad.words:
        assert word in str(told[0])
    assert not [word for word in JARGON if word in str(error)], str(error)
    assert str(error).startswith("mine.toml: ")
    assert "Nothing moved." in str(error)


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    """Mistakes of shape, of factors, of the design and between tables come in one report."""
    data = COMBINATORIAL
    for key, value in {
        "title": 3,
        "approach.speed": "2",
        "program[0].duration": "$t",
        "factors.k": ["1 s"],
        "design.repeats": 8,
    }.items():
        data = changed(data, key, value)
    where = {problem.where for problem in refusal(data).problems}
    assert where == {
        "title", "approach.speed", "program[0].duration", "factors.k", "design.repeats",
    }  # fmt: skip


def test_one_mistake_gives_one_problem_however_many_steps_are_good() -> None:
    """A bad step among good ones is not also reported as a program that is too short."""
    error = refusal(changed(COMBINATORIAL, "program[0].duration", "long"))
    assert [problem.where for problem in error.problems] == ["program[0].duration"]


TABLE = re.compile(r"Write a table (\[+)\w+\]+, such as one with (.+)\.$")
LINE = re.compile(r"Write it, such as (.+)\.$")


KEYS = (
    *("title", "sample", "reference", "probe", "sites", "approach", "retract", "travel", "program"),
    *("reference.name", "reference.offset", "probe.footprint", "probe.footprint.basis"),
    *("approach.contact", "approach.speed", "retract.distance", "travel.speed", "sites.columns"),
)
FOLLOWS = {"program": ("keep",), "sites": ("program",)}
"""What is of the very steps or sites that are missing: results to keep, values of sites."""


def has(plan: dict[str, Any], key: str) -> bool:
    """Tell whether a plan has a key: one for channels says nothing of a tip."""
    table, _, rest = key.partition(".")
    return table in plan and (not rest or has(plan[table], rest))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (name, key)
        for name, key in itertools.product(sorted(SHIPPED), KEYS)
        # The example of sites is a grid, which asks for a tip as well.
        if has(SHIPPED[name], key) and (key != "sites" or has(SHIPPED[name], "approach"))
    ],
)
def test_what_the_remedy_of_a_missing_key_says_can_be_pasted_into_the_plan(
    name: str, key: str
) -> None:
    """It is TOML, and where it stands, the key is no longer told as missing or wrong."""
    without = changed(SHIPPED[name], key, REMOVED)
    (told,) = (p for p in refusal(without).problems if p.where == key)
    assert told.what == "is missing."
    table = TABLE.match(told.remedy)
    if table:
        value: Any = tomllib.loads(f"it = {{ {table[2]} }}")["it"]
        value = [value] if table[1] == "[[" else value
    else:
        line = LINE.match(told.remedy)
        assert line, told.remedy
        value = tomllib.loads(line[1])[key.rsplit(".", 1)[-1]]
    left: tuple[Problem, ...] = ()
    try:
        Plan.from_dict(changed(without, key, value), from_file=True)
    except PlanError as error:
        left = error.problems
    # The example may not fit the rest of the plan, such as its factors; itself it is right.
    elsewhere = ("factors", "design", "approach.contact", "approach.travel", *FOLLOWS.get(key, ()))
    assert all(problem.where.startswith(elsewhere) for problem in left), left


def with_points(folder: Path, text: str) -> PlanError:
    """Return the error that a plan with this table of points deserves."""
    (folder / "points.csv").write_text(text, encoding="utf-8")
    data = changed(COMBINATORIAL, "sites", {"kind": "csv", "file": "points.csv"})
    with pytest.raises(PlanError) as caught:
        Plan.from_dict(data, source="mine.toml", from_file=True, folder=folder)
    return caught.value


@pytest.mark.parametrize("header", ["x,y", "x (um), y", "a (um), b (um)", "x (s), y (um)"])
def test_a_wrong_header_of_a_table_of_points_does_not_hide_the_holes_in_its_rows(
    tmp_path: Path, header: str
) -> None:
    """Whoever mends the header should not have to run the check again to learn of the rest."""
    told = str(with_points(tmp_path, f"{header}\n10,10\n20,\n,30\n\nabc,5\n40,40,7\n"))
    assert '"x (um), y (um)"' in told
    assert "line 3 of points.csv: y is missing." in told
    assert "line 4 of points.csv: x is missing." in told
    assert 'line 6 of points.csv: x is "abc", not a number.' in told
    assert "line 7 of points.csv: has 3 cells, but the header has 2" in told
    assert "line 2" not in told


def test_two_holes_in_one_point_are_told_once() -> None:
    """[] lacks x and y, which is one mistake."""
    data = changed(
        COMBINATORIAL, "sites", {"kind": "points", "points": [["1 um", "2 um"], [], ["3 um"]]}
    )
    told = [p for p in refusal(data).problems if p.where.startswith("sites")]
    assert [f"{p.where}: {p.what}" for p in told] == [
        "sites.points[1]: has too few entries: 0.",
        "sites.points[2]: has too few entries: 1.",
    ]
    assert all(p.suggestion is not None for p in told), "places that meet no others"


def test_no_message_carries_a_control_character_to_the_terminal() -> None:
    """Neither from a text nor from a key that nobody knows."""
    data = changed(COMBINATORIAL, "title", "\x1b[2J\u202e")
    data = changed(data, "approach.\x1bspeed", "2\x9b um/s")
    data = changed(data, "sites.order", "ras\x07\u202eter")
    error = refusal(data)
    assert len(error.problems) >= 3
    assert str(error).replace("\n", "").isprintable()


def test_texts_in_any_script_are_welcome() -> None:
    """Letters, accents, signs and lines are no control characters."""
    text = "锂 auf Gold, µm² – Ångström\n\tنقاط\u200cها 🧪"
    plan = Plan.from_dict(changed(COMBINATORIAL, "description", text), from_file=True)
    assert plan.description == text


def test_the_messages_of_absurd_quantities_are_short() -> None:
    """A number of three hundred digits helps nobody."""
    data = changed(COMBINATORIAL, "program[0].duration", "1e300 s")
    data = changed(data, "approach.settle", "1e30 s")
    assert max(len(str(problem)) for problem in refusal(data).problems) < 100
    with pytest.raises(PlanError) as caught:
        Plan(**changed(load_plan("li-on-au-cv").to_dict(), "approach.settle", 1e300))
    assert "at most 30 days, not 1e+300 s" in str(caught.value)


def paths(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in a plan."""
    items = data.items() if isinstance(data, dict) else enumerate(data)
    found = []
    for key, value in items:
        found.append((*path, key))
        if isinstance(value, dict | list):
            found += paths(value, (*path, key))
    return found


APPROACH = ("approach", "retract", "travel")
SCRAPS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 50) | st.just(10**400),
    st.floats(),
    st.sampled_from(
        ["", "$", "$j", "$nothing", "5", "5 s", "-3 um", "1 V", "9e9 A", "1e-320 m", "cv", "grid",
         "points", "csv", "listed", "repeat", "first step", "rows", "1 um^9", "µ", "x" * 200]
    ),
    st.lists(st.sampled_from(["1 s", "2 um", 3, [], {}]), max_size=3),
    st.dictionaries(st.sampled_from(["kind", "step", "j", "potential"]), st.just("cv"), max_size=2),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_mangled_plan_is_a_plan_or_a_plan_error(data: st.DataObject) -> None:
    """Deleting, replacing and renaming at random gives no other outcome, and no traceback."""
    plan = SHIPPED[data.draw(st.sampled_from(sorted(SHIPPED)))]
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths(plan)))
        plan = mangled(plan, path, data.draw(st.sampled_from(["delete", "rename", "replace"])),
                       data.draw(SCRAPS))  # fmt: skip
    try:
        good = Plan.from_dict(plan, from_file=True)
    except PlanError as error:
        told = error.problems
    else:
        told = ()
        assert Plan.from_json(good.to_json()) == good
        assert good.sites()
    assert all(problem.what and problem.where for problem in told)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e308, -1e308, 5e-324, -1.0])
@pytest.mark.parametrize("name", ["redox-cv-map", "li-on-au-combinatorial"])
def test_advice_does_not_go_by_a_value_that_is_absurd_itself(name: str, value: float) -> None:
    """TOML knows inf and nan. Whatever advice is built on may be wrong itself."""
    gone = {("sites", "columns"), ("sites", "pitch"), ("approach", "travel"), ("approach", "speed"),
            ("approach", "overtravel"), ("retract", "distance"), ("travel", "speed")}  # fmt: skip
    whole = SHIPPED[name]
    for path in [path for path in paths(whole) if path[0] in ("probe", "sites", *APPROACH)]:
        plan = mangled(whole, path, "replace", value)
        for table, key in gone - {path}:
            if isinstance(plan.get(table), dict):
                plan = {**plan, table: {k: v for k, v in plan[table].items() if k != key}}
        with pytest.raises(PlanError) as caught:
            Plan.from_dict(plan, from_file=True)
        assert all(problem.what and problem.where for problem in caught.value.problems)


def mangled(node: Any, path: tuple[Any, ...], how: str, scrap: Any) -> Any:
    """Return a copy of a plan with the value at a path deleted, renamed or replaced."""
    items = node.items() if isinstance(node, dict) else enumerate(node)
    found = {}
    for key, value in items:
        if key != path[0]:
            found[key] = value
        elif len(path) > 1:
            found[key] = mangled(value, path[1:], how, scrap)
        elif how == "rename":
            found[f"{key}s"] = value
        elif how == "replace":
            found[key] = scrap
    return found if isinstance(node, dict) else list(found.values())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title = My plan", ("not valid TOML", "line 1", "quotes")),
        ("[approach]\nspeed = 2 um/s", ("not valid TOML", "line 2", '"2 um/s"')),
        ('title = "a"\ntitle = "b"\nsample = "c"', ("not valid TOML", "line 2", "overwrite")),
    ],
)
def test_a_file_that_is_not_toml_says_in_which_line(
    tmp_path: Path, text: str, words: tuple[str, ...]
) -> None:
    """A syntax error is a problem of the file like any other."""
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PlanError) as caught:
        load_plan(path)
    assert all(word in str(caught.value) for word in words)
