"""BioLogic's EC-Lab: text files with the end .mpt.

The head says how many lines it has; EC-Lab writes anodic currents as positive. A file is one
electrode, so that its steps are told apart by the technique's number of sequence, `Ns`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np

from seccm.readers.recording import Column, Part, Recording
from seccm.readers.said import Said
from seccm.readers.seam import Reader
from seccm.readers.text_tables import beginning, columns_of, lines_of, wrong

MARK = "EC-Lab ASCII FILE"
KINDS = {
    "cyclic voltammetry": "cv",
    "linear sweep voltammetry": "lsv",
    "open circuit voltage": "open circuit",
    "chronoamperometry / chronocoulometry": "constant potential",
    "chronoamperometry": "constant potential",
    "chronopotentiometry": "constant current",
}
_HEAD = re.compile(r"Nb header lines\s*:\s*(\d+)")
_WORKING = {"ewe": "potential", "i": "current", "<i>": "current", "time": "time"}
"""What EC-Lab's names mean; Ewe is that of the working electrode."""


def read(path: Path, said: Said) -> Recording:
    """Return the steps of an .mpt file."""
    lines = lines_of(path, western=True)
    count = next((int(m[1]) for line in lines[:3] if (m := _HEAD.match(line))), 0)
    if not 3 <= count <= len(lines):
        raise wrong(
            path,
            f'has no line "Nb header lines" that fits: it says {count} of {len(lines)} lines. The '
            "file may be cut.",
        )
    head, names = lines[: count - 1], lines[count - 1].rstrip("\t").split("\t")
    technique = next((line.strip() for line in head[2:] if line.strip()), "").lower()
    rows = (
        (number, line.rstrip("\t").split("\t"))
        for number, line in enumerate(lines[count:], count + 1)
        if line.strip()
    )
    columns = columns_of(path, [_unit(name) for name in names], rows, said)
    named = tuple(_meant(column) for column in columns)
    return Recording(
        "BioLogic EC-Lab",
        tuple(_steps(named, KINDS.get(technique, ""))),
        sign="anodic positive",
        why_sign="as EC-Lab always writes them",
        reference=_reference(head),
        started_at=_start(head),
        notes=_notes(technique, head),
    )


def _unit(name: str) -> tuple[str, str]:
    """Split "Ewe/V"; names such as "ox/red" have no unit, and "Q charge/discharge/mA.h" one."""
    before, _, unit = name.strip().rpartition("/")
    known = re.fullmatch(r"[munpkM]?(s|V|A|W|Ohm|F|C)(\.h)?|mA\.h|µA", unit)
    return (before, unit) if before and known else (name.strip(), "")


def _meant(column: Column) -> Column:
    quantity = _WORKING.get(column.name.lower())
    if quantity is None or not column.unit:
        return column
    return Column(column.name, column.unit, column.values, quantity)  # type: ignore[arg-type]


def _steps(columns: tuple[Column, ...], kind: str) -> Iterator[Part]:
    """Yield a part for each sequence of the technique."""
    sequence = next((c.values for c in columns if c.name == "Ns"), None)
    size = columns[0].values.size
    cuts = [] if sequence is None else (np.flatnonzero(np.diff(sequence)) + 1).tolist()
    for number, (first, stop) in enumerate(zip([0, *cuts], [*cuts, size], strict=True)):
        own = tuple(Column(c.name, c.unit, c.values[first:stop], c.quantity) for c in columns)
        where = f"sequence {number}" if cuts else ""
        # A file of open circuit has no current at all.
        held = 0.0 if kind == "open circuit" else float("nan")
        yield Part(own, kind=kind, where=where, held=held)


def _reference(head: list[str]) -> str:
    found = next((line for line in head if line.startswith("Reference electrode")), "")
    return found.partition(":")[2].split("(")[0].strip()


def _notes(technique: str, head: list[str]) -> tuple[str, ...]:
    notes = (f"technique {technique}",) if technique else ()
    if not _start(head):
        return notes
    return (
        *notes,
        f"begun at {_written(head)}: month, day, year, in the time zone of the importing computer",
    )


def _written(head: list[str]) -> str:
    found = next((line for line in head if line.startswith("Acquisition started on")), "")
    return found.partition(":")[2].strip()


def _start(head: list[str]) -> str:
    """Return when it began; EC-Lab writes month, day, year in the local time of its computer.

    The file does not say the time zone: that of the computer on which it is imported is taken.
    """
    written = _written(head)
    if "/" not in written:
        written = written.replace(".", "/", 2)
    for form in ("%m/%d/%Y %H:%M:%S.%f", "%m/%d/%Y %H:%M:%S"):
        try:
            return datetime.strptime(written, form).astimezone().isoformat()
        except (ValueError, OSError, OverflowError):
            continue
    return ""


READERS = (
    Reader("BioLogic EC-Lab", lambda path: beginning(path).startswith(MARK), read, takes_said=True),
)
