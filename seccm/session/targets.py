"""Targets of a picture: its particles, where they are on the stage, and which can be landed on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seccm.arrays import FloatArray
from seccm.data import open_scan
from seccm.errors import PlanError, Problem
from seccm.imaging.sem.files import checksum, places
from seccm.imaging.sem.micrograph import EXTRA, Micrograph, needed, read_micrograph
from seccm.imaging.stage.agreeing import Undetermined
from seccm.imaging.stage.choice import Candidates, Wanted, choose
from seccm.imaging.stage.drifting import agreed_in_time
from seccm.imaging.stage.point_table import PointTable, read_points
from seccm.imaging.stage.target_file import Found, Landmarks, content, table, to_edge
from seccm.imaging.stage.within import outside
from seccm.installing import install_hint
from seccm.plan import Plan
from seccm.results import Status
from seccm.units import show

Reach = tuple[tuple[float, float], tuple[float, float]]
SCALE = 0.1
"""By how much a picture may be scaled, as a share, if its pixel is known."""
PLACED = 0.3e-6
"""Metres: how well a landmark can be placed along an axis, unless it is said."""
_SCANS = (".h5", ".hdf5")


def find_targets(
    picture: str | Path,
    landmarks: str | Path,
    wanted: Wanted,
    *,
    pixel: float | None = None,
    mirrored: bool = True,
    particles: str | Path | None = None,
    error: float = PLACED,
    scale: float = SCALE,
    reach: Reach | None = None,
    used: Sequence[str | Path] = (),
    dark: bool = False,
    at: float | None = None,
) -> Found:
    """Find the particles of a picture that a droplet can land on; write them beside the picture.

    Args:
        picture: a TIFF file.
        landmarks: a table with the columns x, y, stage x, stage y; or a data file whose landings
            were seen by the camera that took the picture (`seccm irm --scan`).
        wanted: what a target must be.
        pixel: metres per pixel, where the file does not say it.
        mirrored: whether the determinant of the transform is negative, x of the picture to the
            right and y downward.
        particles: a table of places in the picture; else that of `seccm sem` beside the picture is
            taken, or spots are looked for.
        error: standard deviation of a landmark along an axis, metres.
        scale: by how much the transform may scale, as a share.
        reach: lowest and highest x and y of the stage, metres.
        used: data files with landings on the same sample.
        dark: whether spots are darker than the ground.
        at: the time that the targets are wanted for, in seconds as the landmarks have them; that of
            the last landmark unless given.

    Raises:
        PlanError: the picture, landmarks or particles cannot be used, or landmarks do not
            determine the transform; nothing was written.
    """
    picture = Path(picture)
    taken = read_micrograph(picture, pixel)
    _refuse(wanted, reach, taken, picture)
    marks = read_landmarks(Path(landmarks), taken.pixel)
    try:
        fit, drift, _ = agreed_in_time(
            marks.picture, marks.stage, marks.t, mirrored=mirrored, error=error,
            scale=(1 - scale, 1 + scale), at=at,
        )  # fmt: skip
    except Undetermined as failed:
        problem = Problem("landmarks", f"{failed.what}.", failed.remedy)
        raise PlanError(marks.source, [problem]) from None
    points, source = _particles(picture, particles, taken, wanted, dark=dark)
    places_in = points.places()
    count = len(places_in)
    shape = (taken.image.shape[0], taken.image.shape[1])
    candidates = Candidates(
        places=fit.fit(places_in),
        error=drift.grown(fit.fit.error(places_in)),
        diameter=points.lengths.get("d", np.full(count, math.nan)),
        to_edge=to_edge(places_in, shape, taken.pixel, fit.fit.scale),
        priority=points.numbers.get("priority", np.zeros(count)),
    )
    ground, diameter = _used([*used, *([landmarks] if _is_scan(Path(landmarks)) else [])])
    reasons = choose(candidates, wanted, reach=reach, used=ground, used_footprint=diameter)
    found = Found(
        picture=picture,
        checksum=checksum(picture),
        pixel=taken.pixel,
        shape=shape,
        landmarks=marks,
        agreed=fit,
        drift=drift,
        places=places_in,
        candidates=candidates,
        labels=points.labels or tuple(str(k + 1) for k in range(count)),
        reasons=tuple(reasons),
        wanted=wanted,
        particles_from=source,
        table=picture.with_name(f"{picture.name}.targets.csv"),
        file=picture.with_name(f"{picture.name}.targets.json"),
        figure=picture.with_name(f"{picture.name}.targets.png"),
        notes=(
            *taken.notes,
            *outside(marks.picture, shape, taken.pixel, marks.labels, picture.name),
        ),
        simulated=taken.simulated,
    )
    try:
        found.table.write_text(table(found), encoding="utf-8")
        found.file.write_text(content(found), encoding="utf-8")
    except OSError as failed:
        what = f"the targets cannot be written beside the picture ({failed.strerror})."
        raise PlanError(str(picture), [Problem("file", what)]) from None
    return found


def _refuse(wanted: Wanted, reach: Reach | None, taken: Micrograph, picture: Path) -> None:
    """Check what is wanted of targets.

    Raises:
        PlanError: all that nothing can be.
    """
    sides = [side * taken.pixel for side in taken.image.shape]
    wrong = []
    if not 0 < wanted.footprint < min(sides):
        what = (
            f"{show(wanted.footprint, 'm', 3)} must be more than 0 and less than the shorter side "
            f"of the picture, {show(min(sides), 'm', 3)}."
        )
        wrong.append(Problem("footprint", what, "Check it, and the length of a pixel."))
    if not wanted.margin >= 0:
        what = f"{show(wanted.margin, 'm', 3)} is less than 0: droplets would lie on neighbours."
        wrong.append(Problem("margin", what, "Give 0 um or more."))
    if not 0 <= wanted.smallest <= wanted.largest:
        what = (
            f"no diameter is from {show(wanted.smallest, 'm', 3)} to "
            f"{show(wanted.largest, 'm', 3)}."
        )
        wrong.append(Problem("smallest, largest", what, "Give the smaller one first."))
    for axis, ends in zip("xy", reach or (), strict=False):
        if not ends[0] < ends[1]:
            what = (
                f"nothing is from {show(ends[0], 'm', 3)} to {show(ends[1], 'm', 3)}, along {axis}."
            )
            wrong.append(Problem("reach", what, "Give the lower end first."))
    if wrong:
        raise PlanError(str(picture), wrong)


def read_landmarks(path: Path, pixel: float) -> Landmarks:
    """Read landmarks from a table, or from the landings of a data file that a camera saw.

    Raises:
        PlanError: there are none, or the file cannot be read.
        DataFileError: the data file cannot be read.
    """
    if _is_scan(path):
        return _landings(path)
    points = read_points(path, pixel, ("x", "y", "stage x", "stage y"))
    stage = points.places("stage x", "stage y")
    labels = points.labels or tuple(str(k + 1) for k in range(len(stage)))
    t = points.numbers.get("t", np.zeros(0))
    return Landmarks(points.places(), stage, labels, str(path), t)


def _landings(path: Path) -> Landmarks:
    with open_scan(path) as scan:
        if "irm_footprint_x" not in scan.sites:
            what = "no camera has seen the landings of this file."
            remedy = "Store what a film of a site shows: seccm irm FILM --scan FILE --site NUMBER."
            raise PlanError(str(path), [Problem("landmarks", what, remedy)])
        sites = scan.sites
        seen = np.array([sites[f"irm_footprint_{axis}"] for axis in "xy"]).T
        sure = [np.array(sites[f"irm_footprint_{axis}_status"]) == Status.OK for axis in "xy"]
        kept = np.isfinite(seen).all(axis=1) & sure[0] & sure[1] & (np.array(sites["landed"]) == 1)
        stage = np.column_stack([sites["x"], sites["y"]])[kept]
        t = np.asarray(sites["t_contact"], np.float64)[kept]
    labels = tuple(f"site {k}" for k in np.flatnonzero(kept))
    return Landmarks(seen[kept], stage, labels, str(path), t)


def _used(files: Sequence[str | Path]) -> tuple[FloatArray, float]:
    """Return where droplets have landed, and the diameter of the largest, metres."""
    places, widest = [np.zeros((0, 2))], 0.0
    for path in files:
        with open_scan(Path(path)) as scan:
            plan = Plan.from_json(scan.plan_json, source=str(path))
            landed = np.array(scan.sites["landed"]) == 1
            places.append(np.column_stack([scan.sites["x"], scan.sites["y"]])[landed])
        widest = max(widest, plan.probe.diameter)
    return np.concatenate(places), widest


def _particles(
    picture: Path, given: str | Path | None, taken: Micrograph, wanted: Wanted, *, dark: bool
) -> tuple[PointTable, str]:
    """Return the particles of a picture, and where they come from."""
    beside = places(picture).table
    if given is not None or beside.exists():
        path = Path(given) if given is not None else beside
        points = read_points(path, taken.pixel)
        return _inside(points, taken, path), str(path)
    try:
        from seccm.imaging.stage.spots import spots
    except ModuleNotFoundError as error:
        missing = Problem("file", needed(error), install_hint(EXTRA))
        raise PlanError(str(picture), [missing]) from None
    largest = wanted.largest if math.isfinite(wanted.largest) else wanted.footprint / 2
    found = spots(taken.image, taken.pixel, largest=largest, dark=dark)
    if not len(found):
        what = "no particle stands out in the picture."
        remedy = "Give a table of places with --particles; dark ones are found with --dark."
        raise PlanError(str(picture), [Problem("particles", what, remedy)])
    lengths = {"x": found.x, "y": found.y, "d": found.diameter}
    return PointTable(lengths, {}, ()), f"{len(found)} spots in the picture"


def _inside(points: PointTable, taken: Micrograph, path: Path) -> PointTable:
    """Refuse places outside of the picture: they belong to another one, or to another scale."""
    at = points.places()
    rows, columns = taken.image.shape
    sides = np.array([columns, rows]) * taken.pixel
    outside = (at < 0).any(axis=1) | (at > sides).any(axis=1)
    if outside.any():
        what = (
            f"{int(outside.sum())} of {len(at)} places are outside of the picture, which is "
            f"{show(sides[0], 'm', 3)} x {show(sides[1], 'm', 3)}; the first is number "
            f"{int(np.argmax(outside)) + 1}."
        )
        remedy = "Check the unit of the table and the length of a pixel."
        raise PlanError(str(path), [Problem("particles", what, remedy)])
    return points


def _is_scan(path: Path) -> bool:
    return path.suffix.lower() in _SCANS
