"""A camera of noise for benchmarks, at a steady rate by the clock on the wall."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from seccm.rig import CameraInfo, Frame


class SteadyCamera:
    """Gives frames of noise.

    Args:
        rate: frames per second.
        side: pixels of each side.
    """

    def __init__(self, rate: float, side: int) -> None:
        self._rate, self._side = rate, side
        self._left, self._over = 0, False

    def open(self) -> CameraInfo:
        return CameraInfo("steady", self._side, self._side, 12, self._rate)

    def start(self, frames: int) -> None:
        self._left, self._over = frames, False

    def frames(self) -> Iterator[Frame]:
        shape = 4, self._side, self._side
        pictures = np.random.default_rng(0).integers(1000, 3000, shape, np.uint16)
        began = time.monotonic()
        for k in range(self._left):
            due = began + (k + 1) / self._rate
            while (left := due - time.monotonic()) > 0 and not self._over:
                time.sleep(min(left, 0.05))
            if self._over:
                return
            now = time.monotonic()
            yield Frame(k, pictures[k % 4], now, now - began, 0.8 / self._rate)

    def stop(self) -> None:
        self._over = True

    def close(self) -> None:
        self._over = True
