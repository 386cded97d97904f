"""Reads a table of wetted areas of single sites, such as image software exports."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from seccm.errors import PlanError, Problem
from seccm.mistakes import written
from seccm.quantities import refuse_absurd
from seccm.text_files import Unreadable, read_text
from seccm.units import BLANKS, number, parse

_DELIMITERS = (",", ";", "\t")
_SIZES = {"area": "m^2", "diameter": "m"}
_ERROR = "uncertainty"
_EXAMPLE = 'Write "site, area (um^2), uncertainty (um^2)" or "site, diameter (um)".'
_TOLD = 20
"""Bad lines reported one by one."""


@dataclass(frozen=True, slots=True)
class MeasuredArea:
    """The wetted area of one site."""

    value: float
    """m2."""
    error: float
    """m2, standard uncertainty; NaN where it is not given."""


@dataclass(frozen=True, slots=True)
class _Columns:
    delimiter: str
    width: int
    site: int
    size: tuple[int, str, float]
    """Where the size stands, what it is, and how many SI units its unit is."""
    error: tuple[int, float] | None


def read_areas(path: Path, sites: int) -> dict[int, MeasuredArea]:
    """Read the areas of some sites of a scan.

    The first line is a header such as "site, area (um^2), uncertainty (um^2)", or with a
    "diameter (um)" of round footprints. Sites are numbered from 0, as in the file. Commas,
    semicolons or tabs separate; the decimal sign is a point.

    Args:
        path: of the table.
        sites: how many the scan has.

    Raises:
        PlanError: the table cannot be read; with a problem for each bad line.
    """
    try:
        head, *lines = read_text(path).split("\n")
    except Unreadable as error:
        raise PlanError(str(path), [Problem("file", error.what, error.remedy)]) from None
    columns = _columns(head, path)
    found: dict[int, MeasuredArea] = {}
    wrong: list[Problem] = []
    for at, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        try:
            site, area = _read(line, columns, sites)
            if site in found:
                raise ValueError(f"site {site} is in the table twice")
            found[site] = area
        except ValueError as error:
            wrong.append(Problem(f"line {at}", f"{error}."))
    if not found and not wrong:
        wrong.append(Problem("file", "lists no areas.", _EXAMPLE))
    if wrong:
        more = len(wrong) - _TOLD
        rest = [Problem("file", f"{more} more lines are bad.")] if more > 0 else []
        raise PlanError(str(path), [*wrong[:_TOLD], *rest])
    return found


def _columns(head: str, path: Path) -> _Columns:
    delimiter = max(_DELIMITERS, key=head.count)
    titles = _cells(head, delimiter)
    named = [(title.partition("(")[0].strip().lower(), _unit(title)) for title in titles]
    names = [name for name, _ in named]
    sizes = [name for name in _SIZES if name in names]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if "site" not in names or len(sizes) != 1 or twice:
        what = f"the first line must name a site and its area or diameter: {written(head[:60])}."
        if twice:
            what = f'the first line names "{twice[0]}" more than once: {written(head[:60])}.'
        raise PlanError(str(path), [Problem("file", what, _EXAMPLE)])
    kind = sizes[0]
    index = names.index(kind)
    try:
        factor = parse(f"1 {named[index][1]}", _SIZES[kind])
        error = None
        if _ERROR in names:
            at = names.index(_ERROR)
            error = at, parse(f"1 {named[at][1]}", _SIZES[kind])
    except ValueError as wrong:
        raise PlanError(str(path), [Problem("file", f"{wrong}.", _EXAMPLE)]) from None
    return _Columns(delimiter, len(titles), names.index("site"), (index, kind, factor), error)


def _read(line: str, columns: _Columns, sites: int) -> tuple[int, MeasuredArea]:
    """Return what a line says.

    Raises:
        ValueError: says what is not understood.
    """
    cells = _cells(line, columns.delimiter)
    if len(cells) != columns.width:
        raise ValueError(f"it has {len(cells)} cells, but the header has {columns.width}")
    text = cells[columns.site]
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"site is {written(text)}, not a whole number from 0 on")
    if len(text) > 18 or (site := int(text)) >= sites:
        raise ValueError(f"there is no site {text:.18}: the scan has {sites}, counted from 0")
    index, kind, factor = columns.size
    size = _positive(cells[index], kind, _SIZES[kind], factor)
    if not size**2 > 0.0:
        raise ValueError(f"{kind} is {written(cells[index])}; no footprint is so small")
    error = math.nan
    if columns.error is not None and cells[columns.error[0]]:
        at, factor = columns.error
        error = _positive(cells[at], _ERROR, _SIZES[kind], factor, least=0.0)
    if kind == "area":
        return site, MeasuredArea(size, error)
    return site, MeasuredArea(math.pi * size**2 / 4.0, math.pi * size * error / 2.0)


def _positive(
    text: str, name: str, unit: str, factor: float, least: float = math.ulp(0.0)
) -> float:
    """Return a size in SI.

    Args:
        text: of its cell.
        name: of its column.
        unit: SI, of what it is.
        factor: SI units in the unit of the column.
        least: that it may be.

    Raises:
        ValueError: it is none, or larger than anyone could mean.
    """
    try:
        value = number(text)
    except ValueError:
        raise ValueError(f"{name} is {written(text)}, not a number; the decimal sign is a point"
                         ) from None  # fmt: skip
    if not least <= value < math.inf:
        raise ValueError(f"{name} is {written(text)}; it must be above 0")
    try:
        refuse_absurd(value * factor, unit, written(text))
    except ValueError as wrong:
        raise ValueError(f"{name} {wrong}; check the unit in the first line") from None
    return value * factor


def _unit(title: str) -> str:
    return title.partition("(")[2].rstrip(") ").strip()


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        (cells,) = csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True)
    except (csv.Error, ValueError):
        return []
    return [cell.strip(BLANKS) for cell in cells]
