"""What was said of the rows of a stream, from which row on; of later rows it may be said again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Generic, TypeVar

T = TypeVar("T")


class Marks(Generic[T]):
    """What holds from which row on.

    Args:
        first: what holds before anything is said.
    """

    def __init__(self, first: T) -> None:
        self._said: list[tuple[int, T]] = [(-1, first)]

    @property
    def newest(self) -> T:
        """What was said last."""
        return self._said[-1][1]

    def say(self, row: int, what: T) -> None:
        """Say what holds from a row on; what was said of later rows is void."""
        while self._said and self._said[-1][0] >= row:
            self._said.pop()
        if not self._said or self._said[-1][1] != what:
            self._said.append((row, what))

    def spans(self, start: int, stop: int) -> Iterator[tuple[int, int, T]]:
        """Yield what holds from which row to before which, for all rows from start to stop."""
        # What held before the oldest is not known any more; nobody may ask for such rows.
        edges = [start, *(row for row, _ in self._said[1:]), stop]
        for (first, last), (_, what) in zip(pairwise(edges), self._said, strict=True):
            first, last = max(first, start), min(last, stop)
            if first < last:
                yield first, last, what

    def forget(self, row: int) -> None:
        """Forget what was said of rows before this one only."""
        while len(self._said) > 1 and self._said[1][0] <= row:
            self._said.pop(0)
