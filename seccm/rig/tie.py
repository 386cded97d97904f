"""How the time of an instrument is tied to that of the rows: by an edge, or by a step both saw.

Theory of operation. A technique begins at a time that only the instrument knows; between the order
and that time nobody can say more than that it lies between two rows. The rows have signals of
their own for what the instrument reports: the potential, the current, or a line that is high
while it runs. Its points are moved along the rows, within that time, until both agree best, in the
least-squares sense; what they disagree by is weighed with the noise of the rows, and a row that is
far off counts no more than one that is five times the noise off. How far the points could be
moved until they agree clearly worse is the uncertainty of the tie. Where nothing happens in that
time to tell by, the tie is the middle of it, and its uncertainty says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from seccm.arrays import FloatArray
from seccm.rig.technique import Points

Means = Literal["edge", "step", "order"]
_FAR = 5.0
"""Times the noise beyond which it does not matter by how much a row is off."""
_CLEARLY = 8.0
"""By how much the best place has to fit better than the worst for a tie to be one."""
_ROUGH = 0.01
"""Of the span of a signal: by so much an instrument and a card may be off in scale."""
_EVEN = 1.0 / math.sqrt(12.0)
"""Standard deviation of what lies anywhere within an interval of length 1."""


@dataclass(frozen=True, slots=True)
class Tie:
    """When a technique began, on the clock of the rows."""

    begin: float
    """Seconds since the stream opened."""
    error: float
    """Standard uncertainty in seconds."""
    by: Means
    """"edge" of a line of the instrument, "step" that both have seen, or "order": nothing was seen,
    and it is only known when it was ordered and when the instrument said that it runs."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Rows of one signal of the card, and what the instrument says of the same."""

    first: int
    """Number of the first row."""
    rows: FloatArray
    """Shape (n,)."""
    points: FloatArray
    """What the instrument has of it, shape (points,)."""
    before: float
    """What it was before the technique was ordered."""


def means(t: FloatArray, values: FloatArray, edges: FloatArray, since: float = 0.0) -> FloatArray:
    """Return the mean of points between neighbouring times, NaN where they do not reach.

    Args:
        t: when each point ends, in seconds since the technique began, rising, shape (n,).
        values: the mean of each since the one before, shape (n,).
        edges: rising times, shape (k + 1,).
        since: when the first point begins.

    Returns:
        Shape (k,). Sums over time are kept: the charge of the points is that of the means.
    """
    knots = np.concatenate(([since], t))
    total = np.concatenate(([0.0], np.cumsum(values * np.diff(knots))))
    at = np.interp(edges, knots, total)
    found = np.diff(at) / np.diff(edges)
    found[(edges[:-1] < since - 1e-9) | (edges[1:] > knots[-1] + 1e-9)] = np.nan
    return np.asarray(found, np.float64)


def by_step(
    seen: tuple[Seen, ...],
    points: Points,
    period: float,
    within: tuple[float, float],
    since: float = 0.0,
) -> Tie:
    """Tie by what rows and points have both seen.

    Args:
        seen: of each signal; rows of all of them the same.
        points: of the technique so far.
        period: seconds from row to row.
        within: seconds since the stream opened between which it began.
        since: when the first of these points begins.
    """
    earliest, latest = within
    # The same rows wherever it may have begun: else fewer would always fit better.
    known = math.floor((earliest + float(points.t[-1])) / period) - seen[0].first
    seen = tuple(replace(one, rows=one.rows[: max(0, known)]) for one in seen)
    if known < 2:
        return Tie(0.5 * (earliest + latest), _EVEN * (latest - earliest), "order")
    scales = [_scale(one) for one in seen]

    def misfit(begin: float) -> float:
        return sum(
            _misfit(one, points.t, since, period, begin, scale)
            for one, scale in zip(seen, scales, strict=True)
        )

    steps = max(2, math.ceil((latest - earliest) / (0.5 * period)) + 1)
    places = np.linspace(earliest, latest, steps)
    fits = np.array([misfit(place) for place in places])
    if fits.max() - fits.min() < _CLEARLY:
        return Tie(0.5 * (earliest + latest), _EVEN * (latest - earliest), "order")
    best, step = int(fits.argmin()), float(places[1] - places[0])
    begin = _lowest(misfit, float(places[best]), step)
    # A misfit of one more than at the best place is a standard deviation away; not nearer than
    # what the mean of a row lets see.
    worse = places[fits <= fits[best] + 1.0 + 1e-9]
    error = max(float(np.ptp(worse)) / 2.0, 0.1 * period)
    return Tie(min(max(begin, earliest), latest), error, "step")


def _scale(one: Seen) -> float:
    """Return by how much a row may be off and still agree."""
    noise = 1.4826 * float(np.median(np.abs(np.diff(one.rows)))) / math.sqrt(2.0)
    span = float(np.ptp(np.concatenate((one.rows, one.points)))) if len(one.points) else 0.0
    return max(noise, _ROUGH * span, 1e-18)


def _misfit(
    one: Seen, t: FloatArray, since: float, period: float, begin: float, scale: float
) -> float:
    """Return by how much rows and points disagree if the technique began at some time."""
    edges = (one.first + np.arange(len(one.rows) + 1, dtype=np.float64)) * period - begin
    inside = means(t, one.points, edges, since)
    share = np.clip(edges[1:] / period, 0.0, 1.0)  # of the row in which it begins
    early = (share < 1.0) & (since == 0.0)
    first = float(one.points[0])
    inside[early] = one.before + share[early] * (first - one.before)
    off = (one.rows - inside) / scale
    off = off[np.isfinite(off)]
    return float(np.minimum(off * off, _FAR * _FAR).sum())


def _lowest(of: Callable[[float], float], near: float, step: float) -> float:
    """Return where a function is lowest, near a place, by thirds."""
    left, right = near - step, near + step
    for _ in range(24):
        third = (right - left) / 3.0
        if of(left + third) <= of(right - third):
            right -= third
        else:
            left += third
    return 0.5 * (left + right)


def by_edge(rows: FloatArray, first: int, period: float, *, rising: bool = True) -> Tie | None:
    """Tie by a line that is high while a technique runs; None if it does not change.

    The mean of the row in which it changes says when: a row of which a third is high rose after
    two thirds of it. Rows at the beginning in which it is high still belong to what ran before.

    Args:
        rows: of its signal, shape (n,), in volts.
        first: number of the first of them.
        period: seconds from row to row.
        rising: look for its beginning, else for its end.
    """
    low, high = float(rows.min()), float(rows.max())
    if high - low < 0.5:
        return None
    share = (rows - low) / (high - low)
    if not rising:
        share = 1.0 - share
    skipped = int((share < 0.01).argmax())
    first, share = first + skipped, share[skipped:]
    if not (share > 0.99).any():
        return None
    after = int((share > 0.99).argmax())
    whole = share[:after]
    begin = (first + after) * period - float(whole[max(0, after - 2) :].sum()) * period
    noise = float(np.std(rows[skipped : skipped + max(1, after - 2)])) / (high - low)
    return Tie(begin, max(noise, 1e-3) * period, "edge")
