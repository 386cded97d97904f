"""Makes the form of a plan from the plan's own schema, and from what stands in its file.

Fields follow the schema, so that a key that plans learn tomorrow is in the form tomorrow. All that
stands in the file is in the form too: what no field can show is written as TOML has it, what is
too long for a field is named, and so is what no plan has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from seccm.plan.channels import MEANINGLESS, stays
from seccm.typography import counted
from seccm.units import show
from ui.models.form import Field, Group, Key, Listing
from ui.models.typed import Kind, shown

Schema = Mapping[str, Any]
FOLLOWS = (
    "May follow a factor, such as $j, or an earlier step, such as "
    '{ from = "rest", offset = "-15 mV", within = ["-1 V", "1 V"] }.'
)
LEVELS = (
    "Values with their units, or ranges, such as "
    '{ from = "0 V", to = "1 V", step = "100 mV" } or { from = "1 V/s", to = "100 V/s", count = 5, '
    'spacing = "log" }.'
)
_SERIES = {
    "over": "series",
    "values": "value of each site",
    "column_values": "value of each column",
    "row_values": "value of each row",
}
"""What is added to tables of lists other than factors, by their keys."""
NAMED_TABLES: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "suspend": ("limit of a signal", "humidity", {"above": "5 ppm"})
}
"""What is added to tables that are called by names: in words, its name, and what it begins with."""
MOST_ROWS = 200
"""Lines of a list that are shown for editing."""
MOST_LETTERS = 20_000
"""Of a text in a field: longer ones would be cut, or hold up the window."""
A_VALUE = "a value"
"""What is chosen where either a fixed word or a table may stand."""
UNKNOWN = "No plan has this key, or this table has none of that name."


def form(schema: Schema, data: Mapping[str, Any]) -> Group:
    """Make the form of a plan.

    Args:
        schema: `Plan.model_json_schema()`.
        data: the plan's tables as they stand in the file, right or wrong.
    """
    # Where nothing moves, tables that say how it would are shown only where they stand in the plan.
    left_out = {name for name in MEANINGLESS if name not in data} if stays(data) else set()
    every = schema.get("properties", {})
    asked = {name: each for name, each in every.items() if name not in left_out}
    return _Forms(schema).table({**schema, "properties": asked}, data, (), "Plan")


class _Forms:
    """Walks schema and data side by side."""

    def __init__(self, schema: Schema) -> None:
        self._defs: Mapping[str, Schema] = schema.get("$defs", {})

    def table(
        self,
        schema: Schema,
        data: Mapping[str, Any] | None,
        key: Key,
        title: str,
        *,
        optional: bool = False,
        **more: Any,
    ) -> Group:
        """Make the form of a table; one that may be left out can be removed, or added empty."""
        required = set(schema.get("required", ())) if data is not None or not optional else set()
        if optional:
            # Where something has to be said, typing that adds the table.
            empty = not schema.get("required") and not schema.get("minProperties")
            added = data is not None
            more |= {"removable": added, "addable": empty and not added, "bare": empty}
            if more["addable"]:  # To type into it would add it, and to clear that not remove it.
                return Group(key, title, _plain(schema.get("description", "")), (), **more)
        given = data or {}
        parts = [
            self._part(name, each, given.get(name), (*key, name), name in required)
            for name, each in schema.get("properties", {}).items()
            if "const" not in each and not _from_elsewhere(name, schema, given)
        ]
        known = {n for n, each in schema.get("properties", {}).items()
                 if n in (part.key[-1] for part in parts) or "const" in each}  # fmt: skip
        chooser = more.get("chooser", "")
        parts += [
            replace(_as_toml((*key, name), name, value, UNKNOWN), known=False)
            for name, value in given.items()
            if name not in known and name != chooser
        ]
        return Group(key, title, _plain(schema.get("description", "")), tuple(parts), **more)

    def _part(
        self, name: str, schema: Schema, value: Any, key: Key, required: bool
    ) -> Field | Group | Listing:
        title = name.replace("_", " ")
        words = _plain(schema.get("description", ""))
        schema, optional = self._resolved(schema)
        required = required and not optional
        if value is not None and not self._fits(schema, value):
            return replace(_as_toml(key, title, value, words), required=required)
        if "discriminator" in schema:
            return self._variant(schema, value, key, title, required=required)
        if "oneOf" in schema:
            return self._word_or_table(schema, value, key, title, words)
        if schema.get("type") == "object" and "properties" in schema:
            more = {} if optional else {"bare": required}
            return self.table(schema, value, key, title, optional=optional, **more)
        if schema.get("type") == "object":
            each = self._resolved(schema.get("additionalProperties", {}))[0]
            if "properties" in each:
                return self._named_tables(each, value or {}, key, title, words)
            inner = each.get("items", {})
            of_rows = self._resolved(inner)[0].get("type") == "array"
            return self._named(value, key, title, words, of_rows=of_rows)
        items = self._resolved(schema.get("items", {}))[0]
        if schema.get("type") == "array" and ("discriminator" in items or "oneOf" in items):
            return self._listed(items, value, key, title)
        if schema.get("type") == "array" and items.get("type") == "object":
            return _listing(value, key, title, words)
        return self._field(schema, items, value, key, title, words, required)

    def _fits(self, schema: Schema, value: Any) -> bool:
        """Tell whether what stands in the file can be shown as the schema has it."""
        if "discriminator" in schema or schema.get("type") == "object":
            return isinstance(value, Mapping) and _kind_fits(schema, value)
        if "oneOf" in schema:
            return isinstance(value, Mapping | str)
        items = self._resolved(schema.get("items", {}))[0]
        of_tables = "discriminator" in items or "oneOf" in items or items.get("type") == "object"
        if schema.get("type") == "array" and of_tables:
            return isinstance(value, list) and all(
                isinstance(row, Mapping) and _kind_fits(items, row) for row in value
            )
        return True

    def _resolved(self, schema: Schema) -> tuple[Schema, bool]:
        """Follow references; tell whether the value may be missing."""
        optional = False
        while True:
            if "$ref" in schema:
                schema = {**self._defs[schema["$ref"].rsplit("/", 1)[1]],
                          **{k: v for k, v in schema.items() if k != "$ref"}}  # fmt: skip
            elif "anyOf" in schema:
                kinds = [s for s in schema["anyOf"] if s.get("type") != "null"]
                optional |= len(kinds) < len(schema["anyOf"])
                schema = {**kinds[0], **{k: v for k, v in schema.items() if k != "anyOf"}}
            else:
                return schema, optional

    def _variant(
        self,
        schema: Schema,
        value: Any,
        key: Key,
        title: str,
        *,
        required: bool = True,
        **more: Any,
    ) -> Group:
        """A table of one of several kinds; what the file does not say is not shown as if it did."""
        chooser: str = schema["discriminator"]["propertyName"]
        mapping: Mapping[str, str] = schema["discriminator"]["mapping"]
        given = value.get(chooser) if isinstance(value, Mapping) else None
        choices = tuple(mapping)
        if value is None and not required:
            choice = choices[0]
        else:
            _, choice = shown("choice", given)
            choices = choices if choice in mapping else (choice, *choices)
        chosen = self._resolved({"$ref": mapping[choice]})[0] if choice in mapping else {}
        return self.table(
            chosen, value, key, title, choices=choices, chooser=chooser, choice=choice, **more,
        )  # fmt: skip

    def _word_or_table(self, schema: Schema, value: Any, key: Key, title: str, words: str) -> Group:
        """Either a fixed word or a table, such as what is held during the approach."""
        fixed = [s["const"] for s in schema["oneOf"] if "const" in s]
        other = next(s for s in schema["oneOf"] if "const" not in s)
        choices = (*fixed, A_VALUE)
        if isinstance(value, Mapping):
            resolved, _ = self._resolved(other)
            return self.table(
                resolved, value, key, title, choices=choices, choice=A_VALUE, bare=True
            )  # fmt: skip
        choice = fixed[0] if value is None else str(value)
        choices = choices if choice in fixed else (choice, *choices)
        return Group(key, title, words, (), choices=choices, choice=choice)

    def _listed(self, items: Schema, value: Any, key: Key, title: str) -> Group:
        """A list of tables, such as the steps of the program."""
        if "discriminator" not in items:
            items = next(s for s in items["oneOf"] if "discriminator" in s)
        mapping: Mapping[str, str] = items["discriminator"]["mapping"]
        rows = value or []
        parts = tuple(
            self._variant(
                items,
                row,
                (*key, k),
                f"{title} · step {k + 1}",
                removable=True,
                moves=tuple(by for by in (-1, 1) if 0 <= k + by < len(rows)),
            )
            for k, row in enumerate(rows)
        )
        return Group(key, title, "", parts, adds=tuple(mapping))

    def _named_tables(
        self, each: Schema, value: Mapping[str, Any], key: Key, title: str, words: str
    ) -> Group:
        """Tables with names of the user's choice, such as the limits that suspend a run."""
        parts = tuple(
            self.table(each, table, (*key, name), name, removable=True)
            if isinstance(table, Mapping)
            else _as_toml((*key, name), name, table, words)
            for name, table in value.items()
        )
        return Group(key, title, words, parts, adds=(NAMED_TABLES[str(key[-1])][0],))

    def _named(
        self, value: Any, key: Key, title: str, words: str, *, of_rows: bool = False
    ) -> Group:
        """Lists with names of the user's choice: factors, and what a repeat goes over."""
        kind: Kind = "rows" if of_rows else "list"
        told = f"One line for each row of the grid. {LEVELS}" if of_rows else LEVELS
        parts = tuple(
            replace(_shown((*key, name), name, kind, levels, told), named=True)
            for name, levels in (value or {}).items()
        )
        words = words or "What varies from site to site; $name stands for a level."
        return Group(key, title, words, parts, adds=(_SERIES.get(str(key[-1]), "factor"),))

    def _field(
        self, schema: Schema, items: Schema, value: Any, key: Key, title: str, words: str,
        required: bool,
    ) -> Field:  # fmt: skip
        default = schema.get("default")
        says_nothing = default in (None, "", []) or default is False
        hint = "" if says_nothing else str(default)
        examples: Sequence[Any] = schema.get("examples") or items.get("examples") or ("",)
        choices: tuple[str, ...] = ()
        kind: Kind = "text"
        if "unit" in schema:
            kind = "quantity"
            hint = f"such as {examples[0]}"
            words = f"{words} Such as {examples[0]}."
            if default is not None:  # What is not said is shown as what it then is.
                is_number = isinstance(default, int | float)
                hint = show(default, schema["unit"], 9) if is_number else str(default)
        elif words_of := tuple(schema.get("enum", (schema["const"],) if "const" in schema else ())):
            kind = "choice"
            # What is not said is not shown as if it were.
            choices = words_of if default else ("", *words_of)
        elif schema.get("type") in ("integer", "number"):
            kind = "number"
        elif schema.get("type") == "boolean":
            kind, hint = "switch", "true" if default is True else ""
        elif schema.get("type") == "array":
            nested = "prefixItems" in items or items.get("type") == "array"
            of_words = items.get("type") == "string" and "unit" not in items
            kind = "words" if of_words else "rows" if nested else "list"
            kind = "pair" if "prefixItems" in schema else kind
            hint = ""
        elif title == "description":
            kind = "long text"
        if "steps" in schema or "steps" in items:
            words = f"{words} {FOLLOWS}".strip()
        made = _shown(key, title, kind, value, words)
        if made.kind == "choice" and made.text and made.text not in choices:
            made, choices = replace(made, known=False), (made.text, *choices)
        unit = self._unit(schema)
        return replace(made, hint=hint, choices=choices, required=required, unit=unit)

    def _unit(self, schema: Schema) -> str:
        """Return the unit of a value, or of what a list is made of."""
        resolved, _ = self._resolved(schema)
        inner = resolved.get("items") or next(iter(resolved.get("prefixItems", ())), None)
        return str(resolved.get("unit", "")) or (self._unit(inner) if inner else "")


