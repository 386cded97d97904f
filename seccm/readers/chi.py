"""CH Instruments: the text files that its programs save.

A head of "Key (unit) = number", then a line such as "Potential/V, Current/A". Which currents are
positive is an option of the program that the file does not have. Voltammograms have no times: these
are from the potential and the scan rate in the head.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

from seccm.readers.recording import Column, Part, Quantity, Recording
from seccm.readers.said import Said
from seccm.readers.seam import Reader
from seccm.readers.text_tables import beginning, columns_of, lines_of, name_and_unit, wrong

KINDS = {
    "Cyclic Voltammetry": "cv",
    "Linear Sweep Voltammetry": "lsv",
    "Amperometric i-t Curve": "constant potential",
    "Chronoamperometry": "constant potential",
    "Chronopotentiometry": "constant current",
    "Open Circuit Potential - Time": "open circuit",
}
_MEANT: dict[str, Quantity] = {"Potential": "potential", "Current": "current", "Time": "time"}
_KEY = re.compile(r"(?P<key>[^=]+?)\s*=\s*(?P<number>[-+.\deE]+)\s*")
_HEAD = re.compile(r"(Potential|Time)/(V|sec|s)\s*[,\t]")


def claims(path: Path) -> bool:
    """Tell whether a file is one of CH Instruments."""
    text = beginning(path)
    return "Instrument Model:" in text and "CHI" in text


def read(path: Path, said: Said) -> Recording:
    """Return the step of a text file."""
    lines = lines_of(path, western=True)
    start = next((k for k, line in enumerate(lines) if _HEAD.match(line)), None)
    if start is None:
        raise wrong(path, 'has no line such as "Potential/V, Current/A". The file may be cut.')
    facts = {
        found["key"].strip(): float(found["number"])
        for line in lines[:start]
        if (found := _KEY.fullmatch(line.strip())) and _is_number(found["number"])
    }
    technique = next((line.strip() for line in lines[:start] if line.strip() in KINDS), "")
    mark = "\t" if "\t" in lines[start] else ","
    rows = (
        (number, line.split(mark))
        for number, line in enumerate(lines[start + 1 :], start + 2)
        if line.strip()
    )
    heads = [name_and_unit(head) for head in lines[start].split(mark)]
    columns = tuple(
        Column(c.name, c.unit, c.values, _MEANT.get(c.name))
        for c in columns_of(path, heads, rows, said)
    )
    kind = KINDS.get(technique, "")
    held = {"constant potential": facts.get("Init E (V)", math.nan), "open circuit": 0.0}
    part = Part(
        columns,
        kind=kind,
        scan_rate=facts.get("Scan Rate (V/s)", math.nan),
        period=facts.get("Sample Interval (s)", math.nan)
        if kind not in ("cv", "lsv")
        else math.nan,
        held=held.get(kind, math.nan),
    )
    notes = (f"technique {technique}",) if technique else ()
    return Recording("CH Instruments", (part,), notes=notes)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


READERS = (Reader("CH Instruments", claims, read, takes_said=True),)
