"""Reads a list of places from a text table, such as one exported by image software."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seccm.errors import Problem
from seccm.mistakes import Mistakes, written
from seccm.quantities import refuse_absurd
from seccm.text_files import Unreadable, read_text
from seccm.units import BLANKS, number, parse, parse_any, quoted

_DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab"}
LABEL = "label"
"""The column that says what each site is called."""
_TOLD = 20
"""Bad lines reported one by one; a table in the wrong format is bad in every line."""
MOST_LINES = 1_000_000
_REMEDY = 'Write "x (um), y (um)".'


@dataclass(frozen=True, slots=True)
class _Header:
    """The first line as understood: where x and y stand, and in which units."""

    delimiter: str
    width: int
    """How many columns there are; every line must have as many."""
    named: int
    """How many there are up to the last one with a title; the others are empty in every line, as
    spreadsheets export them. A column of numbers without a title before it counts the lines."""
    columns: dict[str, tuple[int, str]]
    """Index and unit of x, of y and of further columns that are read; no unit for a label."""


def read_sites(path: Path, more: Sequence[str] = ()) -> dict[str, Any]:
    """Read the columns x and y of a table whose header names their units.

    The first line is a header such as "x (um), y (um)"; of further columns only those are looked
    at that are asked for, such as "volume" for "volume (um^3)". Commas,
    semicolons or tabs separate, one kind in the whole table; the decimal sign is a point. Empty
    lines are skipped. What is not understood is refused: a line with more or fewer cells than the
    header, or with cells after those that have a title, may have decimal commas, or thousands that
    are set apart by commas.

    Args:
        path: of the table.
        more: names of further columns; "label" is one of texts.

    Returns:
        Quantities with their unit, as a plan would list them: "points", and "values" and "labels"
        where they are asked for.

    Raises:
        Mistakes: the file cannot be read, or what is wrong in each bad line.
    """
    try:
        lines = read_text(path).split("\n")
    except Unreadable as error:
        what = f'"{path}" {error.what}'
        if error.missing:
            what = f'"{path}" cannot be read: there is no such file.'
        remedy = error.remedy or "The file must be in the folder of the plan."
        raise Mistakes([Problem("file", what, remedy)]) from None
    listed = [(at, line) for at, line in enumerate(lines[1:], start=2) if line.strip()]
    if len(listed) > MOST_LINES:
        what = f"{path.name} has {len(listed)} lines, more than {MOST_LINES}."
        raise Mistakes([Problem("file", what, "Remove some of them.")])
    header, wrong = _read_header(lines[0], more)
    points, cells = [], []
    for at, line in listed:
        try:
            points.append(_point(line, header))
            cells.append(_more(line, header, more))
        except ValueError as error:
            wrong.append(Problem("file", f"line {at} of {path.name}: {error}."))
    if len(wrong) > _TOLD:
        rest = f"{len(wrong) - _TOLD} more lines of {path.name} are bad."
        wrong = [*wrong[:_TOLD], Problem("file", rest)]
    if not listed:
        wrong.append(Problem("file", f"{path.name} lists no points."))
    if wrong:
        raise Mistakes(wrong)
    found: dict[str, Any] = {"points": tuple(points)}
    columns = dict(zip(more, zip(*cells, strict=True), strict=True)) if more else {}
    labels = columns.pop(LABEL, None)
    found |= {"values": columns} if columns else {}
    return found | ({"labels": labels} if labels else {})


def _more(line: str, header: _Header, names: Sequence[str]) -> tuple[str, ...]:
    """Return the cells of further columns of a line.

    Raises:
        ValueError: says what is not understood, as the end of a sentence.
    """
    cells = _split(line, header.delimiter)
    found = []
    for name in names:
        index, unit = header.columns.get(name, (-1, ""))
        text = cells[index]
        if not text:
            raise ValueError(f"{name} is missing")
        if name != LABEL:
            try:
                number(text)
            except ValueError:
                what = f"{name} is {written(text)}, not a number{_hint(text)}"
                raise ValueError(what) from None
        found.append(text if name == LABEL else f"{text} {unit}")
    return tuple(found)


def _read_header(line: str, more: Sequence[str]) -> tuple[_Header, list[Problem]]:
    """Return what the first line says, and what is wrong with it.

    Where it is no help, the first two columns are looked at, so that what else is wrong with the
    table is told in the same breath.
    """
    splits = {d: titles for d in _DELIMITERS if (titles := _split(line, d))}
    found = {d: dict(_axes(titles)) for d, titles in splits.items()}
    good = [d for d in splits if found[d].keys() == {"x", "y"}]
    delimiter = good[0] if good else max(splits, key=lambda d: len(splits[d]), default=",")
    titles, columns = splits.get(delimiter, []), found.get(delimiter, {})
    wrong = list(_header_problems(line, titles, columns))
    for name in more:
        here = [index for index, title in enumerate(titles) if _named(title)[0] == name]
        unit = _named(titles[here[0]])[1] if here else ""
        if len(here) != 1:
            many = f"{len(here)} columns" if here else "no column"
            what = f"the first line has {many} {written(name)}: {written(line[:60])}."
            remedy = f"Its columns are {', '.join(map(written, titles))}."
            wrong.append(Problem("columns", what, remedy))
        elif name != LABEL and (problem := _unit_problem(name, unit)):
            wrong.append(problem)
        columns[name] = here[0] if here else 0, unit
    bare = [title.lower() for title in titles]
    guess = {axis: (bare.index(axis) if axis in bare else k, "um") for k, axis in enumerate("xy")}
    named = max((k for k, title in enumerate(titles, start=1) if title), default=2)
    return _Header(delimiter, max(len(titles), 2), named, {**guess, **columns}), wrong


def _named(title: str) -> tuple[str, str]:
    """Return the name and the unit of a title such as "volume (um^3)"; no unit for "label"."""
    found = re.fullmatch(r"(.*?)\s*(?:\((.*)\)|\[(.*)\])?", title)
    return (found[1], (found[2] or found[3] or "").strip()) if found else (title, "")


def _unit_problem(name: str, unit: str) -> Problem | None:
    """Say what is wrong with the unit of a column."""
    try:
        parse_any(f"1 {unit}".strip())
    except ValueError:
        what = f"the header gives {name} in {quoted(unit)}, which is not a unit of a plan."
        return Problem("columns", what, f'Write "{name} (um^3)", for a volume.')
    return None


def _header_problems(
    line: str, titles: Sequence[str], columns: dict[str, tuple[int, str]]
) -> Iterator[Problem]:
    bare = [title.lower() for title in titles if title.lower() in ("x", "y")]
    named = [*(axis for axis, _ in _axes(titles)), *bare]
    twice = next((axis for axis in "xy" if named.count(axis) > 1), None)
    if twice is not None:
        what = f"the first line names {twice} {named.count(twice)} times: {written(line[:60])}."
        yield Problem("file", what, "Give the other columns other names.")
    elif columns.keys() != {"x", "y"}:
        what = f"the first line must name x and y with their units, not {written(line[:60])}."
        yield Problem("file", what, _REMEDY)
    for axis, (_, unit) in columns.items():
        try:
            parse(f"1 {unit}", "m")
        except ValueError:
            what = f"the header gives {axis} in {quoted(unit)}, which is not a length."
            yield Problem("file", what, _REMEDY)


def _split(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line without the blanks round them; nothing if the quotes are odd."""
    try:
        (cells,) = csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True)
    except (csv.Error, ValueError):
        return []
    return [cell.strip(BLANKS) for cell in cells]


