"""The frames of a scan: when each was taken, what is known of it, and its pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from seccm.arrays import IntArray
from seccm.data.frame_times import Times
from seccm.data.frames import DERIVED, EDGES, FRAMES, HOSTS, LEVELS, facts_of, has_frames
from seccm.data.layout import Stored
from seccm.data.readable import Readable
from seccm.data.retiming import times_in
from seccm.data.table import Given, Table
from seccm.errors import DamagedError, DataFileError
from seccm.movie.facts import MovieFacts, Sync
from seccm.movie.pages import NO_PAGE, Picture
from seccm.movie.reader import Movie
from seccm.movie.writer import movie_beside
from seccm.rig import Clock


class Footage:
    """The frames of a scan as they are now.

    `footage["t"]` is a column, shape (frames,): `t` in seconds since the start of the run, its
    standard uncertainty `t_err`, `status` (see `seccm.movie.facts.FrameStatus`), and as they were
    found `index`, `number`, `session`, `clock`, `host`, `exposure`, `offset`, `mean`, `saturated`.

    Args:
        path: of the data file.
        data: its columns.
        sites: its site table.
    """

    def __init__(self, path: Path, data: Mapping[str, Readable], sites: Table) -> None:
        self._path, self._data, self._sites = path, data, sites
        self.table = self._of((*FRAMES.columns, *DERIVED), FRAMES.prefix)
        """One row for each frame that arrived, also for those that are not in the movie."""

    def __len__(self) -> int:
        """Return how many frames arrived; none where the run had no camera."""
        return len(self.table)

    def __getitem__(self, name: str) -> Any:
        """Return a column, shape (frames,); lengths in metres, times in seconds."""
        return self.table[name]

    @cached_property
    def facts(self) -> MovieFacts | None:
        """What is said once of the camera; None where the run had none.

        Raises:
            DamagedError: it cannot be read.
        """
        if not has_frames(self._data):
            return None
        try:
            return facts_of(self._data["frame"].attributes())
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedError(
                f"{self._path}: what the file says of its camera cannot be read ({error})."
            ) from error

    @property
    def edges(self) -> Table:
        """One row for each edge: its `sample`, `session` and `kind`."""
        return self._of(EDGES.columns, EDGES.prefix)

    @property
    def hosts(self) -> Table:
        """One row for each stamp of the computer: `t` when it had read a `sample`."""
        return self._of(HOSTS.columns, HOSTS.prefix)

    @property
    def levels(self) -> Table:
        """One row for each way to know times, of each session.

        Its `session`, `kind`, whether it is `used`, how many tell it (`count`), its time less
        that of the frames (`offset`) with its standard uncertainty (`err`), and the `verdict`.
        """
        return self._of(LEVELS.columns, LEVELS.prefix)

    def times(self, clock: Clock, sync: Sync | None = None) -> list[Times]:
        """Work out again when the frames of each session were taken; the file stays as it is.

        Args:
            clock: of the scan.
            sync: what gives the times; as the file has it unless given.

        Returns:
            Times and levels of each session; none where the run had no camera.
        """
        facts = self.facts
        if facts is None:
            return []
        facts = replace(facts, sync=sync) if sync is not None else facts
        return times_in(self._data, self._path, facts, clock)

    def _of(self, columns: Sequence[Stored], prefix: str) -> Table:
        there = all(column.name in self._data for column in columns) and has_frames(self._data)
        return Table(
            {
                c.name.removeprefix(prefix): self._data[c.name]
                if there
                else Given(np.zeros(0, c.dtype))
                for c in columns
            }
        )

    @cached_property
    def movie(self) -> Movie | None:
        """The movie beside the file; None where the run had no camera.

        A data file that was renamed together with its movie has it under the new name.

        Raises:
            DataFileError: it is missing, or another one.
        """
        facts = self.facts
        if facts is None:
            return None
        where = [self._path.with_name(facts.movie), movie_beside(self._path)]
        for place in where:
            if place.exists():
                movie = Movie(place)
                if movie.layout.uuid == facts.uuid:
                    return movie
        raise DataFileError(
            f"{where[0]}: the movie of {self._path.name} is not there, or is another one. Put it "
            "beside the data file."
        )

    def of_site(self, number: int, *, in_movie: bool = True) -> IntArray:
        """Return the rows of the frames that were taken during the visit of a site, in order.

        Args:
            number: of the site.
            in_movie: leave out those that are not in the movie.

        Raises:
            IndexError: there is no such site.
        """
        if not 0 <= number < len(self._sites):
            raise IndexError(f"there is no site {number}")
        if not len(self):
            return np.zeros(0, np.int64)
        start, stop = (float(self._sites[name][number]) for name in ("t_start", "t_end"))
        if not np.isfinite(stop):
            stop = np.inf
        t = self["t"]
        chosen = (t >= start) & (t <= stop)
        if in_movie:
            chosen &= self["index"] != NO_PAGE
        return np.flatnonzero(chosen)

    def picture(self, row: int) -> Picture:
        """Return the pixels of a frame, shape (height, width).

        Args:
            row: of the frame in `table`.

        Raises:
            DataFileError: it is not in the movie, or cannot be read.
        """
        page, movie = int(self["index"][row]), self.movie
        if movie is None or page == NO_PAGE:
            raise DataFileError(f"{self._path}: frame {row} was not kept in the movie.")
        return movie.frame(page)

    @property
    def lost(self) -> int:
        """How many frames were lost, by the gaps in the camera's numbers."""
        if not len(self):
            return 0
        steps = np.diff(self["number"])[np.diff(self["session"]) == 0]
        return int(np.maximum(steps - 1, 0).sum())
