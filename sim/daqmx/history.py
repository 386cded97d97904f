"""Numbers that grow at one end and are forgotten at the other; and levels that change in steps."""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray, IntArray
from sim.daqmx.curves import stairs

S = TypeVar("S", np.float64, np.int64)

_FIRST_ROOM = 4096


class History(Generic[S]):
    """Numbers addressed by how many came before, whether or not those are still known.

    Args:
        first: the number at index 0; its type is that of all.
    """

    def __init__(self, first: S) -> None:
        self._room: npt.NDArray[S] = np.full(_FIRST_ROOM, first)
        self._offset = 0
        self.stop = 1
        """How many there have been."""

    @property
    def start(self) -> int:
        """Index of the oldest that is still known."""
        return self._offset

    def extend(self, values: npt.NDArray[S]) -> None:
        """Append numbers, shape (n,)."""
        known, count = self.stop - self._offset, len(values)
        if known + count > len(self._room):
            room = np.empty(2 * (known + count), dtype=self._room.dtype)
            room[:known] = self._room[:known]
            self._room = room
        self._room[known : known + count] = values
        self.stop += count

    def cut(self, stop: int) -> None:
        """Take back all from an index on."""
        self.stop = min(self.stop, stop)

    def forget(self, start: int) -> None:
        """Allow all before an index to be forgotten; some are kept, and always the last."""
        start = min(start, self.stop - 1)
        # Moving the rest is worth it only where it frees half of the room.
        if start - self._offset > len(self._room) // 2:
            rest = self.part(start, self.stop).copy()
            self._room[: len(rest)] = rest
            self._offset = start

    def part(self, start: int, stop: int) -> npt.NDArray[S]:
        """Return a view of the numbers from `start` up to, not including, `stop`."""
        if start < self._offset or stop > self.stop:
            raise IndexError(f"{start}..{stop} is outside {self._offset}..{self.stop}")
        view: npt.NDArray[S] = self._room[start - self._offset : stop - self._offset]
        return view

    def all(self) -> npt.NDArray[S]:
        """Return a view of all that are known."""
        view: npt.NDArray[S] = self._room[: self.stop - self._offset]
        return view

    @property
    def last(self) -> S:
        """The newest number."""
        newest: S = self._room[self.stop - self._offset - 1]
        return newest


class Trace:
    """A level that changes in steps at ticks of the card's clock.

    Args:
        level: from the beginning of time.
    """

    def __init__(self, level: float) -> None:
        self._ticks = History(np.int64(np.iinfo(np.int64).min))
        self._levels = History(np.float64(level))

    @property
    def last(self) -> float:
        """The newest level."""
        return float(self._levels.last)

    @property
    def changes(self) -> int:
        """How many changes there have been, to cut back to."""
        return self._ticks.stop

    @property
    def changed(self) -> int:
        """Tick of the newest change."""
        return int(self._ticks.last)

    def change(self, ticks: IntArray, levels: FloatArray) -> None:
        """Append changes at rising ticks, both of shape (n,)."""
        self._ticks.extend(ticks)
        self._levels.extend(levels)

    def cut(self, changes: int) -> None:
        """Take back all but the first so many changes."""
        self._ticks.cut(changes)
        self._levels.cut(changes)

    def forget(self, tick: int) -> None:
        """Allow what was before a tick to be forgotten."""
        index = self._ticks.start + int(self._ticks.all().searchsorted(tick)) - 1
        self._ticks.forget(index)
        self._levels.forget(index)

    def at(self, ticks: IntArray) -> FloatArray:
        """Return the levels at ticks, after what changes at that very tick; shape (n,)."""
        return stairs(self._ticks.all(), self._levels.all(), ticks, 1)

    def before(self, ticks: IntArray) -> FloatArray:
        """Return the levels at ticks, before what changes at that very tick; shape (n,)."""
        return stairs(self._ticks.all(), self._levels.all(), ticks, 0)
