"""Whether a disk takes a movie: measured before a run, because nothing can be done during one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

EASY = 5e6
"""Bytes per second that any disk takes; nothing is measured for less."""
SHARE = 0.6
"""Of what a disk takes in a test, that may be asked of it for hours."""
LONGEST = 2.0
"""Seconds of the test."""
_PIECE = 4_000_000


def bytes_per_second(
    folder: Path, *, longest: float = LONGEST, now: Callable[[], float] = time.perf_counter
) -> float:
    """Return how fast a disk takes data, by writing to it for some seconds.

    Args:
        folder: on the disk.
        longest: seconds for which it is written.
        now: a clock in seconds.

    Raises:
        OSError: nothing can be written there.
    """
    path = folder / f".seccm-disk-{os.getpid()}"
    piece = os.urandom(_PIECE)
    written, began = 0, now()
    try:
        with path.open("xb", buffering=0) as file:
            while now() - began < longest:
                written += file.write(piece)
                getattr(os, "fdatasync", os.fsync)(file.fileno())
    finally:
        with suppress(OSError):
            path.unlink()
    return written / max(now() - began, 1e-9)


def too_slow(
    folder: Path, wanted: float, measure: Callable[[Path], float] = bytes_per_second
) -> float | None:
    """Return how fast a disk is if that is too slow for a movie; None if it will do.

    Args:
        folder: where the movie will lie.
        wanted: bytes per second.
        measure: tells how fast the disk is.
    """
    if wanted < EASY:
        return None
    try:
        found = measure(folder)
    except OSError:
        return None  # who makes the files there says why they cannot be made
    return found if wanted > SHARE * found else None
