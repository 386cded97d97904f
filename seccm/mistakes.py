"""What is wrong with a file, in the words of the person who wrote it.

Pydantic finds the mistakes; this says where they are and what to write instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from seccm.errors import Problem, shown
from seccm.units import example, show

KeyPath = tuple[int | str, ...]


class Mistakes(ValueError):
    """Several mistakes found by one validator.

    Args:
        problems: where each is, relative to the table that is validated; "" for the table.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(str(problem) for problem in self.problems))


def problems_of(
    error: ValidationError, model: type[BaseModel], data: Mapping[str, Any]
) -> list[Problem]:
    """Say in the user's words what pydantic found, one problem a mistake."""
    schema = _schema_of(model)
    found: list[Problem] = []
    for one in error.errors():
        path, given = _path(one["loc"], data, absent=one["type"] == "missing")
        context = one.get("ctx", {})
        if one["type"] == "too_short" and _length(given) >= context["min_length"]:
            continue  # Pydantic does not count entries that are wrong, and says so a second time.
        cause = context.get("error")
        if isinstance(cause, Mistakes):
            found += (
                Problem(_join(key(path), problem.where), problem.what, problem.remedy)
                for problem in cause.problems
            )
        else:
            found.append(_problem(dict(one), path, given, Schema(schema, data)))
    return list(dict.fromkeys(found))


@lru_cache(maxsize=32)
def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _length(given: object) -> int:
    return len(given) if isinstance(given, list | tuple | Mapping) else 0


def key(path: KeyPath) -> str:
    """Write a path into a file as a key: ("program", 0, "duration") as "program[0].duration"."""
    text = ""
    for part in path:
        name = str(part) if len(str(part)) <= 60 else f"{part[:57]}..."  # type: ignore[index]
        text += f"[{part}]" if isinstance(part, int) else f".{name}" if text else name
    return text or "file"


def _join(table: str, rest: str) -> str:
    if not rest:
        return table
    return rest if table == "file" else f"{table}{'' if rest.startswith('[') else '.'}{rest}"


def _path(loc: KeyPath, data: object, *, absent: bool) -> tuple[KeyPath, object]:
    """Follow a location through the data; return the keys in it, and what is there.

    Pydantic puts the names of union members into locations; they are no keys of the file.

    Args:
        loc: the location.
        data: the whole file.
        absent: whether the last part is a key that ought to be there.
    """
    path: list[int | str] = []
    here = data
    for index, part in enumerate(loc):
        if _has(here, part) or (absent and index == len(loc) - 1):
            path.append(part)
            here = _inside(here, part)
    return tuple(path), here


def _has(here: object, part: int | str) -> bool:
    if isinstance(here, Mapping):
        return part in here
    return isinstance(here, list | tuple) and isinstance(part, int) and part < len(here)


class Schema:
    """The JSON schema of a model, followed along a path into data.

    Args:
        schema: the schema of the whole file.
        data: the file's tables; where one of several tables is meant, they say which.
    """

    def __init__(self, schema: dict[str, Any], data: Mapping[str, Any]) -> None:
        self._schema, self._data = schema, data

    def keys(self, path: KeyPath) -> list[str]:
        """Return the keys that the table at a path may have."""
        return [name for node in self._nodes(path) for name in node.get("properties", {})]

    def there(self, path: KeyPath) -> object:
        """Return what the data have at a path."""
        here: object = self._data
        for part in path:
            here = _inside(here, part)
        return here

    def choices(self, path: KeyPath, name: str) -> list[str]:
        """Return what a key may say that tells which of several tables is meant."""
        keys = [node.get("properties", {}).get(name, {}) for node in self._nodes(path)]
        return list(dict.fromkeys(str(one["const"]) for one in keys if "const" in one))

    def example(self, path: KeyPath) -> Any:
        """Return what could stand at a path, where the model gives an example; else None."""
        nodes = [child for n in self._nodes(path[:-1]) for child in _children(n, path[-1])]
        return next((node["examples"][0] for node in nodes if node.get("examples")), None)

    def unit(self, path: KeyPath) -> str:
        """Return the SI unit of the quantity at a path; empty if it is none."""
        nodes = self._nodes(path)
        nodes += [child for node in nodes for child in _children(node, 0)]
        return next((str(node["unit"]) for node in nodes if "unit" in node), "")

    def _nodes(self, path: KeyPath) -> list[dict[str, Any]]:
        here: object = self._data
        nodes = list(self._alternatives(self._schema, here))
        for part in path:
            here = _inside(here, part)
            nodes = [
                alternative
                for node in nodes
                for child in _children(node, part)
                for alternative in self._alternatives(child, here)
            ]
        return nodes

    def _alternatives(self, node: dict[str, Any], here: object) -> Iterator[dict[str, Any]]:
        if "$ref" in node:
            node = self._schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
        options = [*node.get("anyOf", ()), *node.get("oneOf", ())]
        for option in options:
            yield from self._alternatives(option, here)
        tags = {name: p["const"] for name, p in node.get("properties", {}).items() if "const" in p}
        told = here if isinstance(here, Mapping) else {}
        if not options and all(told.get(name, tag) == tag for name, tag in tags.items()):
            yield node


def _inside(here: object, part: int | str) -> object:
    return here[part] if _has(here, part) else None  # type: ignore[index]


