"""Frames of the two queues: lines that are sent, rows that come, and where a row begins.

A row is fourteen words, and nothing marks its first one. Its last two say how long it took, and as
every row takes the same time, this pair of words comes again every fourteen words. A frame is taken
for a row only if it lies between two such pairs; where words are lost, everything up to the next
two pairs is left out, and counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hardware.wec_fpga.codes import LEAST, MOST
from seccm.arrays import IntArray
from seccm.errors import LimitError

WORDS = 14
AXES = ("X", "Y", "Z", "V", "V2")
MOVE, UNTIL = 0, 2
"""Types of a line: one that ends by itself, and one that only a comparator ends."""
_MOVES = {"X": 0, "Y": 1, "Z": 2, "V": 3, "V2": 6}
_JUMPS = {"V": 4, "V2": 7}
_HOLDS = 5
MOST_EXPONENT = 30
CLOSE = 1e-3
"""Part by which the time of a row may differ from that of the rig file."""
SURE = 4
"""Pairs in succession by which the beginning of rows is found."""


@dataclass(frozen=True, slots=True)
class Travel:
    """One axis of a line: a goal, and how fast it runs there."""

    axis: str
    goal: int
    speed: int = 0
    """Word of the speed; 0 for a voltage that jumps."""


def line(
    *travels: Travel, kind: int = MOVE, wait: int = 0, hold: int = 0, jump: bool = False
) -> list[int]:
    """Return the words of a line.

    Args:
        travels: of the axes that move; the others stay.
        kind: type of the line.
        wait: of its loop of positions, in us.
        hold: microseconds for which it holds at least; 0 for none.
        jump: whether its voltages jump.

    Raises:
        LimitError: a number does not fit; nothing was sent.
    """
    words, flags = [0] * WORDS, 0
    words[0], words[11], words[12] = kind, wait, hold
    for travel in travels:
        place = AXES.index(travel.axis)
        words[1 + place], words[6 + place] = travel.speed, travel.goal
        flags |= 1 << _MOVES[travel.axis]
        if jump:
            flags |= 1 << _JUMPS[travel.axis]
    words[13] = flags | (1 << _HOLDS if hold else 0)
    if not all(LEAST <= word <= MOST for word in words):
        raise LimitError(
            "out-of-words", "line", f"{words} does not fit into 16-bit words; nothing moved."
        )
    return words


def exponent(per_tick: float) -> int:
    """Return the largest exponent with which a speed in codes per tick fits into a word."""
    n = MOST_EXPONENT
    while n > 0 and per_tick * 2.0**n > MOST:
        n -= 1
    return n


def speed_word(per_tick: float, n: int) -> int:
    """Return the word of a speed in codes per tick, with an exponent.

    Raises:
        LimitError: it is slower than the slowest, faster than the fastest, or no number.
    """
    exact = per_tick * 2.0**n
    if not math.isfinite(exact) or not 1 <= (word := round(exact)) <= MOST:
        raise LimitError(
            "out-of-speeds",
            "line",
            f"a speed of {per_tick:.3g} codes per tick cannot be written with exponent {n}; "
            "nothing moved.",
            "Choose a speed that the target can run at.",
        )
    return word


def intervals(words: IntArray) -> IntArray:
    """Return the number that each two successive words would be as ticks, shape (n - 1,)."""
    high, low = words[:-1] - LEAST, words[1:] - LEAST
    found: IntArray = (high << 16) | (low & 0xFFFF)
    return found


@dataclass(frozen=True, slots=True)
class Found:
    """Some rows, and what was lost before the first of them."""

    rows: IntArray
    """Shape (n, 14)."""
    lost: int = 0
    """Rows, at least."""


class Frames:
    """Cuts the stream of words into rows.

    Args:
        ticks: that a row should take.
    """

    def __init__(self, ticks: float) -> None:
        self._expected = ticks
        self.ticks = 0
        """That a row takes; 0 until the beginning of rows was found."""
        self._rest: IntArray = np.empty(0, dtype=np.int64)
        self._locked = False
        self._skipped = 0

    @property
    def locked(self) -> bool:
        """Whether it is known where the next row begins."""
        return self._locked

    @property
    def part(self) -> int:
        """How many words of the next row are here already."""
        return len(self._rest)

    def unlock(self) -> None:
        """Take it that words may have been lost since the last ones."""
        self._locked = False
        self._skipped += len(self._rest)
        self._rest = self._rest[:0]

    def feed(self, words: IntArray) -> list[Found]:
        """Take the next words; return the rows that are complete, in pieces without a gap."""
        self._rest = np.concatenate((self._rest, words))
        found: list[Found] = []
        while True:
            if not self._locked and not self._find():
                return found
            count = len(self._rest) // WORDS
            rows = self._rest[: count * WORDS].reshape(count, WORDS)
            right = self._right(rows)
            good = count if right.all() else int(np.argmin(right))
            if good:
                lost, self._skipped = -(-self._skipped // WORDS), 0
                found.append(Found(rows[:good].copy(), lost))
            self._rest = self._rest[good * WORDS :]
            if good == count:
                return found
            self._locked = False

    def _right(self, rows: IntArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Tell of each row whether its last words are a time that a row can take, shape (n,).

        A row before which others were dropped whole took some whole times as long.
        """
        ticks = ((rows[:, 12] - LEAST) << 16) | ((rows[:, 13] - LEAST) & 0xFFFF)
        times = np.maximum(1, np.rint(ticks / self.ticks))
        found: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
            np.abs(ticks - times * self.ticks) <= CLOSE * self.ticks
        )
        return found

    def _find(self) -> bool:
        """Look for the beginning of a row; leave out what is before it."""
        values = intervals(self._rest) if len(self._rest) > 1 else np.empty(0, dtype=np.int64)
        # Once it is known it is known exactly; before, it is what the rig file says, nearly.
        wanted, within = (self.ticks, 1) if self.ticks else (self._expected, 0.2 * self._expected)
        hits = np.flatnonzero(np.abs(values - wanted) <= within)
        for hit in hits:
            places = hit + WORDS * np.arange(SURE)
            if places[-1] >= len(values):
                break
            seen = values[places]
            if (np.abs(seen - seen[0]) <= 1).all():
                self.ticks = self.ticks or int(seen[0])
                begin = int(hit) + 2
                self._skipped += begin
                self._rest, self._locked = self._rest[begin:], True
                return True
        # What is too short to tell is kept, and looked at again with what comes.
        keep = WORDS * SURE
        if len(self._rest) > keep:
            self._skipped += len(self._rest) - keep
            self._rest = self._rest[-keep:]
        return False


def same_time(ticks: int, expected: float) -> bool:
    """Tell whether rows take the time that a rig file says."""
    return abs(ticks - expected) <= CLOSE * expected
