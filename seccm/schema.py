"""The JSON schema of a file's model, followed along a path into the file's data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seccm.suggestion import Key
from seccm.units import example, show

_TAGS = ("kind", "step")
"""The keys by which the members of a union are told apart."""


def key(path: Key) -> str:
    """Write a path into a file as a key: ("program", 0, "duration") as "program[0].duration"."""
    text = ""
    for part in path:
        name = str(part) if len(str(part)) <= 60 else f"{str(part)[:57]}..."
        text += f"[{part}]" if isinstance(part, int) else f".{name}" if text else name
    return text or "file"


def join(table: str, rest: str) -> str:
    """Write a key inside of a table as a key of the file."""
    if not rest:
        return table
    return rest if table == "file" else f"{table}{'' if rest.startswith('[') else '.'}{rest}"


def has(here: object, part: int | str) -> bool:
    """Tell whether a table has a key, or a list an entry."""
    if isinstance(here, Mapping):
        return part in here
    return isinstance(here, list | tuple) and isinstance(part, int) and part < len(here)


def inside(here: object, part: int | str) -> object:
    """Return what a table or a list has there; None if nothing."""
    return here[part] if has(here, part) else None  # type: ignore[index]


def located(loc: Key, data: object, *, absent: bool) -> tuple[Key, object]:
    """Follow a location through the data; return the keys in it, and what is there.

    Pydantic puts the names of union members into locations; they are no keys of the file, even
    where the table has a key of that name, as a list of points has `points`.

    Args:
        loc: the location.
        data: the whole file.
        absent: whether the last part is a key that ought to be there.
    """
    path: list[int | str] = []
    here, entered = data, True
    for index, part in enumerate(loc):
        if entered and isinstance(here, Mapping) and part in (here.get(tag) for tag in _TAGS):
            entered = False
            continue
        if has(here, part) or (absent and index == len(loc) - 1):
            path.append(part)
            here, entered = inside(here, part), True
    return tuple(path), here


class Schema:
    """The JSON schema of a model, followed along a path into data.

    Args:
        schema: the schema of the whole file.
        data: the file's tables; where one of several tables is meant, they say which.
    """

    def __init__(self, schema: dict[str, Any], data: Mapping[str, Any]) -> None:
        self._schema, self._data = schema, data

    def keys(self, path: Key) -> list[str]:
        """Return the keys that the table at a path may have."""
        return [name for node in self._nodes(path) for name in node.get("properties", {})]

    def there(self, path: Key) -> object:
        """Return what the data have at a path."""
        here: object = self._data
        for part in path:
            here = inside(here, part)
        return here

    def kinds(self, path: Key, name: str) -> dict[str, list[str]]:
        """Return the tables that may stand at a path: their keys, by what `name` says in them."""
        found: dict[str, list[str]] = {}
        for node in self._nodes(path, told=False):
            properties = node.get("properties", {})
            if "const" in properties.get(name, {}):
                found[str(properties[name]["const"])] = list(properties)
        return found

    def examples(self, path: Key) -> list[Any]:
        """Return what could stand at a path, the best first; nothing where nothing is known."""
        nodes = [child for n in self._nodes(path[:-1]) for child in _children(n, path[-1])]
        nodes += [node for child in nodes for node in self._alternatives(child, None)]
        found = [one for node in nodes for one in node.get("examples", ())]
        for node in nodes:
            if "default" in node and not isinstance(node["default"], dict):
                found.append(_written_default(node["default"], self.unit(path)))
            found += [node["const"]] if "const" in node else node.get("enum", ())
            if node.get("type") == "integer":
                found.append(max(1, int(node.get("minimum", 1))))
            if node.get("type") == "boolean":
                found.append(False)
        unit = self.unit(path)
        if unit:
            is_list = any(node.get("type") == "array" for node in nodes)
            found += [] if is_list else [example(unit)]
        return [one for one in found if one is not None]

    def lists_tables(self, path: Key) -> bool:
        """Tell whether a list of tables may stand at a path."""
        items = [child for node in self._nodes(path) for child in _children(node, 0)]
        return any("properties" in one for node in items for one in self._alternatives(node, None))

    def unit(self, path: Key) -> str:
        """Return the SI unit of the quantity at a path; empty if it is none."""
        nodes = self._nodes(path)
        nodes += [child for node in nodes for child in _children(node, 0)]
        return next((str(node["unit"]) for node in nodes if "unit" in node), "")

    def _nodes(self, path: Key, *, told: bool = True) -> list[dict[str, Any]]:
        here: object = self._data
        nodes = list(self._alternatives(self._schema, here))
        for place, part in enumerate(path):
            here = inside(here, part)
            heed = here if told or place < len(path) - 1 else None
            nodes = [
                alternative
                for node in nodes
                for child in _children(node, part)
                for alternative in self._alternatives(child, heed)
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


def _written_default(default: Any, unit: str) -> Any:
    """Return a default as a file has it: a quantity with its unit."""
    if isinstance(default, list):
        return [_written_default(part, unit) for part in default]
    is_number = isinstance(default, int | float) and not isinstance(default, bool)
    return show(default, unit, 9) if is_number and unit not in ("", "1") else default


def _children(node: dict[str, Any], part: int | str) -> list[dict[str, Any]]:
    if isinstance(part, int):
        items = node.get("prefixItems", ())
        found = items[part] if part < len(items) else node.get("items")
    else:
        found = node.get("properties", {}).get(part, node.get("additionalProperties"))
    return [found] if isinstance(found, dict) else []
