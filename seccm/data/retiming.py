"""Times of frames worked out again from what a closed file has of frames, edges and stamps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from seccm.data.frame_times import Landings, Times, times_of
from seccm.data.frames import (
    EDGES,
    FRAMES,
    HOSTS,
    LEVELS,
    Found,
    complete_levels,
    facts_of,
    has_frames,
)
from seccm.data.header import read_clock
from seccm.data.tables import Rows, append, read, resize
from seccm.errors import DataFileError
from seccm.movie.facts import MovieFacts, Sync
from seccm.movie.pages import Picture
from seccm.movie.reader import Movie
from seccm.movie.writer import movie_beside
from seccm.rig import Clock


def pages_of(*places: Path) -> Callable[[int], Picture | None]:
    """Return what gives the pixels on a page of the first movie that is there; None if it cannot.

    Args:
        places: where the movie may be.
    """

    @cache
    def movie() -> Movie | None:
        for place in places:
            try:
                return Movie(place)
            except DataFileError:
                continue
        return None

    def picture(page: int) -> Picture | None:
        found = movie()
        try:
            return None if found is None else found.frame(page)
        except DataFileError:
            return None

    return picture


def times_in(file: Mapping[str, Any], path: Path, facts: MovieFacts, clock: Clock) -> list[Times]:
    """Return when the frames of each session were taken, by what the file has of them.

    Args:
        file: columns by name.
        path: of the file; its movie lies beside it.
        facts: of the movie.
        clock: of the rig.
    """
    frames, edges, hosts = (read(file, table)[0] for table in (FRAMES, EDGES, HOSTS))
    offsets = np.asarray(file["session_t_offset"][:], np.float64)
    contacts = np.asarray(file["t_contact"][:], np.float64)
    contacts = np.sort(contacts[np.isfinite(contacts)])
    picture = pages_of(path.with_name(facts.movie), movie_beside(path))
    found = []
    for session, offset in enumerate(offsets.tolist()):
        after = offsets[session + 1] if session + 1 < len(offsets) else np.inf
        own = contacts[(contacts >= offset) & (contacts < after)] - offset
        of = Found(*(_of(rows, session) for rows in (frames, edges, hosts)))
        found.append(times_of(of, facts, clock, offset, Landings(own, picture)))
    return found


def _of(rows: Rows, session: int) -> Rows:
    """Return the rows of a session."""
    name = next(name for name in rows.dtype.names or () if name.endswith("_session"))
    own: Rows = rows[rows[name] == session]
    return own


def retime(file: h5py.File, path: Path, sync: Sync | None = None) -> None:
    """Put times, and what each way to know them says, into a file; nothing without a camera.

    Args:
        file: open for writing, not in SWMR mode.
        path: beside which its movie lies.
        sync: what gives the times; as the run had it unless given.
    """
    if not has_frames(file) or not len(file["frame_session"]):
        return
    complete_levels(file)
    sessions = file["frame_session"][:]
    resize(file, LEVELS, 0)
    columns = {name: file[name][:] for name in ("frame_t", "frame_t_err", "frame_status")}
    facts = facts_of(file["frame"].attrs)
    facts = replace(facts, sync=sync) if sync is not None else facts
    for session, times in enumerate(times_in(file, path, facts, read_clock(file))):
        own = sessions == session
        for name, values in zip(columns, (times.t, times.error, times.status), strict=True):
            columns[name][own] = values
        rows = times.rows
        rows["level_session"] = session
        append(file, LEVELS, rows)
    for name, values in columns.items():
        file[name][:] = values
    if sync is not None:
        file["frame"].attrs["sync"] = sync
        known = columns["frame_t_err"][np.isfinite(columns["frame_t_err"])]
        file["frame"].attrs["sync_uncertainty"] = float(np.median(known)) if known.size else 0.0
