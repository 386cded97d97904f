"""The camera of a run: opened before anything moves, and described in the movie at the end."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import numpy as np

from seccm.data import open_scan
from seccm.errors import DataFileError, PlanError, Problem
from seccm.filming.film import CameraProcess, Filming
from seccm.movie.disk import too_slow
from seccm.movie.facts import MovieFacts
from seccm.movie.landings import SPREADING
from seccm.movie.mending import mend
from seccm.movie.ome import describe
from seccm.movie.pages import NO_PAGE
from seccm.movie.writer import movie_beside
from seccm.plan import Plan
from seccm.rig import CameraInfo, Rig
from seccm.rig.camera_table import CameraTable
from seccm.rigs import RigFile, build_camera, camera_table

MOST_FRAMES = 10_000_000
"""In one sequence."""


def film_of(
    plan: Plan, file: RigFile, rig: Rig, target: Path, *, seed: int, known: MovieFacts | None = None
) -> Filming | None:
    """Open the camera of a rig file for a run; None where there is none, or the plan wants none.

    Args:
        plan: that is carried out.
        file: the rig file.
        rig: open.
        target: the data file.
        seed: for simulated cameras.
        known: what the data file says of its movie, where a run is resumed.

    Raises:
        PlanError: a mistake in the table, or a disk that is too slow.
        RigError: the camera does not open.
        DataFileError: the movie cannot be made, or not be continued.
    """
    table = camera_table(file)
    if table is None or plan.record.camera == "off":
        return None
    process = CameraProcess(build_camera(table, file, rig, seed=seed))
    try:
        facts = facts_of(process.info, table, plan, movie_beside(target))
        if known is not None:
            facts = _same(facts, known, target)
        pages = None if known is None else mend(target.with_name(known.movie)).pages
        _refuse_slow(process.info, facts, target, file)
        return Filming(
            process,
            facts,
            target.with_name(facts.movie),
            before=table.before,
            frames=MOST_FRAMES,
            pages=pages,
            required=plan.record.camera == "required",
            blink=rig.info.blink,
            where=(table.centre or (), table.angle),
        )
    except BaseException:
        process.kill()
        raise


def facts_of(info: CameraInfo, table: CameraTable, plan: Plan, movie: Path) -> MovieFacts:
    """Return what is said once of camera and movie."""
    exposure = info.exposure if math.isfinite(info.exposure) else 0.0
    uncertainty = {"edges": 1e-5, "lamp": 1e-3, "landings": SPREADING}.get(
        table.sync, max(1 / max(info.rate, 1e-3), exposure)
    )
    return MovieFacts(
        movie=movie.name,
        uuid=str(uuid4()),
        width=info.width,
        height=info.height,
        bits=info.bits,
        camera=info.name,
        serial=info.serial,
        pixel=table.pixel_size,
        mirrored=table.mirrored,
        objective=table.objective,
        wavelength=table.wavelength,
        growth=table.growth,
        gain=info.gain,
        binning=info.binning,
        roi=info.roi,
        rate=info.rate,
        sync=table.sync,
        sync_uncertainty=uncertainty,
        frames=plan.record.frames,
    )


def describe_movie(path: Path) -> None:
    """Put the times of its frames into the movie of a closed data file; never raises.

    A movie without them opens all the same, and `seccm movie repair` puts them in later.
    """
    with suppress(DataFileError, OSError), open_scan(path) as scan:
        frames = scan.frames
        facts, movie = frames.facts, frames.movie
        if facts is None or movie is None:
            return
        kept = frames["index"] != NO_PAGE
        pages = frames["index"][kept].astype(np.int64)
        t, exposure = (np.full(pages.max(initial=-1) + 1, np.nan) for _ in range(2))
        t[pages], exposure[pages] = frames["t"][kept], frames["exposure"][kept]
        told = {"camera": facts.camera, "objective": facts.objective, "run": scan.header.uuid}
        describe(movie.path, t, exposure, name=scan.header.title, told=told)


def _same(facts: MovieFacts, known: MovieFacts, target: Path) -> MovieFacts:
    """Return what the file says of its movie.

    Raises:
        DataFileError: the camera now takes pictures of another size.
    """
    now, then = ((f.width, f.height, f.bits > 8) for f in (facts, known))
    if now != then:
        raise DataFileError(
            f"{target}: its movie has frames of {known.width} x {known.height} pixels, and the "
            f"camera takes {facts.width} x {facts.height}. Set it as it was. Nothing moved."
        )
    return known


def _refuse_slow(info: CameraInfo, facts: MovieFacts, target: Path, file: RigFile) -> None:
    """Refuse a disk that will not take the movie.

    Raises:
        PlanError: it is too slow.
    """
    if info.patient:
        return
    wanted = info.rate * facts.width * facts.height * (2 if facts.bits > 8 else 1)
    found = too_slow(target.parent, wanted)
    if found is not None:
        what = (
            f"{info.rate:g} frames of {facts.width} x {facts.height} pixels in a second are "
            f"{wanted / 1e6:.0f} MB; the disk took {found / 1e6:.0f} MB in a second when it was "
            "tried, and should have two fifths to spare. Nothing moved."
        )
        remedy = (
            "Write to a faster, local disk, or set a smaller part of the sensor or fewer frames."
        )
        raise PlanError(file.source, [Problem("camera", what, remedy)])
