"""In which range of the current raw samples were taken, where a step asked for another one.

A card's lines switch shortly after the step was asked for. The file does not say at which sample,
but the stream knew it: the current of each of its rows is the mean of the samples in the ranges
that they were taken in. So the lines switched where the samples, taken for those of one range
before and of the other one after it, average to what the rows say.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.data.raw_trace import InRange, RawOfSite, RawTrace
from seccm.rig import CurrentRange, Range
from seccm.rig.info import same_range

LATEST = 5.0
"""Seconds in which lines have switched: a contact must be settled, and a buffer played."""
UNKNOWN = CurrentRange("", Range(-math.inf, math.inf), math.nan, math.nan)
"""Of samples of which nobody knows in which of two ranges they were taken."""


def in_force(
    raw: RawOfSite, numbers: npt.NDArray[np.int64], current: FloatArray, asked: str, before: str
) -> Iterator[InRange]:
    """Yield in which ranges the samples of a step were taken; the usual one is left out.

    Args:
        raw: where they are.
        numbers: of the rows of the step since the stream opened, shape (rows,).
        current: of these rows, A, shape (rows,).
        asked: name of the range that the step asked for; empty for the usual one.
        before: the same of the step before it.

    Raises:
        DamagedError: samples cannot be read.
    """
    if not raw.ranges or not numbers.size:
        return
    old, new = (_named(raw, name) for name in (before, asked))
    spacing = raw.clock.spacing
    first, stop = int(numbers[0]) * spacing, int(numbers[-1] + 1) * spacing
    begin = end = first
    if old is not new:
        near = np.searchsorted(numbers, numbers[0] + math.ceil(LATEST / raw.clock.period))
        begin, end = _switch(raw, numbers[:near], current[:near], old, new)
    for a, b, known in ((first, begin, old), (begin, end, UNKNOWN), (end, stop, new)):
        if b > a and known is not raw.ranges[0]:
            yield InRange(a, b, known)


def _named(raw: RawOfSite, name: str) -> CurrentRange:
    found = (one for one in raw.ranges if same_range(one.name, name))
    return next(found, raw.ranges[0]) if name else raw.ranges[0]


def _switch(
    raw: RawOfSite,
    numbers: npt.NDArray[np.int64],
    current: FloatArray,
    old: CurrentRange,
    new: CurrentRange,
) -> tuple[int, int]:
    """Return the first sample that may be of the new range, and the first one that surely is."""
    clock = raw.clock
    samples = raw.trace(int(numbers[0]), int(numbers[-1]) + 1)
    zero = int(numbers[0]) * clock.spacing
    if "current" not in samples.names:
        return zero, zero
    seen = samples.averaged(("current",), zero, clock.spacing, clock.averaged)
    at = np.searchsorted(numbers, seen.first // clock.spacing)
    if not at.size:
        return zero, zero
    usual = seen.means["current"]
    in_old, in_new = (np.abs(one.offset + one.factor * usual - current[at]) for one in (old, new))
    # As if the lines had switched in this row: those before it are of the old range.
    misfit = np.cumsum(in_old) - in_old + np.sum(in_new) - np.cumsum(in_new)
    row = int(np.argmin(misfit))
    if in_new[row] <= in_old[row] and in_new[row] <= _rounding(samples, clock.averaged, new):
        begin = end = int(seen.first[row])  # the lines switched with this row
    else:
        begin, end = _within(
            samples, int(seen.first[row]), clock.averaged, current[at[row]], old, new
        )
    # Samples between two rows are of no mean.
    beside = clock.spacing - clock.averaged
    if begin == int(seen.first[row]) and row:
        begin -= beside
    if end == int(seen.first[row]) + clock.averaged:
        end += beside
    return begin, end


def _rounding(samples: RawTrace, count: int, known: CurrentRange) -> float:
    """Return by how much a mean of samples is uncertain, A: by a bit of one of them."""
    return abs(samples.channel("current").terms[1] * known.factor) / count


def _within(
    samples: RawTrace, first: int, count: int, mean: float, old: CurrentRange, new: CurrentRange
) -> tuple[int, int]:
    """Return between which samples of a row the lines switched."""
    place = int(np.searchsorted(samples.numbers, first))
    usual = samples["current"][place : place + count]
    in_old, in_new = (one.offset + one.factor * usual for one in (old, new))
    passed = np.concatenate([[0.0], np.cumsum(in_old - in_new)])
    away = np.abs((passed + np.sum(in_new)) / count - mean)
    slack = max(_rounding(samples, count, one) for one in (old, new))
    could = np.flatnonzero(away <= away.min() + slack + 1e-6 * abs(mean))
    return first + int(could[0]), first + int(could[-1])
