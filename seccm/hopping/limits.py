"""Watches a running drive for the limits that end it, row by row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seccm.rig import Block, Limit
from seccm.rig.block import FloatArray

TRANSIENT_ROWS = 4
"""Rows after the start of a drive in which potential and current limits do not count: about
10 ms, in which the double layer charges and an electrometer may still be saturated."""


class LimitWatch:
    """Finds the first row at which a limit of a drive comes true, and adds up the charge.

    Args:
        limits: what ends the drive.
        since: the drive's first row; earlier rows are ignored.
    """

    def __init__(self, limits: Sequence[Limit], since: int) -> None:
        self._limits = tuple(limits)
        self._since = since
        self._sum = 0.0
        self._period = 0.0

    @property
    def charge(self) -> float:
        """Net charge in coulombs of all rows seen so far."""
        return self._sum * self._period

    def feed(self, block: Block) -> tuple[int, Limit] | None:
        """Look at the next rows; return the first row at which a limit holds, and the limit.

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
        hits = []
        for limit in self._limits:
            found = self._first(limit, charge, block.data["potential"][skip:], current, first_row)
            if found is not None:
                hits.append((found, limit))
        if not hits:
            self._sum = float(sums[-1])
            return None
        index, limit = min(hits, key=lambda hit: hit[0])
        self._sum = float(sums[index])
        return first_row + index, limit

    def _first(
        self,
        limit: Limit,
        charge: FloatArray,
        potential: FloatArray,
        current: FloatArray,
        first_row: int,
    ) -> int | None:
        if limit.quantity == "charge":
            holds = np.abs(charge) >= limit.value
        else:
            signal = potential if limit.quantity == "potential" else current
            holds = signal > limit.value if limit.side == "above" else signal < limit.value
            holds[: max(0, self._since + TRANSIENT_ROWS - first_row)] = False
        return int(holds.argmax()) if holds.any() else None
