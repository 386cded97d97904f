"""How long the rest of a scan takes: what its plan says, corrected by the pace measured so far."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

import numpy as np

from seccm.arrays import FloatArray

REMEMBERED = 20
"""Sites from which the pace is measured."""


class Pace:
    """Follows the sites of a run; `now` is always seconds on one steady clock.

    Conditions of unequal length are the rule: the time left is added up from the sites that are
    left, each with its own duration.

    Args:
        expected: seconds that the plan gives to each site, shape (sites,), by its number.
        total: how many sites there will be in the end, those of a planner included; None where
            nobody knows. As many as there are unless given.
    """

    def __init__(self, expected: FloatArray, total: int | None = 0) -> None:
        self._expected = np.asarray(expected, float)
        self._total = total
        self._open = np.ones(self._expected.size, bool)
        self._measured: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)
        """Seconds that the plan gave to a site, and that it took."""
        self._site: int | None = None
        self._began = 0.0

    def close(self, sites: Iterable[int]) -> None:
        """Take sites out that were finished before anybody followed."""
        self._open[list(sites)] = False

    def add(self, seconds: float) -> None:
        """A planner added a site, which has the next number."""
        self._expected = np.append(self._expected, seconds)
        self._open = np.append(self._open, True)

    def begin(self, site: int, now: float) -> None:
        """A site begins: the tip starts to travel to it."""
        self._site, self._began = site, now

    def finish(self, site: int, now: float, *, whole: bool) -> None:
        """A site is over.

        Args:
            site: its number.
            now: see the class.
            whole: whether it came to its regular end; the others tell nothing about the pace.
        """
        self._open[site] = False
        if whole and site == self._site and self._expected[site] > 0.0:
            self._measured.append((float(self._expected[site]), now - self._began))
        self._site = None

    @property
    def _ahead(self) -> float:
        """How many sites a planner has yet to think of."""
        return math.inf if self._total is None else max(0, self._total - self._expected.size)

    @property
    def measured(self) -> bool:
        """Whether a pace was measured; until then `left` is what the plan says."""
        return bool(self._measured)

    @property
    def rate(self) -> float:
        """How many times as long as planned the last sites took."""
        planned = sum(each for each, _ in self._measured)
        return sum(took for _, took in self._measured) / planned if planned else 1.0

    def left(self, now: float) -> float:
        """Return for how many seconds the sites that are left will still take.

        A site that a planner has yet to think of counts as the mean of those that there are. NaN
        where nobody knows how many will come.
        """
        ahead = self._ahead
        if ahead and (self._total is None or not self._expected.size):
            return math.nan
        left = float(self._expected[self._open].sum()) * self.rate
        if ahead:
            left += ahead * float(self._expected.mean()) * self.rate
        if self._site is None or not self._open[self._site]:
            return left
        passed = max(0.0, now - self._began)
        return left - min(passed, float(self._expected[self._site]) * self.rate)
