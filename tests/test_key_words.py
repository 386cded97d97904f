"""How keys are looked for by their names, and how a schema becomes a table for people."""

from __future__ import annotations

import re
from typing import Any

import pytest
from typer.testing import CliRunner

from seccm.cli.commands import app
from seccm.key_tables import INSIDE, KeyRow, KeyTable, key_tables, markdown, plain
from seccm.keys import find, rig_tables, told
from seccm.keys.schema_text import as_written
from seccm.plan.keys_page import tables

PLAN = tables()
RIGS = rig_tables()


def row_of(schema: dict[str, Any], *needed: str) -> KeyRow:
    """The row of a single key, above the first table of a file."""
    (table,) = key_tables({"properties": {"key": schema}, "required": list(needed), "$defs": {}})
    (row,) = table.rows
    return row


@pytest.mark.parametrize(("schema", "bounds"), [
    ({"unit": "m", "exclusiveMinimum": 0.0}, "above 0 m"),
    ({"unit": "m", "minimum": 0.0}, "at least 0 m"),
    ({"unit": "m/s", "exclusiveMinimum": 0.0, "maximum": 1e-4}, "above 0 m/s, at most 100 um/s"),
    ({"unit": "V", "minimum": -10.0, "maximum": 10.0}, "at least -10 V, at most 10 V"),
    ({"type": "integer", "minimum": 1, "maximum": 10000}, "at least 1, at most 10000"),
    ({"type": "number", "exclusiveMinimum": 0.0, "exclusiveMaximum": 1.0}, "above 0, below 1"),
    ({"anyOf": [{"type": "integer", "minimum": 2}, {"type": "null"}]}, "at least 2"),
    ({"type": "array", "minItems": 2, "items": {"type": "string"}}, "at least 2 entries"),
    ({"type": "array", "minItems": 1, "maxItems": 9, "items": {"type": "string"}},
     "at least 1 entry, at most 9 entries"),
    ({"type": "array", "items": {"type": "number", "minimum": 3}}, "each at least 3"),
    ({"type": "string"}, ""),
])  # fmt: skip
def test_bounds_are_said_in_words_and_with_the_unit(schema: dict[str, Any], bounds: str) -> None:
    assert row_of({"examples": ["1"], **schema}).bounds == bounds


@pytest.mark.parametrize(("schema", "takes"), [
    ({"type": "integer"}, "a whole number"),
    ({"type": "number"}, "a number"),
    ({"type": "boolean"}, "`true` or `false`"),
    ({"type": "string"}, "a text"),
    ({"type": "string", "examples": ["argon"]}, '`"argon"`'),
    ({"enum": ["rows", "columns"]}, '`"rows"`, `"columns"`'),
    ({"const": "never"}, '`"never"`'),
    ({"unit": "m", "examples": ["1 um"]}, '`"1 um"`'),
    ({"unit": "m", "examples": ["1 um"], "factors": True}, '`"1 um"` **$**'),
    ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "a whole number"),
    ({"anyOf": [{"type": "boolean"}, {"type": "string"}]}, "`true` or `false` or a text"),
    ({"anyOf": [{"type": "string"}, {"type": "string"}]}, "a text"),
    ({"type": "object", "additionalProperties": {"type": "array"}}, "a table of lists"),
    ({"type": "object", "additionalProperties": {"type": "string"}}, "names, each with a text"),
])  # fmt: skip
def test_what_a_key_takes_is_said_in_words(schema: dict[str, Any], takes: str) -> None:
    assert row_of(schema).takes == takes


@pytest.mark.parametrize(("schema", "default"), [
    ({"type": "integer", "default": 3}, "`3`"),
    ({"type": "integer", "default": 0}, "`0`"),
    ({"type": "boolean", "default": False}, "`false`"),
    ({"type": "string", "default": ""}, "-"),
    ({"type": "string", "default": None}, "-"),
    ({"type": "array", "default": []}, "-"),
    ({"type": "string"}, "-"),
    ({"unit": "m", "examples": ["1 um"], "default": 5e-7}, '`"500 nm"`'),
    ({"unit": "s", "examples": ["1 s"], "default": 0.0}, '`"0 s"`'),
])  # fmt: skip
def test_a_default_is_written_as_a_file_has_it(schema: dict[str, Any], default: str) -> None:
    assert row_of(schema).default == default
    assert row_of(schema, "key").default == "needed"


def test_an_example_is_one_that_is_allowed() -> None:
    """Where the usual example of a unit lies beyond the bounds, the default is shown."""
    narrow = {"unit": "m", "examples": ["1 um"], "maximum": 1e-7, "default": 5e-8}
    assert row_of(narrow).takes == '`"50 nm"`'


