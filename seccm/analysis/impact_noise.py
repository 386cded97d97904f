"""The current between impacts: its baseline, the hum of the mains, and how much it scatters.

Never from the standard deviation of a record that contains the spikes: medians, median absolute
deviations, and, once impacts are known, without their rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.arrays import BoolArray, FloatArray

MAD = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""
WINDOW = 50
"""Length of the baseline's median in units of the widest spike: 50 to 200 serve."""
_MOST = 8192
"""Rows that a median is taken of: it is then known to 0.014 of the noise."""
_KNOTS = 8
"""Medians that are taken over half a window: between them the baseline is smooth."""
_SAMPLES = 400
"""Independent means that the scatter is determined from, at the least: it is known to 6 %."""
_ENOUGH = 4000
"""Means of which more would add nothing."""
_STRETCH = 1.0
"""Seconds over which the hum is taken to keep its amplitude."""
_FINE = 1e-3
"""Seconds of the means from which the hum is determined: it shows harmonics up to 400 Hz."""
_SEEN = 0.4
"""Highest frequency that is determined, in units of that of the rows."""
_MAINS = (50.0, 60.0)
"""Hz."""
_CLIP = 3.0
"""Scatters at which rows are cut off before the hum is fitted: spikes are no hum."""


def baseline(y: FloatArray, quiet: BoolArray, widest: int) -> FloatArray:
    """Return the running median of a record.

    Near the ends the windows are as short as the time to the end: the current may still settle at
    the start.

    Args:
        y: shape (n,), finite where `quiet`.
        quiet: shape (n,), rows that are none of an impact and have a number.
        widest: rows of the widest spike that is looked for.

    Returns:
        Shape (n,).
    """
    n = y.size
    half = max(2, min(WINDOW * widest // 2, n // 4))
    shortest = min(half, 2 * widest)
    knots, middles = [], []
    at = 0
    while at < n:
        reach = int(min(max(0.5 * min(at, n - at), shortest), half))
        rows = slice(max(0, at - reach), at + reach + 1)
        own = y[rows][quiet[rows]]
        if own.size:
            knots.append(at)
            middles.append(float(np.median(own[:: 1 + own.size // _MOST])))
        at += max(1, reach // _KNOTS)
    if len(knots) < 2:
        return np.full(n, middles[0] if middles else 0.0)
    found: FloatArray = scipy.interpolate.PchipInterpolator(knots, middles)(
        np.clip(np.arange(n), 0, knots[-1])
    )
    return found


def hum(y: FloatArray, quiet: BoolArray, row: float) -> FloatArray:
    """Return what mains, 50 or 60 Hz and their harmonics, have added to a record.

    Amplitude and phase may change from second to second, and the frequency may be off by half a
    hertz. What is not above its own uncertainty is left alone.

    Args:
        y: shape (n,), without its baseline; zero where it is unknown.
        quiet: shape (n,), rows to determine it from.
        row: s from row to row.

    Returns:
        Shape (n,); zero for records below two seconds, and for rows too long to show it.
    """
    block = max(1, int(_FINE / row))
    length = round(_STRETCH / (row * block))
    pieces = y.size // (block * max(length, 1))
    if pieces < 2 or row * max(_MAINS) > _SEEN or not quiet.any():
        return np.zeros(y.size)
    spread = MAD * float(np.median(np.abs(y[quiet])))
    used = slice(0, pieces * length * block)
    clipped = np.where(quiet, np.clip(y, -_CLIP * spread, _CLIP * spread), 0.0)[used]
    share = quiet[used].reshape(pieces, length * block).mean(axis=1)
    blocks = _Blocks(
        clipped.reshape(pieces, length, block).mean(axis=2) / np.maximum(share, 0.1)[:, None],
        row * block,
    )
    first = max(_MAINS, key=lambda f: _rms(blocks.phasors(f)))
    seen = blocks.phasors(first)
    turn = float(np.angle(np.sum(seen[1:] * np.conj(seen[:-1]))))
    mains = first + turn / (2.0 * math.pi * length * blocks.row)
    doubt = spread * math.sqrt(2.0 / (length * block))
    t = row * (np.arange(y.size) + 0.5)
    middles = (np.arange(pieces) + 0.5) * length * blocks.row
    added = np.zeros(y.size)
    for frequency in mains * np.arange(1, int(_SEEN / (blocks.row * mains)) + 1):
        phasor = blocks.phasors(frequency)
        if _rms(phasor) > 3.0 * doubt:
            real, imaginary = (np.interp(t, middles, p) for p in (phasor.real, phasor.imag))
            angle = 2.0 * math.pi * frequency * t
            added += real * np.cos(angle) - imaginary * np.sin(angle)
    return added


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Means of some rows, in stretches of about a second."""

    level: FloatArray
    """Shape (stretches, blocks)."""
    row: float
    """Seconds from block to block."""

    def phasors(self, frequency: float) -> npt.NDArray[np.complex128]:
        """Return the complex amplitudes of a frequency, one for each stretch."""
        t = self.row * (np.arange(self.level.size) + 0.5).reshape(self.level.shape)
        turned = self.level * np.exp(-2j * math.pi * frequency * t)
        found: npt.NDArray[np.complex128] = turned.mean(axis=1) * 2.0
        return found / np.sinc(frequency * self.row)


def _rms(phasor: npt.NDArray[np.complex128]) -> float:
    return float(np.sqrt(np.mean(np.abs(phasor) ** 2)))


@dataclass(frozen=True, slots=True)
class Filter:
    """Means over so many rows, and how much they scatter where nothing happens."""

    width: int
    """Rows."""
    mean: FloatArray
    """Shape (n,): of the row and those after it; zero where the record ends first."""
    sigma: FloatArray
    """Shape (n,): standard deviation of `mean` about there."""


def matched(y: FloatArray, quiet: BoolArray, width: int, widest: int) -> Filter:
    """Average a record over a width, and determine the scatter of the averages.

    From the median absolute deviation of the averages themselves, in stretches: hum that is left
    over, drift and noise of any colour are in it.

    Args:
        y: shape (n,), without its baseline; zero where it is unknown.
        quiet: shape (n,), rows that are none of an impact and have a number.
        width: rows.
        widest: rows of the widest spike.
    """
    n = y.size
    total = np.concatenate([[0.0], np.cumsum(y)])
    mean = np.zeros(n)
    mean[: n - width + 1] = (total[width:] - total[:-width]) / width
    calm = np.concatenate([[0], np.cumsum(~quiet)])
    apart = max(1, width // 2)
    starts = np.arange(0, n - width + 1, apart)
    starts = starts[calm[starts + width] == calm[starts]]
    if starts.size < 8:
        return Filter(width, mean, np.full(n, math.inf))
    pieces = max(1, min(starts.size // _SAMPLES, n // (WINDOW * widest)))
    each = starts.size // pieces
    parts = starts[: pieces * each].reshape(pieces, each)[:, :: 1 + each // _ENOUGH]
    # A record may be without noise, such as that of a current which is imposed: that of the sums.
    rounded = float(np.finfo(float).eps * np.abs(total).max()) / width
    least = max(rounded, float(np.finfo(float).tiny))
    sigma = np.maximum(MAD * np.median(np.abs(mean[parts]), axis=1), least)
    edges = np.concatenate([[0], starts[each : pieces * each : each], [n]])
    return Filter(width, mean, np.repeat(sigma, np.diff(edges)))
