"""Watches a running drive for the limits that end it, row by row.

However the rows are cut into blocks, the same row ends the drive.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.rig.block import Block, Clock
from seccm.rig.streaks import streaks
from seccm.rig.waveform import Limit

Bools = npt.NDArray[np.bool_]


class LimitWatch:
    """Finds the first row at which a limit of a drive comes true, and adds up the charge.

    Args:
        limits: what ends the drive.
        since: the drive's first row; earlier rows are ignored.
    """

    def __init__(self, limits: Sequence[Limit], since: int) -> None:
        self._watches = [_Watch(limit, since) for limit in limits if limit.quantity != "charge"]
        self._charges = [limit for limit in limits if limit.quantity == "charge"]
        self._since = since
        self._sum = 0.0
        self._period = 0.0

    @property
    def charge(self) -> float:
        """Net charge in coulombs of all rows seen so far."""
        return self._sum * self._period

    def feed(self, block: Block) -> tuple[int, Limit] | None:
        """Look at the next rows; return the row at which a limit has come true, and the limit.

        After a hit, `charge` counts up to and including that row.
        """
        skip = max(0, self._since - block.start)
        current = block.data["current"][skip:]
        if not len(current):
            return None
        first_row = block.start + skip
        self._period = block.clock.period
        # One running sum from row to row: how the rows are cut must not change a single bit.
        sums = np.cumsum(np.concatenate(([self._sum], current)))[1:]
        charge = np.abs(sums * self._period)
        hits = [(index, limit) for limit in self._charges
                if (index := _first(charge >= limit.value)) is not None]  # fmt: skip
        for watch in self._watches:
            index = watch.feed(block, skip)
            if index is not None:
                hits.append((index, watch.limit))
        if not hits:
            self._sum = float(sums[-1])
            return None
        index, limit = min(hits, key=lambda hit: hit[0])
        self._sum = float(sums[index])
        return first_row + index, limit


def deaf_rows(limit: Limit, clock: Clock) -> int:
    """Count the rows at the start of a drive that began before the limit is looked at."""
    return max(0, math.ceil(limit.after / clock.period - 1e-9))


def span_rows(limit: Limit, clock: Clock) -> int:
    """Count the rows over which the signal of a limit is taken; those of a drift are even."""
    rows = max(1, round(limit.span / clock.period))
    return max(2, rows + rows % 2) if limit.quantity == "drift" else rows


def lasting_rows(limit: Limit, clock: Clock) -> int:
    """Count the rows in succession that have to be past a limit.

    A potential that turns does not drift at that moment: a drift has to be small for half the time
    over which it is taken, too.
    """
    half = span_rows(limit, clock) // 2 if limit.quantity == "drift" else 0
    return max(limit.rows, half)


def earliest(limit: Limit, clock: Clock) -> float:
    """Return when a limit on potential or current can end a drive at the earliest, in seconds."""
    rows = deaf_rows(limit, clock)
    if limit.quantity in ("magnitude", "share", "drift"):
        rows += span_rows(limit, clock) - 1
    return (rows + lasting_rows(limit, clock)) * clock.period


class _Watch:
    """Watches for a limit on what is measured."""

    def __init__(self, limit: Limit, since: int) -> None:
        self.limit, self._since = limit, since
        self._streak, self._past = 0, False
        self._sums: FloatArray = np.zeros(1)
        """Sums of the rows that count up to the newest ones, as many as the next mean needs."""
        self._first = 0.0
        """Magnitude of the first mean that counts."""

    def feed(self, block: Block, skip: int) -> int | None:
        """Return which of the rows from one on is the first at which the limit has come true."""
        limit, clock = self.limit, block.clock
        start = block.start + skip
        deaf = min(max(0, self._since + deaf_rows(limit, clock) - start), block.rows - skip)
        name = "potential" if limit.quantity in ("potential", "drift") else "current"
        signal = self._signal(block.data[name][skip + deaf :], clock)
        if not len(signal):
            return None
        streak = streaks(self._beyond(signal), self._streak)
        self._streak = int(streak[-1])
        index = _first(streak >= lasting_rows(limit, clock))
        return None if index is None else deaf + index

    def _beyond(self, signal: FloatArray) -> Bools:
        """Tell for each row whether it is past the limit, or not back from there yet."""
        limit = self.limit
        above = limit.side == "above"
        past = signal > limit.value if above else signal < limit.value
        if not limit.hysteresis:
            return np.asarray(past)
        margin = limit.hysteresis
        back = signal < limit.value - margin if above else signal > limit.value + margin
        back |= np.isnan(signal)
        # A row that is neither stays what the one before it was.
        rows = np.arange(1, len(signal) + 1)
        newest = np.maximum.accumulate(np.where(past | back, rows, 0))
        beyond = np.where(newest > 0, past[newest - 1], self._past)
        self._past = bool(beyond[-1])
        return beyond

    def _signal(self, rows: FloatArray, clock: Clock) -> FloatArray:
        """Return what is compared with the limit for each of the next rows; NaN where unknown."""
        limit = self.limit
        if limit.quantity in ("potential", "current"):
            return rows
        count = span_rows(limit, clock)
        # One running sum from row to row, as for the charge.
        sums = np.concatenate((self._sums, np.cumsum(np.concatenate((self._sums[-1:], rows)))[1:]))
        self._sums = sums[-count:]
        found = np.full(len(rows), np.nan)
        if len(sums) <= count:
            return found
        last, first = sums[count:], sums[:-count]
        if limit.quantity == "drift":
            half = count // 2
            middle = sums[half : len(sums) - count + half]
            values = np.abs((last - middle) - (middle - first)) / half / (half * clock.period)
        else:
            values = np.abs(last - first) / count
        found[len(rows) - len(values) :] = values
        if limit.quantity == "share":
            if not self._first:
                self._first = float(values[0])
            found /= self._first or math.nan
        return found


def _first(so: Bools) -> int | None:
    """Return the first row of which something is so."""
    return int(so.argmax()) if so.any() else None
