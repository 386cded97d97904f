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
from waiting import HANGING

import seccm
from seccm.data import Footage
from seccm.movie.facts import FrameStatus
from seccm.movie.mending import look_at
from seccm.movie.pages import NO_PAGE
from seccm.movie.writer import movie_beside

HERE = Path(__file__).resolve().parent
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def begun(path: Path, *more: str) -> subprocess.Popen[str]:
    """Begin a filmed run, or the rest of one, in another process."""
    paths = os.pathsep.join([str(HERE), *filter(None, sys.path)])
    return subprocess.Popen(
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


def check(path: Path, whole: Path) -> tuple[int, int]:
    """Assert what holds after a kill, resume, and assert what holds then.

    Args:
        path: of the data file of the run that was killed.
        whole: that of the same run, which nobody killed.

    Returns:
        How many frames were listed when the run was killed, and in the end.
    """
    with seccm.open(path) as scan, seccm.open(whole) as other:
        frames, truth = scan.frames, other.frames
        count, pages = len(frames), look_at(movie_beside(path)).pages
        index = frames["index"]
        claimed = index[index != NO_PAGE]
        # Every frame that the file speaks of is in the movie, and is the picture it should be.
        assert all(claimed < pages)
        numbers = {int(number): row for row, number in enumerate(truth["number"])}
        _same_pictures(frames, truth, numbers, range(count))
        found = {name: frames[name] for name in ("number", "clock", "index")}
        complete = scan.state == "complete"
    if not complete:
        again = begun(path, "resume")
        _, _ = again.communicate(timeout=4 * HANGING)
        assert again.returncode == 0
    with seccm.open(path) as scan, seccm.open(whole) as other:
        frames, truth = scan.frames, other.frames
        assert scan.state == "complete"
        assert (scan.sites["status"] != 0).all()
        kept = frames["index"][frames["index"] != NO_PAGE]
        assert list(kept) == list(range(len(kept)))
        assert len(kept) == look_at(movie_beside(path)).pages
        for name, values in found.items():
            np.testing.assert_array_equal(frames[name][:count], values)
        # Times of the session that was killed are worked out from what was found, and right.
        first = np.flatnonzero((frames["session"] == 0) & (frames["number"] >= 0))
        rows = np.array([numbers[int(number)] for number in frames["number"][first]], int)
        t, status = frames["t"][first], frames["status"][first]
        assert np.isfinite(t).all() or len(first) < 2
        ok = status == FrameStatus.OK
        np.testing.assert_allclose(t[ok], truth["t"][rows][ok], atol=1.1e-5)
        unsure = frames["t_err"][first]
        known = np.isfinite(t)
        assert (np.abs(t - truth["t"][rows])[known] <= 5 * unsure[known] + 1e-5).all()
        return count, len(frames)


def _same_pictures(frames: Footage, truth: Footage, numbers: dict[int, int], rows: range) -> None:
    for row in rows:
        if int(frames["index"][row]) == NO_PAGE:
            continue
        picture = frames.picture(row)
        number = int(frames["number"][row])
        np.testing.assert_array_equal(picture, truth.picture(numbers[number]))
