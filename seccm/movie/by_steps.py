"""By how much frames are off the rig's clock, from steps of brightness that both have seen.

A lamp that is switched off and on again, or droplets that land, change the brightness at times that
the rig knows. The frame in which that happens is lit, or wet, for a share of its exposure only; the
share tells where in the exposure it was. Two such steps at different phases are better than one:
a step between two exposures tells little.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray

_PER_EXPOSURE = 20
"""Offsets that are tried for each exposure, before the best one is refined."""
_ROUNDS = 40
_WEEK = 604_800.0


@dataclass(frozen=True, slots=True)
class Offset:
    """What must be added to the times of frames."""

    seconds: float
    """NaN where it cannot be told."""
    error: float
    """Standard uncertainty, seconds."""


def offset_by_steps(
    starts: FloatArray, exposure: float, share: FloatArray, steps: FloatArray, *,
    on_before: bool, farthest: float,
) -> Offset:  # fmt: skip
    """Find the offset of frames from shares of their exposures.

    Args:
        starts: of the exposures by the frames' own clock, seconds, rising, shape (frames,).
        exposure: seconds.
        share: of each exposure that was lit or wet, from 0 to 1; mean brightness between that
            without and that with light, shape (frames,).
        steps: when it went on and off in turn, seconds by the rig's clock, rising, shape (steps,).
        on_before: whether it was on before the first step.
        farthest: the largest offset that may be, either way, seconds.

    Returns:
        The offset. There is none where no frame was lit in part, or no frame is near a step.
    """
    none = Offset(math.nan, math.nan)
    if len(steps) == 0 or len(starts) < 3:
        return none
    count = max(3, round(2 * farthest / exposure * _PER_EXPOSURE))
    tried = np.linspace(-farthest, farthest, count)
    misfit = np.array([_misfit(d, starts, exposure, share, steps, on_before) for d in tried])
    best = float(tried[int(np.argmin(misfit))])
    width = float(tried[1] - tried[0])
    for _ in range(_ROUNDS):  # a bracket that is narrowed; misfit is smooth inside of it
        near = np.array([best - width, best, best + width])
        values = [_misfit(d, starts, exposure, share, steps, on_before) for d in near]
        best, width = float(near[int(np.argmin(values))]), width * 0.7
    model = share_of(best, starts, exposure, steps, on_before)
    slope = _slope(best, starts, exposure, steps, on_before)
    weight = float((slope**2).sum())
    left = share - model
    noise = math.sqrt(float((left**2).sum()) / max(1, len(left) - 1))
    error = noise / math.sqrt(weight) if weight > 0.5 / exposure**2 else math.inf
    return Offset(best, error) if error < exposure else none


def share_of(
    offset: float, starts: FloatArray, exposure: float, steps: FloatArray, on_before: bool
) -> FloatArray:
    """Return the share of each exposure during which it was on, shape (frames,).

    Args:
        offset: that is added to the starts, seconds.
        starts: of the exposures, seconds, shape (frames,).
        exposure: seconds.
        steps: when it went on and off in turn, seconds, rising.
        on_before: whether it was on before the first step.
    """
    begin = starts + offset
    on = _time_on(begin + exposure, steps, on_before) - _time_on(begin, steps, on_before)
    shares: FloatArray = on / exposure
    return shares


def _time_on(t: FloatArray, steps: FloatArray, on_before: bool) -> FloatArray:
    """Return for how long it has been on since a week before the first step."""
    knots = np.concatenate([[steps[0] - _WEEK], steps, [steps[-1] + _WEEK]])
    on = (np.arange(len(knots) - 1) % 2 == 0) == on_before
    total = np.concatenate([[0.0], np.cumsum(np.diff(knots) * on)])
    passed: FloatArray = np.interp(t, knots, total)
    return passed


def _slope(
    offset: float, starts: FloatArray, exposure: float, steps: FloatArray, on_before: bool
) -> FloatArray:
    small = exposure / 1000
    ahead, behind = (
        share_of(offset + d, starts, exposure, steps, on_before) for d in (small, -small)
    )
    slope: FloatArray = (ahead - behind) / (2 * small)
    return slope


def _misfit(
    offset: float, starts: FloatArray, exposure: float, share: FloatArray, steps: FloatArray,
    on_before: bool,
) -> float:  # fmt: skip
    return float(((share - share_of(offset, starts, exposure, steps, on_before)) ** 2).sum())
