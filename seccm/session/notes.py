"""The notes of the experiment: told once, kept, and stored in every file that is begun."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from seccm.data import open_scan, rewrite_notes
from seccm.data.notes import PREFIX, changed, of_file
from seccm.errors import PlanError, Problem, SeccmError
from seccm.own_folder import own_folder
from seccm.units import parse, quoted, show


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that is noted."""

    name: str
    words: str
    """What stands beside its field."""
    example: str
    meaning: str
    """A sentence or two."""
    unit: str = ""
    """The SI unit of a quantity; empty for a text."""


NOTES = (
    Note("operator", "operator", "A. Person", "Who runs the experiment."),
    Note("electrolyte", "electrolyte", "50 mM LiClO4 in PC", "What the pipette is filled with."),
    Note("pipette", "pipette", "B7", "Which pipette: its number, batch or recipe of pulling."),
    Note(
        "resistance",
        "resistance of the pipette",
        "50 Mohm",
        "Measured in the electrolyte before the run. With conductivity and half-angle the inner "
        "radius follows from it.",
        "ohm",
    ),
    Note(
        "conductivity",
        "conductivity of the electrolyte",
        "1.3 S/m",
        "Of the solution in which the resistance was measured.",
        "S/m",
    ),
    Note(
        "half_angle",
        "half-angle of the pipette",
        "5 deg",
        "Between the axis and the inner wall near the tip, from a micrograph.",
        "rad",
    ),
    Note("gas", "gas", "argon", "The atmosphere around the cell."),
    Note("humidity", "humidity", "< 1 ppm", "As an instrument beside the cell shows it."),
    Note("temperature", "temperature", "25 degC", "Near the cell."),
    Note("remark", "remark", "second day of this foil", "Whatever else matters."),
)
"""In the order in which they are asked for."""
NAMES = tuple(note.name for note in NOTES)
TEXTS = tuple(note.name for note in NOTES if not note.unit)
QUANTITIES: Mapping[str, str] = {note.name: note.unit for note in NOTES if note.unit}


def kept() -> dict[str, str]:
    """Return the notes that are stored in the next file, by name.

    Raises:
        SeccmError: their file cannot be read.
    """
    path = own_folder("notes.json")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {name: str(found[name]) for name in NAMES if found.get(name)}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise SeccmError(f"{path} cannot be read: {error}. Remove it to start again.") from None


def problems(given: Mapping[str, str]) -> list[Problem]:
    """Return what is wrong with notes: a quantity that is none, or makes no sense."""
    found = []
    for name, text in given.items():
        if text and name in QUANTITIES:
            try:
                value = parse(text, QUANTITIES[name])
                if not value > 0.0:
                    found.append(Problem(name, "must be above 0."))
                elif name == "half_angle" and value >= 0.5 * math.pi:
                    found.append(Problem(name, f"must be below 90 deg, not {quoted(text)}."))
            except ValueError as error:
                found.append(Problem(name, f"{error}."))
    return found


def change(given: Mapping[str, str]) -> dict[str, str]:
    """Change notes from now on; an empty text takes a note out.

    Raises:
        PlanError: a quantity is none.
        SeccmError: the notes cannot be read, or not be written; nothing was changed.
    """
    if wrong := problems(given):
        raise PlanError("notes", wrong)
    new = {name: text for name, text in {**kept(), **given}.items() if text}
    path = own_folder("notes.json")
    fresh = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(new, ensure_ascii=False, indent=1), encoding="utf-8")
        os.replace(fresh, path)
    except (OSError, ValueError) as error:
        raise SeccmError(f"{path} cannot be written: {error}. Nothing was changed.") from None
    return new


def radius(notes: Mapping[str, str]) -> float | None:
    """Return the inner radius of the pipette that follows from its resistance, in metres.

    R = (1 / (pi tan(theta)) + 1 / 4) / (kappa r): the integral over a cone of half-angle theta
    inside, and the access to a disk outside (Newman, J. Electrochem. Soc. 113 (1966) 501), for a
    pipette that dips into a solution of conductivity kappa. None where one of these is not told,
    or is none, as in a file that was edited.
    """
    if any(name not in notes for name in QUANTITIES):
        return None
    try:
        resistance, kappa, theta = (parse(notes[name], unit) for name, unit in QUANTITIES.items())
        found = (1.0 / (math.pi * math.tan(theta)) + 0.25) / (kappa * resistance)
    except (ValueError, ZeroDivisionError):
        return None
    sensible = min(resistance, kappa, theta) > 0.0 and theta < 0.5 * math.pi
    return found if sensible and 0.0 < found < math.inf else None


def with_radius(notes: Mapping[str, str]) -> dict[str, str]:
    """Return notes with the radius that follows from them, if one does."""
    found = radius(notes)
    derived = {} if found is None else {"radius": f"{show(found, 'm', 3)} (from the resistance)"}
    return {**notes, **derived}


def attributes() -> dict[str, str]:
    """Return the notes as attributes of a file; none where they cannot be read."""
    try:
        notes = with_radius(kept())
    except SeccmError:
        return {}
    return {f"{PREFIX}{name}": text for name, text in notes.items()}


def amend(path: str | Path, given: Mapping[str, str]) -> dict[str, str]:
    """Change notes of a file whose run is over; the record stays as it is.

    What was there before, and when it was changed, is written down in the file.

    Args:
        path: the data file.
        given: notes by name; an empty text takes one out.

    Returns:
        The notes that the file has now.

    Raises:
        PlanError: a quantity is none. Nothing was changed.
        DataFileError: the file is in use, or cannot be read or written.
    """
    if wrong := problems(given):
        raise PlanError("notes", wrong)
    path = Path(path)
    with open_scan(path) as scan:
        extra = scan.header.extra
    before = of_file(extra)
    new = {n: t for n, t in {**before, **given}.items() if t and n != "radius"}
    now = with_radius(new)
    wanted = {**dict.fromkeys(before, ""), **now}
    at = datetime.now(UTC).isoformat(timespec="seconds")
    if attributes := changed(extra, wanted, at):
        rewrite_notes(path, attributes)
    return now
