"""Gamry's Framework: text files with the end .DTA, which begin with EXPLAIN.

A table has a line of names, a line of units, and as many lines as its head says. Which currents
are positive is an option of the program that the file does not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from seccm.readers.recording import Column, Part, Quantity, Recording
from seccm.readers.said import Said
from seccm.readers.seam import Reader
from seccm.readers.text_tables import beginning, columns_of, lines_of, wrong

MARK = "EXPLAIN"
KINDS = {"CV": "cv", "LSV": "lsv", "CORPOT": "open circuit", "CHRONOA": "constant potential",
         "CHRONOP": "constant current"}  # fmt: skip
_MEANT: dict[str, Quantity] = {"T": "time", "Vf": "potential", "Im": "current"}
_CURVE = re.compile(r"(CURVE\d*|OCVCURVE)\tTABLE(?:\t(\d+))?")
_NAMED = re.compile(r"[A-Z]*CURVE\d*\tTABLE")


def read(path: Path, said: Said) -> Recording:
    """Return the curves of a .DTA file; those of a cyclic voltammogram are one step."""
    lines = lines_of(path, western=True)
    tag = next((line.split("\t")[1] for line in lines if line.startswith("TAG\t")), "").strip()
    kind = KINDS.get(tag, "")
    curves = list(_curves(path, lines, said))
    if not curves:
        raise wrong(path, "has no table of data points (CURVE). The file may be cut.")
    if kind in ("cv", "lsv") and len(curves) > 1:
        curves = [_joined(curves)]
    held = 0.0 if kind == "open circuit" else float("nan")
    parts = tuple(
        Part(curve, kind=kind, where=f"curve {k + 1}", held=held) for k, curve in enumerate(curves)
    )
    notes = (f"experiment {tag}",) if tag else ()
    return Recording("Gamry Framework", parts, notes=notes)


def _curves(path: Path, lines: list[str], said: Said) -> Iterator[tuple[Column, ...]]:
    place = 0
    while place < len(lines):
        found = _CURVE.match(lines[place])
        if (
            found is None
            and lines[place].startswith("\tPt\t")
            and not _NAMED.match(lines[place - 1])
        ):
            raise wrong(
                path,
                f"has the head of a table in line {place + 1}, and above it no line that names the "
                "table (such as CURVE): it is damaged. Export it again.",
            )
        place += 1
        if found is None or found[1] == "OCVCURVE":  # the rest before the experiment
            continue
        if place + 2 > len(lines):
            raise wrong(path, f"breaks off in the head of {found[1]}. The file is cut.")
        names, units = (lines[place + k].rstrip("\t").split("\t")[1:] for k in (0, 1))
        first = place + 2
        stop = first
        while stop < len(lines) and lines[stop].startswith("\t"):
            stop += 1
        if found[2] and stop - first < int(found[2]) and not said.incomplete:
            raise wrong(
                path,
                f"{found[1]} has {stop - first} data points, and its head says {found[2]}: the "
                "file is cut. With --incomplete it is taken as far as it goes.",
            )
        # Letters of status in the columns Over and IERange are no measurements.
        numbers = [k for k, name in enumerate(names) if name in ("Pt", *_MEANT)]
        rows = (
            (number + 1, _some(lines[number].split("\t")[1:], numbers, len(names)))
            for number in range(first, stop)
        )
        heads = [(names[k], _unit(units[k]) if k < len(units) else "") for k in numbers]
        columns = columns_of(path, heads, rows, said)
        yield tuple(Column(c.name, c.unit, c.values, _MEANT.get(c.name)) for c in columns)
        place = stop


def _some(cells: list[str], wanted: list[int], whole: int) -> list[str]:
    """Return the cells of numbers; a line that is cut stays too short."""
    if len(cells) < whole:
        return cells[: max(0, len(wanted) - 1)]
    return [cells[k] for k in wanted]


def _unit(written: str) -> str:
    return "" if written.strip() in ("#", "") else written.strip()


def _joined(curves: list[tuple[Column, ...]]) -> tuple[Column, ...]:
    import numpy as np

    return tuple(
        Column(c.name, c.unit, np.concatenate([curve[k].values for curve in curves]), c.quantity)
        for k, c in enumerate(curves[0])
    )


READERS = (
    Reader("Gamry Framework", lambda path: beginning(path).startswith(MARK), read, takes_said=True),
)
