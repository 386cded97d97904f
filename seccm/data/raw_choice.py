"""Which raw samples of a stream are kept: those of steps that ask for it, or all of them.

That a step begins is known some rows after its first one: a contact is confirmed first. Samples
are therefore held back until it is certain whether they are kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import inf

from seccm.data.marks import Marks
from seccm.rig import RawSamples

KEPT_BACK = 4096
"""Rows after which samples are dropped unless a step that asks for them is known by then."""


class RawChoice:
    """Chooses among the raw samples of one stream.

    Args:
        spacing: raw samples from one row to the next.
        every: keep all of them, whatever the steps ask for.
    """

    def __init__(self, spacing: int, *, every: bool) -> None:
        self._spacing, self._every = spacing, every
        self._marks = Marks(every)
        """Of raw samples, where those of `Tail` are of rows."""
        self._waiting: deque[RawSamples] = deque()
        self._final = inf if every else -inf
        """Number of the first sample of which it is not certain whether it is kept."""
        self._next: int | None = None
        """Number of the sample that should come next; None at the beginning of a stream."""

    def mark(self, row: int, *, keep: bool) -> int:
        """Say whether samples are kept from a row on; what was said of later rows is void.

        Returns:
            How many samples that should be kept have been dropped already.
        """
        if self._every:
            return 0
        first = row * self._spacing
        gone = self._marks.spans(first, max(first, self._next or 0))
        dropped = sum(stop - start for start, stop, kept in gone if keep and not kept)
        self._marks.say(first, keep)
        return dropped

    def certain(self, start: int, stop: int) -> int:
        """Return before which row it is certain what is kept, when `start` to `stop` have come.

        In a step that asks, all has been said of the rows before. Elsewhere, a step may turn out
        to have begun earlier.
        """
        return start if self._marks.newest else stop - KEPT_BACK

    def settle(self, row: int) -> None:
        """Say that whether samples are kept is certain for all rows before this one."""
        self._final = max(self._final, row * self._spacing)

    def take(self, pieces: Iterable[RawSamples]) -> None:
        """Take samples in the order in which they came."""
        self._waiting.extend(pieces)

    def chosen(self) -> tuple[list[RawSamples], list[str]]:
        """Return the samples that are certain to be kept and were not returned before.

        Returns:
            The samples, and what is to be said of those that should be among them.
        """
        kept, said = [], []
        while self._waiting and self._waiting[0].first < self._final:
            piece = self._waiting.popleft()
            if piece.stop > self._final:
                self._waiting.appendleft(piece.part(int(self._final), piece.stop))
                piece = piece.part(piece.first, int(self._final))
            due = piece.first if self._next is None else self._next
            if due > piece.first:
                said.append(_jump(due, piece.first))
            for first, stop, keep in self._marks.spans(min(due, piece.first), piece.stop):
                if keep and first < piece.first:
                    said.append(_jump(first, min(stop, piece.first)))
                if keep and stop > piece.first:
                    kept.append(piece.part(first, stop))
            self._next = piece.stop
            self._marks.forget(piece.stop)
        return kept, said

    def missing(self, row: int) -> list[str]:
        """Return what is to be said of samples that should be kept and have not come by now.

        Args:
            row: all samples of the rows before this one should be there.
        """
        due, stop = self._next or 0, row * self._spacing
        if stop <= due:
            return []
        said = [_jump(first, last) for first, last, keep in self._marks.spans(due, stop) if keep]
        self._next = stop
        self._marks.forget(stop)
        return said


def _jump(first: int, stop: int) -> str:
    return f"raw samples jump from number {first} to {stop}"
