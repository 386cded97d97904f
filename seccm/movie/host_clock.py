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
    late = at_ticks - ticks
    x = ticks - ticks[0]
    slope = 0.0
    if len(x) >= 8:
        third = len(x) // 3
        first, last = int(np.argmin(late[:third])), len(x) - third + int(np.argmin(late[-third:]))
        slope = (
            float((late[last] - late[first]) / (x[last] - x[first])) if x[last] > x[first] else 0.0
        )
    # Two clocks of crystals differ by less than a thousandth; more than that is waiting.
    slope = float(np.clip(slope, -1e-3, 1e-3))
    offset = float((late - slope * x).min())
    t = (host - offset + slope * ticks[0]) / (1.0 + slope)
    steps = np.diff(host) / np.maximum(np.diff(numbers), 1)
    period = float(np.median(steps)) if len(steps) else float("nan")
    known = np.where(np.isfinite(exposure), exposure, 0.0)
    return t - known, np.full(len(host), abs(period))
