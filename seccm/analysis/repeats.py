"""The mean of repeats that turn at different times.

Averaged at equal times, the minima of repeats smear into one that is shallower than every single
one. Here the repeats are put on one another where they turn first: the mean turns at their mean
time, and is as sharp there as they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray

POINTS = 600
"""Times on each side of the turn at which repeats are averaged."""
_ROUNDED = 1e-9
"""Of its length: a repeat is not over only because a number was rounded."""
_EARLIEST = 1e-4
"""Of the time of the turn: where times that get shorter and shorter end."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """One of several records of the same thing."""

    t: FloatArray
    """s, from 0 or later, rising; shape (n,)."""
    columns: Mapping[str, FloatArray]
    """What was measured at these times, by name; each of shape (n,)."""
    turn: float = math.nan
    """When it turned, s; NaN if it did not."""

    @property
    def turned(self) -> bool:
        """Whether it has a turn to be put on that of the others."""
        return math.isfinite(self.turn)

    @property
    def end(self) -> float:
        """Seconds that it lasted."""
        return float(self.t[-1])


@dataclass(frozen=True, slots=True)
class Mean:
    """Repeats put on one another; arrays of shape (times,), or (repeats, times)."""

    t: FloatArray
    """s."""
    each: Mapping[str, FloatArray]
    """Every repeat at these times, NaN after its end; shape (repeats, times)."""
    aligned: bool
    """Whether the repeats were put on one another where they turn."""

    @property
    def n(self) -> int:
        """How many repeats it is of."""
        return len(next(iter(self.each.values())))

    def of(self, name: str) -> FloatArray:
        """Return the mean of a column, at each time over the repeats that lasted so long."""
        mean: FloatArray = np.nanmean(self.each[name], axis=0)
        return mean


def mean_of(repeats: Sequence[Repeat], fewest: int | None = None) -> Mean | None:
    """Put repeats on one another; None where there are not two of a kind.

    Those that turned are put together at equal shares of the time to their turn, and at equal
    times after it. Where fewer than two turned, those that did not are put together at equal
    times. The two kinds are never averaged with one another.

    Args:
        repeats: of one condition.
        fewest: the mean goes on for as long as so many of them last, two or more; all of them
            unless given.
    """
    turned = [r for r in repeats if r.turned]
    alike = turned if len(turned) >= 2 else [r for r in repeats if not r.turned]
    if len(alike) < 2:
        return None
    last = len(alike) if fewest is None else fewest
    if turned is not alike:
        start = max(float(r.t[0]) for r in alike)
        times = _times(start, _lasting([r.end for r in alike], last))
        return _together(times, alike, [times] * len(alike), aligned=False)
    middle = float(np.mean([r.turn for r in alike]))
    share = _times(max(float(r.t[0]) / r.turn for r in alike), 1.0)
    later = np.linspace(0.0, _lasting([r.end - r.turn for r in alike], last), POINTS)[1:]
    own = [np.concatenate([share * r.turn, r.turn + later]) for r in alike]
    return _together(np.concatenate([share * middle, middle + later]), alike, own, aligned=True)


def _lasting(ends: Sequence[float], fewest: int) -> float:
    """Return for how long so many last."""
    return sorted(ends)[-fewest]


def _times(start: float, stop: float) -> FloatArray:
    """Return times between two, dense at first, where a potential falls the fastest."""
    early = np.geomspace(max(start, _EARLIEST * stop), stop, POINTS // 2)
    return np.unique(np.concatenate([early, np.linspace(start, stop, POINTS)]))


def _together(
    t: FloatArray, repeats: Sequence[Repeat], own: Sequence[FloatArray], *, aligned: bool
) -> Mean:
    """Read every repeat at times of its own, which stand for the times `t` of the mean."""
    pairs = [
        (r, times, times > r.end * (1.0 + _ROUNDED)) for r, times in zip(repeats, own, strict=True)
    ]
    each = {
        name: np.array(
            [
                np.where(over, math.nan, np.interp(times, r.t, r.columns[name]))
                for r, times, over in pairs
            ]
        )
        for name in repeats[0].columns
    }
    return Mean(t, each, aligned)
