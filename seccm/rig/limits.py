"""Watches a running drive for the limits that end it, row by row."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from seccm.rig.block import Block, Clock
from seccm.rig.streaks import streaks
from seccm.rig.waveform import Limit

LASTING_ROWS = 3
"""Rows in succession in which a potential or a current has to be past its limit: a spike is not."""


class LimitWatch:
    """Finds the first row at which a limit of a drive comes true, and adds up the charge.

    Args:
        limits: what ends the drive.
        since: the drive's first row; earlier rows are ignored.
    """

    def __init__(self, limits: Sequence[Limit], since: int) -> None:
        self._limits = tuple(limits)
        self._since = since
        self._past = (0,) * len(self._limits)
        """For how many rows, up to the newest, each limit has been passed."""
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
        charge = sums * self._period
        hits, past = [], []
        for limit, before in zip(self._limits, self._past, strict=True):
            if limit.quantity == "charge":
                streak, lasting = streaks(np.abs(charge) >= limit.value, 0), 1
            else:
                signal = block.data[limit.quantity][skip:]
                beyond = signal > limit.value if limit.side == "above" else signal < limit.value
                beyond[: max(0, self._since + deaf_rows(limit, block.clock) - first_row)] = False
                streak, lasting = streaks(beyond, before), LASTING_ROWS
            past.append(int(streak[-1]))
            found = streak >= lasting
            if found.any():
                hits.append((int(found.argmax()), limit))
        self._past = tuple(past)
        if not hits:
            self._sum = float(sums[-1])
            return None
        index, limit = min(hits, key=lambda hit: hit[0])
        self._sum = float(sums[index])
        return first_row + index, limit


def deaf_rows(limit: Limit, clock: Clock) -> int:
    """Count the rows at the start of a drive that began before the limit is looked at."""
    return max(0, math.ceil(limit.after / clock.period - 1e-9))
