"""A form made from the plan's own schema: which fields there are, of what kind, with what in them.

Fields follow the schema, so that a key that plans learn tomorrow is in the form tomorrow.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from seccm.mistakes import toml
from seccm.units import show

Key = tuple[str | int, ...]
Kind = Literal[
    "quantity", "number", "text", "long text", "switch", "choice", "list", "pair", "rows"
]
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
_SERIES = {"over": "series", "values": "value of each site"}
"""What is added to tables of lists other than factors, by their keys."""
MOST_ROWS = 200
"""Lines of a list of points that are shown for editing; longer ones stay as they are."""


@dataclass(frozen=True, slots=True)
class Field:
    """One value of the plan."""

    key: Key
    title: str
    kind: Kind
    text: str
    """As it stands in the file; empty where it does not."""
    hint: str = ""
    """What one would write: an example, or the default."""
    words: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    named: bool = False
    """Whether the title is a name of the user's choice."""
    unit: str = ""
    """The SI unit of what is typed; empty where there is none, or any."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of tables with the same keys, such as the conditions of a listed design."""

    key: Key
    title: str
    words: str
    columns: tuple[str, ...]
    """The keys of all rows together, in the order in which they first come."""
    rows: tuple[tuple[str, ...], ...]
    """What stands in each row under each column; empty where it does not."""

    def cell(self, row: int, column: str) -> Key:
        """Return the key of a cell."""
        return (*self.key, row, column)


@dataclass(frozen=True, slots=True)
class Group:
    """A table of the plan, or a list of tables."""

    key: Key
    title: str
    words: str
    parts: tuple[Field | Group | Listing, ...]
    choices: tuple[str, ...] = ()
    """What the table can be instead, by its discriminating key."""
    chooser: str = ""
    """That key; empty where the whole value is replaced by a word."""
    choice: str = ""
    adds: tuple[str, ...] = ()
    """For a list: the kinds of table that can be added."""
    removable: bool = False
    moves: tuple[int, ...] = ()
    """By how many places it can be moved in its list."""


def where(key: Key) -> str:
    """Write a key as messages about plans do: program[0].duration."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def form(schema: Schema, data: Mapping[str, Any]) -> Group:
    """Make the form of a plan.

    Args:
        schema: `Plan.model_json_schema()`.
        data: the plan's tables as they stand in the file, right or wrong.
    """
    return _Forms(schema).table(schema, data, (), "Plan")


class _Forms:
    """Walks schema and data side by side."""

    def __init__(self, schema: Schema) -> None:
        self._defs: Mapping[str, Schema] = schema.get("$defs", {})

    def table(
        self,
        schema: Schema,
        data: Any,
        key: Key,
        title: str,
        *,
        optional: bool = False,
        **more: Any,
    ) -> Group:
        required = set(schema.get("required", ())) if data is not None or not optional else set()
        data = data if isinstance(data, Mapping) else {}
        parts = [
            self._part(name, each, data.get(name), (*key, name), name in required)
            for name, each in schema.get("properties", {}).items()
            if "const" not in each and not _from_elsewhere(name, schema, data)
        ]
        words = _first(schema.get("description", ""))
        return Group(key, title, words, tuple(parts), **more)

    def _part(
        self, name: str, schema: Schema, value: Any, key: Key, required: bool
    ) -> Field | Group | Listing:
        title = name.replace("_", " ")
        words = _first(schema.get("description", ""))
        schema, optional = self._resolved(schema)
        required = required and not optional
        if "discriminator" in schema:
            return self._variant(schema, value, key, title)
        if "oneOf" in schema:
            return self._word_or_table(schema, value, key, title, words)
        if schema.get("type") == "object" and "properties" in schema:
            return self.table(schema, value, key, title, optional=optional)
        if schema.get("type") == "object":
            return self._named(value, key, title, words)
        items = self._resolved(schema.get("items", {}))[0]
        if schema.get("type") == "array" and ("discriminator" in items or "oneOf" in items):
            return self._listed(items, value, key, title)
        if schema.get("type") == "array" and items.get("type") == "object":
            return _listing(value, key, title, words)
        return self._field(schema, items, value, key, title, words, required)

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
                schema = {**{k: v for k, v in schema.items() if k != "anyOf"}, **kinds[0]}
            else:
                return schema, optional

    def _variant(
        self, schema: Schema, value: Any, key: Key, title: str, **more: Any
    ) -> Group:  # fmt: skip
        """A table of one of several kinds."""
        chooser: str = schema["discriminator"]["propertyName"]
        mapping: Mapping[str, str] = schema["discriminator"]["mapping"]
        given = value.get(chooser) if isinstance(value, Mapping) else None
        choice = str(given) if given in mapping else next(iter(mapping))
        chosen, _ = self._resolved({"$ref": mapping[choice]})
        return self.table(
            chosen, value, key, title,
            choices=tuple(mapping), chooser=chooser, choice=choice, **more,
        )  # fmt: skip

    def _word_or_table(self, schema: Schema, value: Any, key: Key, title: str, words: str) -> Group:
        """Either a fixed word or a table, such as what is held during the approach."""
        fixed = [s["const"] for s in schema["oneOf"] if "const" in s]
        other = next(s for s in schema["oneOf"] if "const" not in s)
        choices = (*fixed, "a value")
        if isinstance(value, Mapping):
            resolved, _ = self._resolved(other)
            return self.table(resolved, value, key, title, choices=choices, choice="a value")
        choice = value if value in fixed else fixed[0]
        return Group(key, title, words, (), choices=choices, choice=choice)

    def _listed(self, items: Schema, value: Any, key: Key, title: str) -> Group:
        """A list of tables, such as the steps of the program."""
        if "discriminator" not in items:
            items = next(s for s in items["oneOf"] if "discriminator" in s)
        mapping: Mapping[str, str] = items["discriminator"]["mapping"]
        rows = value if isinstance(value, list) else []
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

    def _named(self, value: Any, key: Key, title: str, words: str) -> Group:
        """Lists with names of the user's choice: factors, and what a repeat goes over."""
        named = value if isinstance(value, Mapping) else {}
        parts = tuple(
            Field(
                (*key, name),
                name,
                "list",
                listed(levels),
                words=LEVELS,
                named=True,
            )
            for name, levels in named.items()
        )
        words = words or "What varies from site to site; $name stands for a level."
        return Group(key, title, words, parts, adds=(_SERIES.get(str(key[-1]), "factor"),))

    def _field(
        self, schema: Schema, items: Schema, value: Any, key: Key, title: str, words: str,
        required: bool,
    ) -> Field:  # fmt: skip
        default = schema.get("default")
        hint = str(default) if default not in (None, "", [], False) else ""
        examples: Sequence[Any] = schema.get("examples") or items.get("examples") or ("",)
        choices: tuple[str, ...] = ()
        kind: Kind = "text"
        text = "" if value is None else str(value)
        if "unit" in schema:
            kind, text = "quantity", text if value is None else written(value)
            hint = f"such as {examples[0]}"
            if default is not None:  # What is not said is shown as what it then is.
                is_number = isinstance(default, int | float)
                hint = show(default, schema["unit"], 9) if is_number else str(default)
        elif words_of := tuple(schema.get("enum", (schema["const"],) if "const" in schema else ())):
            kind = "choice"
            # What is not said is not shown as if it were.
            choices = words_of if default else ("", *words_of)
        elif schema.get("type") == "integer":
            kind = "number"
        elif schema.get("type") == "boolean":
            kind, text = "switch", "true" if value is True else ""
        elif schema.get("type") == "array":
            nested = "prefixItems" in items or items.get("type") == "array"
            pair = "prefixItems" in schema
            kind = "pair" if pair else "rows" if nested else "list"
            text = rows(value) if nested else listed(value)
            hint = ""
        elif title == "description":
            kind = "long text"
        unit = self._unit(schema)
        if "steps" in schema or "steps" in items:
            words = f"{words} {FOLLOWS}".strip()
        return Field(key, title, kind, text, hint, words, choices, required, unit=unit)

    def _unit(self, schema: Schema) -> str:
        """Return the unit of a value, or of what a list is made of."""
        resolved, _ = self._resolved(schema)
        inner = resolved.get("items") or next(iter(resolved.get("prefixItems", ())), None)
        return str(resolved.get("unit", "")) or (self._unit(inner) if inner else "")


