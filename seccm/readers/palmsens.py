"""PalmSens: sessions of PSTrace (.pssession) and the CSV files that it exports.

A session is JSON in UTF-16, with numbers in the units that it names. PSTrace writes anodic currents
as positive. Both are read without the maker's own package, whose licence is for its hardware only.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seccm.readers.recording import Column, Part, Quantity, Recording
from seccm.readers.said import Said
from seccm.readers.seam import Reader
from seccm.readers.text_tables import beginning, columns_of, lines_of, wrong

_MEANT: Mapping[str, Quantity] = {"potential": "potential", "current": "current", "time": "time"}
_UNIT: Mapping[str, Quantity] = {"V": "potential", "A": "current", "s": "time"}
KINDS = {"cyclic voltammetry": "cv", "linear sweep voltammetry": "lsv",
         "chronoamperometry": "constant potential", "chronopotentiometry": "constant current",
         "open circuit potentiometry": "open circuit"}  # fmt: skip
_WHY = "as PSTrace always writes them"


def read_session(path: Path) -> Recording:
    """Return the measurements of a session, each of them one step of one site."""
    text = "\n".join(lines_of(path)).strip("\ufeff \n")
    try:
        session = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise wrong(path, f"is not a complete session ({error}). The file may be cut.") from None
    measurements = _get(session, "Measurements")
    if not isinstance(measurements, list) or not measurements:
        raise wrong(path, "is a session without measurements.")
    parts = []
    for number, one in enumerate(measurements):
        title = str(_get(one, "Title") or f"measurement {number + 1}")
        arrays = _get(_get(one, "DataSet"), "Values")
        if not isinstance(arrays, list) or not arrays:
            raise wrong(path, f'"{title}" has no data points.')
        columns = tuple(_array(path, title, array) for array in arrays)
        used = tuple(c for c in columns if c.quantity is not None)
        if len({c.values.size for c in used}) > 1:
            raise wrong(path, f'"{title}" has columns of different lengths: the file is cut.')
        kind = next((k for name, k in KINDS.items() if name in title.lower()), "")
        parts.append(
            Part(used, kind=kind, where=title, held=0.0 if kind == "open circuit" else float("nan"))
        )
    return Recording("PalmSens PSTrace", tuple(parts), sign="anodic positive", why_sign=_WHY)


def read_csv(path: Path, said: Said) -> Recording:
    """Return the curves of a CSV export: pairs of columns, below titles and units."""
    lines = lines_of(path)
    table = list(csv.reader(lines))
    units = next((k for k, row in enumerate(table) if _is_units(row)), None)
    if units is None:
        raise wrong(path, "has no line of units such as V,µA. Is it an export of PSTrace?")
    parts, empty = [], []
    for number, pair in enumerate(_pairs(path, table[units]), 1):
        cells = ([row[k] if k < len(row) else "" for k in pair] for row in table[units + 1 :])
        # Curves of different lengths end in empty cells.
        rows = [
            (line, row)
            for line, row in enumerate(cells, units + 2)
            if any(cell.strip() for cell in row)
        ]
        titles = table[units - 1] if units else []
        title = titles[pair[0]].strip() if pair[0] < len(titles) else ""
        if not rows:
            empty.append(f'left out: curve {number} "{title}", which has no data points')
            continue
        heads = [(_UNIT[table[units][k].strip()[-1:]], table[units][k].strip()) for k in pair]
        columns = tuple(
            Column(c.name, c.unit, c.values, _MEANT.get(c.name))
            for c in columns_of(path, heads, rows, said)
        )
        parts.append(Part(columns, where=title))
    if not parts:
        raise wrong(path, "has no pair of columns with data points.")
    return Recording(
        "PalmSens PSTrace",
        tuple(parts),
        sign="anodic positive",
        why_sign=_WHY,
        notes=tuple(empty),
    )


def _pairs(path: Path, units: list[str]) -> list[tuple[int, int]]:
    """Return which columns are a curve; columns without a unit between them are empty ones."""
    found = [k for k, cell in enumerate(units) if cell.strip()]
    pairs = list(zip(found[::2], found[1::2], strict=False))
    alike = any(_UNIT[units[a].strip()[-1:]] == _UNIT[units[b].strip()[-1:]] for a, b in pairs)
    if len(found) % 2 or alike:
        listed = ", ".join(units[k].strip() for k in found)
        raise wrong(
            path,
            f"has the units {listed}: these are not pairs of columns, such as V,µA for each curve. "
            "Export the curves again, each with one x and one y column.",
        )
    return pairs


def _is_units(row: list[str]) -> bool:
    cells = [cell.strip() for cell in row if cell.strip()]
    return len(cells) >= 2 and all(len(c) <= 2 and c[-1:] in _UNIT for c in cells)


def _array(path: Path, title: str, array: Any) -> Column:
    name = str(_get(array, "Description") or "").strip().lower()
    unit = str(_get(_get(array, "Unit"), "S") or "")
    points = _get(array, "DataValues")
    if not isinstance(points, list):
        raise wrong(path, f'"{title}" has a column "{name}" without data points.')
    try:
        values = np.array([float(_get(point, "V")) for point in points])
    except (TypeError, ValueError):
        raise wrong(
            path, f'"{title}" has a column "{name}" with something else than numbers.'
        ) from None
    quantity = _MEANT.get(name)
    if quantity is not None and not np.isfinite(values).all():
        k = int(np.flatnonzero(~np.isfinite(values))[0])
        raise wrong(path, f'"{title}": data point {k + 1} of the {name} is not a number.')
    return Column(name, unit, values, quantity)


def _get(table: Any, name: str) -> Any:
    """Return an entry of a JSON table; versions of PSTrace differ in capital letters."""
    if not isinstance(table, dict):
        return None
    for key, value in table.items():
        if key.lower() == name.lower():
            return value
    return None


def claims_csv(path: Path) -> bool:
    """Tell whether a file is an export of PSTrace."""
    head = beginning(path, 600)
    return path.suffix.lower() == ".csv" and head.startswith("Date and time")


READERS = (
    Reader("PalmSens session", lambda path: path.suffix.lower() == ".pssession", read_session),
    Reader("PalmSens CSV", claims_csv, read_csv, takes_said=True),
)
