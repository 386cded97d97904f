"""The rows of the target as they come: found, numbered, with what is missing between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hardware.wec_fpga.codes import LEAST, TICKS
from hardware.wec_fpga.frames import WORDS, Frames, same_time
from hardware.wec_fpga.link import ROWS, Link
from seccm.arrays import IntArray
from seccm.errors import RigError, StreamError
from seccm.units import show

ALMOST_FULL = ROWS - 100 * WORDS
"""Words in the queue from which some may have been lost."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows that follow one another."""

    first: int
    """Number of the first one."""
    words: IntArray
    """Shape (rows, 14)."""
    gap: bool
    """Whether rows are missing before the first one."""

    @property
    def stop(self) -> int:
        """Number of the row that comes next."""
        return self.first + len(self.words)


class Rows:
    """Fetches rows.

    Args:
        link: to the target.
        ticks: that a row should take.
        patience: seconds after which rows count as stalled.
    """

    def __init__(self, link: Link, ticks: float, patience: float) -> None:
        self._link, self._expected, self._patience = link, ticks, patience
        self._frames = Frames(ticks)
        self.next = 0
        """Number of the row that comes next."""
        self._fresh = True

    @property
    def ticks(self) -> int:
        """That a row takes; 0 before the first ones."""
        return self._frames.ticks

    @property
    def period(self) -> float:
        """Seconds from row to row."""
        return (self.ticks or self._expected) / TICKS

    @property
    def locked(self) -> bool:
        """Whether it is known where rows begin."""
        return self._frames.locked

    def now(self) -> float:
        """Return the time of the target, in seconds since the first row, as far as it is known.

        Raises:
            DriverError: the library refuses.
        """
        return (self.next + self._link.waiting() / WORDS) * self.period

    def find(self) -> None:
        """Find where rows begin, and how long they take.

        Raises:
            RigError: no rows come, or they take another time than the rig file says.
        """
        due, looks = self._patience, 0
        while not self._frames.locked and looks * 10 * self.period < due + 100 * self.period:
            words = self._link.take(10 * WORDS, max(10 * self.period * 4.0, 0.1))
            looks += 1
            if words is None:
                break
            self._number(words)
        if not self._frames.locked:
            raise RigError(
                "no-rows",
                self._link.where,
                "no rows come from the target while it is idle, or not as the rig file says "
                f"({show(self._expected / TICKS, 's', 6)} each). Nothing moved.",
                "See that no other program reads them, and compare [clock] of the rig file with "
                "`seccm rig bench`.",
            )
        if not same_time(self.ticks, self._expected):
            raise RigError(
                "row-time",
                self._link.where,
                f"rows take {show(self.ticks / TICKS, 's', 7)}, and by the rig file "
                f"{show(self._expected / TICKS, 's', 7)}: more than 0.1 % apart. Nothing moved.",
                f'Write [clock] row = "{self.ticks / TICKS * 1e3:.6f} ms".',
            )
        self.next, self._fresh = 0, True

    def restart(self) -> None:
        """Count rows from the next one on, and forget those that wait.

        Raises:
            DriverError: the library refuses.
        """
        waiting = self._link.waiting()
        if waiting and (words := self._link.take(waiting, self._patience)) is not None:
            self._number(words)
        self.next, self._fresh = 0, True

    def fetch(self, count: int) -> list[Piece]:
        """Return the next rows: at least one, as a rule so many, and more if they are here.

        Raises:
            StreamError: none came in time.
            DriverError: the library refuses.
        """
        waiting = self._link.waiting()
        if waiting >= ALMOST_FULL:
            self._frames.unlock()
        here = self._frames.part if self.locked else 0
        wanted = max(count * WORDS - here, waiting)
        words = self._link.take(wanted, self._patience + count * self.period)
        if words is None:
            raise StreamError(
                "stalled-read",
                self._link.where,
                f"no rows came from the target within {show(self._patience, 's')}.",
                "See that its program runs, and that no other one reads its rows; then resume the "
                "scan from its file.",
            )
        return self._number(words)

    def glance(self, seconds: float) -> list[Piece]:
        """Let some time pass, and return the rows that came; none is no error.

        Raises:
            DriverError: the library refuses.
        """
        count = max(1, round(seconds / self.period)) * WORDS
        words = self._link.take(max(count, self._link.waiting()), 2.0 * seconds)
        return [] if words is None else self._number(words)

    def _number(self, words: IntArray) -> list[Piece]:
        pieces: list[Piece] = []
        for found in self._frames.feed(words):
            ticks = ((found.rows[:, 12] - LEAST) << 16) | ((found.rows[:, 13] - LEAST) & 0xFFFF)
            missing = np.rint(ticks / self.ticks).astype(np.int64) - 1
            missing[0] = max(int(missing[0]), found.lost)
            if self._fresh:
                missing[0], self._fresh = 0, False
            cuts = np.flatnonzero(missing > 0).tolist()
            for begin, stop in zip(
                dict.fromkeys((0, *cuts)), (*[c for c in cuts if c], len(found.rows)), strict=True
            ):
                self.next += int(missing[begin])
                piece = Piece(self.next, found.rows[begin:stop], bool(missing[begin] > 0))
                self.next = piece.stop
                pieces.append(piece)
        return pieces
