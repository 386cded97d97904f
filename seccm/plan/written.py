"""A plan as a file has it: quantities with their units, and which values are defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from seccm.in_toml import toml
from seccm.mistakes import schema_of
from seccm.plan.places import PointsFile
from seccm.plan.plan import Plan
from seccm.schema import Schema, has
from seccm.suggestion import Key
from seccm.units import parse, parse_any, show

TAGS = ("kind", "step")
"""Keys that tell what a table is: they are written also where they are a default."""
_NUMBERS = ("times", "rows", "count")
"""Keys inside of a quantity that are plain numbers."""
_LEVELS = ("factors", "over", "values", "column_values", "row_values", "conditions")
"""Keys of lists of levels: quantities of any kind, as texts."""
LONG = 8
"""Entries of a list that stand on one line."""


def written_tables(plan: Plan) -> dict[str, Any]:
    """Return the tables of a plan as a file has them, without what is a default.

    What a plan read from a file beside it is put in, so that the tables need no other file.
    """
    tables, schema = _dumped(plan)
    made: dict[str, Any] = _Writing(schema).table(plan, tables, ())
    return made


def explained(plan: Plan) -> Iterator[tuple[str, str, bool]]:
    """Yield every key of a plan with its value as a file has it, and whether it is a default."""
    tables, schema = _dumped(plan)
    writing = _Writing(schema)
    given = writing.table(plan, tables, ())
    whole = writing.plain(tables, ())
    for path, value in _flat(whole, ()):
        text = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)[1:]
        yield text, toml(value), not _has(given, path)


def toml_text_of(tables: Mapping[str, Any]) -> str:
    """Write tables as a TOML file: single values first, then the tables, steps at the end."""
    lines = [f"{name} = {_value(part)}" for name, part in tables.items() if not _is_table(part)]
    for name, part in tables.items():
        if _is_table(part):
            lines += _table((name,), part)
    return "\n".join(lines) + "\n"


def _table(path: tuple[str, ...], part: Any) -> Iterator[str]:
    """Yield the lines of a table, or of a list of steps."""
    head = ".".join(path)
    for one in part if isinstance(part, list) else [part]:
        yield from ("", f"[[{head}]]" if isinstance(part, list) else f"[{head}]")
        inner = {name: value for name, value in one.items() if name in ("program", "otherwise")}
        yield from (f"{n} = {_value(v)}" for n, v in one.items() if n not in inner)
        for name, steps in inner.items():
            yield from _table((*path, name), steps)


def _is_table(part: Any) -> bool:
    is_list = isinstance(part, list) and bool(part) and isinstance(part[0], Mapping)
    return is_list or isinstance(part, Mapping)


def _value(value: Any) -> str:
    if isinstance(value, list) and len(value) > LONG:
        return "\n".join(("[", *(f"  {toml(one)}," for one in value), "]"))
    return toml(value)


def _dumped(plan: Plan) -> tuple[dict[str, Any], Schema]:
    tables = plan.to_dict()
    if isinstance(plan.places, PointsFile):
        sites = {n: v for n, v in tables["sites"].items() if n not in ("file", "columns")}
        tables["sites"] = {**sites, "kind": "points"}
    return tables, Schema(schema_of(type(plan)), tables)


class _Writing:
    """Writes values with their units.

    Args:
        schema: of the plan, with its tables.
    """

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def table(self, model: BaseModel, dumped: Mapping[str, Any], path: Key) -> dict[str, Any]:
        """Return a table without its defaults."""
        made: dict[str, Any] = {}
        for name, field in type(model).model_fields.items():
            key, value = field.alias or name, getattr(model, name)
            usual = field.get_default(call_default_factory=True, validated_data={})
            if key in dumped and key not in TAGS and (field.is_required() or value != usual):
                made[key] = self._part(value, dumped[key], (*path, key))
        return {n: v for n, v in dumped.items() if n in TAGS} | made

    def _part(self, value: Any, dumped: Any, path: Key) -> Any:
        if isinstance(value, BaseModel) and isinstance(dumped, Mapping):
            return self.table(value, dumped, path)
        if isinstance(value, tuple | list) and any(isinstance(one, BaseModel) for one in value):
            pairs = enumerate(zip(value, dumped, strict=True))
            return [self._part(one, part, (*path, k)) for k, (one, part) in pairs]
        return self.plain(dumped, path)

    def plain(self, dumped: Any, path: Key, unit: str = "") -> Any:
        """Return plain data with units; `unit` is that of the quantity inside of which they lie."""
        unit = self._schema.unit(path) or unit
        if isinstance(dumped, Mapping):
            return {
                n: self.plain(v, (*path, n), "" if n in _NUMBERS else unit)
                for n, v in dumped.items()
            }
        if isinstance(dumped, list):
            return [self.plain(one, (*path, k), unit) for k, one in enumerate(dumped)]
        if isinstance(dumped, str) and not set(path).isdisjoint(_LEVELS):
            return _level(dumped)
        is_number = isinstance(dumped, int | float) and not isinstance(dumped, bool)
        return _exactly(dumped, unit) if is_number and unit not in ("", "1") else dumped


def _exactly(value: float, unit: str) -> str:
    """Write a quantity so that it is read as the same number."""
    texts = (show(value, unit, digits) for digits in range(4, 18))
    return next((text for text in texts if _reads(text, unit) == value), f"{value!r} {unit}")


def _level(text: str) -> str:
    """Write a level as people do, if it is then the same; a word stays as it is."""
    try:
        value, unit = parse_any(text)
        shown = show(value, unit, 9)
        return shown if parse_any(shown) == (value, unit) else text
    except ValueError:
        return text


def _reads(text: str, unit: str) -> float | None:
    try:
        return parse(text, unit)
    except ValueError:
        return None


def _flat(part: Any, path: Key) -> Iterator[tuple[Key, Any]]:
    """Yield the values of nested tables; lists of plain values are one value."""
    if isinstance(part, Mapping) and part:
        for name, inner in part.items():
            yield from _flat(inner, (*path, name))
    elif isinstance(part, list) and part and isinstance(part[0], Mapping):
        for k, inner in enumerate(part):
            yield from _flat(inner, (*path, k))
    else:
        yield path, part


def _has(tables: Any, path: Key) -> bool:
    for part in path:
        if not has(tables, part):
            return False
        tables = tables[part]
    return True
