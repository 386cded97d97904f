"""Names of the user's choice in a plan: of factors, series, sites and steps."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import chain, count
from typing import Any

from seccm.placeholder import is_placeholder, read_placeholder

LEVELS = {"j": "-1 mA/cm^2", "E": "-0.1 V", "t": "1 s", "v": "100 mV/s"}
"""What a new factor is called, and its first level."""
OF_SITES = ("values", "column_values", "row_values")
"""Tables of lists with what is known of sites."""


def taken_names(data: Mapping[str, Any]) -> set[str]:
    """Return the names that values go by: of factors, of sites and of what repeats go over."""
    sites = data.get("sites")
    known = [_keys(sites.get(table)) for table in OF_SITES] if isinstance(sites, Mapping) else []
    own = [name for names in known for name in names]
    return {*_keys(data.get("factors")), *_series(data.get("program")), *own}


def free_name(taken: Collection[str]) -> str:
    """Return a name for another factor."""
    return next(n for n in chain(LEVELS, (f"f{k}" for k in count())) if n not in taken)


def rename_in(table: Any, old: str, new: str) -> None:
    """Rename what quantities stand for, wherever it is a value, or in a product."""
    for key in table if isinstance(table, dict) else range(len(table)):
        value = table[key]
        if isinstance(value, dict | list):
            rename_in(value, old, new)
        elif isinstance(value, str) and old in _stands_for(value):
            table[key] = re.sub(
                rf"\${re.escape(old)}(?=$|[\s*×·/^²³)])", lambda _: f"${new}", value
            )


def step_names(steps: Any) -> list[str]:
    """Return the names of steps, in their order."""
    found: list[str] = []
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict):
            found += [step["name"]] if isinstance(step.get("name"), str) else []
            found += step_names(step.get("program")) + step_names(step.get("otherwise"))
    return found


def _series(steps: Any) -> Iterator[str]:
    """Yield the names of what repeats go over."""
    for step in steps if isinstance(steps, list) else ():
        table = step if isinstance(step, Mapping) else {}
        yield from _keys(table.get("over"))
        for name in ("program", "otherwise"):
            yield from _series(table.get(name))


def _keys(table: Any) -> tuple[str, ...]:
    return tuple(table) if isinstance(table, Mapping) else ()


def _stands_for(text: str) -> frozenset[str]:
    """Return the names that a quantity stands for; none where the text is no such quantity."""
    try:
        return read_placeholder(text).names if is_placeholder(text) else frozenset()
    except ValueError:
        return frozenset()
