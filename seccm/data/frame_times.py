"""When frames were taken: from what was found of frames, edges and the computer's clock."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.data.frames import Found
from seccm.movie.facts import SATURATED, FrameStatus, MovieFacts
from seccm.movie.host_clock import by_host
from seccm.movie.matching import match
from seccm.rig import Clock

Times = tuple[FloatArray, FloatArray, npt.NDArray[np.uint8]]


def times_of(found: Found, facts: MovieFacts, clock: Clock, offset: float) -> Times:
    """Return time, standard uncertainty and status of each frame of a session.

    The same rows give the same times whenever they are asked for.

    Args:
        found: frames, edges and stamps of the session.
        facts: of the camera.
        clock: of the rig.
        offset: time of the run, in seconds, at which the stream of the session opened.

    Returns:
        Seconds since the start of the run, seconds, and codes; each of shape (frames,).
    """
    frames = found.frames
    numbers = frames["frame_number"].astype(np.int64)
    exposures = found.edges["edge_sample"][found.edges["edge_kind"] == 0]
    # An edge is seen by the first sample after it; samples of a row are those before its end.
    edges = np.asarray(exposures, np.float64) / clock.rate
    ticks = np.asarray(found.hosts["host_sample"], np.float64) / clock.rate
    t, error = by_host(
        np.asarray(frames["frame_host"], np.float64),
        np.asarray(frames["frame_exposure"], np.float64),
        numbers,
        ticks,
        np.asarray(found.hosts["host_t"], np.float64),
    )
    status = np.full(len(frames), FrameStatus.HOST_TIME, np.uint8)
    if facts.sync == "edges":
        stamps = np.asarray(frames["frame_clock"], np.float64)
        matched = match(edges, numbers, stamps, armed=True, sample=1 / clock.rate)
        known = np.isfinite(matched.t)
        t = np.where(known, matched.t, t)
        error = np.where(known, matched.error, error)
        if len(edges):
            status = matched.status
    saturated = (status == FrameStatus.OK) & (frames["frame_saturated"] > SATURATED)
    status = np.where(saturated, FrameStatus.SATURATED, status).astype(np.uint8)
    return t + offset, error, status
