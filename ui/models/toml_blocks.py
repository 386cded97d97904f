"""Making, moving and removing the tables of a TOML file together with their comments.

A comment belongs to the table that it stands directly above. A TOML library counts it to the
table before, and moves it, or drops it, with that one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.items import AoT, Array, InlineTable

from seccm.in_toml import toml
from ui.models.form import Key

Span = tuple[int, int]
"""The first line, and that after the last one."""
_HEADER = re.compile(r"\s*\[\[?\s*([\w\-]+(?:\.[\w\-]+)*)\s*\]\]?\s*(?:#.*)?$")


def swapped(text: str, key: Key) -> str | None:
    """Swap a table with the one that follows it in its list.

    Args:
        text: TOML.
        key: of the table, such as ("program", 1) for the second [[program]].

    Returns:
        The text; None if the tables are not written with headings of their own.
    """
    lines = text.splitlines()
    spans = _spans(lines, key)
    k = int(key[-1])
    if k + 1 >= len(spans):
        return None
    (a, b), (c, d) = (_core(lines, span) for span in spans[k : k + 2])
    return _joined([*lines[:a], *lines[c:d], *lines[b:c], *lines[a:b], *lines[d:]])


def without(text: str, key: Key) -> str | None:
    """Remove a table, and what is said above it; returns None as `swapped` does.

    Args:
        text: TOML.
        key: of a table in a list, or of one that has a heading of its own.
    """
    lines = text.splitlines()
    spans = _spans(lines, key)
    k = key[-1] if isinstance(key[-1], int) else 0
    if k >= len(spans):
        return None
    first, end = spans[k]
    return _joined([*lines[:first], *lines[end:]])


def without_heading(text: str, key: Key) -> str | None:
    """Remove the heading of a table, and no comment; returns None as `swapped` does."""
    lines = text.splitlines()
    spans = _spans(lines, key)
    if not spans:
        return None
    first, end = spans[0]
    heading = next(k for k in range(first, end) if _HEADER.match(lines[k]))
    return _joined([*lines[:heading], *lines[heading + 1 :]])


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _spans(lines: list[str], key: Key) -> list[Span]:
    """Return where the tables of the list are that a table is in."""
    inside: Span = (0, len(lines))
    name = ""
    spans: list[Span] = []
    for part in key:
        if isinstance(part, str):
            name = f"{name}.{part}" if name else part
            spans = list(_tables(lines, name, inside))
        elif part < len(spans):
            inside = spans[part]
        else:
            return []
    return spans


def _tables(lines: list[str], name: str, inside: Span) -> list[Span]:
    """Return where the tables [[name]] are, each with the comment above and the tables in it.

    Or where the one table [name] is.
    """
    found: list[Span] = []
    begun: int | None = None
    for k in range(*inside):
        header = _HEADER.match(lines[k])
        if header is None or header[1].startswith(f"{name}."):
            continue
        above = _above(lines, k, inside[0])
        if begun is not None:
            found.append((begun, above))
        begun = above if header[1] == name else None
    if begun is not None:
        found.append((begun, inside[1]))
    return found


def _above(lines: list[str], k: int, first: int) -> int:
    """Return where the comment directly above a line begins."""
    while k > first and lines[k - 1].lstrip().startswith("#"):
        k -= 1
    return k


def _core(lines: list[str], span: Span) -> Span:
    """Leave out the blank lines at the end: they are between tables, wherever these go."""
    first, end = span
    while end > first and not lines[end - 1].strip():
        end -= 1
    return first, end


def empty_table(around: Any) -> Any:
    """Return a table to be put into another one: on one line where that is."""
    return tomlkit.inline_table() if isinstance(around, InlineTable) else tomlkit.table()


def empty_list(around: Any) -> Any:
    """Return a list of tables to be put into a table: on one line where that is."""
    return tomlkit.array() if isinstance(around, InlineTable) else tomlkit.aot()


def add_table(rows: AoT | Array, row: Mapping[str, Any]) -> None:
    """Add a table at the end of a list, written as the others are."""
    rows.append(table_of(row) if isinstance(rows, AoT) else inline(row))


def inline(value: Any) -> Any:
    """Return a table, or a list, that is written on one line."""
    # The end of the line belongs to it: a heading that follows needs a line of its own.
    return tomlkit.parse(f"value = {toml(value)}\n")["value"]


def table_of(row: Mapping[str, Any]) -> Any:
    """Return a table that is written on lines of its own."""
    made = tomlkit.table()
    made.update(row)
    return made


def put(rows: Any, k: int, row: Mapping[str, Any]) -> None:
    """Put another row into the place of one, written as the old one was."""
    if isinstance(rows[k], InlineTable):
        rows[k] = inline(row)
        return
    for name in list(rows[k]):  # taken out and put back, so that the order is that of the row
        del rows[k][name]
    for name, value in row.items():
        rows[k][name] = value