@pytest.mark.parametrize(("text", "shown"), [
    ("One\nline.", "One line."), ("a | b", "a \\| b"), ("One.\n\nTwo\n  lines.", "One. Two lines."),
    ("", ""),
])  # fmt: skip
def test_a_docstring_stands_in_one_cell(text: str, shown: str) -> None:
    """A line end or a bar would end it."""
    assert plain(text, " ") == shown


def test_every_link_of_the_page_leads_to_its_heading() -> None:
    for tables_ in (PLAN, *RIGS.values()):
        page = markdown(tables_, of=" of this file")
        headings = set(re.findall(r"^#+ (.*)$", page, re.MULTILINE))
        if links := set(re.findall(r"\(#([^)]*)\)", page)):
            assert links == {"tables-in-the-value-of-a-key-of-this-file"}
            assert f"{INSIDE} of this file" in headings


def test_every_row_of_the_page_has_five_cells() -> None:
    for line in markdown(PLAN).splitlines():
        if line.startswith("| `"):
            assert len(re.split(r"(?<!\\)\|", line)) == 7, line


KEYS = sorted({row.key for table in PLAN for row in table.rows})


def test_every_key_is_found_by_its_last_part_wherever_it_stands() -> None:
    for key in KEYS:
        there = [table for table in PLAN for row in table.rows if row.key == key]
        found = [one.table for one in find(key, PLAN) if one.row is not None]
        assert found == there, key


def test_a_key_of_several_tables_is_listed_for_each_and_named_more_closely_for_one() -> None:
    """Each dotted name gives a part of what the last part gives, and together they give all."""
    for key in KEYS:
        every = [one for one in find(key, PLAN) if one.row is not None]
        names = {one.table.kind or one.table.keys[0] for one in every} - {"file"}
        found = [one for name in sorted(names) for one in find(f"{name}.{key}", PLAN)]
        assert all(one in every for one in found if one.row is not None), key
        above = [one for one in every if "file" in one.table.keys]
        assert [one for one in every if one not in found] == above, key


@pytest.mark.parametrize("words", ["program[0].duration", "program[12].duration", "duration"])
def test_the_number_of_a_step_does_not_matter(words: str) -> None:
    kinds = {one.table.kind for one in find(words, PLAN)}
    assert {"constant current", "constant potential"} <= kinds


@pytest.mark.parametrize("words", ["", ".", "..", "[0]", "approach.", "]["])
def test_words_of_no_key_find_no_key(words: str) -> None:
    assert [one.row for one in find(words, PLAN) if one.row is not None] == []


@pytest.mark.parametrize("words", ["approach.nothing", "nothing.speed", "probe.speed", "SPEED"])
def test_a_key_of_another_table_is_not_found(words: str) -> None:
    assert find(words, PLAN) == ()


def test_what_is_told_has_no_marks_of_markdown() -> None:
    for key in KEYS:
        found = find(key, PLAN)
        for text in told(found):
            assert not any(mark in text for mark in ("`", "](#", "**")), text
        assert all("if left out: " in text for text in told(one for one in found if one.row))


def test_kinds_of_rig_files_are_told_apart() -> None:
    found = [one for kind in sorted(RIGS) for one in find("camera", RIGS[kind], kind)]
    text = "\n".join(told(found))
    assert all(f"rig of kind {kind}" in text for kind in RIGS)


@pytest.mark.parametrize(("typed", "meant"), [
    ("aprture", "aperture"), ("aproach.overtravl", "approach.overtravel"),
    ("Scan_rat", "scan_rate"), ("constant curent", "constant current"), ("picth", "pitch"),
])  # fmt: skip
def test_the_nearest_key_is_named(typed: str, meant: str) -> None:
    result = CliRunner().invoke(app, ["help", typed], env={"COLUMNS": "300"})
    assert result.exit_code == 2
    assert f'Did you mean "{meant}"?' in result.output


@pytest.mark.parametrize(("schema", "text"), [
    ({"unit": "m", "default": 5e-7, "minimum": 0.0}, {"default": "500 nm", "minimum": "0 m"}),
    ({"unit": "m", "default": None}, {"default": None}),
    ({"type": "integer", "default": 3, "minimum": 1}, {"default": 3, "minimum": 1}),
    ({"unit": "1", "default": True}, {"default": True}),
])  # fmt: skip
def test_a_schema_for_editors_has_texts_where_a_file_has_texts(
    schema: dict[str, Any], text: dict[str, Any]
) -> None:
    written = as_written({"properties": {"key": schema}, "list": [schema]})
    for one in (written["properties"]["key"], written["list"][0]):
        assert {name: one[name] for name in text} == text
    assert schema.get("minimum") in (None, 0.0, 1), "the schema itself is as it was"


def test_a_table_without_keys_says_so() -> None:
    empty = KeyTable("`[bare]`", "Nothing.", (), ("bare",))
    assert "It has no further keys." in markdown([empty])