def _from_elsewhere(name: str, schema: Schema, data: Mapping[str, Any]) -> bool:
    """Tell whether a key has no place in the form just now.

    The points of a file are read from it, and only a listed design has conditions.
    """
    if schema["properties"].get(name, {}).get("from_file"):
        return True
    return name == "conditions" and name not in data and data.get("kind") != "listed"


def _shown(key: Key, title: str, kind: Kind, value: Any, words: str) -> Field:
    """Return a field with what stands in the file; what is too long for it is named."""
    if isinstance(value, list) and len(value) > MOST_ROWS and kind == "rows":
        return _aside(key, title, kind, counted(len(value), "line"), words)
    kind, text = shown(kind, value)
    if len(text) > MOST_LETTERS:
        is_list = isinstance(value, list)
        length = counted(len(value), "value") if is_list else counted(len(text), "character")
        return _aside(key, title, kind, length, words)
    return Field(key, title, kind, text, words=words)


def _aside(key: Key, title: str, kind: Kind, length: str, words: str) -> Field:
    return Field(key, title, kind, length, words=words, aside="Too long for a field.")


def _as_toml(key: Key, title: str, value: Any, words: str) -> Field:
    return _shown(key, title, "toml", value, f"{words} Written as in the file.".strip())


def _kind_fits(schema: Schema, value: Mapping[str, Any]) -> bool:
    """Tell whether the word that says which kind a table is of can be chosen from a list."""
    if "discriminator" not in schema:
        return True
    given = value.get(schema["discriminator"]["propertyName"])
    return shown("choice", given)[0] == "choice"


def _listing(value: Any, key: Key, title: str, words: str) -> Field | Listing:
    """Make a table of a list of tables, such as the conditions of a design."""
    rows = value or []
    if len(rows) > MOST_ROWS:
        return _aside(key, title, "toml", counted(len(rows), "condition"), words)
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    cells = [[shown("quantity", row.get(name)) for name in columns] for row in rows]
    if any(kind == "toml" for row in cells for kind, _ in row):
        return _as_toml(key, title, value, words)
    return Listing(key, title, words, columns, tuple(tuple(text for _, text in r) for r in cells))


def _plain(text: str) -> str:
    """Return a description with its line breaks between paragraphs only."""
    return "\n".join(" ".join(part.split()) for part in text.split("\n\n"))
