"""When frames were taken, while a run goes on: only the newest are worked out again.

At the end of a run all frames are looked at together. Doing that at each site would take longer
from site to site, and write every time again.
"""

from __future__ import annotations

import numpy as np

from seccm.arrays import FloatArray
from seccm.data.frame_times import Times, times_of
from seccm.data.frames import Found
from seccm.movie.facts import FrameStatus, MovieFacts
from seccm.rig import Clock

AGAIN = 300
"""Frames whose times are worked out again: what comes later may tell which edges are theirs."""
CONTEXT = 200
"""Frames before these, whose times tell how the two clocks are related."""
_EARLIER = 30.0
"""Seconds before them from which on edges are looked at, where no edge of them is known."""
_EDGES = 32
"""Edges that are looked at before that of the first of all these."""


class GrowingTimes:
    """Times of the frames of a session.

    Args:
        facts: of the camera.
        clock: of the rig.
        offset: time of the run, in seconds, at which the stream of the session opened.
    """

    def __init__(self, facts: MovieFacts, clock: Clock, offset: float) -> None:
        self._facts, self._clock, self._offset = facts, clock, offset
        self._first = 0
        """The first frame that is looked at."""
        self._since = -np.inf
        """The first sample whose edges and stamps are looked at."""
        self._settled: FloatArray = np.zeros(0)
        """Times of some frames from that one on; NaN where their edges are not known."""

    def update(self, found: Found) -> tuple[int, Times]:
        """Work out the times of the newest frames.

        Args:
            found: everything of the session so far; frames only come to it.

        Returns:
            The frame with which these times begin, and the times.
        """
        first, count = self._first, len(found.frames)
        known = None
        if first:
            known = np.full(count - first, np.nan)
            known[: len(self._settled)] = self._settled
        times = times_of(self._newest(found), self._facts, self._clock, self._offset, known=known)
        self._go_on(times, found)
        return first, times

    def _newest(self, found: Found) -> Found:
        """Leave out what is of earlier frames."""
        if not self._first:
            return found
        edges, hosts = found.edges, found.hosts
        return Found(
            found.frames[self._first :],
            edges[edges["edge_sample"] >= self._since],
            hosts[hosts["host_sample"] >= self._since],
        )

    def _go_on(self, times: Times, found: Found) -> None:
        """Remember what is needed next time."""
        settled = max(0, len(found.frames) - AGAIN)
        later = max(0, settled - CONTEXT)
        if later <= self._first:
            return
        kept = slice(later - self._first, settled - self._first)
        sure = np.isin(times.status[kept], (FrameStatus.OK, FrameStatus.SATURATED))
        self._settled = np.where(sure, times.t[kept], np.nan)
        self._first = later
        rate = self._clock.rate
        if not sure.any():
            about = times.t[kept][np.isfinite(times.t[kept])]
            self._since = (about.min() - self._offset - _EARLIER) * rate if len(about) else -np.inf
            return
        one = int(np.argmax(sure))
        numbers = found.frames["frame_number"]
        exposures = found.edges["edge_sample"][found.edges["edge_kind"] == 0]
        own = int(np.searchsorted(exposures, (self._settled[one] - self._offset) * rate))
        before = int(numbers[later + one]) - int(numbers[later]) + _EDGES
        self._since = float(exposures[max(0, own - before)])
