"""Every key that a plan may have can be seen, set, cleared and saved in the window's form.

The tables and keys are those of the schema by which plans are checked, so that a new kind of step,
contact, site, way or planner is tried here as soon as it is registered. If one of these tests fails
for a kind of yours: give every key a docstring, and every quantity a unit (`seccm.quantities`,
`seccm.program.quantities`); a type of its own needs `examples` in its `Field`. A shape that no
field of the form can show is shown as TOML; to have it shown better, see `ui.models.form_making`.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
import tomlkit
from form_samples import SCHEMA, Table, drawn, group_at, resolved, sample, tables

from seccm.errors import PlanError, Problem
from seccm.plan.library import plans
from ui.models.draft import Draft
from ui.models.form import Field, Group, Key, Listing, keys_of, where
from ui.models.form_making import NAMED_TABLES
from ui.models.plan_mistakes import sorted_out
from ui.models.typed import read, same

TABLES = {table.name: table for table in tables()}
NONSENSE = "no such thing?"


def saved(draft: Draft) -> dict[str, Any]:
    """Return what the file says once it is saved."""
    return tomllib.loads(draft.text)


def comments(text: str) -> list[str]:
    return [line.split("#", 1)[1].strip() for line in text.splitlines() if "#" in line]


def leaves(group: Group) -> Iterator[Field | Listing]:
    """Yield every field and listing of a form."""
    for part in group.parts:
        if isinstance(part, Group):
            yield from leaves(part)
        else:
            yield part


def part_of(draft: Draft, key: Key) -> Field | Group | Listing:
    (found,) = (part for part in group_at(draft.form, key[:-1]).parts if part.key == key)
    return found


def told(draft: Draft) -> dict[str, list[Problem]]:
    """Return what is said beside each field."""
    try:
        draft.plan()
    except PlanError as error:
        return sorted_out(error.problems, [k for k in keys_of(draft.form) if k])
    return {}


def fields_of(table: Table) -> Iterator[tuple[str, Any]]:
    for name, schema in table.schema["properties"].items():
        if "const" not in schema and not name_is_read_from_a_file(table, name):
            yield name, schema


def name_is_read_from_a_file(table: Table, name: str) -> bool:
    return table.schema["properties"][name].get("from_file", False)


def put(data: dict[str, Any], key: Key, value: Any) -> dict[str, Any]:
    """Return data with another value at a key."""
    made = copy.deepcopy(data)
    here: Any = made
    for part in key[:-1]:
        here = here.setdefault(part, {}) if isinstance(part, str) else here[part]
    here[key[-1]] = value
    return made


def at(data: Any, key: Key) -> Any:
    for part in key:
        if not (isinstance(part, int) or part in data):
            return None
        data = data[part]
    return data


def but_empty(found: dict[str, Any], expected: dict[str, Any], key: Key) -> bool:
    """Compare data; a table that says nothing any more may be gone with its last key."""
    found, expected = copy.deepcopy(found), copy.deepcopy(expected)
    while key and isinstance(key[-1], str) and not at(expected, key) and not at(found, key):
        for data in (found, expected):
            (at(data, key[:-1]) or {}).pop(key[-1], None)
        key = key[:-1]
    return same(ordered(found), ordered(expected))


def test_the_tables_are_those_of_the_page_of_keys():
    """Each is tried once: as many as the schema has, and the top."""
    tried = {id(resolved(table.schema)) for table in TABLES.values()}
    assert len(TABLES) >= 40
    left = {name for name, schema in SCHEMA["$defs"].items() if id(schema) not in tried}
    from_files, in_rows = {"Landmark", "Origin"}, {"Learnt", "Varied"}
    assert left <= from_files | in_rows


@pytest.mark.parametrize("name", TABLES)
def test_every_key_is_seen_with_its_words_and_its_unit(name: str):
    table = TABLES[name]
    form = group_at(table.draft().form, table.key)
    shown = {part.key[-1]: part for part in form.parts}
    for key, schema in fields_of(table):
        if key == "conditions":
            continue  # a factorial design has none
        part = shown.pop(key, None)
        assert part is not None, f"{where((*table.key, key))} is not in the form"
        assert part.words or isinstance(part, Group), f"{key}: give it a docstring"
        unit = resolved(schema).get("unit")
        if unit is not None:
            assert isinstance(part, Field)
            assert part.unit == unit
            assert f"Such as {resolved(schema)['examples'][0]}" in part.words
    assert not [key for key, part in shown.items() if isinstance(part, Field) and part.known]


@pytest.mark.parametrize("name", TABLES)
def test_every_value_is_set_saved_and_cleared_and_nothing_else_is_changed(name: str):
    table = TABLES[name]
    draft = table.draft()
    before, said = saved(draft), comments(draft.text)
    for name_, schema in fields_of(table):
        key, made = (*table.key, name_), sample(schema)
        if made is None:
            continue
        text, value = made
        field = part_of(draft, key)
        assert isinstance(field, Field), f"{where(key)} is no field"
        draft.set(key, read(field.kind, text))
        assert saved(draft) == put(before, key, value), where(key)
        again = part_of(draft, key)
        assert isinstance(again, Field)
        assert (again.kind, read(again.kind, again.text)) == (field.kind, value)
        draft.set(key, None)
        cleared = copy.deepcopy(before)
        if at(before, key) is not None:
            del at(cleared, key[:-1])[name_]
        assert but_empty(saved(draft), cleared, key[:-1]), where(key)
        if at(before, key) is not None:
            draft.set(key, at(before, key))
        assert saved(draft) == before, where(key)
    assert comments(draft.text) == said


def may_be_wrong(schema: Any) -> bool:
    """Tell whether some text would be refused, whatever the rest of the plan says."""
    kind = resolved(schema)
    items = resolved(kind["items"]) if "items" in kind else {}
    free = kind.get("type") == "string" and not {"unit", "enum", "const"} & kind.keys()
    of_words = items.get("type") == "string" and "unit" not in items
    return sample(kind) is not None and not (free or of_words) and kind.get("type") != "boolean"


@pytest.mark.parametrize("name", TABLES)
def test_wrong_values_are_refused_beside_their_fields(name: str):
    table = TABLES[name]
    draft = table.draft()
    keys = [(*table.key, name_) for name_, schema in fields_of(table) if may_be_wrong(schema)]
    for key in keys:
        field = part_of(draft, key)
        assert isinstance(field, Field)
        draft.set(key, read(field.kind, NONSENSE))
    beside = told(draft) if keys else {}
    for key in keys:
        assert where(key) in beside, f"{NONSENSE} is not refused beside its field"
        shown = part_of(draft, key)
        assert isinstance(shown, Field)
        assert NONSENSE in shown.text
        assert shown.kind != "choice" or NONSENSE in shown.choices


@pytest.mark.parametrize("name", TABLES)
def test_tables_that_may_be_left_out_are_added_and_removed(name: str):
    table = TABLES[name]
    draft = table.draft()
    before = saved(draft)
    for part in group_at(draft.form, table.key).parts:
        if not isinstance(part, Group) or not part.addable:
            continue
        assert not part.removable
        draft.give(part)
        assert saved(draft) == put(before, part.key, {})
        given = group_at(draft.form, part.key)
        assert given.removable
        assert not given.addable
        draft.remove(part.key)
        assert saved(draft) == before


@pytest.mark.parametrize("name", TABLES)
def test_tables_with_names_are_added_and_removed_one_by_one(name: str):
    table = TABLES[name]
    draft = table.draft()
    for part in group_at(draft.form, table.key).parts:
        if not isinstance(part, Group) or part.key[-1] not in NAMED_TABLES:
            continue
        before = saved(draft)
        for many in (1, 2, 3):
            draft.add(group_at(draft.form, part.key), part.adds[0])
            assert len(group_at(draft.form, part.key).parts) == many
        assert not [where for where in told(draft) if where.startswith("suspend")]
        for each in group_at(draft.form, part.key).parts:
            assert isinstance(each, Group)
            assert each.removable
            draft.remove(each.key)
        assert but_empty(saved(draft), before, part.key)


@pytest.mark.parametrize("name", TABLES)
def test_lists_of_names_are_added_renamed_and_removed(name: str):
    table = TABLES[name]
    draft = table.draft()
    before = saved(draft)
    for part in group_at(draft.form, table.key).parts:
        named = isinstance(part, Group) and len(part.adds) == 1
        if not isinstance(part, Group) or not named or at(before, part.key):
            continue
        if part.key[-1] in NAMED_TABLES:
            continue
        draft.add(part, part.adds[0])
        (field,) = group_at(draft.form, part.key).parts
        assert isinstance(field, Field)
        assert field.named
        assert draft.rename(field.key, "Größe")
        (field,) = group_at(draft.form, part.key).parts
        assert field.title == "Größe"
        draft.set(field.key, None)
        times = {"times"} if part.key[-1] == "over" else set()  # a repeat over values has none
        stood = at(before, table.key)
        left = {k: v for k, v in (stood or {}).items() if k not in times}
        assert at(saved(draft), table.key) == (stood if stood is None else left)


# ------------------------------------------------------------------------------ the whole plan


def rebuilt(group: Group, data: Any) -> Any:
    """Return what a form says of a table, without looking into the file, but for what is aside."""
    if group.adds and len(group.adds) > 1:
        return [_value(part, data[k]) for k, part in enumerate(group.parts)]
    if not group.chooser and group.choices and not group.parts and group.choice != "a value":
        return group.choice
    made = {group.chooser: read("choice", group.choice)} if group.chooser else {}
    for part in group.parts:
        value = _value(part, data.get(part.key[-1]))
        if value is not None:
            made[str(part.key[-1])] = value
    return {name: value for name, value in made.items() if value is not None}


def _value(part: Field | Group | Listing, data: Any) -> Any:
    match part:
        case Group():
            found = rebuilt(part, data if data is not None else {})
            # Of a table that is not there, the form shows what is then taken.
            usual = found in ({}, [], part.choice, {part.chooser: part.choice})
            return None if usual and data is None and not part.removable else found
        case Listing():
            rows = [
                {n: read("quantity", t) for n, t in zip(part.columns, row, strict=True) if t}
                for row in part.rows
            ]
            return rows if rows or data == [] else None
        case Field():
            return data if part.aside else read(part.kind, part.text)


def ordered(value: Any) -> Any:
    """Return data whose tables have their keys in one order: a form has its own."""
    if isinstance(value, dict):
        return {name: ordered(value[name]) for name in sorted(value)}
    return [ordered(each) for each in value] if isinstance(value, list) else value


def retype(draft: Draft) -> None:
    """Type every field again."""
    for part in leaves(draft.form):
        if isinstance(part, Listing):
            for k, row in enumerate(part.rows):
                for name, text in zip(part.columns, row, strict=True):
                    if text:
                        draft.set(part.cell(k, name), read("quantity", text))
        elif part.text and not part.aside:
            draft.set(part.key, read(part.kind, part.text))


@pytest.mark.parametrize("name", plans())
def test_a_shipped_plan_is_all_in_the_form(name: str):
    draft = Draft.open(name)
    data, said, plan = saved(draft), comments(draft.text), draft.plan()
    assert same(ordered(rebuilt(draft.form, data)), ordered(data))
    assert all(part.kind != "toml" for part in leaves(draft.form) if isinstance(part, Field))
    retype(draft)
    assert same(ordered(saved(draft)), ordered(data))
    assert comments(draft.text) == said
    assert draft.plan() == plan


@pytest.mark.parametrize("seed", range(40))
def test_any_file_is_all_in_the_form_and_typing_it_again_changes_nothing(seed: int):
    """Right or wrong: unknown keys and kinds, values of another shape, texts like numbers."""
    data = drawn(Random(seed))
    draft = Draft(tomlkit.dumps(data))
    data = saved(draft)
    assert same(ordered(rebuilt(draft.form, data)), ordered(data))
    retype(draft)
    assert same(ordered(saved(draft)), ordered(data))


@pytest.mark.parametrize("seed", range(20))
def test_clearing_one_field_of_any_file_changes_no_other(seed: int):
    rng = Random(seed)
    draft = Draft(tomlkit.dumps(drawn(rng)))
    data = saved(draft)
    fields = [f for f in leaves(draft.form) if isinstance(f, Field) and f.text and not f.aside]
    for field in rng.sample(fields, min(len(fields), 5)):
        draft = Draft(draft.text)
        draft.set(field.key, None)
        expected = copy.deepcopy(data)
        del at(expected, field.key[:-1])[field.key[-1]]
        assert but_empty(saved(draft), expected, field.key[:-1])
        draft.set(field.key, read(field.kind, field.text))
        assert same(ordered(saved(draft)), ordered(data))
