"""The plan of an imported scan: what was done, as far as its recording tells.

Numbers that differ from site to site are values of the sites, so that one programme is that of all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seccm.errors import DataFileError, PlanError
from seccm.plan import Plan
from seccm.readers.recording import Recording, Visit
from seccm.readers.said import Said
from seccm.readers.shapes import Shape
from seccm.units import show

_ALIKE = 5e-3
"""Part by which numbers of two sites may differ that were meant to be the same."""
_UNITS = {"start": "V", "stop": "V", "potential": "V", "scan_rate": "V/s", "current": "A",
          "duration": "s"}  # fmt: skip
NOT_KNOWN = (
    "Imported: how the pipette came, left and travelled is not known, and what the plan says of it "
    "has no meaning."
)


def plan_of(
    recording: Recording,
    said: Said,
    visits: Sequence[Visit],
    shapes: Sequence[Sequence[Shape]],
    source: Path,
) -> tuple[Plan, tuple[str, ...]]:
    """Return the plan, and what the steps were in sentences.

    Raises:
        DataFileError: sites have different steps, or no plan can be made of them.
    """
    longest = max(shapes, key=len)
    if not longest:
        raise DataFileError(f"{source}: no site has a step with data points. Nothing was made.")
    for visit, mine in zip(visits, shapes, strict=True):
        for number, shape in enumerate(mine):
            if shape.kind != longest[number].kind or not _same_form(shape, longest[number]):
                raise DataFileError(
                    f'{source}: step {number} of the site "{visit.site}" is {shape.words}, but '
                    f"that of another site is {longest[number].words}. Import sites with different "
                    "programmes into files of their own. Nothing was made."
                )
    programme, values, words = _programme(shapes, longest)
    tables: dict[str, Any] = {
        "title": said.title or source.stem,
        "description": NOT_KNOWN,
        "sample": said.sample or "not told",
        "reference": _reference(recording, said),
        "program": programme,
    }
    diameter = said.footprint or 2 * math.sqrt(recording.area / math.pi)
    area = math.pi * diameter**2 / 4
    if len(visits) == 1 and not math.isfinite(visits[0].x):
        sites: dict[str, Any] = {"kind": "here", "label": visits[0].site or "here", "area": area}
    else:
        sites = {
            "kind": "points",
            "points": [[visit.x, visit.y] for visit in visits],
            "allow_overlap": True,
        }
        if all(visit.site for visit in visits):
            sites["labels"] = [visit.site for visit in visits]
        tables |= _ways(diameter)
    if values:
        sites["values"] = values
    tables["sites"] = sites
    try:
        return Plan.from_dict(tables, source=str(source)), words
    except PlanError as error:
        raise DataFileError(
            f"{source}: what was found cannot be a plan: "
            f"{'; '.join(str(problem) for problem in error.problems)} Nothing was made."
        ) from None


def _ways(diameter: float) -> dict[str, Any]:
    return {
        "probe": {"aperture": diameter, "footprint": {"ratio": 1.0, "basis": "nominal"}},
        "approach": {
            "speed": 1e-6,
            "travel": 20e-6,
            "overtravel": 1e-7,
            "hold": {"potential": 0.0},
            "contact": {"kind": "current threshold", "threshold": 5e-12},
        },
        "retract": {"distance": 5e-6, "speed": 1e-5},
        "travel": {"speed": 2e-5},
    }


def _reference(recording: Recording, said: Said) -> dict[str, Any]:
    name = said.reference or recording.reference
    how = "As was said at import." if said.reference else "As the imported file says."
    if not name:
        name, how = "unnamed electrode", "The imported file does not name its reference."
    return {"name": name, "electrode": name, "offset": 0.0, "provenance": how}


def _same_form(one: Shape, other: Shape) -> bool:
    return one.kind != "cv" or len(one.numbers["vertices"]) == len(other.numbers["vertices"])


def _programme(
    shapes: Sequence[Sequence[Shape]], longest: Sequence[Shape]
) -> tuple[list[dict[str, Any]], dict[str, list[str]], tuple[str, ...]]:
    programme: list[dict[str, Any]] = []
    values: dict[str, list[str]] = {}
    words: list[str] = []
    for number, model in enumerate(longest):
        table: dict[str, Any] = {"step": model.kind}
        mine = [each[number] if number < len(each) else model for each in shapes]
        for key in model.numbers:
            if key == "cycles":
                table[key] = max(shape.numbers[key] for shape in mine)
            elif key == "vertices":
                table[key] = [
                    _one_or_each(f"vertex_{number}_{k}", "V", each, values)
                    for k, each in enumerate(
                        zip(*(shape.numbers[key] for shape in mine), strict=True)
                    )
                ]
            else:
                found = [shape.numbers[key] for shape in mine]
                table[key] = (
                    max(found)
                    if key == "duration"
                    else _one_or_each(f"{key}_{number}", _UNITS[key], found, values)
                )
        programme.append(table)
        differs = any(isinstance(v, str) and v.startswith("$") for v in table.values())
        words.append(f"step {number}: {model.words}{', and others' if differs else ''}")
    return programme, values, tuple(words)


def _one_or_each(
    name: str, unit: str, found: Sequence[float], values: dict[str, list[str]]
) -> float | str:
    """Return the number of all sites, or the name of a value that each of them has."""
    largest = max(map(abs, found))
    if max(found) - min(found) <= max(_ALIKE * largest, 2e-3 if unit == "V" else 0.0):
        return found[0]
    values[name] = [show(value, unit, 6) for value in found]
    return f"${name}"