def _from_elsewhere(name: str, schema: Schema, data: Mapping[str, Any]) -> bool:
    """Tell whether a key has no place in the form just now.

    The points of a file are read from it; long lists of points are edited elsewhere; and only a
    listed design has conditions.
    """
    if name in ("points", "values", "labels") and "file" in schema["properties"]:
        return True
    if name == "points":
        value = data.get(name)
        return isinstance(value, list) and len(value) > MOST_ROWS
    return name == "conditions" and name not in data and data.get("kind") != "listed"


def _listing(value: Any, key: Key, title: str, words: str) -> Listing:
    rows = [row if isinstance(row, Mapping) else {} for row in value or ()]
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    cells = tuple(tuple(str(row.get(name, "")) for name in columns) for row in rows)
    return Listing(key, title, words, columns, cells)


def listed(value: Any) -> str:
    """Write a list as it is typed: with commas."""
    if value is None:
        return ""
    return ", ".join(map(written, value)) if isinstance(value, list | tuple) else written(value)


def written(value: Any) -> str:
    """Write a value as you type it; a table, for what an earlier step came to, as TOML does."""
    return toml(value) if isinstance(value, Mapping) else str(value)


def rows(value: Any) -> str:
    """Write a list of lists with one line each."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return "" if value is None else str(value)
    return "\n".join(listed(row) for row in value)


def read(kind: Kind, text: str) -> Any:
    """Turn what was typed into what stands in the file; None to leave the key out.

    Nothing is refused here: what makes no sense is passed on as it is, and the plan says why.
    """
    text = text.strip() if kind != "long text" else text
    if not text:
        return None
    match kind:
        case "number":
            return int(text) if text.lstrip("-").isdigit() else text
        case "switch":
            return text == "true"
        case "quantity":
            return _plain(text)
        case "list":
            return [_plain(part) for part in _items(text)]
        case "pair":
            parts = [_plain(part.strip()) for part in text.split(",") if part.strip()]
            return parts[0] if len(parts) == 1 else parts
        case "rows":
            return [[_plain(part.strip()) for part in line.split(",")]
                    for line in text.splitlines() if line.strip()]  # fmt: skip
        case _:
            return text


def _items(text: str) -> list[str]:
    """Take a list apart at its commas, except for those inside of tables."""
    found, depth = [""], 0
    for c in text:
        depth += (c in "{[") - (c in "}]")
        if c == "," and depth <= 0:
            found.append("")
        else:
            found[-1] += c
    return [part.strip() for part in found if part.strip()]


def _plain(text: str) -> Any:
    """Return a bare number as a number, and a table as a table.

    Quantities without a dimension are written as bare numbers, what an earlier step came to as a
    table; one that is not whole yet stays a text, and the plan says what is wrong with it.
    """
    if text.startswith("{"):
        try:
            return tomllib.loads(f"table = {text}")["table"]
        except tomllib.TOMLDecodeError:
            return text
    if text.lstrip("-").isdigit():
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text


def _first(text: str) -> str:
    """Return the first sentence of a description."""
    return " ".join(text.split("\n\n")[0].split())
