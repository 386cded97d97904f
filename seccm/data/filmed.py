"""What a film of a run and the card say of its frames, on their way into the file."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np

from seccm.data.entries import Entries
from seccm.data.filming import Film
from seccm.data.frame_times import Landings, times_of
from seccm.data.frames import FrameWriter
from seccm.data.growing_times import GrowingTimes
from seccm.data.retiming import pages_of
from seccm.errors import DataFileError
from seccm.movie.facts import MovieFacts
from seccm.movie.mending import look_at
from seccm.rig import Block, Clock

EVERY = 0.5
"""Seconds after which frames that came are made safe although nothing has happened."""


class Filmed:
    """Writes the frames of a session, and when they were taken.

    Edges of exposures come from the card also where nobody films.

    Args:
        film: of the run; None where it is not filmed.
        to: gives where to write into a dataset.
        data: the datasets.
        path: the data file; the movie lies beside it.
        clock: of the rig.
        offset: time of the run, in seconds, at which the stream of the session opened.
    """

    def __init__(
        self,
        film: Film | None,
        to: Callable[[str], Entries],
        data: Mapping[str, h5py.Dataset],
        path: Path,
        clock: Clock,
        offset: float,
    ) -> None:
        self._film, self._path, self._clock, self._offset = film, path, clock, offset
        self._frames = FrameWriter(to, data)
        if film is not None:
            self._times = GrowingTimes(film.facts, clock, offset)
        self._due = 0.0
        self._contacts: list[float] = []
        """Of this session, seconds of the run."""

    def take_edges(self, block: Block) -> None:
        """Write the edges that the card has counted, of exposures and of the lamp."""
        self._frames.add_edges(block.edges)
        for kind, steps in enumerate(block.lamp, 1):
            self._frames.add_edges(steps, kind)

    def land(self, t: float) -> None:
        """Take in a contact, in seconds of the run: a film may show it."""
        self._contacts.append(t)

    def take(self, *, urgent: bool) -> bool:
        """Write the rows of frames that came; return whether there were any.

        Only where they are committed next: what a reader has seen outlives a kill.

        Args:
            urgent: whether what was written is committed anyway.
        """
        if self._film is None or not (urgent or time.monotonic() >= self._due):
            return False
        self._due = time.monotonic() + EVERY
        return self._take(self._film)

    def settle(self) -> None:
        """Work out when the newest frames were taken, as far as is known by now."""
        if self._film is None:
            return
        self._film.settle()
        self._take(self._film)
        first, times = self._times.update(self._frames.found)
        self._frames.put_times(first, times.t, times.error, times.status)

    def close(self) -> None:
        """Work out when all frames were taken, and what each way to know it says."""
        if self._film is None:
            return
        self._film.settle()
        self._take(self._film)
        facts = self._film.facts
        movie = self._path.with_name(facts.movie)
        self._list_pages(facts, movie)
        seen = Landings(np.array(self._contacts) - self._offset, pages_of(movie))
        times = times_of(self._frames.found, facts, self._clock, self._offset, seen)
        self._frames.put_times(0, times.t, times.error, times.status)
        self._frames.put_levels(times.rows)

    def _take(self, film: Film) -> bool:
        self._frames.add_hosts(film.stamps())
        rows = film.taken()
        self._frames.add_frames(rows)
        return len(rows) > 0

    def _list_pages(self, facts: MovieFacts, movie: Path) -> None:
        """Write rows of frames that a camera put into the movie, and died before it told of."""
        with suppress(DataFileError):  # a file that was moved away from its movie
            there = look_at(movie)
            if there.layout.uuid == facts.uuid:
                self._frames.add_pages(there.layout, there.pages)
