"""Killing a filmed run with -9, and what must hold afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import warm
from waiting import HANGING

import seccm
from seccm.movie.facts import FrameStatus
from seccm.movie.mending import look_at
from seccm.movie.pages import NO_PAGE
from seccm.movie.writer import movie_beside

HERE = Path(__file__).resolve().parent
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def begun(path: Path, *more: str) -> warm.Process:
    """Begin a filmed run, or the rest of one, in another process."""
    paths = os.pathsep.join([str(HERE), *filter(None, sys.path)])
    return warm.begun(
        [sys.executable, str(HERE / "killed_film.py"), str(path), *more],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip


def killed(path: Path, batches: int, delay: float, whom: str) -> None:
    """Film, and kill after some batches of frames and some seconds more.

    Args:
        path: of the data file.
        batches: of which the data file was told.
        delay: seconds after the last of them.
        whom: "engine", "camera", or "both".
    """
    child = begun(path)
    assert child.stdout is not None
    camera = 0
    for _ in range(batches):
        line = child.stdout.readline()
        if not line:
            break  # the run was over before: nothing is left to be killed
        camera = int(line.split()[1])
    time.sleep(delay)
    if whom in ("camera", "both") and camera:
        with suppress(ProcessLookupError):
            os.kill(camera, KILL)
    if whom in ("engine", "both"):
        child.kill()
    child.communicate(timeout=HANGING)


def check(path: Path) -> tuple[int, int]:
    """Assert what holds after a kill, resume, and assert what holds then.

    Returns:
        How many frames were listed when the run was killed, and in the end.
    """
    with seccm.open(path) as scan:
        frames = scan.frames
        count, pages = len(frames), look_at(movie_beside(path)).pages
        index = frames["index"]
        # Every frame that the file speaks of is in the movie, and is the picture that it says.
        assert all(index[index != NO_PAGE] < pages)
        for row in np.flatnonzero((index != NO_PAGE) & np.isfinite(frames["mean"])).tolist():
            assert float(frames.picture(row).mean()) == frames["mean"][row]
        found = {name: frames[name] for name in ("number", "clock", "index")}
        complete = scan.state == "complete"
    if not complete:
        again = begun(path, "resume")
        again.communicate(timeout=4 * HANGING)
        assert again.returncode == 0
    with seccm.open(path) as scan:
        frames = scan.frames
        assert scan.state == "complete"
        assert (scan.sites["status"] != 0).all()
        kept = frames["index"][frames["index"] != NO_PAGE]
        assert list(kept) == list(range(len(kept)))
        assert len(kept) == look_at(movie_beside(path)).pages
        for name, values in found.items():
            np.testing.assert_array_equal(frames[name][:count], values)
        # Times of the session that was killed are worked out from what was found, and right: the
        # virtual camera stamps the end of an exposure by the clock of the rig.
        own = np.flatnonzero((frames["session"] == 0) & (frames["number"] >= 0))
        true = (frames["host"] - frames["exposure"])[own]
        t, unsure, status = (frames[name][own] for name in ("t", "t_err", "status"))
        assert np.isfinite(t).all() or len(own) < 2
        assert np.abs(t - true)[status == FrameStatus.OK].max(initial=0.0) <= 1.1e-5
        # Of a single frame it is not known how far apart they are, and so not how sure a time is.
        known = np.isfinite(t) & np.isfinite(unsure)
        assert (np.abs(t - true)[known] <= 5 * unsure[known] + 1e-5).all()
        return count, len(frames)
