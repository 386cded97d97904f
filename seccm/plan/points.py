"""Reads a list of places from a text table, such as one exported by image software."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

from seccm.errors import Problem
from seccm.mistakes import Mistakes, written
from seccm.units import parse

_HEADER = re.compile(r"^\s*([xy])\s*[(\[]\s*(\S.*?)\s*[)\]]\s*$", re.IGNORECASE)
_TOLD = 20
"""Bad lines reported one by one; a table in the wrong format is bad in every line."""


def read_points(path: Path) -> tuple[tuple[str, str], ...]:
    """Read the columns x and y of a table whose header names their units.

    The first line is a header such as "x (um), y (um)"; further columns are ignored. Commas,
    semicolons and tabs separate; the decimal sign is a point. Empty lines are skipped.

    Returns:
        Quantities with their unit, as a plan would list them.

    Raises:
        Mistakes: the file cannot be read, or what is wrong in each bad line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else None
        what = f'"{path}" cannot be read: {why or "it is not UTF-8 text"}.'
        raise Mistakes([Problem("file", what, "It is looked for beside the plan.")]) from None
    header = lines[0] if lines else ""
    delimiter = next((d for d in "\t;" if d in header), ",")
    columns, wrong = _columns(header, delimiter)
    listed = [(number, line) for number, line in enumerate(lines[1:], start=2) if line.strip()]
    points = []
    for number, line in listed:
        (cells,) = csv.reader([line], delimiter=delimiter)
        try:
            points.append((_cell(cells, columns, "x"), _cell(cells, columns, "y")))
        except ValueError as error:
            wrong.append(Problem("file", f"line {number} of {path.name}: {error}."))
    if len(wrong) > _TOLD:
        rest = f"{len(wrong) - _TOLD} more lines of {path.name} are bad."
        wrong = [*wrong[:_TOLD], Problem("file", rest)]
    if not listed:
        wrong.append(Problem("file", f"{path.name} lists no points."))
    if wrong:
        raise Mistakes(wrong)
    return tuple(points)


def _columns(header: str, delimiter: str) -> tuple[dict[str, tuple[int, str]], list[Problem]]:
    """Return the index and the unit of each of the columns x and y, and what is wrong with them.

    Where the header is no help, the first two columns are looked at, so that what else is wrong
    with the table is told in the same breath.
    """
    titles = [title.strip().strip('"') for title in header.split(delimiter)]
    columns = {}
    for index, title in enumerate(titles):
        found = _HEADER.match(title)
        if found:
            columns[found[1].lower()] = (index, found[2])
    remedy = 'Write "x (um), y (um)".'
    if columns.keys() != {"x", "y"}:
        what = f"the first line must name x and y with their units, not {written(header[:60])}."
        bare = [title.lower() for title in titles]
        guess = {
            axis: (bare.index(axis) if axis in bare else k, "um") for k, axis in enumerate("xy")
        }
        return {**guess, **columns}, [Problem("file", what, remedy)]
    wrong = []
    for axis, (_, unit) in columns.items():
        try:
            parse(f"1 {unit}", "m")
        except ValueError:
            what = f'the header gives {axis} in "{unit}", which is not a length.'
            wrong.append(Problem("file", what, remedy))
    return columns, wrong


def _cell(cells: list[str], columns: dict[str, tuple[int, str]], axis: str) -> str:
    index, unit = columns[axis]
    if index >= len(cells) or not cells[index].strip():
        raise ValueError(f"{axis} is missing")
    text = cells[index].strip()
    try:
        if math.isfinite(float(text)) and "_" not in text:
            return f"{text} {unit}"
    except ValueError:
        pass
    raise ValueError(f"{axis} is {written(text)}, not a number")
