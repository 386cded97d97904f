"""Rows of a live curve in bounded memory, and what of them is worth drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from seccm.arrays import FloatArray, IntArray

CAPACITY = 1 << 17
"""Rows kept of one site; a longer one is thinned to its peaks, so that memory stays flat."""


def peaks(values: FloatArray, bins: int) -> IntArray:
    """Return where the lowest and highest value of each of so many stretches is, rising.

    Nothing that stands out of its surroundings is lost, and neither is the first or last row;
    unlike a stride, which shows noise where there is a spike.

    Args:
        values: shape (n,).
        bins: stretches; with n <= 2 bins, every row is kept.
    """
    n = values.size
    if n <= 2 * bins:
        return np.arange(n)
    size = -(-n // bins)
    whole = n // size
    blocks = values[: whole * size].reshape(whole, size)
    firsts = np.arange(whole) * size
    low, high = firsts + blocks.argmin(axis=1), firsts + blocks.argmax(axis=1)
    kept = [np.minimum(low, high), np.maximum(low, high)]
    inner = np.stack(kept, axis=1).ravel()
    tail = values[whole * size :]
    ends = (
        [whole * size + int(tail.argmin()), whole * size + int(tail.argmax())] if tail.size else []
    )
    return np.unique(np.concatenate(([0], inner, ends, [n - 1]))).astype(np.int64)


class Trail:
    """Columns of equal length that grow by rows and never take more than their capacity.

    Args:
        columns: names.
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
            kept = self._kept(rows, self._capacity // 16)
            rows = {name: values[kept] for name, values in rows.items()}
            count = kept.size
        if self._size + count > self._capacity:
            self._thin()
        for name, values in self._data.items():
            values[self._size : self._size + count] = rows[name]
        self._size += count

    def outline(self, column: str, bins: int) -> IntArray:
        """Return the rows that draw a column without losing a peak."""
        return peaks(self[column], bins)

    def _thin(self) -> None:
        """Keep the peaks of every telling column: at most half of the rows."""
        kept = self._kept({n: self[n] for n in self._data}, self._capacity // 16)
        for values in self._data.values():
            values[: kept.size] = values[kept]
        self._size = kept.size

    def _kept(self, rows: Mapping[str, FloatArray], bins: int) -> IntArray:
        return np.unique(np.concatenate([peaks(rows[name], bins) for name in self._telling]))
