"""How an instrument chooses its current range, point by point."""

from __future__ import annotations

from collections.abc import Sequence

UP, DOWN = 0.95, 0.08
"""Of a range: from which the next larger one is chosen, and below which the next smaller one."""
PATIENCE = 3
"""Points in succession that have to be small before the range is."""


class Ranging:
    """Chooses among some ranges; begins with the largest, so that nothing is lost.

    Args:
        spans: the ends of the ranges in amperes, rising, at least one.
    """

    def __init__(self, spans: Sequence[float]) -> None:
        self._spans = list(spans)
        self._at, self._small = len(self._spans) - 1, 0

    def choose(self, current: float) -> float:
        """Return the end of the range in which a current is measured.

        A point that is too large for its range is measured again in a larger one.

        Args:
            current: its magnitude in amperes.
        """
        while current > UP * self._spans[self._at] and self._at + 1 < len(self._spans):
            self._at, self._small = self._at + 1, 0
        if self._at and current < DOWN * self._spans[self._at]:
            self._small += 1
            if self._small >= PATIENCE:
                self._at, self._small = self._at - 1, 0
        else:
            self._small = 0
        return self._spans[self._at]
