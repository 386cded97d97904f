"""eChemTips: a CSV file of data points, and a JSON file of the same name that says what they are.

`scan_pixel` is the place in the path of the scan; -1 is setting up, -2 draws a mark: both are left
out. `measurement_phase` 1 to 3 are the steps; without it, they are where the height stands still
after contact. Signs are those that `polarity_convention` says, else the amplifier's.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.readers.recording import Column, Part, Quantity, Recording, Sign, Trace, Visit
from seccm.readers.said import Said
from seccm.readers.seam import Reader
from seccm.readers.shapes import pieces
from seccm.readers.text_tables import beginning, columns_of, lines_of, wrong

_COLUMNS: Mapping[str, tuple[str, str, Quantity | None]] = {
    "elapsed_s": ("elapsed", "s", "time"),
    "x_um": ("x", "um", "x"),
    "y_um": ("y", "um", "y"),
    "z_um": ("z", "um", "z"),
    "voltage1_v": ("voltage1", "V", "potential"),
    "voltage2_v": ("voltage2", "V", "potential"),
    "current1_na": ("current1", "nA", "current"),
    "current2_na": ("current2", "nA", "current"),
}
_SIGNS: Mapping[str, Sign] = {
    "iupac": "anodic positive", "anodic_positive": "anodic positive",
    "us": "cathodic positive", "cathodic_positive": "cathodic positive",
}  # fmt: skip
_STILL = 50e-9
"""Metres by which the height may change while a step is measured."""
_HELD = 2e-3
"""Volts by which a potential may change that is held."""


def claims(path: Path) -> bool:
    """Tell whether a file is the CSV of a recording."""
    return path.suffix.lower() == ".csv" and beginning(path, 400).startswith("elapsed_s,")


def read(path: Path, said: Said) -> Recording:
    """Return the recording of a CSV file and the JSON beside it."""
    about = _about(path)
    lines = lines_of(path)
    names = [name.strip() for name in lines[0].split(",")]
    listed = about.get("csv_columns")
    if listed is not None and list(listed) != names:
        raise wrong(path, f"has the columns {', '.join(names)}; its JSON file says {listed}.")
    rows = (
        (number, cells)
        for number, cells in enumerate(csv.reader(lines[1:]), 2)
        if any(cell.strip() for cell in cells)
    )
    read = columns_of(path, [(name, "") for name in names], rows, said)
    count = about.get("sample_count")
    if isinstance(count, int) and read[0].values.size < count and not said.incomplete:
        raise wrong(
            path,
            f"has {read[0].values.size} data points, and its JSON file says {count}: the file is "
            "cut. With --incomplete it is taken as far as it goes.",
        )
    if "scan_pixel" not in names:
        raise wrong(
            path,
            "has no column scan_pixel: it is not a scan, but one recording. Import it as a plain "
            'table: --reader "a plain table".',
        )
    columns = tuple(
        Column(*_COLUMNS[c.name][:2], c.values, _COLUMNS[c.name][2]) if c.name in _COLUMNS else c
        for c in read
    )
    settings = about.get("settings") or {}
    sign = _SIGNS.get(str(settings.get("polarity_convention", "")).lower())
    places, notes = _pixels(about), []
    if about.get("status") not in ("complete", None):
        notes.append(f"its program says that the recording is {about['status']}")
    return Recording(
        "eChemTips",
        (Part(columns),),
        sign=sign,
        why_sign="as its JSON file says",
        started_at=_start(about),
        divide=_divider(places),
        notes=tuple(notes),
    )


def _about(path: Path) -> dict[str, Any]:
    beside = path.with_suffix(".json")
    if not beside.is_file():
        raise wrong(path, f"has no {beside.name} beside it, which says what was done.")
    try:
        about = json.loads("\n".join(lines_of(beside)))
    except (ValueError, RecursionError) as error:
        raise wrong(beside, f"is not JSON ({error}). The file may be cut.") from None
    if not isinstance(about, dict):
        raise wrong(beside, "is not a table of settings.")
    return about


def _start(about: Mapping[str, Any]) -> str:
    try:
        return datetime.fromisoformat(str(about.get("started_at"))).astimezone().isoformat()
    except ValueError:
        return ""


def _pixels(about: Mapping[str, Any]) -> dict[int, tuple[float, float]]:
    pixels = (about.get("scan_grid") or {}).get("pixels") or []
    return {
        int(one["pixel"]): (float(one["x_um"]) * 1e-6, float(one["y_um"]) * 1e-6)
        for one in pixels
        if {"pixel", "x_um", "y_um"} <= one.keys()
    }


def _divider(
    places: Mapping[int, tuple[float, float]],
) -> Callable[[Trace], Sequence[Visit]]:
    return lambda trace: list(_visits(trace, places))


def _visits(trace: Trace, places: Mapping[int, tuple[float, float]]) -> Iterator[Visit]:
    pixel = trace.others["scan_pixel"]
    phases = trace.others.get("measurement_phase")
    for number in np.unique(pixel[pixel >= 0]).tolist():
        own = np.flatnonzero(pixel == number)
        if own[-1] - own[0] + 1 != own.size:
            own = own[: int(np.flatnonzero(np.diff(own) > 1)[0]) + 1]
        rows = slice(int(own[0]), int(own[-1]) + 1)
        here = trace.part(rows)
        steps: tuple[tuple[str, Trace], ...]
        if phases is not None:
            mine = phases[rows]
            cuts = np.flatnonzero(np.diff(mine) != 0) + 1
            edges = [0, *cuts.tolist(), mine.size]
            ranges = pairwise(edges)
            parts = [here.part(slice(a, b)) for a, b in ranges if a < b and mine[a] in (1, 2, 3)]
        else:
            at = _standing(here)
            parts = [here.part(at)] if at is not None else []
        steps = tuple(
            ("", part.part(piece))
            for part in parts
            for piece in pieces(part.potential, _turns(part.potential))
        )
        x, y = places.get(int(number), (float(np.median(here.x)), float(np.median(here.y))))
        z = float(steps[0][1].z[0]) if steps else math.nan
        yield Visit(f"{int(number)}", x, y, z, steps)


def _standing(trace: Trace) -> slice | None:
    """Return the longest stretch of rows in which the height stands still."""
    moving = np.concatenate([[True], np.abs(np.diff(trace.z)) > _STILL / 10, [True]])
    edges = np.flatnonzero(moving)
    lengths = np.diff(edges)
    if not lengths.size or lengths.max() < 3:
        return None
    k = int(lengths.argmax())
    return slice(int(edges[k]), int(edges[k + 1]))


def _turns(potential: FloatArray) -> npt.NDArray[np.int64]:
    """Return the rows at which the hold before a sweep ends, and at which one after it begins."""
    first = np.flatnonzero(np.abs(potential - potential[0]) > _HELD)
    last = np.flatnonzero(np.abs(potential - potential[-1]) > _HELD)
    if not first.size or not last.size:
        return np.zeros(0, np.int64)
    return np.unique([max(0, int(first[0]) - 1), min(potential.size, int(last[-1]) + 2)])


READERS = (Reader("eChemTips", claims, read, takes_said=True),)
