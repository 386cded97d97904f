"""When frames were taken: from what was found of frames, edges and the computer's clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.arrays import BoolArray, FloatArray, IntArray
from seccm.data.frames import LEVELS, Found
from seccm.data.tables import Rows
from seccm.movie.facts import LEVEL_KINDS, SATURATED, FrameStatus, MovieFacts, Verdict
from seccm.movie.host_clock import by_host, without_scatter
from seccm.movie.lamp import lamp_pulses
from seccm.movie.landings import landings
from seccm.movie.levels import Compared, Level, by_lamp, by_landings, compared
from seccm.movie.matching import Matched, match
from seccm.movie.pages import NO_PAGE, Picture
from seccm.rig import Clock

LATEST = 0.5
"""Seconds by which frames may arrive late, at least."""
EARLY = 0.1
"""Seconds by which a frame may seem to arrive before the end of its exposure."""
_OFF, _ON = 1, 2
"""Kinds of edges of a lamp."""


@dataclass(frozen=True, slots=True)
class Landings:
    """Landings of a session, and the pictures that show them."""

    contacts: FloatArray
    """Seconds since the stream of the session opened, rising."""
    picture: Callable[[int], Picture | None]
    """Gives the pixels on a page of the movie; None where they cannot be read."""


@dataclass(frozen=True, slots=True)
class Times:
    """When the frames of a session were taken; arrays have shape (frames,)."""

    t: FloatArray
    """Seconds since the start of the run."""
    error: FloatArray
    """Standard uncertainty, seconds."""
    status: npt.NDArray[np.uint8]
    levels: tuple[Compared, ...]
    """What each way to know them says."""

    @property
    def rows(self) -> Rows:
        """The levels as rows of the data file."""
        return LEVELS.rows(
            [
                {
                    "session": 0,
                    "kind": LEVEL_KINDS.index(level.kind),
                    "used": level.used,
                    "count": level.count,
                    "offset": level.offset,
                    "err": level.error,
                    "verdict": level.verdict,
                }
                for level in self.levels
            ]
        )


def times_of(
    found: Found,
    facts: MovieFacts,
    clock: Clock,
    offset: float,
    seen: Landings | None = None,
    known: FloatArray | None = None,
) -> Times:
    """Return time, standard uncertainty and status of each frame of a session.

    The same rows give the same times whenever they are asked for.

    Args:
        found: frames, edges and stamps of the session.
        facts: of the camera.
        clock: of the rig.
        offset: time of the run, in seconds, at which the stream of the session opened.
        seen: landings that frames may show; None where nobody looks at pictures.
        known: seconds of the run at which frames are known to have begun by their edges, NaN for
            the others, shape (frames,), where earlier frames have been left out; None where all
            frames and edges of the session are given.
    """
    told = found.frames["frame_number"] >= 0
    if not told.all():
        known = known if known is None else known[told]
        return _beside(told, times_of(found.of(told), facts, clock, offset, seen, known))
    frames = found.frames
    numbers = frames["frame_number"].astype(np.int64)
    stamps = np.asarray(frames["frame_clock"], np.float64)
    # An edge is seen by the first sample after it; samples of a row are those before its end.
    edges = _seconds(found, 0, clock)
    host = _by_host(found, clock)
    base = without_scatter(stamps, host.t)
    levels = [host, _lit(found, clock, base), _landed(found, base, seen)]
    status = np.full(len(frames), FrameStatus.HOST_TIME, np.uint8)
    if facts.sync == "edges" or (len(edges) and known is None):
        first = numbers[:1] if known is not None else 0  # edges begin near the first frame, too
        matched = match(
            edges, numbers - first, stamps, armed=known is None, sample=1 / clock.rate,
            known=None if known is None else known - offset,
        )  # fmt: skip
        levels.insert(0, _edges(matched))
    used = next((one for one in levels if one.kind == facts.sync and one.tells), host)
    t, error = used.t, used.error
    if facts.sync == "edges":
        known = np.isfinite(matched.t)
        t, error = np.where(known, matched.t, host.t), np.where(known, matched.error, host.error)
        if len(edges):
            status = matched.status.copy()
    sides = compared(levels, used)
    if used.kind == "edges" and (
        _contradicted(sides, base) or _arrived_before(matched, host, base)
    ):
        status[status == FrameStatus.OK] = FrameStatus.AMBIGUOUS
    saturated = (status == FrameStatus.OK) & (frames["frame_saturated"] > SATURATED)
    status = np.where(saturated, FrameStatus.SATURATED, status).astype(np.uint8)
    return Times(t + offset, error, status, tuple(sides))


def _beside(told: BoolArray, times: Times) -> Times:
    """Return times with frames among them of which nothing is known but their pixels."""
    t, error = np.full((2, len(told)), np.nan)
    status = np.full(len(told), FrameStatus.NO_EDGE, np.uint8)
    t[told], error[told], status[told] = times.t, times.error, times.status
    return Times(t, error, status, times.levels)


def _seconds(found: Found, kind: int, clock: Clock) -> FloatArray:
    """Return the edges of a kind in seconds of the stream."""
    chosen = found.edges["edge_sample"][found.edges["edge_kind"] == kind]
    return np.asarray(chosen, np.float64) / clock.rate


def _edges(matched: Matched) -> Level:
    """Return what edges say: of those frames alone that have one."""
    own = matched.edge >= 0
    t = np.where(own, matched.t, np.nan)
    return Level("edges", t, np.where(own, matched.error, np.nan), int(own.sum()))


def _by_host(found: Found, clock: Clock) -> Level:
    frames, hosts = found.frames, found.hosts
    t, error = by_host(
        np.asarray(frames["frame_host"], np.float64),
        np.asarray(frames["frame_exposure"], np.float64),
        frames["frame_number"].astype(np.int64),
        np.asarray(hosts["host_sample"], np.float64) / clock.rate,
        np.asarray(hosts["host_t"], np.float64),
    )
    return Level("host", t, error, len(hosts))


def _lit(found: Found, clock: Clock, base: FloatArray) -> Level:
    """Return what pulses of the lamp say."""
    rows, exposure, period = _rising(found, base)
    off, on = (_seconds(found, kind, clock) for kind in (_OFF, _ON))
    if not len(off) or len(rows) < 3:
        return by_lamp(base, ())
    mean = np.asarray(found.frames["frame_mean"], np.float64)[rows]
    return by_lamp(base, lamp_pulses(base[rows], exposure, mean, off, on, max(4 * period, LATEST)))


def _landed(found: Found, base: FloatArray, seen: Landings | None) -> Level:
    """Return what landings say."""
    rows, exposure, period = _rising(found, base)
    pages = found.frames["frame_index"].astype(np.int64)
    rows = rows[pages[rows] != NO_PAGE]
    if seen is None or len(rows) < 3 or not len(seen.contacts):
        return by_landings(base, (), period)
    kept = pages[rows]
    landed = landings(
        base[rows], exposure, seen.contacts, lambda k: seen.picture(int(kept[k])), period
    )
    return by_landings(base, landed, period)


def _rising(found: Found, base: FloatArray) -> tuple[IntArray, float, float]:
    """Return frames whose times rise, and seconds: how long one is exposed, and one to the next."""
    rows = np.flatnonzero(np.isfinite(base))
    t = base[rows]
    rows = rows[t > np.concatenate([[-np.inf], np.maximum.accumulate(t)[:-1]])] if t.size else rows
    exposures = np.asarray(found.frames["frame_exposure"], np.float64)
    known = exposures[np.isfinite(exposures)]
    exposure = float(np.median(known)) if known.size else float("nan")
    numbers = found.frames["frame_number"].astype(np.int64)[rows]
    steps = np.diff(base[rows]) / np.maximum(np.diff(numbers), 1) if len(rows) > 1 else np.zeros(0)
    period = float(np.median(steps)) if len(steps) else exposure
    return rows, exposure, period


def _arrived_before(matched: Matched, host: Level, base: FloatArray) -> bool:
    """Tell whether frames arrived before their exposures were over, by the edges given to them.

    Then the first edges were missed, and edges were given to earlier frames than their own.
    """
    ok = matched.status == FrameStatus.OK
    late = (matched.t - host.t)[ok & np.isfinite(host.t)]
    return len(late) > 0 and float(np.median(late)) > max(EARLY, _period(base) / 2)


def _period(base: FloatArray) -> float:
    """Return the seconds from a frame to the next; infinite of a single one."""
    steps = np.diff(base[np.isfinite(base)])
    return float(np.median(steps)) if len(steps) else float("inf")


def _contradicted(told: Sequence[Compared], base: FloatArray) -> bool:
    """Tell whether the lamp says that edges were given to other frames than their own.

    A rolling shutter shifts what a lamp says by its read-out time, less than half a frame; edges
    that belong to other frames are off by a frame at least.
    """
    period = _period(base)
    return any(
        level.kind == "lamp"
        and level.verdict is Verdict.DISAGREES
        and abs(level.offset) > period / 2
        for level in told
    )
