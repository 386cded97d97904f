"""Movies of runs: what is in them, a site's part of one, and mending after a kill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np

from seccm.arrays import IntArray
from seccm.data import Footage, Scan, open_scan, rewrite_times
from seccm.data.frame_times import Times
from seccm.errors import DataFileError, PlanError, Problem
from seccm.movie.facts import LEVEL_KINDS, FrameStatus, MovieFacts, Sync, Verdict
from seccm.movie.mending import Found, look_at, mend
from seccm.movie.ome import describe
from seccm.movie.pages import NO_PAGE, PageLayout
from seccm.movie.writer import MovieWriter
from seccm.session.filmed import describe_movie


@dataclass(frozen=True, slots=True)
class MovieReport:
    """What is known of the movie of a run."""

    facts: MovieFacts
    path: Path
    found: Found
    arrived: int
    kept: int
    """Rows of frames that were put into the movie."""
    missing: int
    """Of these, those that are not in it any more: it was cut off."""
    lost: int
    gaps: tuple[tuple[int, int], ...]
    """First and last number of frames that were lost together, of the largest gaps."""
    statuses: Mapping[FrameStatus, int]
    seconds: float
    """From the first frame to the last; NaN where times are not known."""
    uncertainty: float
    """Median standard uncertainty of the times of frames, seconds."""
    disagreeing: tuple[str, ...]
    """Ways to know these times that contradict them."""


def movie_report(path: Path) -> MovieReport:
    """Find out what is known of the movie of a data file.

    Raises:
        DataFileError: the file or its movie cannot be read.
        PlanError: the run had no camera.
    """
    with open_scan(path) as scan:
        facts, movie = _filmed(scan, path)
        frames = scan.frames
        numbers, session = frames["number"], frames["session"]
        step = np.where(np.diff(session) == 0, np.diff(numbers), 1) if len(numbers) else numbers
        large = np.flatnonzero(step > 1)
        large = np.sort(large[np.argsort(-step[large])][:5])
        t = frames["t"][np.isfinite(frames["t"])]
        errors = frames["t_err"][np.isfinite(frames["t_err"])]
        found = look_at(movie)
        listed = frames["index"][frames["index"] != NO_PAGE]
        return MovieReport(
            facts=facts,
            path=movie,
            found=found,
            arrived=len(frames),
            kept=len(listed),
            missing=int((listed >= found.pages).sum()),
            lost=frames.lost,
            gaps=tuple((int(numbers[k]) + 1, int(numbers[k + 1]) - 1) for k in large),
            statuses={
                FrameStatus(code): count
                for code, count in sorted(Counter(frames["status"].tolist()).items())
            },
            seconds=float(np.ptp(t)) if len(t) else float("nan"),
            uncertainty=float(np.median(errors)) if len(errors) else float("nan"),
            disagreeing=_disagreeing(frames),
        )


def _disagreeing(frames: Footage) -> tuple[str, ...]:
    """Return what contradicts the times of the frames."""
    told = zip(frames.levels["kind"], frames.levels["verdict"], strict=True)
    kinds = {int(kind) for kind, verdict in told if verdict == Verdict.DISAGREES}
    return tuple(LEVEL_KINDS[kind] for kind in sorted(kinds) if kind < len(LEVEL_KINDS))


def export_movie(
    path: Path, site: int | None, target: Path, crop: tuple[int, int, int, int] | None = None
) -> int:
    """Write the frames of a site, or all of them, into a movie of their own; return how many.

    Args:
        path: the data file.
        site: its number; None for all frames.
        target: the new movie.
        crop: left, top, width and height in pixels; the whole frames unless given.

    Raises:
        DataFileError: a file cannot be read or written, or the target exists.
        PlanError: no such site, no frames of it, or a part that is not in the picture.
    """
    with open_scan(path) as scan:
        facts, _ = _filmed(scan, path)
        frames = scan.frames
        rows = _rows(scan, site, path)
        left, top, width, height = crop or (0, 0, facts.width, facts.height)
        inside = left >= 0 and top >= 0 and width > 0 and height > 0
        if not inside or left + width > facts.width or top + height > facts.height:
            what = f"{width} x {height} pixels from {left}, {top} are not in the picture."
            remedy = f"It has {facts.width} x {facts.height} pixels."
            raise PlanError(str(path), [Problem("--crop", what, remedy)])
        bits = frames.picture(int(rows[0])).dtype.itemsize * 8
        layout = PageLayout(str(uuid4()), width, height, 16 if bits == 16 else 8, facts.pixel)
        writer = MovieWriter(target, layout)
        try:
            for row in rows.tolist():
                writer.append(frames.picture(row)[top : top + height, left : left + width])
        except BaseException:
            writer.close()
            target.unlink(missing_ok=True)
            raise
        writer.close()
        name = scan.header.title if site is None else f"{scan.header.title}, site {site}"
        told = {"camera": facts.camera, "objective": facts.objective, "run": scan.header.uuid}
        describe(target, frames["t"][rows], frames["exposure"][rows], name=name, told=told)
        return len(rows)


@dataclass(frozen=True, slots=True)
class TimesReport:
    """When frames were taken, worked out again."""

    sync: Sync
    """What gives the times."""
    sessions: tuple[Times, ...]
    same: bool
    """Whether the file has these times."""


def movie_times(path: Path, sync: Sync | None = None, *, write: bool = False) -> TimesReport:
    """Work out again when frames were taken, and compare all ways to know it.

    Args:
        path: the data file.
        sync: what gives the times; as the run had it unless given.
        write: whether the file gets these times, and the movie, where they are others.

    Raises:
        DataFileError: the file cannot be read, or not be written.
        PlanError: the run had no camera, or nothing is known by this way.
    """
    with open_scan(path) as scan:
        facts, _ = _filmed(scan, path)
        frames, wanted = scan.frames, sync or facts.sync
        found = tuple(frames.times(scan.clock, wanted))
        told = {level.kind for times in found for level in times.levels if level.count}
        if sync is not None and sync not in told:
            what = f"nothing is known of the times of frames by {sync}."
            remedy = f"Known: {', '.join(sorted(told)) or 'nothing'}."
            raise PlanError(str(path), [Problem("--sync", what, remedy)])
        same = wanted == facts.sync and _same_times(frames, found)
    if write and not same:
        rewrite_times(path, wanted)
        describe_movie(path)
    return TimesReport(wanted, found, same)


def _same_times(frames: Footage, found: tuple[Times, ...]) -> bool:
    """Tell whether a file has the times that were worked out."""
    sessions = frames["session"]
    for session, times in enumerate(found):
        own = sessions == session
        for name, values in (("t", times.t), ("t_err", times.error), ("status", times.status)):
            if not np.array_equal(frames[name][own], values, equal_nan=True):
                return False
    return True


def repair_movie(path: Path) -> Found:
    """Mend the movie of a data file whose program was killed; what is whole stays as it is.

    Pages are linked, what is behind them is cut off, and the times of the frames are put in, as far
    as the data file has them.

    Raises:
        DataFileError: the file or its movie cannot be used, or a program writes them.
        PlanError: the run had no camera.
    """
    with open_scan(path) as scan:
        if scan.being_written:
            raise DataFileError(f"{path}: a program is writing this file. End it first.")
        _, movie = _filmed(scan, path)
    found = look_at(movie)
    if not found.described:
        found = mend(movie)
    describe_movie(path)
    return found


def _filmed(scan: Scan, path: Path) -> tuple[MovieFacts, Path]:
    """Return what is known of a run's camera, and where its movie is.

    Raises:
        PlanError: the run had no camera.
        DataFileError: the movie is missing.
    """
    facts, movie = scan.frames.facts, scan.frames.movie
    if facts is None or movie is None:
        what = "this run had no camera."
        remedy = "A rig file with the table [camera] films its runs."
        raise PlanError(str(path), [Problem("file", what, remedy)])
    return facts, movie.path


def _rows(scan: Scan, site: int | None, path: Path) -> IntArray:
    frames = scan.frames
    if site is None:
        rows = np.flatnonzero(frames["index"] != NO_PAGE)
    elif 0 <= site < len(scan.sites):
        rows = frames.of_site(site)
    else:
        what = f"there is no site {site}; there are sites 0 to {len(scan.sites) - 1}."
        raise PlanError(str(path), [Problem("--site", what)])
    if not len(rows):
        what = "the movie has no frames of it." if site is not None else "the movie has no frames."
        raise PlanError(str(path), [Problem("--site", what, "seccm movie info tells what it has.")])
    return rows