def _children(node: dict[str, Any], part: int | str) -> list[dict[str, Any]]:
    if isinstance(part, int):
        items = node.get("prefixItems", ())
        found = items[part] if part < len(items) else node.get("items")
    else:
        found = node.get("properties", {}).get(part, node.get("additionalProperties"))
    return [found] if isinstance(found, dict) else []


_MUST_BE = {
    "string_type": "a text in quotes",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "tuple_type": "a list in square brackets",
    "list_type": "a list in square brackets",
    "dict_type": "a table of keys and values",
    "mapping_type": "a table of keys and values",
    "model_type": "a table of keys and values",
    "model_attributes_type": "a table of keys and values",
}
_COMPARED = {
    "greater_than": ("greater than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def _problem(one: dict[str, Any], path: KeyPath, given: object, schema: Schema) -> Problem:
    kind, context, where = one["type"], one.get("ctx", {}), key(path)
    if kind == "missing":
        if path and isinstance(path[-1], int):
            there = schema.there(path[:-1])
            return Problem(key(path[:-1]), f"has too few entries: {_length(there)}.")
        return Problem(where, "is missing.", _write_it(path, schema))
    if kind == "extra_forbidden":
        return Problem(where, "is not a known key.", similar(str(path[-1]), schema.keys(path[:-1])))
    if kind == "value_error":
        return Problem(where, sentence(str(context["error"])))
    if kind in ("literal_error", "union_tag_invalid"):
        return _choice(kind, context, path, given)
    if kind == "union_tag_not_found":
        if not isinstance(given, Mapping):
            return Problem(where, f"must be a table of keys and values, not {written(given)}.")
        name = str(context["discriminator"]).strip("'")
        choices = " or ".join(f'"{choice}"' for choice in schema.choices(path, name))
        return Problem(_join(where, name), "is missing.", f"Write {name} = {choices}.")
    if kind in _COMPARED:
        words, name = _COMPARED[kind]
        unit, bound = schema.unit(path), context[name]
        limit = show(bound, unit) if unit else bound
        is_number = isinstance(given, int | float) and unit
        value = show(given, unit) if is_number else written(given).strip('"')  # type: ignore[arg-type]
        return Problem(where, f"must be {words} {limit}, not {value}.")
    if kind in ("too_short", "too_long"):
        least = kind == "too_short"
        number = context["min_length" if least else "max_length"]
        words = "at least" if least else "at most"
        entries = "entry" if number == 1 else "entries"
        has = context["actual_length"]
        return Problem(where, f"must have {words} {number} {entries}, not {has}.")
    if kind == "string_too_short":
        return Problem(where, "is empty.")
    if kind in _MUST_BE:
        return Problem(where, f"must be {_MUST_BE[kind]}, not {written(given)}.")
    return Problem(where, sentence(f"{one['msg']}, not {written(given)}"))


def _write_it(path: KeyPath, schema: Schema) -> str:
    """Say how something that is missing is written, as TOML has it."""
    unit, wanted = schema.unit(path), schema.example(path)
    if unit:
        return f'Write it, such as {path[-1]} = "{example(unit)}".'
    if wanted is None:
        return "Write it."
    several = isinstance(wanted, list) and isinstance(wanted[0], Mapping)
    if len(path) > 1 or not (several or isinstance(wanted, Mapping)):
        return f"Write it, such as {path[-1]} = {_toml(wanted)}."
    head, table = ("[[{}]]", wanted[0]) if several else ("[{}]", wanted)
    lines = ", ".join(f"{name} = {_toml(value)}" for name, value in table.items())
    return f"Write a table {head.format(path[-1])}, such as one with {lines}."


def _toml(value: object) -> str:
    """Write a value as a TOML file has it, on one line."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{name} = {_toml(part)}' for name, part in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _choice(kind: str, context: dict[str, Any], path: KeyPath, given: object) -> Problem:
    if kind == "literal_error":
        where, choices = key(path), str(context["expected"])
    else:
        name = str(context["discriminator"]).strip("'")
        where, choices = _join(key(path), name), str(context["expected_tags"])
        given = given.get(name) if isinstance(given, Mapping) else given
    words = [part.strip("' ") for part in choices.replace(" or ", ",").split(",")]
    quoted = [f'"{word}"' for word in words]
    choices = " or ".join(part for part in (", ".join(quoted[:-1]), quoted[-1]) if part)
    remedy = similar(given, words)
    remedy = remedy if remedy.startswith("Did") else ""
    return Problem(where, f"must be {choices}, not {written(given)}.", remedy)


def similar(given: object, known: Iterable[str]) -> str:
    """Suggest the known word nearest to a mistyped one, or list them all."""
    known = list(dict.fromkeys(known))
    near = get_close_matches(str(given), known, n=1)
    if near:
        return f'Did you mean "{near[0]}"?'
    return f"Known here: {', '.join(sorted(known))}." if known else "Remove it."


def sentence(text: str) -> str:
    """Make a sentence of a message: it follows a key and a colon, so it begins small."""
    begins_with_word = text[1:2].islower()
    text = text[:1].lower() + text[1:] if begins_with_word else text
    return text if text.endswith((".", "!", "?")) else text + "."


def written(value: object) -> str:
    """Show a value much as a TOML file writes it, shortened where it is long."""
    if value is None:
        return "nothing"
    if isinstance(value, date | time):
        return value.isoformat()
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except ValueError:
        text = str(value)
    return shown(text if len(text) <= 60 else text[:57] + "...")
