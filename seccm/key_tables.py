"""The keys of a file as tables to be read: from the schema by which the file is checked.

Pages of keys, `seccm help` and the window show the same tables.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seccm.in_toml import toml
from seccm.units import parse, show

Schema = Mapping[str, Any]
_TAGS = ("kind", "step")
INSIDE = "Tables in the value of a key"
STEPS = "Steps: `[[program]]`"
ABOVE = "Above the first table"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """What there is to say of a key."""

    key: str
    takes: str
    """What may be written, as Markdown; an example of a quantity shows its unit."""
    bounds: str
    """What of that is allowed, such as "above 0"; empty where nothing more is said."""
    default: str
    """What is taken if the key is left out; "needed" if it must be there, "-" if nothing is."""
    meaning: str


@dataclass(frozen=True, slots=True)
class KeyTable:
    """The keys of a table of a file."""

    title: str
    """As Markdown, such as "`[approach]`"."""
    about: str
    """What it is, in paragraphs."""
    rows: tuple[KeyRow, ...]
    keys: tuple[str, ...]
    """The keys of which it is the value, such as "approach"."""
    kind: str = ""
    """What tells it from others at its place, such as "potential drop"; empty for a single one."""
    section: str = ""
    """Under which heading it stands; empty for the page itself."""


def key_tables(schema: Schema, every_step: Collection[str] = ()) -> tuple[KeyTable, ...]:
    """Return the tables of a file, from the top to those that stand in values of keys.

    Args:
        schema: of the whole file.
        every_step: keys that all steps of a program have in common; they are told once.
    """
    return tuple(_Walk(schema, every_step).tables())


def markdown(tables: Iterable[KeyTable], level: int = 2, of: str = "") -> str:
    """Return tables as Markdown.

    Args:
        tables: those of one file.
        level: of the headings of tables that stand under no other heading.
        of: what is added to headings, where a page has the tables of several files.
    """
    lines: list[str] = []
    section = ""
    for table in tables:
        if table.section != section:
            section = table.section
            lines += [f"{'#' * level} {section}{of}", ""]
        mark = "#" * (level + bool(section))
        lines += [f"{mark} {table.title}{of}", ""] if table.title != section else []
        lines += [table.about, ""] if table.about else []
        lines += _rows(table.rows, of)
    return "\n".join(lines)


def _rows(rows: Iterable[KeyRow], of: str) -> Iterator[str]:
    here = f"#{_anchor(INSIDE + of)}"
    body = [
        f"| `{row.key}` | {row.takes.replace('#INSIDE', here)} | {row.bounds} | {row.default} "
        f"| {row.meaning} |"
        for row in rows
    ]
    if not body:
        yield from ("It has no further keys.", "")
        return
    yield from ("| key | takes | allowed | if left out | meaning |", "|---|---|---|---|---|")
    yield from (*body, "")


def _anchor(heading: str) -> str:
    """Return how a link names a heading."""
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


class _Walk:
    """Goes through a schema, table by table."""

    def __init__(self, schema: Schema, every_step: Collection[str]) -> None:
        self._top, self._defs = schema, schema.get("$defs", {})
        self._shared = every_step
        self._waiting: dict[str, dict[str, set[str]]] = {}
        """Tables that stand in the value of a key, by the names of their schemas: the key, and the
        tables that have it."""
        self._here = ""
        """The table that is told of."""
        self._told: set[str] = set()

    def tables(self) -> Iterator[KeyTable]:
        """Yield them."""
        properties: dict[str, Schema] = dict(self._top["properties"])
        program = properties.pop("program", None)
        tables = {name: found for name, one in properties.items() if (found := self._refs(one))}
        simple = {name: one for name, one in properties.items() if name not in tables}
        yield from self._table(ABOVE, {**self._top, "properties": simple}, keys=("file",))
        for name, refs in tables.items():
            under = f"{name}.NAME" if _is_named(properties[name]) else name
            mark = f"[[{under}]]" if properties[name].get("type") == "array" else f"[{under}]"
            for ref in refs:
                title = f"`{mark}`{self._kind(ref)}"
                yield from self._table(title, self._defs[ref], ref, keys=(name,))
        if program is not None:
            yield from self._steps(self._refs(program["items"]))
        while self._waiting:
            ref, keys = next(iter(self._waiting.items()))
            del self._waiting[ref]
            title = ", ".join(
                f"`{key}`" + (f" of {next(iter(tables))}" if len(tables) == 1 else "")
                for key, tables in keys.items()
            )
            title += self._kind(ref)
            yield from self._table(title, self._defs[ref], ref, keys=tuple(keys), section=INSIDE)

    def _steps(self, refs: list[str]) -> Iterator[KeyTable]:
        every = self._defs[refs[0]]["properties"]
        self._here = STEPS
        shared = tuple(self._rows({name: every[name] for name in self._shared}, ()))
        about = "Every step, but not `repeat` and `if`, may have these keys:"
        yield KeyTable(STEPS, about, shared, ("program",), section=STEPS)
        for ref in refs:
            step = self._defs[ref]
            own = {n: one for n, one in step["properties"].items() if n not in self._shared}
            title, keys = f"`{self._tag(ref)}`", ("program",)
            yield from self._table(
                title, {**step, "properties": own}, ref, keys=keys, section=STEPS
            )

    def _table(
        self, title: str, schema: Schema, ref: str = "", *, keys: tuple[str, ...], section: str = ""
    ) -> Iterator[KeyTable]:
        """Yield a table; nothing if that was told already."""
        if ref in self._told:
            return
        self._told |= {ref} if ref else set()
        self._here = title
        about = plain(schema["description"], "\n") if ref and "description" in schema else ""
        own = {name: one for name, one in schema["properties"].items()
               if name not in _TAGS or "const" not in one}  # fmt: skip
        rows = tuple(self._rows(own, schema.get("required", ())))
        yield KeyTable(title, about, rows, keys, self._tag(ref) if ref else "", section)

    def _rows(self, keys: Mapping[str, Schema], needed: Collection[str]) -> Iterator[KeyRow]:
        """Yield the keys of a table."""
        for name, one in keys.items():
            default = "needed" if name in needed else self._default(one)
            meaning = plain(self._meaning(one), " ")
            yield KeyRow(name, self._takes(name, one), _bounds(one), default, meaning)

    def _meaning(self, schema: Schema) -> str:
        """Return what a key is for; where it has no words of its own, those of its table."""
        own = str(schema.get("description", ""))
        refs = self._refs(schema)
        return own or (str(self._defs[refs[0]].get("description", "")) if refs else "")

    def _takes(self, name: str, schema: Schema) -> str:
        """Say what a key takes."""
        if "anyOf" in schema:
            kinds = [one for one in schema["anyOf"] if one.get("type") != "null"]
            return " or ".join(
                dict.fromkeys(self._takes(name, _with(one, schema)) for one in kinds)
            )
        if "unit" in schema:
            marks = [mark for mark, key in (("**$**", "factors"), ("**from**", "steps"))
                     if key in schema]  # fmt: skip
            return " ".join((f"`{toml(_example(schema))}`", *marks))
        if words := schema.get("enum", [schema["const"]] if "const" in schema else []):
            return ", ".join(f"`{toml(word)}`" for word in words)
        if refs := self._refs(schema):
            if self._tag(refs[0]) in _steps(self._defs):
                return "steps"
            for ref in refs:
                if ref not in self._told:
                    self._waiting.setdefault(ref, {}).setdefault(name, set()).add(self._here)
            fixed = [self._takes(name, one) for one in schema.get("oneOf", ()) if "const" in one]
            what = "tables by name" if _is_named(schema) else "a table"
            return " or ".join((*fixed, f"{what} [{name}](#INSIDE)"))
        if schema.get("examples") and schema.get("type") != "integer":
            return f"`{toml(schema['examples'][0])}`"
        if several := schema.get("prefixItems", [schema["items"]] if "items" in schema else []):
            entries = [one["examples"][0] for one in several if one.get("examples")]
            if len(entries) == len(several):
                return f"`{toml(entries)}`"
        if isinstance(inside := schema.get("additionalProperties"), Mapping):
            several = inside.get("type") == "array"
            return (
                "a table of lists" if several else f"names, each with {self._takes(name, inside)}"
            )
        return _TYPES.get(schema.get("type", ""), "a value")

    def _default(self, schema: Schema) -> str:
        """Say what is taken where a key is left out."""
        default = schema.get("default")
        if default in (None, "", [], {}) or isinstance(default, dict):
            return "-"
        return f"`{toml(self._written(default, schema))}`"

    def _written(self, value: Any, schema: Schema) -> Any:
        """Return a value as a file has it: quantities with their units."""
        inner = [schema, *schema.get("anyOf", ())]
        if isinstance(value, list):
            items = (one.get("prefixItems", [one.get("items", {})])[0] for one in inner)
            each: Schema = next(filter(None, items), {})
            return [self._written(one, each) for one in value]
        if isinstance(value, dict):
            keys = self._defs[refs[0]]["properties"] if (refs := self._refs(schema)) else {}
            return {name: self._written(part, keys.get(name, {})) for name, part in value.items()}
        unit = next((one["unit"] for one in inner if "unit" in one), "")
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return show(value, unit) if unit and is_number else value

    def _refs(self, schema: Schema) -> list[str]:
        """Return the tables that may stand there, or be the entries of a list."""
        found = [schema["$ref"]] if "$ref" in schema else []
        for key in ("oneOf", "anyOf"):
            found += [one["$ref"] for one in schema.get(key, ()) if "$ref" in one]
        names = [ref.rsplit("/", 1)[1] for ref in found]
        inside = schema.get("items", schema.get("additionalProperties"))
        return names or (self._refs(inside) if isinstance(inside, Mapping) else [])

    def _tag(self, ref: str) -> str:
        """Return the word that tells a table from others at its place; empty for a single one."""
        properties = self._defs[ref]["properties"]
        return next(
            (properties[tag]["const"] for tag in _TAGS if "const" in properties.get(tag, {})), ""
        )

    def _kind(self, ref: str) -> str:
        tag = self._tag(ref)
        return f', `kind = "{tag}"`' if tag else ""


_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "string": "a text",
    "array": "a list",
    "object": "a table",
}


def _is_named(schema: Schema) -> bool:
    """Tell whether a key takes tables with names of the user's choice."""
    return isinstance(schema.get("additionalProperties"), Mapping)


