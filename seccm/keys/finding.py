"""Finds what there is to say of a key that somebody asks for, and says it as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seccm.key_tables import KeyRow, KeyTable


@dataclass(frozen=True, slots=True)
class Found:
    """A table, and the key in it that was asked for."""

    table: KeyTable
    row: KeyRow | None
    """None where the whole table was asked for."""
    of: str = ""
    """Of which file it is, where there are several kinds."""


def find(words: str, tables: Iterable[KeyTable], of: str = "") -> tuple[Found, ...]:
    """Return the tables and keys that some words name.

    Args:
        words: a key as messages write it, such as "approach.speed" or "program[0].duration"; a
            kind, such as "potential drop"; or a key of a kind, such as "cv.scan_rate".
        tables: among which it is looked for.
        of: which file they are of, for several kinds of rig.

    Returns:
        Keys and tables that are named exactly; nothing if there are none.
    """
    *parents, name = [part for part in re.sub(r"\[[^\]]*\]", "", words).split(".") if part] or [""]
    found = []
    for table in tables:
        named = {*table.keys, table.kind}
        inside = not parents or not named.isdisjoint(parents[-2:])
        rows = [row for row in table.rows if row.key == name and inside]
        found += [Found(table, row, of) for row in rows]
        whole = name in named and name not in ("file", "") and not (parents and rows)
        if whole and (not parents or parents[-1] in named | _above(table)):
            found.append(Found(table, None, of))
    return tuple(found)


def names(tables: Iterable[KeyTable]) -> tuple[str, ...]:
    """Return every key with and without its table or kind, every table and every kind.

    `find` knows each of them.
    """
    found: dict[str, None] = {}
    for table in tables:
        owners = [owner for owner in (table.kind, *table.keys) if owner]
        found |= dict.fromkeys(owner for owner in owners if owner != "file")
        for row in table.rows:
            found |= dict.fromkeys([row.key, *(f"{owner}.{row.key}" for owner in owners)])
    return tuple(found)


def _above(table: KeyTable) -> set[str]:
    """Return the keys of the tables in whose values it stands, as its title names them."""
    return set(re.findall(r"of `+\[*([^\]`]+)", table.title))


def told(found: Iterable[Found]) -> tuple[str, ...]:
    """Say as plain text what a page says of keys and tables; what is the same is said once."""
    places: dict[tuple[str, str], dict[str, None]] = {}
    for one in found:
        of = f" (rig of kind {one.of})" if one.of else ""
        name, body = (one.row.key, _lines(one.row)) if one.row else ("", _table(one.table))
        where = f"{_text(one.table.title)}{of}"
        places.setdefault((name, "\n".join(body)), {})[where] = None
    return tuple(
        f"{f'{name}   in ' if name else ''}{'; '.join(where)}\n{body}"
        for (name, body), where in places.items()
    )


def _table(table: KeyTable) -> Iterator[str]:
    yield from (f"  {line}" for line in _text(table.about).splitlines())
    for row in table.rows:
        yield f"  {row.key}"
        yield from (f"  {line}" for line in _lines(row))


def _lines(row: KeyRow) -> Iterator[str]:
    yield f"  {_text(row.meaning)}"
    yield f"  takes: {_text(row.takes)}" + (f"; {row.bounds}" if row.bounds else "")
    left_out = {"needed": "it must be there", "-": "nothing is taken"}.get(row.default)
    yield f"  if left out: {left_out or _text(row.default)}"


def _text(markdown: str) -> str:
    """Take the marks of Markdown off."""
    without = re.sub(r"\[([^\]]*)\]\(#[^)]*\)", r"\1", markdown)
    without = without.replace(" **$**", ", or a $name").replace(" **from**", ", or what a step was")
    return without.replace("`", "").replace("\\|", "|").replace("**", "")
