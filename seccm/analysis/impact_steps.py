"""Steps of a current that stay: particles that adsorb and go on reacting.

A change-point detector of running medians. Four medians in succession, the step between the second
and the third, (3 (c - b) - (d - a)) / 2: a parabola gives zero (as `seccm.analysis.jumps`). What
rises slowly is told from a step by half the length: over that, a ramp rises by half. What many
spikes raise is told from a step by quartiles: spikes leave one of them where it was.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seccm.analysis.impact_noise import MAD
from seccm.arrays import BoolArray, FloatArray

LENGTH = 10
"""Length of a median in units of the widest spike."""
_BLOCKS = 16
"""Medians of so many blocks make one."""
_SHARP = 0.75
"""Share of a step that is seen over half the length, at the least; of a ramp, half is."""
_QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class Step:
    """A current that changed for good."""

    row: int
    """The first one with the new level."""
    height: float
    """A, signed."""
    error: float
    """Standard uncertainty of the height."""


def find_steps(
    y: FloatArray, quiet: BoolArray, widest: int, z: float, least: float, *, spiky: bool
) -> tuple[Step, ...]:
    """Find the steps of a record.

    Args:
        y: shape (n,), A.
        quiet: shape (n,), rows without spikes that have a number.
        widest: rows of the widest spike.
        z: how many standard deviations a step is above the noise.
        least: A, the smallest step that is looked for.
        spiky: whether there are spikes among the rows.
    """
    block = max(1, LENGTH * widest // _BLOCKS)
    count = y.size // block
    if count < 4 * _BLOCKS:
        return ()
    calm = np.where(quiet, y, np.nan)
    level = _block_medians(calm[: count * block], block)
    a, b, c, d = (
        _running(level, _BLOCKS)[k * _BLOCKS :][: count - 4 * _BLOCKS + 1] for k in range(4)
    )
    contrast = 0.5 * (3.0 * (c - b) - (d - a))
    known = np.isfinite(contrast)
    if not known.any():
        return ()
    around = contrast[known]
    # Of the contrast; a median has the fifth part of its variance.
    sigma = MAD * float(np.median(np.abs(around - np.median(around))))
    error = math.sqrt(2.0 / 5.0) * sigma
    half = _BLOCKS // 2
    told = _QUARTILES if spiky else _QUARTILES[1:2]
    apart = np.abs(c - b)
    # Of a ramp, the contrast is nothing; of a step, all of it, or half where others are near.
    real = known & (apart > max(z * error, least)) & (np.abs(contrast) > 0.5 * apart)
    size = np.where(real, np.abs(contrast), 0.0)
    found: list[Step] = []
    while size.max() > z * sigma:
        best = int(size.argmax())
        size[max(0, best - _BLOCKS) : best + _BLOCKS + 1] = 0.0
        low, high = float(b[best]), float(c[best])
        row = _located(calm, (best + 2 * _BLOCKS) * block, _BLOCKS * block, low, high)
        at = round(row / block)  # medians do not say where; whole blocks before and after it do
        before, after = _known(level[: max(0, at - 1)][::-1]), _known(level[at + 1 :])
        if min(before.size, after.size) < half:
            continue
        whole = high - low
        seen = np.quantile(after, told) - np.quantile(before, told)
        if not (np.sign(whole) * seen > _SHARP * abs(whole) - 3.0 * error).all():
            continue
        found.append(Step(row, whole, error))
    return tuple(sorted(found, key=lambda step: step.row))


def _known(level: FloatArray) -> FloatArray:
    """Return the nearest blocks that are known, half as many as a median has."""
    near = level[: 2 * _BLOCKS]
    found: FloatArray = near[np.isfinite(near)][: _BLOCKS // 2]
    return found


def _block_medians(y: FloatArray, block: int) -> FloatArray:
    """Return the median of each block; NaN where less than half of its rows are known."""
    known = y.reshape(-1, block)
    enough = 2 * np.isfinite(known).sum(axis=1) >= block
    level = np.full(enough.size, np.nan)
    level[enough] = np.nanmedian(known[enough], axis=1)
    return level


def _running(level: FloatArray, length: int) -> FloatArray:
    """Return running medians that begin at each block; NaN where fewer than half are known."""
    windows = np.lib.stride_tricks.sliding_window_view(level, length)
    enough = 2 * np.isfinite(windows).sum(axis=1) >= length
    found = np.full(enough.size, np.nan)
    found[enough] = np.nanmedian(windows[enough], axis=1)
    return found


def _located(y: FloatArray, about: int, reach: int, before: float, after: float) -> int:
    """Return the row at which a level changes: where two levels fit best."""
    rows = slice(max(0, about - reach), about + reach)
    step = abs(after - before)
    low, high = min(before, after) - step, max(before, after) + step
    own = np.clip(np.nan_to_num(y[rows], nan=0.5 * (before + after)), low, high)
    # Sum of squares about the two known levels, for a change before each row.
    gain = np.cumsum((own - after) ** 2 - (own - before) ** 2)
    return rows.start + int(gain.argmax()) + 1
