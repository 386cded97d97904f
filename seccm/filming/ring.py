"""Frames in memory that two processes share: one fills it, whoever looks on reads along."""

from __future__ import annotations

import mmap
import os
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seccm.movie.pages import Picture

_HEAD = 64
"""Bytes before the slots."""
_SLOT = 64
"""Bytes before the pixels of a slot."""


def memory_file(size: int) -> Path:
    """Make a file of zeros that lies in memory where the system has such a place."""
    folder = "/dev/shm" if os.path.isdir("/dev/shm") else None
    descriptor, name = tempfile.mkstemp(prefix="seccm-frames-", dir=folder)
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
    """

    def __init__(self, path: Path, slots: int, height: int, width: int, bits: int) -> None:
        self.slots = slots
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), ring_size(slots, height, width, bits))
        self._newest: npt.NDArray[np.int64] = np.frombuffer(self._map, np.int64, 2)
        stride = _SLOT + height * width * bits // 8
        dtype = np.dtype("<u2" if bits == 16 else "u1")
        self._counts = [
            np.frombuffer(self._map, np.int64, 2, _HEAD + k * stride) for k in range(slots)
        ]
        self._pictures: list[Picture] = [
            np.frombuffer(self._map, dtype, height * width, _HEAD + k * stride + _SLOT).reshape(
                height, width
            )
            for k in range(slots)
        ]

    def put(self, slot: int, number: int, picture: Picture) -> None:
        """Fill a slot with a frame."""
        counts = self._counts[slot]
        counts[0] += 1
        self._pictures[slot][...] = picture
        counts[1] = number
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

    def newest(self) -> tuple[int, Picture] | None:
        """Return number and pixels of the newest frame, a copy; None before the first."""
        for _ in range(8):
            if not self._newest[0]:
                return None
            slot = int(self._newest[1])
            counts = self._counts[slot]
            before = int(counts[0])
            number, picture = int(counts[1]), self._pictures[slot].copy()
            if before % 2 == 0 and int(counts[0]) == before:
                return number, picture
        return None

    def close(self) -> None:
        """Let go of the memory."""
        self._counts, self._pictures = [], []
        self._newest = np.zeros(2, np.int64)
        with suppress(BufferError):  # somebody still looks at a frame; it goes with them
            self._map.close()
