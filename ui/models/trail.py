"""Rows of a live curve in bounded memory, and what of them is worth drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from seccm.arrays import FloatArray, IntArray

CAPACITY = 1 << 17
"""Rows kept of one site; a longer one is thinned to its peaks, so that memory stays flat."""


def peaks(values: FloatArray, bins: int, t: FloatArray | None = None) -> IntArray:
    """Return where the lowest and highest value of each of so many stretches is, rising.

    Nothing that stands out of its surroundings is lost, and neither is the first or last row;
    unlike a stride, which shows noise where there is a spike.

    Args:
        values: shape (n,).
        bins: stretches; with n <= 2 bins, every row is kept.
        t: rising times; the stretches are then equally long. Rows that were thinned before lie
            further apart than those that came since: stretches of as many rows each would thin
            them again and again, until a day's beginning were a few points. Without it, every
            stretch has as many rows.
    """
    n = values.size
    if n <= 2 * bins:
        return np.arange(n)
    if t is None or not t[-1] > t[0]:
        at = np.arange(n) // -(-n // bins)
    else:
        at = np.minimum(((t - t[0]) * (bins / (t[-1] - t[0]))).astype(np.int64), bins - 1)
    firsts = np.flatnonzero(np.diff(at, prepend=-1))
    every, stretch = np.arange(n), np.repeat(np.arange(firsts.size), np.diff(firsts, append=n))
    kept = [np.array([0, n - 1])]
    for extreme in (np.fmin, np.fmax):
        found = extreme.reduceat(values, firsts)
        hits = every[values == found[stretch]]
        kept.append(hits[np.flatnonzero(np.diff(stretch[hits], prepend=-1))])
    # Where no value is a number, nothing equals the extreme: the stretch has its first row.
    return np.unique(np.concatenate([*kept, firsts[np.isnan(found)]])).astype(np.int64)


class Trail:
    """Columns of equal length that grow by rows and never take more than their capacity.

    Args:
        columns: names, "t" among them: the time, which rises.
        telling: the columns whose peaks survive when the trail is thinned.
        capacity: rows.
    """

    def __init__(
        self, columns: Sequence[str], telling: Sequence[str], capacity: int = CAPACITY
    ) -> None:
        self._data = {name: np.empty(capacity) for name in columns}
        self._telling = tuple(telling)
        self._capacity = capacity
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, name: str) -> FloatArray:
        return self._data[name][: self._size]

    def clear(self) -> None:
        """Forget every row."""
        self._size = 0

    def append(self, rows: Mapping[str, FloatArray]) -> None:
        """Add rows; every column must be there, of one length."""
        count = len(next(iter(rows.values())))
        if count > self._capacity // 2:
            kept = self._kept(rows)
            rows = {name: values[kept] for name, values in rows.items()}
            count = kept.size
        if self._size + count > self._capacity:
            self._thin()
        for name, values in self._data.items():
            values[self._size : self._size + count] = rows[name]
        self._size += count

    def outline(self, column: str, bins: int) -> IntArray:
        """Return the rows that draw a column without losing a peak."""
        return peaks(self[column], bins, self["t"])

    def _thin(self) -> None:
        """Keep the peaks of every telling column: some quarter of the rows at most."""
        kept = self._kept({n: self[n] for n in self._data})
        for values in self._data.values():
            values[: kept.size] = values[kept]
        self._size = kept.size

    def _kept(self, rows: Mapping[str, FloatArray]) -> IntArray:
        # The more columns tell, the fewer stretches: there is always room for what comes.
        bins = max(self._capacity // (8 * len(self._telling)), 1)
        each = [peaks(rows[name], bins, rows["t"]) for name in self._telling]
        return np.unique(np.concatenate(each))
