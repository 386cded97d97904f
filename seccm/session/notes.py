"""The notes of the experiment: told once, kept, and stored in every file that is begun."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping

from seccm.errors import PlanError, Problem, SeccmError
from seccm.own_folder import own_folder
from seccm.units import parse, quoted, show

PREFIX = "note_"
"""Of the attributes of a file that hold them."""
TEXTS = ("operator", "electrolyte", "pipette", "gas", "humidity", "remark")
QUANTITIES: Mapping[str, str] = {
    "resistance": "ohm",
    "conductivity": "S/m",
    "half_angle": "rad",
}
NAMES = (*TEXTS, *QUANTITIES, "temperature")


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
        raise SeccmError(f"{path} cannot be read: {error}. Remove it to begin anew.") from None


def change(given: Mapping[str, str]) -> dict[str, str]:
    """Change notes from now on; an empty text takes a note out.

    Raises:
        PlanError: a quantity is none.
        SeccmError: the notes cannot be read, or not be written; nothing was changed.
    """
    problems = []
    for name, text in given.items():
        if text and name in QUANTITIES:
            try:
                value = parse(text, QUANTITIES[name])
                if not value > 0.0:
                    problems.append(Problem(name, "must be above 0."))
                elif name == "half_angle" and value >= 0.5 * math.pi:
                    problems.append(Problem(name, f"must be below 90 deg, not {quoted(text)}."))
            except ValueError as error:
                problems.append(Problem(name, f"{error}."))
    if problems:
        raise PlanError("notes", problems)
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


def attributes() -> dict[str, str]:
    """Return the notes as attributes of a file; none where they cannot be read."""
    try:
        notes = kept()
    except SeccmError:
        return {}
    if (found := radius(notes)) is not None:
        notes["radius"] = f"{show(found, 'm', 3)} (from the resistance)"
    return {f"{PREFIX}{name}": text for name, text in notes.items()}
