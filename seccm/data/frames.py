"""Frames of a camera and edges of its exposures in a data file; the pixels are in the movie.

Frames, edges and stamps of the computer are stored as they were found, a row each with a checksum.
When a frame was taken follows from them (`frame_t`, `frame_t_err`, `frame_status`), and is worked
out again when the file is closed or mended. A frame that is not in the movie has a row all the
same: without it, numbers of frames would have gaps that look like losses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from seccm.data.entries import Entries
from seccm.data.layout import (
    FRAME_COLUMNS,
    NAN,
    SITE_CHUNK,
    UM,
    Stored,
    add_column,
    add_dimension,
    flags,
)
from seccm.data.step_tables import append
from seccm.data.tables import Grown, Rows, read, resize
from seccm.data.tables import append as append_closed
from seccm.movie.facts import LEVEL_KINDS, FrameStatus, MovieFacts, Verdict
from seccm.movie.pages import NO_PAGE, PageLayout, layout_of

FRAMES = Grown(
    "frame_",
    "frame",
    (
        Stored("frame_index", "u4", "1", f"page of the frame in the movie, {NO_PAGE} if none"),
        Stored("frame_number", "i8", "1", "the camera's own number; gaps are lost frames"),
        Stored("frame_session", "u4", "1", "session of the frame"),
        Stored("frame_clock", "f8", "s", "time by the camera's clock", NAN),
        Stored("frame_host", "f8", "s", "time by the computer's clock at arrival", NAN),
        Stored("frame_exposure", "f8", "s", "time of exposure", NAN),
        Stored("frame_offset", "u8", "1", "byte of the movie at which the pixels begin"),
        Stored("frame_mean", "f8", "1", "mean of the pixels, counts", NAN),
        Stored("frame_saturated", "f8", "1", "share of the pixels at full scale", NAN),
    ),
)
EDGES = Grown(
    "edge_",
    "edge",
    (
        Stored("edge_sample", "i8", "1", "raw sample in which the edge was counted"),
        Stored("edge_session", "u4", "1", "session of the edge"),
        Stored("edge_kind", "u1", "1", "what the edge is of"),
    ),
)
HOSTS = Grown(
    "host_",
    "host",
    (
        Stored("host_sample", "i8", "1", "raw sample that was the newest"),
        Stored("host_session", "u4", "1", "session of the sample"),
        Stored("host_t", "f8", "s", "time by the computer's clock when it had been read"),
    ),
)
LEVELS = Grown(
    "level_",
    "level_of_time",
    (
        Stored("level_session", "u4", "1", "session of the frames"),
        Stored("level_kind", "u1", "1", "what tells when frames were taken"),
        Stored("level_used", "u1", "1", "1 where times of frames are by this level"),
        Stored("level_count", "u4", "1", "edges, pulses, landings or stamps that tell it"),
        Stored("level_offset", "f8", "s", "time by this level less the time of the frame", NAN),
        Stored("level_err", "f8", "s", "standard uncertainty of that difference", NAN),
        Stored("level_verdict", "u1", "1", "whether it agrees with the times of the frames"),
    ),
)
"""What each way to know when frames were taken says; worked out, like the times themselves."""
DERIVED = (
    FRAME_COLUMNS[0],
    Stored("frame_t_err", "f8", "s", "standard uncertainty of the time of the frame", NAN),
    Stored("frame_status", "u1", "1", "what is known of the time of the frame"),
)
EDGE_KINDS = {0: "exposure", 1: "lamp off", 2: "lamp on"}
TABLES = (FRAMES, EDGES, HOSTS)
NAMES = {c.name: table.dimension for table in (*TABLES, LEVELS) for c in table.stored} | {
    c.name: FRAMES.dimension for c in DERIVED
}
"""Every column, and the dimension that it lies along."""


def lay_out(file: h5py.File) -> None:
    """Lay out frames and edges, without any yet, for a run with a camera.

    Args:
        file: has the dimension and the two columns of frames that every file has.
    """
    for table in (EDGES, HOSTS, LEVELS):
        add_dimension(file, table.dimension, SITE_CHUNK)
    for name, dimension in NAMES.items():
        if name not in file:
            add_column(file, _stored(name), dimension)
    flags(file["frame_status"], {int(s): s.words for s in FrameStatus})
    flags(file["edge_kind"], EDGE_KINDS)
    _say_what_levels_mean(file)


def tell(file: h5py.File, facts: MovieFacts) -> None:
    """Write what is said once of camera and movie, as attributes of `frame`."""
    for name, value in _attributes(facts).items():
        file["frame"].attrs[name] = value


def complete_levels(file: h5py.File) -> None:
    """Give a file of an earlier version the table of levels, empty; it is not in SWMR mode."""
    if LEVELS.check.name not in file:
        add_dimension(file, LEVELS.dimension, SITE_CHUNK)
        for column in LEVELS.stored:
            add_column(file, column, LEVELS.dimension)
        _say_what_levels_mean(file)


def _say_what_levels_mean(file: h5py.File) -> None:
    flags(file["level_kind"], dict(enumerate(LEVEL_KINDS)))
    flags(file["level_verdict"], {int(verdict): verdict.words for verdict in Verdict})


def has_frames(file: Mapping[str, Any]) -> bool:
    """Tell whether a file was laid out for a camera."""
    return "frame_number" in file


def _stored(name: str) -> Stored:
    columns = (*DERIVED, *(c for table in (*TABLES, LEVELS) for c in table.stored))
    return next(column for column in columns if column.name == name)


def _attributes(facts: MovieFacts) -> dict[str, Any]:
    return {
        "movie": facts.movie,
        "movie_uuid": facts.uuid,
        "width": np.uint32(facts.width),
        "height": np.uint32(facts.height),
        "bits": np.uint8(facts.bits),
        "pixel_size": facts.pixel * UM,
        "mirrored": np.uint8(facts.mirrored),
        "camera": facts.camera,
        "serial": facts.serial,
        "objective": facts.objective,
        "wavelength": facts.wavelength,
        "gain": facts.gain,
        "binning": np.uint8(facts.binning),
        "roi": facts.roi,
        "rate": facts.rate,
        "sync": facts.sync,
        "sync_uncertainty": facts.sync_uncertainty,
        "growth": facts.growth,
        "frames": facts.frames,
    }


def facts_of(told: Mapping[str, Any]) -> MovieFacts:
    """Return what the attributes of `frame` say.

    Raises:
        KeyError: an attribute is missing.
    """
    return MovieFacts(
        movie=str(told["movie"]),
        uuid=str(told["movie_uuid"]),
        width=int(told["width"]),
        height=int(told["height"]),
        bits=int(told["bits"]),
        camera=str(told["camera"]),
        serial=str(told["serial"]),
        pixel=float(told["pixel_size"]) / UM,
        mirrored=bool(told["mirrored"]),
        objective=str(told["objective"]),
        wavelength=float(told["wavelength"]),
        gain=float(told["gain"]),
        binning=int(told["binning"]),
        roi=str(told["roi"]),
        rate=float(told["rate"]),
        sync=told["sync"],
        sync_uncertainty=float(told["sync_uncertainty"]),
        growth=str(told.get("growth", "")),  # earlier files do not say it
        frames=str(told["frames"]),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """Frames, edges and stamps of one session as they were found; packed rows."""

    frames: Rows
    edges: Rows
    hosts: Rows

    def of(self, chosen: npt.NDArray[np.bool_]) -> Found:
        """Return the same with these frames alone."""
        return Found(self.frames[chosen], self.edges, self.hosts)


class FrameWriter:
    """Appends frames and edges to a file that is laid out and in SWMR mode.

    Args:
        to: gives where to write into a dataset.
        data: the datasets; without frames among them, everything is dropped.
    """

    def __init__(self, to: Callable[[str], Entries], data: Mapping[str, h5py.Dataset]) -> None:
        self._to, self._data, self.on = to, data, has_frames(data)
        self._session = len(data["session"]) - 1
        self._first = len(data["frame"])
        """The first frame of this session."""
        self._kept: dict[str, list[Rows]] = {table.dimension: [] for table in TABLES}
        """The rows of this session."""

    def add_frames(self, rows: Rows) -> None:
        """Append frames whose pixels, if they are kept, are in the movie."""
        rows["frame_session"] = self._session
        self._add(FRAMES, rows)

    def add_edges(self, samples: npt.NDArray[np.int64], kind: int = 0) -> None:
        """Append edges by the numbers of raw samples since the stream opened."""
        rows = np.zeros(len(samples), EDGES.row)
        rows["edge_sample"], rows["edge_session"], rows["edge_kind"] = samples, self._session, kind
        self._add(EDGES, rows)

    def add_hosts(self, stamps: Sequence[tuple[int, float]]) -> None:
        """Append what time it was for the computer, in seconds, when it had read a sample."""
        rows = np.zeros(len(stamps), HOSTS.row)
        rows["host_session"] = self._session
        rows["host_sample"] = [sample for sample, _ in stamps]
        rows["host_t"] = [t for _, t in stamps]
        self._add(HOSTS, rows)

    def add_pages(self, layout: PageLayout, pages: int) -> None:
        """Append rows for pages of the movie that have none; see `rows_of_pages`."""
        if self.on:
            self.add_frames(rows_of_pages(self._data["frame_index"][:], layout, pages))

    @property
    def found(self) -> Found:
        """Everything of this session, as it was found."""
        for table in TABLES:
            kept = self._kept[table.dimension]
            kept[:] = [np.concatenate([np.zeros(0, table.row), *kept])]
        return Found(*(self._kept[table.dimension][0] for table in TABLES))

    def put_times(
        self,
        first: int,
        t: npt.NDArray[np.float64],
        error: npt.NDArray[np.float64],
        status: npt.NDArray[np.uint8],
    ) -> None:
        """Put what follows for frames of this session from one on, shape (frames,), each."""
        for name, values in (("frame_t", t), ("frame_t_err", error), ("frame_status", status)):
            if len(t):
                self._to(name).put(self._first + first, values)

    def put_levels(self, rows: Rows) -> None:
        """Put what each way to know times says of the frames of this session."""
        if self.on and len(rows):
            rows["level_session"] = self._session
            append(self._to, LEVELS, rows)

    def _add(self, table: Grown, rows: Rows) -> None:
        if not self.on or not len(rows):
            return
        self._kept[table.dimension].append(rows)
        start = len(self._to(table.dimension))
        append(self._to, table, rows)
        if table is FRAMES:
            for column in DERIVED:
                self._to(column.name).resize(start + len(rows))
            self._to("frame_status").put(start, np.full(len(rows), FrameStatus.NO_EDGE, "u1"))
            self._to("frame_t").put(start, np.full(len(rows), NAN))


def rows_of_pages(index: npt.NDArray[np.uint32], layout: PageLayout, pages: int) -> Rows:
    """Return rows for the pages of a movie that no row speaks of, behind those that have one.

    Nothing is known of such a frame but its pixels: its number is -1.

    Args:
        index: pages of the frames that have rows.
        layout: of the movie.
        pages: of the movie.
    """
    known = index[index != NO_PAGE]
    first = int(known.max()) + 1 if known.size else 0
    rows = np.zeros(max(0, pages - first), FRAMES.row)
    for name in ("clock", "host", "exposure", "mean", "saturated"):
        rows[f"frame_{name}"] = NAN
    rows["frame_index"] = np.arange(first, first + len(rows))
    rows["frame_offset"] = [layout.offset(page) for page in rows["frame_index"].tolist()]
    rows["frame_number"] = -1
    return rows


def reconcile(file: h5py.File, pages: int) -> None:
    """Bring the rows of frames and the pages of the movie together.

    Rows from the first one on whose page is not in the movie are cut off. Pages without a row get
    one: nothing is known of them but that they are there.

    Args:
        file: open for writing, not in SWMR mode.
        pages: of the movie.
    """
    index = file["frame_index"][:]
    beyond = np.flatnonzero((index != NO_PAGE) & (index >= pages))
    if beyond.size:
        resize_frames(file, int(beyond[0]))
        index = index[: int(beyond[0])]
    rows = rows_of_pages(index, layout_of(facts_of(file["frame"].attrs)), pages)
    rows["frame_session"] = max(0, len(file["session"]) - 1)
    start = len(file["frame"])
    append_closed(file, FRAMES, rows)
    resize_frames(file, start + len(rows))
    for name, value in (("frame_t", NAN), ("frame_t_err", NAN), ("frame_status", 1)):
        file[name][start:] = value


def cut(file: h5py.File) -> None:
    """Cut off rows of frames and edges that a killed program had not finished."""
    if not has_frames(file):
        return
    for table in TABLES:
        _, whole = read(file, table)
        last = np.flatnonzero(whole)
        count = int(last[-1]) + 1 if last.size else 0
        resize(file, table, count)
        if table is FRAMES:
            resize_frames(file, count)


def resize_frames(file: h5py.File, count: int) -> None:
    """Give all columns of frames one length."""
    resize(file, FRAMES, count)
    for column in DERIVED:
        file[column.name].resize(count, axis=0)