def _axes(titles: Sequence[str]) -> Iterator[tuple[str, tuple[int, str]]]:
    """Yield the columns that are x or y: index and unit of titles such as "x (um)" or "Y [mm]"."""
    for index, title in enumerate(titles):
        axis, rest = title[:1].lower(), title[1:].strip()
        if axis in ("x", "y") and rest[:1] + rest[-1:] in ("()", "[]"):
            yield axis, (index, rest[1:-1].strip())


def _point(line: str, header: _Header) -> tuple[str, str]:
    """Return x and y of a line.

    Raises:
        ValueError: says what is not understood, as the end of a sentence.
    """
    cells = _split(line, header.delimiter)
    if not cells:
        raise ValueError("its quotation marks are not in pairs")
    if len(cells) > header.width:
        by = _DELIMITERS[header.delimiter]
        raise ValueError(
            f"has {len(cells)} cells, but the header has {header.width}; {by} separates "
            "the cells, so that no number may contain one"
        )
    x, y = (_cell(cells, *header.columns[axis], axis) for axis in "xy")
    if len(cells) < header.width:
        raise ValueError(f"has {len(cells)} cells, but the header has {header.width}")
    if filled := [cell for cell in cells[header.named :] if cell]:
        by = _DELIMITERS[header.delimiter]
        raise ValueError(
            f"has {written(filled[0])} in a column without a title; {by} separates the cells, so "
            "that no number may contain one"
        )
    return x, y


def _cell(cells: Sequence[str], index: int, unit: str, axis: str) -> str:
    text = cells[index] if index < len(cells) else ""
    if not text:
        raise ValueError(f"{axis} is missing")
    try:
        number(text)
    except ValueError:
        raise ValueError(f"{axis} is {written(text)}, not a number{_hint(text)}") from None
    length = f"{text} {unit}"
    try:
        found = parse(length, "m")
    except ValueError:  # The header's unit is none, which is told already.
        return length
    try:
        refuse_absurd(found, "m", length)
    except ValueError as error:
        raise ValueError(f"{axis} {error}") from None
    return length


def _hint(text: str) -> str:
    """Say what is meant by a number, where it is clear what went wrong."""
    if "," in text:
        return "; the decimal sign is a point"
    try:
        parse(text, "m")
    except ValueError:
        return ""
    return "; its unit belongs in the header"
