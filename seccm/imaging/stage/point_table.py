"""Tables of places in a picture: of this program, of Fiji's *Results*, of napari's points.

A title with a unit, "x (um)", is in that unit; "X" or "x (px)" counts pixels, as Fiji does where a
picture has no scale, and so do napari's "axis-0" (down) and "axis-1" (to the right). Pixel 0
reaches from 0 to 1; napari's places are middles of pixels.
"""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seccm.arrays import FloatArray
from seccm.errors import PlanError, Problem
from seccm.text_files import Unreadable, read_text
from seccm.units import number, parse

_TITLE = re.compile(r"^(.*?)\s*(?:[(\[]\s*(.*?)\s*[)\]])?$")
_SAME = {"axis-1": "x", "axis-0": "y", "diameter": "d", "name": "label", "stage_x": "stage x",
         "stage_y": "stage y", "other_x": "other x", "other_y": "other y"}  # fmt: skip
_LENGTHS = ("x", "y", "d", "stage x", "stage y", "other x", "other y")
_NUMBERS = ("priority", "counted", "t")
_PIXELS = ("", "px", "pixel", "pixels")
_TOLD = 10


@dataclass(frozen=True, slots=True)
class PointTable:
    """Columns of a table; what is not in it is empty."""

    lengths: dict[str, FloatArray]
    """Metres, by name: "x", "y" (from the upper left corner), "d", "stage x", "stage y", and
    "other x", "other y" in another picture."""
    numbers: dict[str, FloatArray]
    """"priority" and "counted" without unit, "t" in seconds."""
    labels: tuple[str, ...]

    def places(self, first: str = "x", second: str = "y") -> FloatArray:
        """Return two columns together, metres, shape (points, 2)."""
        return np.column_stack([self.lengths[first], self.lengths[second]])


def read_points(
    path: Path, pixel: float | None, needed: tuple[str, ...] = ("x", "y"),
    other: float | None = None,
) -> PointTable:  # fmt: skip
    """Read a table of places.

    Args:
        path: text; commas, semicolons or tabs separate.
        pixel: metres per pixel of the picture; None where that is not known.
        needed: columns that must be there.
        other: metres per pixel of the other picture, where the table has places in two.

    Raises:
        PlanError: what is wrong with the file, and in which lines.
    """
    try:
        lines = read_text(path).splitlines()
    except Unreadable as error:
        raise PlanError(str(path), [Problem("file", str(error))]) from None
    titles, rows = _cells(lines)
    columns = _columns(titles)
    names = [_name(title) for title in titles]
    wrong = [
        Problem("columns", f"there are {names.count(name)} columns {name!r}.",
                "Which one is meant? Give each a name of its own.")
        for name in columns if names.count(name) > 1
    ]  # fmt: skip
    wrong += [
        Problem("columns", f"there is no column {name!r}.",
                f"Its columns are {', '.join(map(repr, titles))}.")
        for name in needed if name not in columns
    ]  # fmt: skip
    if not rows:
        wrong.append(Problem("file", "lists no places."))
    factors, problems = _factors(columns, titles, pixel, other)
    wrong += problems
    if wrong:
        raise PlanError(str(path), wrong)
    read: dict[str, list[float]] = {name: [] for name in columns if name != "label"}
    for at, cells in rows:
        if len(cells) != len(titles):
            what = f"has {len(cells)} cells, but the first line has {len(titles)}."
            wrong.append(Problem(f"line {at}", what))
            continue
        for name in read:
            try:
                read[name].append(number(cells[columns[name]]) * factors.get(name, 1.0))
            except ValueError:
                what = f"{name} is {cells[columns[name]]!r}, which is not a number."
                wrong.append(Problem(f"line {at}", what))
    if wrong:
        raise PlanError(str(path), wrong[:_TOLD])
    found = {name: np.array(values) for name, values in read.items()}
    for name, half in (("x", "axis-1"), ("y", "axis-0")):
        if name in found and half in (title.lower() for title in titles):
            found[name] = found[name] + 0.5 * (pixel or math.nan)
    labels = tuple(cells[columns["label"]] for _, cells in rows) if "label" in columns else ()
    return PointTable(
        {name: found[name] for name in found if name in _LENGTHS},
        {name: found[name] for name in found if name in _NUMBERS},
        labels,
    )


def _cells(lines: list[str]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return titles, and rows with the numbers of their lines, by what divides the first line."""
    first = next((line for line in lines if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    rows = [
        (reader.line_num, [cell.strip() for cell in row])
        for row in reader
        # Tabs alone are a blank line; other separators alone are a row without numbers.
        if any(cell.strip() for cell in row) or (len(row) > 1 and delimiter != "\t")
    ]
    return (rows[0][1], rows[1:]) if rows else ([], [])


def _columns(titles: list[str]) -> dict[str, int]:
    """Return where each column that is known stands."""
    found: dict[str, int] = {}
    for at, title in enumerate(titles):
        name = _name(title)
        if name in (*_LENGTHS, *_NUMBERS, "label"):
            found.setdefault(name, at)
    return found


def _name(title: str) -> str:
    match = _TITLE.match(title)
    bare = (match[1] if match else title).strip().lower()
    return _SAME.get(bare, bare)


def _factors(
    columns: dict[str, int], titles: list[str], pixel: float | None, other: float | None
) -> tuple[dict[str, float], list[Problem]]:
    """Return metres, or seconds, per unit of the columns of lengths and times."""
    found, wrong = {}, []
    for name, at in columns.items():
        match = _TITLE.match(titles[at])
        unit = (match[2] if match else "") or ""
        if name == "t":
            try:
                found[name] = parse(f"1 {unit or 's'}", "s")
            except ValueError as error:
                wrong.append(Problem("columns", f"{titles[at]!r}: {error}"))
        if name not in _LENGTHS:
            continue
        on_stage = name.startswith("stage")
        if unit.lower() in _PIXELS and on_stage:
            what = f"{titles[at]!r} has no unit of length."
            wrong.append(Problem("columns", what, f'Write "{name} (um)".'))
        elif unit.lower() in _PIXELS:
            length = other if name.startswith("other") else pixel
            if length is None:
                what = f"{titles[at]!r} counts pixels, and the length of a pixel is not known."
                wrong.append(Problem("columns", what, 'Give it: --pixel "40 nm".'))
            found[name] = length or math.nan
        else:
            try:
                found[name] = parse(f"1 {unit}", "m")
            except ValueError as error:
                wrong.append(Problem("columns", f"{titles[at]!r}: {error}"))
    return found, wrong
