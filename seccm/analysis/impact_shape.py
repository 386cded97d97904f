"""What one spike is: its charge, height, width, rise and tail."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.analysis.impact_search import Spike
from seccm.arrays import FloatArray
from seccm.results import Status, Value

FEWEST = 10
"""A tail is fitted if it has more rows."""
_FORGOTTEN = 10.0
"""Time constants after which nothing is left of a tail."""


@dataclass(frozen=True, slots=True)
class Impact:
    """A spike as it was measured; times in s since the first row began, charges in C."""

    spike: Spike
    rows: slice
    """Of the record, from which its numbers come: its own, and those of the tail before it."""
    start: Value
    charge: Value
    """Signed, anodic positive, with what its tail goes on with after its last row, and without the
    tail of the one before."""
    height: Value
    """A, signed, above the baseline."""
    width: Value
    """s, at half height."""
    rise: Value
    """s, from a tenth to nine tenths of the height."""
    tail: Value
    """s, time constant of an exponential decay."""


def measure(
    y: FloatArray, row: float, spikes: Sequence[Spike], scatter: Callable[[int, int], float]
) -> tuple[Impact, ...]:
    """Measure spikes, in the order in which they begin.

    Args:
        y: shape (n,), A without its baseline; zero where it is unknown.
        row: s from row to row.
        spikes: their rows.
        scatter: returns the standard deviation of a mean over some rows, about a row.
    """
    left = y.copy()
    found: list[Impact] = []
    floor, faded, unknown = 0, 0, 0.0
    for spike, following in zip_longest(spikes, spikes[1:]):
        impact = _measured(left, row, spike, floor, scatter)
        if spike.first < faded:
            impact = replace(impact, rows=slice(found[-1].rows.start, spike.stop))
        # Where the next one begins before a tail is seen, nobody knows which has how much of both.
        own = 0.0
        if following is not None and following.first == spike.stop:
            own = 0.0 if impact.tail.status.has_value else abs(impact.charge.value)
        if own or unknown:
            doubt = math.hypot(impact.charge.error, own, unknown)
            impact = replace(impact, charge=replace(impact.charge, error=doubt))
        unknown = own
        found.append(impact)
        floor = spike.stop
        if spike.overlaps and impact.tail.status.has_value:
            faded = max(faded, floor + round(_FORGOTTEN * impact.tail.value / row) + 1)
    return tuple(found)


def _measured(
    y: FloatArray, row: float, spike: Spike, floor: int, scatter: Callable[[int, int], float]
) -> Impact:
    """Measure one spike, and take what follows of its tail off the record."""
    first = min(max(floor, spike.first - max(1, spike.smooth // 2)), spike.first)
    own = spike.polarity * y[first : spike.stop]
    level = _smoothed(own, spike.smooth)
    one = scatter(1, spike.first)
    top = int(level.argmax())
    height = float(level[top])
    half = _crossings(level, top, 0.5 * height)
    tail, amplitude = _tail(own[top:], row, one)
    charge = float(own.sum()) * row
    error = scatter(own.size, spike.first) * own.size * row
    if tail.status.has_value:
        # What is left at the end, of which the rows after it show the rest.
        rest = amplitude * math.exp(-(own.size - top) * row / tail.value)
        charge += rest * tail.value
        error = math.hypot(error, rest * tail.error)
        if spike.overlaps:
            after = np.arange(y.size - spike.stop)[: round(_FORGOTTEN * tail.value / row) + 1]
            faded = spike.polarity * rest * np.exp(-(after + 0.5) * row / tail.value)
            y[spike.stop : spike.stop + after.size] -= faded
    steep = max(height, one) / one
    # Of an exponential: noise at the crossing, and half of that of the height.
    level_noise = scatter(max(1, spike.smooth // 3), spike.first)
    shaky = 3.2 * (half[1] - half[0]) * level_noise / max(height, one)
    return Impact(
        spike,
        slice(first, spike.stop),
        Value.of(spike.first * row, row * max(1.0 / math.sqrt(12.0), spike.smooth / steep)),
        Value.of(spike.polarity * charge, error),
        Value.of(spike.polarity * height, scatter(spike.smooth, spike.first)),
        Value.of((half[1] - half[0]) * row, row * max(0.4, 2.0 * spike.smooth / steep, shaky)),
        _rise(own, spike, height, row),
        tail,
    )


def _smoothed(y: FloatArray, smooth: int) -> FloatArray:
    """Average over a few rows, as many as leave the shape; shape (n,)."""
    width = min(max(1, smooth // 3), y.size)
    kernel = np.ones(width)
    found: FloatArray = np.convolve(y, kernel, "same") / np.convolve(
        np.ones(y.size), kernel, "same"
    )
    return found


def _crossings(level: FloatArray, top: int, height: float) -> tuple[float, float]:
    """Return where a record passes a height before and after its maximum, in rows."""
    before = np.flatnonzero(level[:top] < height)
    low = float(before[-1]) if before.size else -1.0
    if before.size:
        k = int(before[-1])
        low += (height - level[k]) / (level[k + 1] - level[k])
    after = np.flatnonzero(level[top:] < height)
    high = float(level.size)
    if after.size:
        k = top + int(after[0])
        high = k - (height - level[k]) / (level[k - 1] - level[k])
    return low, high


def _rise(y: FloatArray, spike: Spike, height: float, row: float) -> Value:
    """Return the time from a tenth to nine tenths of the height; a row is the shortest."""
    level = _smoothed(y, spike.smooth)
    top = int(level.argmax())
    low, high = (_crossings(level, top, share * height)[0] for share in (0.1, 0.9))
    return Value.of(max(high - low, 1.0) * row, row * max(1.0, spike.smooth / 3))


def _tail(y: FloatArray, row: float, noise: float) -> tuple[Value, float]:
    """Fit an exponential to a decay; return its time constant, and its height at the start.

    Least squares; the height that suits a rate follows from it. Rows are taken at their middles: a
    mean over a row of an exponential is an exponential of the same rate.
    """
    if y.size <= FEWEST:
        return Value.none(Status.TOO_SHORT), math.nan
    t = (np.arange(y.size) + 0.5) * row

    def height(rate: float) -> float:
        shape = np.exp(-rate * t)
        return float(y @ shape) / float(shape @ shape)

    def misfit(log_rate: float) -> float:
        rate = math.exp(log_rate)
        return float(np.sum((y - height(rate) * np.exp(-rate * t)) ** 2))

    bounds = math.log(1.0 / float(t[-1])), math.log(1.0 / row)
    rate = math.exp(scipy.optimize.minimize_scalar(misfit, bounds=bounds, method="bounded").x)
    amplitude = height(rate)
    shape = np.exp(-rate * t)
    by_height, by_rate = shape, -amplitude * t * shape
    information = float(by_rate @ by_rate) - float(by_rate @ by_height) ** 2 / float(shape @ shape)
    error = noise / math.sqrt(information) if information > 0.0 else math.inf
    if not (amplitude > 0.0 and error < 0.5 * rate and row * rate < 0.9 and rate * t[-1] > 1.05):
        return Value.none(Status.NOT_FOUND), math.nan
    return Value.of(1.0 / rate, error / rate**2), amplitude
