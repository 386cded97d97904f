"""The files that an analysed micrograph leaves beside it: a table of particles, and a summary.

The summary has everything that the numbers depend on: the picture by its checksum, the scale, the
footprint, the look of the drawn images, and the manual edits, which the next analysis of the same
picture takes up again.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seccm.errors import PlanError, Problem
from seccm.imaging.plain_json import plain_json
from seccm.imaging.sem.edits import KINDS, Edit
from seccm.imaging.sem.micrograph import Micrograph
from seccm.text_files import Unreadable, read_text

if TYPE_CHECKING:
    from seccm.imaging.sem.census import Census

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Places:
    """Where the files of a picture are."""

    table: Path
    """Of the particles, CSV."""
    summary: Path
    """JSON."""
    figure: Path
    """PNG."""


@dataclass(frozen=True, slots=True)
class Counted:
    """An analysed micrograph."""

    micrograph: Micrograph
    census: Census
    files: Places
    """Beside it."""


def places(picture: Path) -> Places:
    """Return where the files of a picture are: beside it."""
    name = picture.name
    return Places(
        picture.with_name(f"{name}.particles.csv"),
        picture.with_name(f"{name}.particles.json"),
        picture.with_name(f"{name}.particles.png"),
    )


def checksum(picture: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with picture.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def table(census: Census) -> str:
    """Return the particles as a table: number, place, diameter, contrast, and what they are."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["number", "x (um)", "y (um)", "diameter (nm)", "contrast", "counted", "whole"])
    found = census.particles
    for k in range(len(found)):
        rows.writerow(
            [
                k + 1,
                f"{1e6 * found.x[k]:.4f}",
                f"{1e6 * found.y[k]:.4f}",
                f"{1e9 * found.diameter[k]:.2f}",
                f"{found.contrast[k]:.5g}",
                int(found.counted[k]),
                int(found.whole[k]),
            ]
        )
    return text.getvalue()


def summary(
    census: Census, settings: dict[str, Any], edits: tuple[Edit, ...], notes: tuple[str, ...] = ()
) -> str:
    """Return the numbers in SI units and what they depend on, as JSON; null is not a number.

    Args:
        census: the numbers.
        settings: what they depend on: picture, scale, footprint, look.
        edits: that a person made.
        notes: what was done to the picture, and what is wrong with it, as sentences.
    """
    found, right = census.found, census.corrected
    content = {
        "format": FORMAT,
        "settings": settings,
        "notes": list(notes),
        "edits": [_told(edit) for edit in edits],
        "particles": int(census.particles.counted.sum()),
        "area": census.particles.area,
        "coverage": census.particles.coverage,
        "density": found.density,
        "density_err": found.density * census.of_count,
        "density_corrected": right.density,
        "density_corrected_err": right.density * census.of_count,
        "density_unseparated": census.unseparated,
        "diameter_mean": found.mean,
        "diameter_sd": found.sd,
        "diameter_mean_corrected": right.mean,
        "smallest_diameter": right.limit,
        "ground_mismatch": right.mismatch,
        "distributions": [asdict(part) for part in census.sizes],
        "zones": [asdict(zone) for zone in census.zones],
        "shape": census.shape,
        "lithium": census.amount.per_area,
        "lithium_err": census.amount.error,
        "lithium_corrected": census.amount_corrected.per_area,
        "lithium_corrected_err": census.amount_corrected.error,
        "doubts": list(census.doubts),
    }
    return plain_json(content)


def edits_in(path: Path) -> tuple[Edit, ...]:
    """Return the edits that a summary has; none if there is no file.

    Raises:
        PlanError: the file is not such a summary; nothing is lost by moving it away.
    """
    try:
        content = json.loads(read_text(path))
        return tuple(_edit(each) for each in content["edits"])
    except Unreadable as error:
        if error.missing:
            return ()
        why = str(error)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        why = f"is not a summary of particles ({error})."
    remedy = "Move it away to begin without the edits in it."
    raise PlanError(str(path), [Problem("edits", why, remedy)])


def _told(edit: Edit) -> dict[str, Any]:
    kind = next(name for name, made in KINDS.items() if isinstance(edit, made))
    return {"kind": kind, **asdict(edit)}


def _edit(said: dict[str, Any]) -> Edit:
    numbers = {name: float(said[name]) for name in said if name != "kind"}
    if not all(math.isfinite(number) for number in numbers.values()):
        raise ValueError(f"{said} has no place")
    if said["kind"] not in KINDS:
        raise ValueError(f"{said['kind']!r} is not a kind of edit")
    return KINDS[said["kind"]](**numbers)
