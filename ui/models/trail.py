"""Rows of a live curve in bounded memory, and what of them is worth drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from seccm.arrays import FloatArray, IntArray, peaks

CAPACITY = 1 << 17
"""Rows kept of one site; a longer one is thinned to its peaks, so that memory stays flat."""


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
