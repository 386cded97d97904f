"""Where a record jumps: what changes from one row to the next belongs to the instrument.

A cell answers over many rows. Whatever moves a record at once and for good (another range, a
reference that slips, a footstep, lost rows) leaves a step between two stretches that are smooth.
"""

from __future__ import annotations

import math

import numpy as np

from seccm.arrays import BoolArray, FloatArray, IntArray

WIDTH = 5
"""Rows of a median; a single row that is off does not move it."""
NOISE = 1.2533 * math.sqrt(5.0 / WIDTH)
"""Standard deviation of a step that is read from white noise of unit size."""
_STUCK = 8
"""Rows in succession with the very same number: noise never brings that about."""
_ENDS = 6
"""Rows with the very same largest or smallest number: noise never brings that about either."""
_RARE = 0.02
"""Share of neighbours that may be equal in a record with noise finer than its numbers."""


def steps(y: FloatArray) -> FloatArray:
    """Return the step of a record at each row, free of its slope and of its bend.

    Four medians in succession, the step being between the second and the third: their difference
    less the mean of the other two, (3 (c - b) - (d - a)) / 2. A parabola that rises or falls
    throughout yields exactly zero.

    Args:
        y: shape (n,).

    Returns:
        Shape (max(n - 4 WIDTH + 1, 0),); the first is that between rows 2 WIDTH - 1 and 2 WIDTH.
    """
    count = y.size - 4 * WIDTH + 1
    if count < 1:
        return np.zeros(0)
    level = np.sort(np.lib.stride_tricks.sliding_window_view(y, WIDTH), axis=1)[:, WIDTH // 2]
    a, b, c, d = (level[k * WIDTH : k * WIDTH + count] for k in range(4))
    found: FloatArray = 0.5 * (3.0 * (c - b) - (d - a))
    return found


def stuck(y: FloatArray) -> BoolArray:
    """Tell which rows repeat one number over and over, in a record that is noisy otherwise.

    Args:
        y: shape (n,).
    """
    equal = np.diff(y) == 0.0
    # Runs of equal neighbours: where each begins and ends.
    edges = np.flatnonzero(np.diff(np.concatenate([[False], equal, [False]]).astype(np.int8)))
    found = np.zeros(y.size, bool)
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        if last - first >= _STUCK - 1:
            found[first : last + 1] = True
    others = ~(found[1:] | found[:-1])
    if np.sum(others) < _STUCK or np.mean(equal[others]) > _RARE:
        return np.zeros(y.size, bool)
    return found


class StuckWatch:
    """Tells of rows as they come whether some are stuck, see `stuck`, at no end of the record."""

    def __init__(self) -> None:
        self._last = math.nan
        self._run = self._counted = 0
        """Rows so far of the run of one number, and those of them that count."""
        self._runs = self._others = self._equal = 0
        """Runs and rows that are not stuck, and neighbours among them that are equal."""
        self._within = False
        self._at_ends: set[float] = set()
        """Stuck numbers that were the smallest or the largest so far."""
        self._least, self._most = math.inf, -math.inf

    def feed(self, y: FloatArray, counts: BoolArray) -> None:
        """Take the next rows.

        Args:
            y: shape (n,), no NaN.
            counts: shape (n,), which rows are measured at all.
        """
        if y.size == 0:
            return
        self._least, self._most = min(self._least, y.min()), max(self._most, y.max())
        changes = np.flatnonzero(np.diff(y)) + 1
        edges = np.concatenate([[0], changes, [y.size]])
        lengths = np.diff(edges)
        counted = np.add.reduceat(counts.astype(int), edges[:-1])
        if y[0] == self._last:
            lengths[0] += self._run
            counted[0] += self._counted
        else:
            self._close(np.array([self._last]), np.array([self._run]), np.array([self._counted]))
        self._close(y[edges[:-2]], lengths[:-1], counted[:-1])
        self._last, self._run, self._counted = float(y[-1]), int(lengths[-1]), int(counted[-1])

    def _close(self, values: FloatArray, lengths: IntArray, counted: IntArray) -> None:
        """Look at runs that have ended."""
        still = lengths >= _STUCK
        others = lengths[~still]
        self._others += int(others.sum())
        self._equal += int((others - 1)[others > 0].sum())
        self._at_ends |= set(values[still & (counted > 0)].tolist())
        inside = {v for v in self._at_ends if self._least < v < self._most}
        self._within |= bool(inside)
        self._at_ends -= inside

    def finish(self) -> None:
        """Say that there are no more rows."""
        self._close(np.array([self._last]), np.array([self._run]), np.array([self._counted]))

    @property
    def within(self) -> bool:
        """Whether rows were stuck at another number than the smallest or the largest of all."""
        noisy = self._others >= _STUCK and self._equal <= _RARE * self._others
        return noisy and self._within


def at_an_end(y: FloatArray) -> BoolArray:
    """Tell which rows have the largest or the smallest number of all, where many share it.

    An input at the end of its range gives one number again and again, though not always in
    succession: noise brings it back into the range for some rows. A coarse converter gives all
    numbers again and again, the last but one as often as the last.

    Args:
        y: shape (n,), noisy; NaN in rows without a number.
    """
    found = np.zeros(y.size, bool)
    for z in (y, -y):
        beyond = z[np.isfinite(z)]
        if beyond.size < _ENDS:
            continue
        end = beyond.max()
        rest = beyond[beyond < end]
        count = beyond.size - rest.size
        next_one = int(np.sum(rest == rest.max())) if rest.size else 0
        if max(_ENDS, 4 * next_one) <= count <= rest.size:
            found |= z == end
    return found
