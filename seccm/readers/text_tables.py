"""Tables of numbers in text files of instruments: what is not a number is told with its line."""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from seccm.arrays import FloatArray
from seccm.errors import DataFileError, shown
from seccm.readers.recording import Column, squeezed
from seccm.readers.said import Said

LARGEST = 1 << 30
"""Bytes; no text file of an instrument is larger."""
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_COMMA = re.compile(r"[-+]?\d+,\d+(?:[eE][-+]?\d+)?")
_UNIT = re.compile(r"(?P<name>.+?)\s*(?:\((?P<a>[^()]*)\)|\[(?P<b>[^\[\]]*)\]|/\s*(?P<c>[^/\s]+))")


def wrong(path: Path, what: str) -> DataFileError:
    """Return an error about a file that is being read."""
    return DataFileError(f"{path}: {shown(what)} Nothing was made.")


def beginning(path: Path, size: int = 4096) -> str:
    """Return the first characters of a file, whatever it is."""
    with open(path, "rb") as file:
        content = file.read(size)
    for mark, name in _MARKS.items():
        if content.startswith(mark):
            return content.decode(name, errors="replace").lstrip("\ufeff")
    return content.decode("latin-1")


def lines_of(path: Path, *, western: bool = False) -> list[str]:
    """Return the lines of a text file.

    Args:
        path: of the file.
        western: whether the program writes the encoding of Western Windows (cp1252) where it is not
            Unicode; other files must be UTF-8, or say in their first bytes that they are UTF-16.

    Raises:
        DataFileError: it is empty, too large, or not such a text.
    """
    if path.stat().st_size > LARGEST:
        raise wrong(path, f"has more than {LARGEST >> 20} MB: is it the right file?")
    content = path.read_bytes()
    if not content.strip(b"\0 \r\n\t"):
        raise wrong(path, "is empty.")
    marked = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "")
    try:
        text = content.decode(marked or "utf-8")
    except UnicodeDecodeError as error:
        if marked or not western:
            raise wrong(
                path,
                f"is not {(marked or 'utf-8').upper().removesuffix('-SIG')} text (byte "
                f"{error.start}). Save it as UTF-8, or export it again.",
            ) from None
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise wrong(path, "is not text: it has zero bytes. Is it a file of another kind?")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    _refuse_cut_number(path, lines)
    return lines


def _refuse_cut_number(path: Path, lines: Sequence[str]) -> None:
    """Refuse a last line that may end within its last number: it would be another number."""
    if len(lines) < 2 or not lines[-1].strip():
        return  # ended by a line end, as programs write it
    rows = [re.split(r"[\s,;]+", line.strip("\t ,;")) for line in lines[-2:]]
    above, last = (row[-1] for row in rows)
    if len(rows[0]) != len(rows[1]) or re.search(r"\d", last) is None:
        return  # that a line has fewer cells is told where its cells are read
    ends = [re.search(r"[eE][-+]?(\d*)$", word) for word in (last, above)]
    digits = [0 if end is None else len(end[1]) for end in ends]
    if len(last) < len(above) or digits[0] < digits[1]:
        raise wrong(
            path,
            f'line {len(lines)}, the last one, has no line end, and its last number "{last:.30}" '
            f'is shorter than "{above:.30}" above it: the file may be cut there. If the line is '
            "whole, end it with a line end; if not, delete it.",
        )


def name_and_unit(head: str) -> tuple[str, str]:
    """Split the head of a column, such as "I (nA)", "I/nA" or "I [nA]"."""
    head = head.strip().strip('"').strip()
    found = _UNIT.fullmatch(head)
    if found is None:
        return head, ""
    unit = next(part for part in found.group("a", "b", "c") if part is not None)
    return found["name"].strip(), unit.strip()


def refuse_twice(path: Path, names: Sequence[str]) -> None:
    """Refuse columns of which two have one name, blanks and letter case aside.

    Raises:
        DataFileError: there are such; says which.
    """
    again = next((n for n, k in Counter(map(squeezed, names)).items() if k > 1), None)
    if again is not None:
        mine = [name for name in names if squeezed(name) == again]
        raise wrong(
            path,
            f'has {len(mine)} columns called "{mine[0]}": which one is meant? Give each column a '
            "name of its own.",
        )


def columns_of(
    path: Path,
    heads: Sequence[tuple[str, str]],
    rows: Iterable[tuple[int, Sequence[str]]],
    said: Said,
) -> tuple[Column, ...]:
    """Return the columns of a table.

    Args:
        path: of the file, for messages.
        heads: name and unit of each column.
        rows: number of the line and cells of each row.
        said: whether numbers have decimal commas, and whether a last line may be cut.

    Raises:
        DataFileError: two columns have one name, or a cell is not a number; says where.
    """
    refuse_twice(path, [name for name, _ in heads])
    values: list[list[float]] = []
    short: int | None = None
    for number, cells in rows:
        if short is not None:
            raise wrong(path, _cut(short, "", len(heads)))
        if len(cells) != len(heads):
            short = number
            seen = len(cells)
            continue
        values.append([_number(path, number, heads[k][0], c, said) for k, c in enumerate(cells)])
    if short is not None and not (said.incomplete and seen < len(heads)):
        raise wrong(path, _cut(short, f"{seen}", len(heads)))
    if not values:
        raise wrong(path, "has a head but no data points.")
    table: FloatArray = np.array(values, np.float64)
    return tuple(
        Column(name, unit, np.ascontiguousarray(table[:, k]))
        for k, (name, unit) in enumerate(heads)
    )


def _cut(line: int, seen: str, wanted: int) -> str:
    has = f"has {seen} values" if seen else "has another number of values"
    return (
        f"line {line} {has}, not {wanted}: the file may be cut. With --incomplete it is taken as "
        "far as its last whole line."
    )


def _number(path: Path, line: int, name: str, cell: str, said: Said) -> float:
    text = cell.strip().strip('"')
    if said.decimal == "comma":
        if "." in text:
            raise wrong(
                path,
                f'line {line} has "{text:.30}" in the column "{name}": a point, where numbers were '
                "said to have decimal commas. If they have decimal points, leave out --decimal "
                "comma; points between thousands have to be taken out of the file.",
            )
        text = text.replace(",", ".")
    try:
        value = math.nan if "_" in text else float(text)
    except ValueError:
        if _COMMA.fullmatch(text):
            raise wrong(
                path,
                f'line {line} has "{text}" in the column "{name}": a decimal comma. If all of its '
                "numbers are written so, say --decimal comma.",
            ) from None
        what = f'"{text:.30}"' if text else "nothing"
        raise wrong(path, f'line {line} has {what} in the column "{name}", not a number.') from None
    if not math.isfinite(value):
        raise wrong(
            path, f'line {line} has "{text}" in the column "{name}", which was not measured.'
        )
    return value
