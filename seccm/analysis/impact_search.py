"""Where spikes are: means over several widths, each against its own noise.

A spike is found by the mean over rows that suits its width best, as far above the noise as a stated
rate of false alarms asks for. It begins where what follows is most above what came before, and ends
where the mean comes down to one standard deviation. Spikes on the tails of others are told apart by
how far the current rises again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.analysis.impact_noise import Filter, matched
from seccm.arrays import BoolArray, FloatArray

_RATIO = 3.0
"""From one width to the next: a spike between two of them loses a twelfth of its height."""
_PLAIN, _SHARE = 10.0, 0.25
"""Standard deviations of its noise by which a jump is plain; half of them are enough for the second
one. Share of the height of a spike that it has, too."""
_LONGEST = 10
"""Most rows of a spike in units of the widest one: what stays longer is none."""


@dataclass(frozen=True, slots=True)
class Spike:
    """Rows of a spike."""

    first: int
    """The row with which it rises."""
    top: int
    """The row in which it is highest, as far as the noise lets see."""
    stop: int
    """The row after the last."""
    polarity: int
    """1 anodic, -1 cathodic."""
    smooth: int
    """Rows over which it may be averaged without loss of its shape."""
    overlaps: bool
    """Whether another one begins before it has ended, or had not ended when it began."""


def threshold(rate: float, row: float, widths: int) -> float:
    """Return how many standard deviations a mean has to be above zero.

    Every row, width and direction is counted as a trial of its own, so that fewer false alarms
    come than stated.

    Args:
        rate: false alarms per second, on white noise.
        row: s from row to row.
        widths: how many widths are tried.
    """
    return -float(scipy.special.ndtri(min(rate * row / (2 * widths), 0.1)))


def widths(widest: int) -> tuple[int, ...]:
    """Return the widths that are tried, in rows, from one row on; the last is too wide for a spike.

    What is most above the noise over that one, and does not rise at once, is a wave.
    """
    count = 1 + max(1, round(np.log(widest) / np.log(_RATIO))) if widest > 1 else 1
    tried = np.rint(np.geomspace(1, widest, count)).astype(int).tolist()
    return tuple(dict.fromkeys([*tried, round(_RATIO * widest)]))


def filters(y: FloatArray, quiet: BoolArray, widest: int) -> tuple[Filter, ...]:
    """Average a record over every width."""
    return tuple(matched(y, quiet, width, widest) for width in widths(widest))


def scatter(banks: Sequence[Filter], width: int, at: int) -> float:
    """Return the standard deviation of a mean over any number of rows, about a row.

    Beyond the widest one, that of white noise.
    """
    known = [f.width for f in banks]
    each = [float(f.sigma[at]) for f in banks]
    inside = float(np.exp(np.interp(np.log(width), np.log(known), np.log(each))))
    return inside * math.sqrt(known[-1] / max(width, known[-1]))


def find_spikes(y: FloatArray, banks: Sequence[Filter], z: float) -> tuple[Spike, ...]:
    """Find the spikes of a record, both directions, in the order in which they begin.

    Args:
        y: shape (n,), A without its baseline; zero where it is unknown.
        banks: the same, averaged over several widths.
        z: how many standard deviations above zero they are.
    """
    found = [s for sign in (1, -1) for s in _of_one_direction(sign * y, banks, z, sign)]
    return tuple(sorted(found, key=lambda spike: spike.first))


def _of_one_direction(
    y: FloatArray, banks: Sequence[Filter], z: float, sign: int
) -> Iterator[Spike]:
    total = np.concatenate([[0.0], np.cumsum(y)])
    for first, stop in _regions(banks, z, sign, y.size):
        own = slice(first, stop)
        every = [float((sign * f.mean[own] / f.sigma[own]).max()) for f in banks]
        best = banks[int(np.argmax(every[:-1]))]
        wave = every[-1] > max(every[:-1])
        at = first + int((sign * best.mean[own] / best.sigma[own]).argmax())
        smooth = max(1, best.width // 4)
        rise = z * scatter(banks, smooth, at)
        tops = _tops(total, (first, stop), smooth, rise)
        rows = tops or [at + int(y[at : at + best.width].argmax())]
        yield from _cut(
            total, banks, rows, (first, stop), (smooth, rise, 0 if wave else best.width), sign
        )


def _regions(banks: Sequence[Filter], z: float, sign: int, n: int) -> Iterator[tuple[int, int]]:
    """Yield stretches of rows in which a mean of any width is above its threshold."""
    change = np.zeros(n + 1, np.int64)
    for f in banks:
        hot = np.flatnonzero(sign * f.mean > z * f.sigma)
        change[hot] += 1
        change[np.minimum(hot + f.width, n)] -= 1
    inside = np.concatenate([[False], np.cumsum(change[:-1]) > 0, [False]]).astype(np.int8)
    edges = np.diff(inside)
    yield from zip(
        np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True
    )


def _tops(total: FloatArray, rows: tuple[int, int], smooth: int, rise: float) -> list[int]:
    """Return where a smoothed record has a maximum above which it rises from both sides."""
    n = total.size - 1
    at = np.arange(*rows)
    low, high = np.maximum(at - (smooth - 1) // 2, 0), np.minimum(at + smooth // 2 + 1, n)
    level = (total[high] - total[low]) / (high - low)
    # The record goes on at zero to both sides, so that a maximum at the edge is one, too.
    peaks, _ = scipy.signal.find_peaks(
        np.concatenate([[0.0], level, [0.0]]), height=rise, prominence=rise
    )
    return [int(at[peak - 1]) for peak in peaks]


def _cut(
    total: FloatArray,
    banks: Sequence[Filter],
    tops: Sequence[int],
    region: tuple[int, int],
    shape: tuple[int, float, int],
    sign: int,
) -> Iterator[Spike]:
    """Yield a spike for each maximum that the current rises to at once: where it begins and ends.

    Args:
        total: sum of the record, shape (n + 1,).
        banks: the record, averaged over several widths.
        tops: rows of the maxima.
        region: in which rows they are.
        shape: rows over which to smooth, how far a spike rises above what was before it, and the
            width over which a single one may do so instead; 0 for none.
        sign: 1 anodic, -1 cathodic.
    """
    smooth, rise, width = shape
    left = max(0, region[0] - smooth)
    begun: list[tuple[int, int]] = []
    for top in tops:
        first = _rise(total, left, top, smooth)
        left = top + 1
        if begun or not width:
            before, after = _around(total, first, smooth)
            rises = after - before > rise
        else:
            before, after = _around(total, first, width)
            rises = before < 0.5 * after  # what is as high before it is a wave, and no spike
        # The record begins with what settles after the potential was set.
        if rises and first > smooth:
            begun.append((first, top))
    ends = [_end(banks, first, top, sign) for first, top in begun]
    following = [*(first for first, _ in begun[1:]), total.size - 1]
    last = 0
    for (first, top), end, then in zip(begun, ends, following, strict=False):
        overlaps = last > first or then < end
        overlaps = overlaps or _rises_twice(total, banks, first, min(top + smooth, then), smooth)
        yield Spike(first, top, min(end, then), sign, smooth, overlaps)
        last = end


def _around(total: FloatArray, at: int, width: int) -> tuple[float, float]:
    """Return the means over some rows before and after the beginning of a row."""
    low, high = max(0, at - width), min(total.size - 1, at + width)
    before = (total[at] - total[low]) / max(at - low, 1)
    return float(before), float((total[high] - total[at]) / max(high - at, 1))


def _rise(total: FloatArray, left: int, top: int, smooth: int) -> int:
    """Return the row with which a spike begins: what follows is most above what came before."""
    n = total.size - 1
    at = np.arange(left, top + 1)
    width = smooth
    while True:
        low, high = np.maximum(at - width, 0), np.minimum(at + width, n)
        before = (total[at] - total[low]) / np.maximum(at - low, 1)
        after = (total[high] - total[at]) / np.maximum(high - at, 1)
        best = int(at[int((after - before).argmax())])
        if width <= 2:
            return best
        # Closer, among the rows near by.
        at = np.arange(max(left, best - width // 2), min(top, best + width // 2) + 1)
        width = max(2, width // 3)


def _rises_twice(
    total: FloatArray, banks: Sequence[Filter], first: int, stop: int, smooth: int
) -> bool:
    """Tell whether a spike rises in two jumps: another one has begun before its top was seen.

    Where the noise lets a jump be seen in fewer rows than those that were averaged.
    """
    begin, end = max(0, first - smooth), min(total.size - 1, stop + smooth)
    at = np.arange(begin, end + 1)
    height = float((total[stop] - total[first]) / max(stop - first, 1))
    for width in (1, 2, 3, 5, 8):
        noise = math.sqrt(2.0) * scatter(banks, width, first)
        if 2 * width > smooth:
            return False
        if height > _PLAIN * noise:
            break
    else:
        return False
    low, high = np.maximum(at - width, begin), np.minimum(at + width, end)
    jumps = (total[high] - total[at]) / np.maximum(high - at, 1)
    jumps -= (total[at] - total[low]) / np.maximum(at - low, 1)
    least = max(0.5 * _PLAIN * noise, _SHARE * height)
    peaks, _ = scipy.signal.find_peaks(
        jumps, height=least, prominence=0.7 * least, distance=width + 2
    )
    return peaks.size > 1


def _end(banks: Sequence[Filter], first: int, top: int, sign: int) -> int:
    """Return the row after the last: past the one from which on the mean is below one sigma."""
    best = max(banks[:-1], key=lambda f: float(sign * f.mean[first] / f.sigma[first]))
    n = best.mean.size
    longest = min(n, top + _LONGEST * banks[-2].width)
    below = sign * best.mean[top:longest] < best.sigma[top:longest]
    ended = top + int(below.argmax()) if below.any() else longest
    return min(n, ended + best.width)