def _steps(defs: Mapping[str, Schema]) -> set[str]:
    """Return the kinds of steps."""
    every = (one["properties"].get("step", {}) for one in defs.values())
    return {one["const"] for one in every if "const" in one}


def _with(one: Schema, round_it: Schema) -> Schema:
    """Return one of several schemas with the examples of what is round it."""
    return {**one, "examples": round_it["examples"]} if "examples" in round_it else one


_LIMITS = (
    ("exclusiveMinimum", "above"),
    ("minimum", "at least"),
    ("exclusiveMaximum", "below"),
    ("maximum", "at most"),
)


def _bounds(schema: Schema) -> str:
    """Say what of a quantity or a number is allowed, or how many entries a list may have."""
    alternatives = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    unit = next((one["unit"] for one in (schema, *alternatives) if "unit" in one), "1")
    for inner in (schema, *alternatives):
        found = [f"{words} {_end(inner[key], unit)}" for key, words in _LIMITS if key in inner]
        if not found and "prefixItems" not in inner:
            found = list(_entries(inner))
        if found:
            return ", ".join(found)
    return ""


def _end(value: float, unit: str) -> str:
    is_whole = unit == "1" and float(value).is_integer()
    return str(int(value)) if is_whole else show(value, unit)


def _entries(schema: Schema) -> Iterator[str]:
    """Yield what a list may have; nothing for another value."""
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if least > 1 or (least and most is not None):
        yield f"at least {least} {'entry' if least == 1 else 'entries'}"
    if most is not None:
        yield f"at most {most} entries"
    items = schema.get("items")
    if isinstance(items, Mapping) and "$ref" not in items and (each := _bounds(items)):
        yield f"each {each}"


def _example(schema: Schema) -> Any:
    """Return an example of a quantity that is allowed: the default where the usual one is not."""
    usual, default = next(iter(schema.get("examples", ())), ""), schema.get("default")
    if not isinstance(usual, str) or not isinstance(default, int | float):
        return usual
    unit = schema["unit"]
    value = parse(usual, unit)
    low = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf))
    high = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf))
    return usual if low < value < high else show(default, unit)


def plain(text: str, between: str) -> str:
    """Return a docstring as it stands in a page."""
    paragraphs = (" ".join(part.split()) for part in text.split("\n\n"))
    return between.join(paragraphs).replace("|", "\\|")
