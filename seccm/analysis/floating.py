"""Whether the potential of a step without a current jumps to that of an open input, and when.

Nothing that grows with the step is kept: the largest jump so far, and what came of it.
"""

from __future__ import annotations

import numpy as np

from seccm.analysis.no_current import FALL, SIDE
from seccm.arrays import FloatArray
from seccm.program.trace import CONTACT_ROWS

JUMP = 0.1
"""Volts that no potential jumps without a current."""


class PotentialWatch:
    """Follows the potential of a step."""

    def __init__(self) -> None:
        self.rows = 0
        """How many rows there were."""
        self._newest = np.zeros(0)
        self._size = -1.0
        self._from = 0
        """The row before the largest jump."""
        self._level, self._before = 0.0, 0.0
        """The potential before it, and between which potentials it had wandered."""
        self._row: int | None = None
        """The first row after it that is away from there, and how near a later one came."""
        self._nearest = np.inf
        self._later = 0

    def feed(self, e: FloatArray) -> None:
        """Take the next potentials, shape (n,), V."""
        known, base = np.concatenate([self._newest, e]), self.rows - self._newest.size
        fresh, self.rows = self.rows, self.rows + e.size
        first = max(CONTACT_ROWS, fresh - FALL) - base
        jumps = np.abs(known[first + FALL :] - known[first : max(first, known.size - FALL)])
        if jumps.size and float(jumps.max()) > self._size:
            self._size = float(jumps.max())
            at = first + int(jumps.argmax())
            before = known[max(0, at + 1 - SIDE) : at + 1]
            self._from, self._level = base + at, float(np.median(before))
            self._before = float(np.ptp(before))
            self._row, self._nearest, self._later = None, np.inf, 0
            fresh = self._from + 1
        if self._size >= 0.0:
            self._follow(known[fresh - base :], fresh)
        self._newest = known[-(SIDE + FALL) :].copy()

    def _follow(self, e: FloatArray, first: int) -> None:
        """Look at what comes after the largest jump so far."""
        away = np.abs(e - self._level)
        if self._row is None:
            left = away > 0.1 * self._size
            if not left.any():
                return
            self._row = first + int(left.argmax())
        later = away[max(0, self._row + FALL - first) :]
        if later.size:
            self._nearest = min(self._nearest, float(later.min()))
            self._later += later.size

    @property
    def floats(self) -> int | None:
        """The row from which the potential is that of an open input; None if it never is."""
        if self._row is None or self.rows < CONTACT_ROWS + SIDE:
            return None
        stays = self._later > 0 and self._nearest > 0.5 * self._size
        return (
            self._row if self._size > JUMP and stays and self._before < 0.2 * self._size else None
        )
