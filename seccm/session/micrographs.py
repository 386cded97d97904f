"""Counting the particles of a micrograph, and joining what is found to a site of a scan."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seccm.analysis.features import STATUSES, Features
from seccm.analysis.own_areas import areas_in
from seccm.arrays import FloatArray
from seccm.data import Column, FeatureValues, Scan, open_scan, rewrite_features
from seccm.data.whereabouts import Whereabouts
from seccm.errors import PlanError, Problem
from seccm.imaging.sem.amounts import Shape
from seccm.imaging.sem.edits import Added, Divided, Edit, Resized
from seccm.imaging.sem.files import Counted, checksum, edits_in, places, summary, table
from seccm.imaging.sem.micrograph import EXTRA, Micrograph, Pixel, needed, read_micrograph
from seccm.imaging.sem.model_image import Look
from seccm.installing import install_hint
from seccm.plan import Plan
from seccm.quantities import refuse_absurd
from seccm.results import Status
from seccm.session.analysing import same_file
from seccm.session.site_columns import kept_or_empty, site_in
from seccm.text_files import Unreadable, read_text
from seccm.units import number as plain_number
from seccm.units import parse, show

if TYPE_CHECKING:
    from seccm.imaging.sem.census import Census
    from seccm.imaging.sem.particles import Particles
    from seccm.imaging.sem.separation import Mask

COLUMNS = (
    Column("sem_density", "1/m^2", "particles per area in the micrograph, corrected"),
    Column("sem_density_raw", "1/m^2", "particles per area in the micrograph, as found"),
    Column("sem_d_mean", "m", "mean diameter of the particles in the micrograph"),
    Column("sem_d_sd", "m", "standard deviation of the diameters in the micrograph"),
    Column("sem_coverage", "1", "share of the footprint that is under particles"),
    Column("sem_li_amount", "mol/m^2", "lithium of the particles in the micrograph, per area"),
    Column("sem_fe", "1", "lithium of the particles over the charge of the site"),
)
_COUNTED = "Places count from the upper left corner, as in the table of particles."
FOOTPRINT = 'auto, "x, y, diameter" with units, or a table of corners'


@dataclass(frozen=True, slots=True)
class Looked:
    """A picture whose particles were looked for, and not yet edited or counted."""

    picture: Path
    taken: Micrograph
    """As it was stored."""
    image: FloatArray
    """Shape (rows, columns); particles are bright."""
    seen: Particles
    dark: bool
    """Whether particles are darker than the ground in the picture."""


def look_for_particles(
    picture: str | Path, pixel: Pixel | None = None, *, dark: bool = False
) -> Looked:
    """Look for the particles of a micrograph; writes nothing.

    Args:
        picture: a TIFF file.
        pixel: metres per pixel, or width and height, where the file does not say it.
        dark: whether particles are darker than the ground, as light elements are with
            backscattered electrons.

    Raises:
        PlanError: the picture or its scale cannot be used.
    """
    picture = Path(picture)
    taken = read_micrograph(picture, pixel)
    try:
        from seccm.imaging.sem.particles import find
    except ModuleNotFoundError as error:
        missing = Problem("file", needed(error), install_hint(EXTRA))
        raise PlanError(str(picture), [missing]) from None
    image = float(taken.image.max()) - taken.image if dark else taken.image
    return Looked(picture, taken, image, find(image, taken.pixel), dark)


def count_particles(
    picture: str | Path,
    *,
    pixel: Pixel | None = None,
    footprint: str = "",
    shape: Shape = "sphere",
    look: Look | None = None,
    edits: Sequence[Edit] = (),
    forget: bool = False,
    dark: bool = False,
) -> Counted:
    """Count and measure the particles of a micrograph; write a table and a summary beside it.

    Args:
        picture: a TIFF file.
        pixel: metres per pixel, or width and height, where the file does not say it.
        footprint: where the droplet was: "auto", "x, y, diameter" from the upper left corner,
            or a text file of corners "x (um), y (um)"; the whole picture unless given.
        shape: of the particles.
        look: how the microscope shows particles, for the correction by drawn images.
        edits: that a person makes, after those that the summary beside the picture has.
        forget: whether to leave away the edits of the summary.
        dark: whether particles are darker than the ground.

    Raises:
        PlanError: the picture, its scale, the footprint or an edit cannot be used; nothing was
            written.
    """
    looked = look_for_particles(picture, pixel, dark=dark)
    before = () if forget else edits_in(places(looked.picture).summary)
    found = census_of(looked, footprint=footprint, shape=shape, look=look, edits=(*before, *edits))
    lost = [edit for edit in found.left if edit in edits]
    if lost:
        raise PlanError(str(picture), [_impossible(edit) for edit in lost])
    return write_count(looked, found, footprint=footprint, look=look, edits=(*before, *edits))


def census_of(
    looked: Looked,
    *,
    footprint: str = "",
    shape: Shape = "sphere",
    look: Look | None = None,
    edits: Sequence[Edit] = (),
) -> Census:
    """Count the particles of a picture; writes nothing.

    Args:
        looked: the picture.
        footprint: as in `count_particles`.
        shape: of the particles.
        look: how the microscope shows particles.
        edits: all that a person makes; those that cannot be made are handed back.

    Raises:
        PlanError: the footprint cannot be used.
    """
    from seccm.imaging.sem.census import census

    region = _region(looked.taken, footprint, looked.picture, looked.seen)
    return census(
        looked.image, looked.taken.pixel, region, look=look, shape=shape, edits=tuple(edits),
        seen=looked.seen,
    )  # fmt: skip


def write_count(
    looked: Looked,
    found: Census,
    *,
    footprint: str = "",
    look: Look | None = None,
    edits: Sequence[Edit] = (),
) -> Counted:
    """Write the table of particles and the summary beside a picture.

    Args:
        looked: the picture.
        found: in it.
        footprint: that was counted in.
        look: of the drawn images.
        edits: that were made.

    Raises:
        PlanError: they cannot be written.
    """
    picture, taken = looked.picture, looked.taken
    files = places(picture)
    settings = {
        "picture": picture.name,
        "sha256": checksum(picture),
        "pixel": taken.pixel,
        "scale_from": taken.scale_from,
        "footprint": footprint or "whole picture",
        "dark": looked.dark,
        "look": asdict(look or Look()),
    }
    try:
        files.table.write_text(table(found), encoding="utf-8")
        # The summary last: it has the edits, and says that the table is of its making.
        told = summary(found, settings, tuple(edits), taken.notes)
        files.summary.write_text(told, encoding="utf-8")
    except OSError as error:
        what = f"the results cannot be written beside the picture ({error.strerror})."
        raise PlanError(str(picture), [Problem("file", what)]) from None
    return Counted(taken, found, files)


def _impossible(edit: Edit) -> Problem:
    """Return why an edit cannot be made."""
    at = f"{show(edit.x, 'm')}, {show(edit.y, 'm')}"
    match edit:
        case Added() | Resized() if not edit.diameter > 0:
            what, remedy = (
                f"the diameter {show(edit.diameter, 'm')} is not above 0.",
                "Give another one.",
            )
        case Added():
            what, remedy = f"{at} is outside of the picture.", _COUNTED
        case Divided():
            other = f"{show(edit.other_x, 'm')}, {show(edit.other_y, 'm')}"
            what = f"there is no particle that has both {at} and {other} in it."
            remedy = _COUNTED
        case _:
            what, remedy = f"there is no particle at {at}.", _COUNTED
    return Problem("edits", what, remedy)


def join_particles(path: str | Path, site: int, counted: Counted, footprint: bool) -> None:
    """Store what a micrograph says in the table of sites, for one site.

    Args:
        path: a closed data file.
        site: its number.
        counted: in the picture of its footprint.
        footprint: whether the area that was counted is the whole wetted area of the site; else
            the plan's or the site's own area is taken for the share of the charge.

    Raises:
        DataFileError: the file cannot be read or written.
        PlanError: there is no such site.
    """
    path = Path(path)
    with open_scan(path) as scan:
        file = Whereabouts(path)
        planned = Features(Plan.from_json(scan.plan_json, source=str(path))).area
        site_in(scan, site)
        area = counted.census.particles.area if footprint else None
        area = area or areas_in(scan).get(site, planned).value
        features = dict(_stored(scan, site, counted.census, area))
    same_file(file, path)
    rewrite_features(path, features, STATUSES)


def _stored(
    scan: Scan, site: int, found: Census, area: float
) -> Iterator[tuple[str, FeatureValues]]:
    raw, right = found.found, found.corrected
    corrected = math.isfinite(found.amount_corrected.per_area)
    amount = found.amount_corrected if corrected else found.amount
    charge = float(scan.steps["charge"][scan.steps["site"] == site].sum())
    fe = amount.efficiency(charge, area) if charge else math.nan
    relative = amount.error / amount.per_area if amount.per_area else math.nan
    count = max(1, int(found.particles.counted.sum()))
    of_count = found.of_count
    none = Status.CROWDED if found.particles.crowded else Status.UNDEFINED
    as_found = Status.OK if corrected else Status.UNCORRECTED
    values = {
        "sem_density": (right.density, right.density * of_count, Status.OK),
        "sem_density_raw": (raw.density, raw.density * of_count, Status.UNCORRECTED),
        "sem_d_mean": (right.mean if corrected else raw.mean, raw.sd * of_count, as_found),
        "sem_d_sd": (raw.sd, raw.sd / math.sqrt(2 * count), Status.UNCORRECTED),
        "sem_coverage": (found.particles.coverage, math.nan, Status.OK),
        "sem_li_amount": (amount.per_area, amount.error, as_found),
        "sem_fe": (fe, fe * relative, as_found),
    }
    for column in COLUMNS:
        number, error, status = values[column.name]
        kept = kept_or_empty(scan, column)
        kept.values[site], kept.errors[site] = number, error
        kept.statuses[site] = int(status if math.isfinite(number) else none)
        yield column.name, kept


def _region(taken: Micrograph, said: str, picture: Path, seen: Particles) -> Mask | None:
    """Return the footprint that was asked for; None for the whole picture."""
    from seccm.imaging.sem.region import by_particles, circle, polygon

    shape, pixel = taken.image.shape, taken.pixel
    if not said:
        return None
    if said == "auto":
        region = by_particles((shape[0], shape[1]), pixel, seen.x, seen.y)
        if region is None:
            what = "no edge of a footprint can be seen by the number of particles."
            remedy = "Give its place, or leave it away to count in the whole picture."
            raise PlanError(str(picture), [Problem("footprint", what, remedy)])
        return region
    numbers = [part.strip() for part in said.split(",")]
    if len(numbers) == 3:
        try:
            x, y, diameter = (_length(part) for part in numbers)
            if not diameter > 0.0:
                raise ValueError(f"a diameter is above 0, not {numbers[2]}.")
        except ValueError as error:
            raise PlanError(str(picture), [Problem("footprint", str(error))]) from None
        region = circle((shape[0], shape[1]), pixel, x, y, diameter)
    else:
        region = polygon((shape[0], shape[1]), pixel, _corners(Path(said)))
    if region.sum() < 1000:
        what = f"{said!r} has {int(region.sum())} pixels in the picture, and needs 1000."
        remedy = "Places count from the upper left corner."
        raise PlanError(str(picture), [Problem("footprint", what, remedy)])
    return region


def _length(text: str) -> float:
    """Return a length in metres.

    Raises:
        ValueError: it is none, or longer than anyone could mean.
    """
    length = parse(text, "m")
    refuse_absurd(length, "m", f"{text}.")
    return length


def _corners(path: Path) -> np.ndarray:
    """Return the corners of a polygon from a text file, metres, shape (corners, 2)."""
    try:
        lines = read_text(path).splitlines()
    except Unreadable as error:
        remedy = f"A footprint is {FOOTPRINT}."
        raise PlanError(str(path), [Problem("footprint", str(error), remedy)]) from None
    found, wrong = [], []
    first = next((number for number, line in enumerate(lines, 1) if line.strip()), 0)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            x, y = (1e-6 * plain_number(part) for part in line.replace(";", ",").split(","))
        except ValueError:
            if number > first:  # the first line may be a header
                wrong.append(Problem(f"line {number}", f"{line!r} is not two numbers."))
            continue
        found.append((x, y))
    if len(found) < 3:
        wrong.append(Problem("corners", f"there are {len(found)}, and 3 are needed."))
    if wrong:
        raise PlanError(str(path), wrong)
    return np.array(found)
