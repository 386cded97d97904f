"""Changes to the conditions of a design: rows and columns of a list of tables in a TOML file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import tomlkit
from tomlkit.items import AoT

from ui.models.form_making import MOST_ROWS
from ui.models.plan_names import LEVELS, free_name
from ui.models.toml_blocks import inline, put, table_of


def add_row(table: Any, name: str) -> None:
    """Add a row like the last one to a list of tables."""
    if not table.get(name):
        # Without a list, or with an empty one: begin it, one row a line.
        table[name] = tomlkit.array().multiline(True)
    rows = table[name]
    like = rows[-1].unwrap() if len(rows) else {"j": LEVELS["j"]}
    rows.append(table_of(like) if isinstance(rows, AoT) else inline(like))


def add_column(rows: Any) -> None:
    """Add a key to every row of a list of tables."""
    name = free_name({n for row in rows for n in row})
    for k, row in enumerate(rows.unwrap()):
        put(rows, k, {**row, name: LEVELS.get(name, "1 s")})


def remove_column(rows: Any, name: str) -> None:
    """Take a key out of every row of a list of tables."""
    for k, row in enumerate(rows.unwrap()):
        put(rows, k, {n: value for n, value in row.items() if n != name})


def rename_column(rows: Any, old: str, new: str) -> None:
    """Give a key another name in every row of a list of tables that has it."""
    for k, row in enumerate(rows.unwrap()):
        put(rows, k, {new if n == old else n: value for n, value in row.items()})


def list_conditions(document: Any, design: Any) -> None:
    """List the conditions that the factors make, unless there are too many to list."""
    made = _combined(document.unwrap().get("factors") or {})
    if made and not design.get("conditions"):
        design["conditions"] = tomlkit.array().multiline(True)
        for row in made:
            design["conditions"].append(inline(row))
        del document["factors"]


def make_factors(design: Any, factors: Any) -> None:
    """Make factors of the conditions that are listed."""
    rows = design["conditions"].unwrap()
    for name in dict.fromkeys(name for row in rows for name in row):
        levels: list[Any] = []
        for row in rows:
            if name in row and row[name] not in levels:
                levels.append(row[name])
        factors[name] = levels
    del design["conditions"]


def _combined(factors: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return every combination of levels; none where there are too many, or a range of them."""
    levels = [each if isinstance(each, list) else [{}] for each in factors.values()]
    ranges = any(isinstance(level, dict) for each in levels for level in each)
    if not levels or ranges or math.prod(map(len, levels)) > MOST_ROWS:
        return []
    return [dict(zip(factors, row, strict=True)) for row in product(*levels)]
