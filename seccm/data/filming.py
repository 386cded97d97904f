"""Who films a run, as the data file sees it: gives rows of frames whose pixels are in the movie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from seccm.data.tables import Rows
from seccm.movie.facts import MovieFacts


class Film(Protocol):
    """Films a run; everything here is called in the thread that writes the data file."""

    @property
    def facts(self) -> MovieFacts:
        """What is said once of camera and movie."""

    @property
    def pages(self) -> int:
        """Frames that the movie had when this was made; 0 for a new one."""

    def taken(self) -> Rows:
        """Return the frames that came since this was last asked, packed rows of `FRAMES`.

        Their pixels, if they are kept, are in the movie, and on the disk.
        """

    def stamps(self) -> Sequence[tuple[int, float]]:
        """Return numbers of raw samples, and when they had been read, since last asked.

        Seconds by the clock that stamps the frames, see `Frame.host`.
        """

    def settle(self) -> None:
        """Wait, not for long, until the frames that came so far are in the movie; never raises."""
