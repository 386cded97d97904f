"""What a small disturbance would have done to a turning point: part of its uncertainty.

A reference that slips, a range that changes or a footstep moves everything behind it. What is large
shows, and has a status (`seccm.analysis.smoothness`); what is small is not told from the noise and
from the course of the record, which bound how large it can be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seccm.analysis.smoothness import BINS, left_over
from seccm.arrays import FloatArray

_DEGREE = 7
"""Of the polynomial beside which a step is looked for."""
_FIRST = 24.0
"""Rows after contact from which on there are rows enough around a step."""
_SURROUNDINGS, _APART, _PLENTY = 0.4, 0.04, 300
"""Of a step that is looked for: rows around it, as a share of those since contact; how far the next
one is looked for, as a share of these; and of how many rows since contact a smaller share will do:
it then falls with their root."""
_MATTERS, _WITHIN = 0.3, 0.1
"""Shares of the time of a turning point: from where on a step is looked for; and how far from the
turning point it moves that."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """The largest steps that may hide in a record, in its unit."""

    before: float
    """Up to the turning point."""
    near: float
    """About it."""
    after: float
    """Behind it."""

    def shift(self, curvature: float) -> float:
        """Return the standard uncertainty of the time of the turning point that comes of them, s.

        A step near it moves it to where the record is off by the step, or anywhere between.

        Args:
            curvature: of the record there, its unit per s2; positive where it is known.
        """
        if not curvature > 0.0:
            return 0.0
        return math.sqrt(2.0 * self.near / curvature) / math.sqrt(3.0)


def hidden(y: FloatArray, at: float, since: float = math.inf) -> Hidden:
    """Return which steps a record may contain unseen.

    Args:
        y: shape (n,), the rows of a record from contact, or from its step, on.
        at: row of its turning point.
        since: row of an earlier turning point.
    """
    rows, steps = _steps(y, _MATTERS * min(at, since))
    passed, begun = rows > (1.0 - _WITHIN) * at, rows < (1.0 + _WITHIN) * at
    before, near, after = (
        float(np.max(steps[where], initial=0.0)) for where in (begun, passed & begun, rows > at)
    )
    return Hidden(before, near, after)


def _steps(e: FloatArray, first: float) -> tuple[FloatArray, FloatArray]:
    """Return which steps, from one row to the next, a record may contain unseen.

    That is the step that fits best beside a polynomial, whatever its significance: noise and the
    course of the record make one of their own, and a small real one is not told from these.

    Args:
        e: shape (n,), V, the rows of a record from contact on.
        first: rows from contact to where a step would begin to matter.

    Returns:
        Rows, ascending, and steps there in V, positive; empty for a record too short to look.
    """
    place, around = max(first, _FIRST), []
    places = []
    while place < e.size:
        rows = _SURROUNDINGS * min(place, math.sqrt(_PLENTY * place))
        places.append(place)
        around.append(rows)
        place += max(1.0, _APART * rows)
    at = np.array(places, int)
    size = np.maximum(1, (np.array(around) / BINS).astype(int))
    inside = (at >= size * BINS // 2) & (at + size * BINS // 2 <= e.size)
    at, size = at[inside], size[inside]
    total = np.concatenate([[0.0], np.cumsum(e - e.mean())])
    edges = (at - size * BINS // 2)[:, np.newaxis] + size[:, np.newaxis] * np.arange(BINS + 1)
    means = np.diff(total[edges], axis=1) / size[:, np.newaxis]
    seen = left_over(_DEGREE) @ np.repeat([-0.5, 0.5], BINS // 2)
    # The projection takes the same off a step as off a record: their product is its own square.
    steps: FloatArray = np.abs(means @ seen) / float(seen @ seen)
    return at.astype(np.float64), steps
