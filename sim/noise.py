"""Random numbers with an address, so that no result depends on the order of asking.

Every draw belongs to a (seed, subsystem, place) and comes from its own generator: other noise
leaves the chemistry alone, a resumed scan meets the same surface, and a row's noise is the same
however the rows are cut into blocks.
"""

from __future__ import annotations

import numpy as np

from seccm.arrays import FloatArray
from sim.chance import stream
from sim.solving import remembered

PAGE = 4096
"""Rows whose noise is drawn together."""


class WhiteNoise:
    """Standard normal numbers for every row and channel, drawn in pages.

    Args:
        seed: of the whole run.
        subsystem: names this source.
        channels: independent numbers per row.
    """

    def __init__(self, seed: int, subsystem: str, channels: int) -> None:
        self._seed, self._subsystem, self._channels = seed, subsystem, channels
        self._pages: dict[int, FloatArray] = {}

    def rows(self, start: int, stop: int) -> FloatArray:
        """Return the numbers of rows `start` up to `stop`, shape (channels, rows)."""
        first, last = start // PAGE, max(start, stop - 1) // PAGE
        parts = [self._page(number) for number in range(first, last + 1)]
        whole = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
        return whole[:, start - first * PAGE : stop - first * PAGE]

    def _page(self, number: int) -> FloatArray:
        if number not in self._pages:
            # The page before stays, for a block that begins in it.
            self._pages = {n: page for n, page in self._pages.items() if n == number - 1}
            rng = stream(self._seed, self._subsystem, number)
            self._pages[number] = rng.standard_normal((self._channels, PAGE))
        return self._pages[number]


class SlowNoise:
    """A first-order autoregressive sequence of unit variance, one value a row.

    Args:
        seed: of the whole run.
        subsystem: names this source.
        memory: rows over which the correlation falls to 1/e.
    """

    def __init__(self, seed: int, subsystem: str, memory: float) -> None:
        self._seed, self._subsystem = seed, subsystem
        self._keep = float(np.exp(-1.0 / memory))
        self._pages: list[FloatArray] = []
        """The newest page and the one before it, for a block that begins there."""
        self._drawn = 0
        """Pages drawn so far: each continues the one before."""

    def rows(self, start: int, stop: int) -> FloatArray:
        """Return the values of rows `start` up to `stop`, shape (rows,).

        Raises:
            ValueError: they begin before the page before the newest one.
        """
        first, last = start // PAGE, max(start, stop - 1) // PAGE
        while self._drawn <= last:
            self._pages = [*self._pages, self._next_page()][-2 - (last - first) :]
            self._drawn += 1
        kept = self._drawn - len(self._pages)
        if first < kept:
            raise ValueError(
                f"data point {start} is no longer kept; those from {kept * PAGE} on are"
            )
        parts = self._pages[first - kept : last + 1 - kept]
        whole = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return whole[start - first * PAGE : stop - first * PAGE]

    def _next_page(self) -> FloatArray:
        rng = stream(self._seed, self._subsystem, self._drawn)
        kicks = rng.standard_normal(PAGE) * np.sqrt(1.0 - self._keep**2)
        before = self._pages[-1][-1] if self._pages else rng.standard_normal()
        return remembered(kicks, self._keep, float(before))
