"""Frames in memory that processes share: one fills it, whoever looks on reads along."""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from seccm.movie.pages import Picture

_HEAD = 64
"""Bytes before the slots."""
_SLOT = 64
"""Bytes before the pixels of a slot."""


STALE = 60.0
"""Seconds after which a file of frames that nobody has open is one that was left behind."""
_PREFIX = "seccm-frames-"


if sys.platform == "win32":

    def _hold(file: BinaryIO) -> None:
        """Say that a file is open, as long as it is mapped: the system knows, and keeps it."""

    def _is_open(path: Path) -> bool:
        """Tell whether somebody has a file open; where that is so, it cannot be removed here."""
        return False
else:
    import fcntl

    def _hold(file: BinaryIO) -> None:
        """Say that a file is open, as long as it is mapped: the map has the lock, too."""
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def _is_open(path: Path) -> bool:
        """Tell whether somebody has a file open."""
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return True
        return False


class Shown(NamedTuple):
    """A frame as whoever looks on gets it."""

    number: int
    picture: Picture
    """A copy."""
    host: float
    """When it arrived, by the clock that stamps frames, seconds."""


def memory_file(size: int) -> Path:
    """Make a file of zeros that lies in memory where the system has such a place.

    Files that killed programs have left there are removed; one that somebody has open stays.
    """
    folder = "/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir()
    for left in Path(folder).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # of another user, or in use on Windows
            if time.time() - left.stat().st_mtime > STALE and not _is_open(left):
                left.unlink()
    descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=folder)
    try:
        os.truncate(descriptor, size)
    finally:
        os.close(descriptor)
    return Path(name)


def ring_size(slots: int, height: int, width: int, bits: int) -> int:
    """Return the bytes of a ring of some slots."""
    return _HEAD + slots * (_SLOT + height * width * bits // 8)


class Ring:
    """Slots for frames.

    Each slot has a count that is odd while it is being filled: a reader that finds another count
    after it has copied the pixels has read half of two frames, and tries again.

    Args:
        path: of the file, which both have open.
        slots: how many.
        height: of a frame, pixels.
        width: of a frame, pixels.
        bits: 8 or 16.
        looking: whether it is only read.

    Raises:
        OSError: the file is not there.
    """

    def __init__(
        self, path: Path, slots: int, height: int, width: int, bits: int, *, looking: bool = False
    ) -> None:
        self.slots = slots
        access = mmap.ACCESS_READ if looking else mmap.ACCESS_WRITE
        with path.open("rb" if looking else "r+b") as file:
            _hold(file)
            size = ring_size(slots, height, width, bits)
            self._map = mmap.mmap(file.fileno(), size, access=access)
        self._newest: npt.NDArray[np.int64] = np.frombuffer(self._map, np.int64, 2)
        stride = _SLOT + height * width * bits // 8
        dtype = np.dtype("<u2" if bits == 16 else "u1")
        self._counts = [
            np.frombuffer(self._map, np.int64, 2, _HEAD + k * stride) for k in range(slots)
        ]
        self._hosts = [
            np.frombuffer(self._map, np.float64, 1, _HEAD + k * stride + 16) for k in range(slots)
        ]
        self._pictures: list[Picture] = [
            np.frombuffer(self._map, dtype, height * width, _HEAD + k * stride + _SLOT).reshape(
                height, width
            )
            for k in range(slots)
        ]

    def put(self, slot: int, number: int, picture: Picture, host: float = 0.0) -> None:
        """Fill a slot with a frame that arrived at a time."""
        counts = self._counts[slot]
        counts[0] += 1
        self._pictures[slot][...] = picture
        counts[1] = number
        self._hosts[slot][0] = host
        counts[0] += 1
        self._newest[1] = slot
        self._newest[0] += 1

    def at(self, slot: int) -> Picture:
        """Return the pixels in a slot, not a copy."""
        return self._pictures[slot]

    @property
    def came(self) -> int:
        """How many frames came so far."""
        return int(self._newest[0])

    def newest(self) -> Shown | None:
        """Return the newest frame; None before the first."""
        for _ in range(8):
            if not self._newest[0]:
                return None
            shown = self._look(int(self._newest[1]))
            if shown is not None:
                return shown
        return None

    def earlier(self) -> list[Shown]:
        """Return every frame that is still there whole, by its number."""
        found = [self._look(slot) for slot in range(min(self.slots, self.came))]
        return sorted((shown for shown in found if shown is not None), key=lambda one: one.number)

    def _look(self, slot: int) -> Shown | None:
        """Copy a slot; None where it was filled meanwhile."""
        counts = self._counts[slot]
        before = int(counts[0])
        number, host = int(counts[1]), float(self._hosts[slot][0])
        picture = self._pictures[slot].copy()
        whole = before > 0 and before % 2 == 0 and int(counts[0]) == before
        return Shown(number, picture, host) if whole else None

    def close(self) -> None:
        """Let go of the memory."""
        self._counts, self._pictures, self._hosts = [], [], []
        self._newest = np.zeros(2, np.int64)
        with suppress(BufferError):  # somebody still looks at a frame; it goes with them
            self._map.close()
