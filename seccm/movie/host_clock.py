"""Times of frames by the computer's clock, where nothing better is known."""

from __future__ import annotations

import numpy as np

from seccm.arrays import FloatArray, IntArray


def by_host(
    host: FloatArray, exposure: FloatArray, numbers: IntArray, ticks: FloatArray,
    at_ticks: FloatArray,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Return when exposures began, and how sure that is: one frame, as the delay is not known.

    A frame arrives after its exposure; how much later is not known, but never earlier, and samples
    are read after they were taken. The relation of the two clocks is the lower envelope of what was
    read.

    Args:
        host: seconds by the computer's clock at which frames arrived, shape (frames,).
        exposure: seconds, of the same shape; NaN where that is not known.
        numbers: of the frames.
        ticks: seconds of the rig's clock, shape (stamps,).
        at_ticks: seconds by the computer's clock when these had been read, of the same shape.

    Returns:
        Seconds of the rig's clock, and seconds; NaN where nothing is known.
    """
    unknown = np.full(len(host), np.nan)
    if not len(ticks) or not len(host):
        return unknown, unknown.copy()
    slope, offset = _envelope(ticks, at_ticks)
    t = (host - offset + slope * ticks[0]) / (1.0 + slope)
    steps = np.diff(host) / np.maximum(np.diff(numbers), 1)
    period = float(np.median(steps)) if len(steps) else float("nan")
    known = np.where(np.isfinite(exposure), exposure, 0.0)
    return t - known, np.full(len(host), abs(period))


def without_scatter(stamps: FloatArray, t: FloatArray) -> FloatArray:
    """Return times that keep the distances of the camera's stamps, as early as frames arrived.

    Args:
        stamps: seconds by the camera's clock, shape (frames,).
        t: seconds of the rig's clock by arrivals, of the same shape.

    Returns:
        Seconds of the rig's clock; those of the arrivals where the camera has no clock that rises.
    """
    known = np.isfinite(stamps) & np.isfinite(t)
    if known.sum() < 3 or not (np.diff(stamps[known]) > 0).all():
        return t
    slope, offset = _envelope(stamps[known], t[known])
    there = stamps + offset + slope * (stamps - stamps[known][0])
    return np.where(known, there, t)


def _envelope(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """Return slope and offset of the lower envelope of y - x, against x since its first value."""
    late = y - x
    along = x - x[0]
    slope = 0.0
    if len(x) >= 8:
        third = len(x) // 3
        first, last = int(np.argmin(late[:third])), len(x) - third + int(np.argmin(late[-third:]))
        away = along[last] - along[first]
        slope = float((late[last] - late[first]) / away) if away > 0 else 0.0
    # Two clocks of crystals differ by less than a thousandth; more than that is waiting.
    slope = float(np.clip(slope, -1e-3, 1e-3))
    return slope, float((late - slope * along).min())
