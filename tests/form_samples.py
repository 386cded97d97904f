"""Every table that a plan may have, by its schema, and values for each of its keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from seccm.plan import Plan
from ui.models.draft import Draft
from ui.models.form import Group, Key, where
from ui.models.form_making import A_VALUE, NAMED_TABLES

Schema = Mapping[str, Any]
SCHEMA: Schema = Plan.model_json_schema()
BASE = "li-on-au-combinatorial"
WORDS = ("plain", "5", "1,5", 'with "quotes"', "a, b", "'single'", "{ a = 1 }", "[x]", "true",
         "nan", "é µ 中文", " blanks ", "back\\slash", "two\nlines", "# no comment", "$j", "=",
         "1e3", "--5", "²", "0x10", "2024-01-01")  # fmt: skip
"""Texts that are easily taken for something else."""


def resolved(schema: Schema) -> Schema:
    """Follow references, past what may be missing."""
    while True:
        if "$ref" in schema:
            schema = SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]]
        elif "anyOf" in schema:
            kinds = [one for one in schema["anyOf"] if one.get("type") != "null"]
            schema = {**kinds[0], **{k: v for k, v in schema.items() if k != "anyOf"}}
        else:
            return schema


def variants(schema: Schema) -> Mapping[str, str]:
    """Return the kinds of table that may stand somewhere; empty where there is one kind."""
    for one in (schema, *schema.get("oneOf", ())):
        if "discriminator" in one:
            return one["discriminator"]["mapping"]  # type: ignore[no-any-return]
    return {}


@dataclass(frozen=True)
class Table:
    """A table of one kind, at one place of a plan."""

    name: str
    key: Key
    schema: Schema
    choices: tuple[tuple[Key, str], ...]
    """What has to be chosen, or added, for it to be there."""

    def draft(self) -> Draft:
        """Return a plan in which the table can be filled in."""
        made = Draft.open(BASE)
        for key, kind in self.choices:
            group = group_at(made.form, key)
            if group.addable:
                made.give(group)
            elif group.adds:
                while len(group.parts):
                    made.remove((*key, 0))
                    group = group_at(made.form, key)
                made.add(group, kind)
            else:
                made.choose(group, kind)
        return made


def group_at(form: Group, key: Key) -> Group:
    """Return the table of a form with a key."""
    found = form
    for length in range(1, len(key) + 1):
        (found,) = (p for p in found.parts if isinstance(p, Group) and p.key == key[:length])
    return found


def tables() -> list[Table]:
    """Return every kind of table, at the first place where it may stand."""
    return list(_tables(SCHEMA, (), "plan", (), set()))


def _tables(
    schema: Schema, key: Key, name: str, choices: tuple[tuple[Key, str], ...], told: set[str]
) -> Iterator[Table]:
    yield Table(name, key, schema, choices)
    for part, one in schema["properties"].items():
        if one.get("from_file"):
            continue
        here, inner = (*key, part), resolved(one)
        listed = inner.get("type") == "array"
        items = resolved(inner["items"]) if listed and "items" in inner else {}
        kinds = variants(items if listed else inner)
        new = {kind: ref for kind, ref in kinds.items() if ref not in told}
        told |= set(new.values())
        for kind, ref in new.items():
            place = (*here, 0) if listed else here
            chosen = (*choices, (here, kind))
            yield from _tables(resolved({"$ref": ref}), place, f"{part} {kind}", chosen, told)
        words = [one for one in inner.get("oneOf", ()) if "$ref" in one]
        if words and not variants(inner):
            chosen = (*choices, (here, A_VALUE))
            yield from _tables(resolved(words[0]), here, f"{where(here)}", chosen, told)
        named = resolved(inner.get("additionalProperties") or {})
        if part in NAMED_TABLES and "properties" in named:
            word, first, _ = NAMED_TABLES[part]
            yield from _tables(named, (*here, first), part, (*choices, (here, word)), told)
        elif inner.get("type") == "object" and "properties" in inner:
            empty = not inner.get("required") and not inner.get("minProperties")
            ref = next((k["$ref"] for k in (one, *one.get("anyOf", ())) if "$ref" in k), "")
            if ref in told:
                continue
            told.add(ref)
            given = ((here, ""),) if empty and "anyOf" in one else ()
            name_ = f"{name}.{part}" if key else part
            yield from _tables(inner, here, name_, (*choices, *given), told)


def sample(schema: Schema) -> tuple[str, Any] | None:
    """Return what is typed for a key, and what a file then says; None for what is no field."""
    schema = resolved(schema)
    items = resolved(schema["items"]) if "items" in schema else {}
    if "unit" in schema:
        return (quantity := str(schema["examples"][0])), _number(quantity)
    if words := schema.get("enum", [schema["const"]] if "const" in schema else []):
        return words[-1], words[-1]
    match schema.get("type"):
        case "integer":
            return (whole := str(max(2, schema.get("minimum", 2)))), int(whole)
        case "number":
            return "298.15", 298.15
        case "boolean":
            return ("false", False) if schema.get("default") else ("true", True)
        case "string":
            return "some words, and more", "some words, and more"
        case "array" if "prefixItems" in schema:
            pair = [_entry(one) for one in schema["prefixItems"]]
            return ", ".join(map(str, pair)), pair
        case "array" if "prefixItems" in items or items.get("type") == "array":
            row = [_entry(one) for one in items.get("prefixItems", [items.get("items")] * 2)]
            line = ", ".join(map(str, row))
            return f"{line}\n{line}\n{line}", [row, row, row]
        case "array" if "unit" in items:
            example = _entry(items)
            return f"{example}, {example}", [example, example]
        case "array" if items.get("type") == "string":
            return 'one, "two, three", 4', ["one", "two, three", "4"]
    return None


def _entry(schema: Schema) -> Any:
    schema = resolved(schema)
    return 1 if schema.get("type") == "integer" else _number(str(schema["examples"][0]))


def _number(text: str) -> Any:
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError:
        return text


def drawn(rng: Random, schema: Schema = SCHEMA, depth: int = 0) -> Any:
    """Draw what could stand in a file: mostly right, sometimes of a wrong kind or shape."""
    schema = resolved(schema)
    if rng.random() < 0.04 and depth:
        return rng.choice([5, 1.5, True, "x", [], ["a", 3], {}, {"a b": [{"c": 1}]}, [[1], "x"]])
    if kinds := variants(schema):
        return _drawn_kind(rng, schema, kinds, depth)
    if "oneOf" in schema:
        table = next(one for one in schema["oneOf"] if "$ref" in one)
        return rng.choice([WORDS[0], schema["oneOf"][0]["const"], drawn(rng, table, depth + 1)])
    if "properties" in schema:
        made = {
            name: drawn(rng, one, depth + 1)
            for name, one in schema["properties"].items()
            if not ("const" in one or "from_file" in one)
            and rng.random() < (0.8 if depth == 0 else 0.4)
        }
        return made | ({"unknown key": rng.choice(WORDS)} if rng.random() < 0.1 else {})
    items = resolved(schema["items"]) if "items" in schema else {}
    if schema.get("type") == "array" and (variants(items) or items.get("type") == "object"):
        return [drawn(rng, items, depth + 1) for _ in range(rng.randrange(4 if depth < 6 else 1))]
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties", {})
        return {rng.choice(WORDS).strip(): _levels(rng, inner) for _ in range(rng.randrange(3))}
    return _drawn_value(rng, schema)


def _drawn_kind(rng: Random, schema: Schema, kinds: Mapping[str, str], depth: int) -> Any:
    tag = next(one["discriminator"]["propertyName"] for one in (schema, *schema.get("oneOf", ()))
               if "discriminator" in one)  # fmt: skip
    kind = rng.choice(list(kinds))
    found = drawn(rng, {"$ref": kinds[kind]}, depth + 1)
    if not isinstance(found, dict) or rng.random() < 0.05:
        return found
    return {tag: rng.choice(WORDS) if rng.random() < 0.05 else kind, **found}


def _levels(rng: Random, schema: Schema) -> Any:
    plain = [rng.choice(["1 mA", "-2 pA", 3, 0.5, *WORDS]) for _ in range(rng.randrange(1, 4))]
    ranges = {"from": "0 V", "to": "1 V", "step": "100 mV"}
    of_rows = resolved(schema).get("items", {}).get("type") == "array"
    return rng.choice([plain, ranges, [*plain, ranges], [plain, [ranges]] if of_rows else plain])


def _drawn_value(rng: Random, schema: Schema) -> Any:
    found = sample(schema)
    follows = {"from": "rest", "offset": "-15 mV", "within": ["-1 V", "1 V"]}
    usual = [found[1]] * 3 if found is not None else []
    return rng.choice([*usual, follows, rng.choice(WORDS), "$j * 2", rng.choice([1, 2.5, False])])
