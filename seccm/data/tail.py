"""The newest rows of a stream, kept back until their labels are final.

A contact is confirmed some rows after it happened, so the engine says "from row 1200 on this is
step 0" when row 1215 has come in. Rows are therefore labelled only when they leave the tail.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from seccm.data.layout import SIGNAL, UM, row_type
from seccm.data.marks import Marks
from seccm.events import Phase
from seccm.rig import Block, Clock


class Tail:
    """Rows in the order in which they came, and what the rig was about from which row on.

    Args:
        clock: of the rig.
        offset: seconds from the start of the run to that of the stream.
        added: signals that are kept beyond those that every rig measures.
        capacity: rows for which there is room; more make room for themselves.
    """

    def __init__(
        self, clock: Clock, offset: float, added: Sequence[str] = (), capacity: int = 16384
    ) -> None:
        self._clock, self._offset, self._added = clock, offset, tuple(added)
        self._rows = np.empty(capacity, row_type(added))
        self._numbers = np.empty(capacity, np.int64)
        self._size = 0
        self._gone = 0
        self._marks = Marks((int(Phase.IDLE), 0))

    @property
    def newest(self) -> int:
        """Number of the newest row; 0 before the first."""
        return int(self._numbers[self._size - 1]) if self._size else max(0, self._gone - 1)

    def __len__(self) -> int:
        """Return how many rows are kept back."""
        return self._size

    def append(self, block: Block) -> None:
        """Take the rows of a block."""
        stop = self._size + block.rows
        if stop > len(self._numbers):
            self._rows = _enlarged(self._rows, self._size, stop)
            self._numbers = _enlarged(self._numbers, self._size, stop)
        rows, numbers = self._rows[self._size : stop], self._numbers[self._size : stop]
        own = block.numbers
        numbers[:] = np.arange(block.start, block.stop) if own is None else own
        rows["t"] = (numbers + 1) * self._clock.period + self._offset
        rows["E"] = block.data["potential"]
        rows["I"] = block.data["current"]
        for axis in ("x", "y", "z"):
            rows[axis] = block.data[axis] * UM
        for name in self._added:
            rows[SIGNAL + name] = block.data[name]
        rows["flag"] = block.flags
        self._size = stop

    def mark(self, row: int, phase: Phase, step: int) -> int:
        """Say what the rig is about from a row on; what was said of later rows is void.

        Returns how many of these rows have left the tail already, with another label.
        """
        self._marks.say(row, (int(phase), step))
        return max(0, self._gone - row)

    def take(self, count: int) -> npt.NDArray[Any]:
        """Remove the oldest rows and return them labelled; shape (count,) of `row_type`."""
        taken = self._rows[:count].copy()
        numbers = self._numbers[:count]
        if count:
            self._gone = int(numbers[-1]) + 1
            for first, stop, (phase, step) in self._marks.spans(int(numbers[0]), self._gone):
                # Not every number need be there: rows may be missing.
                here = slice(*np.searchsorted(numbers, (first, stop)).tolist())
                taken["phase"][here], taken["step"][here] = phase, step
            self._marks.forget(self._gone - 1)
        left = self._size - count
        self._rows[:left] = self._rows[count : self._size].copy()
        self._numbers[:left] = self._numbers[count : self._size].copy()
        self._size = left
        return taken

    def upto(self, row: int) -> int:
        """Return how many of the rows kept back come no later than a row."""
        return int(np.searchsorted(self._numbers[: self._size], row, side="right"))


def _enlarged(values: npt.NDArray[Any], used: int, wanted: int) -> npt.NDArray[Any]:
    larger = np.empty(max(wanted, 2 * len(values)), values.dtype)
    larger[:used] = values[:used]
    return larger
