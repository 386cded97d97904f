"""The last minute of what is measured, whatever the rig is used for."""

from __future__ import annotations

from collections import deque

import numpy as np

from seccm.arrays import FloatArray, peaks
from seccm.remote import Trace

SPAN = 60.0
"""Seconds that are kept."""
POINTS = 500
"""Stretches that are drawn, each with its lowest and its highest value."""


class Trends:
    """Keeps the newest rows; older ones go."""

    def __init__(self) -> None:
        self._pieces: deque[tuple[FloatArray, FloatArray, FloatArray]] = deque()
        """Time, current and height of each piece."""
        self.version = 0
        """Rises whenever there is something new to draw."""

    def take(self, trace: Trace) -> None:
        """Take in rows, in order; where the time goes back, another rig was opened."""
        if len(trace) == 0:
            return
        t = np.asarray(trace.t, float)
        if self._pieces and t[0] < self._pieces[-1][0][-1]:
            self._pieces.clear()
        self._pieces.append((t, np.asarray(trace.current, float), np.asarray(trace.z, float)))
        while self._pieces[0][0][-1] < t[-1] - SPAN:
            self._pieces.popleft()
        self.version += 1

    def drawn(self) -> dict[str, tuple[FloatArray, FloatArray]]:
        """Return seconds before the newest row and values, thinned so that no peak is lost.

        Returns:
            For "current" (A) and "z" (m): times, zero at the newest row and negative before it,
            and values; shape (n,) each.
        """
        if not self._pieces:
            return {name: (np.zeros(0), np.zeros(0)) for name in ("current", "z")}
        t, current, z = (np.concatenate(column) for column in zip(*self._pieces, strict=True))
        found = {}
        for name, values in (("current", current), ("z", z)):
            kept = peaks(values, POINTS, t)
            found[name] = t[kept] - t[-1], values[kept]
        return found
