"""Which part of a curve is worth seeing: not only the fall from overload after contact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray

EARLY = 0.05
"""The share of a measurement in which a transient of contact may lie beyond the frame."""
WORTH = 2.0
"""The transient is left out if it would make the frame more than so many times as large."""
ROOM = 0.05
MARGIN = 0.35
"""Room around baseline and threshold, as a share of their distance."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A range of x and one of y."""

    x: tuple[float, float]
    y: tuple[float, float]
    cut: bool = False
    """Whether a part of the curve lies beyond it."""

    def around(self, other: Frame) -> Frame:
        """Return a frame that holds both."""
        x = min(self.x[0], other.x[0]), max(self.x[1], other.x[1])
        y = min(self.y[0], other.y[0]), max(self.y[1], other.y[1])
        return Frame(x, y, self.cut or other.cut)


def frame_of(x: FloatArray, y: FloatArray, t: FloatArray, lasting: float = 0.0) -> Frame | None:
    """Choose a frame for one curve; None if there is nothing to see yet.

    Args:
        x: shape (n,).
        y: shape (n,).
        t: seconds since contact, rising, shape (n,).
        lasting: seconds that curves like this one last, if that is known to be longer.
    """
    if t.size < 2:
        return None
    later = t >= t[0] + EARLY * max(float(t[-1] - t[0]), lasting)
    if not later.any():
        return None
    along, up = _span(x, later), _span(y, later)
    if along is None or up is None:
        return None
    return Frame(along[0], up[0], along[1] or up[1])


def _span(
    values: FloatArray, later: npt.NDArray[np.bool_]
) -> tuple[tuple[float, float], bool] | None:
    """Return a range that is never empty, and whether values lie beyond it; None without any."""
    known = np.isfinite(values)
    if not (known & later).any():
        return None
    low, high = float(values[known].min()), float(values[known].max())
    calm = values[known & later]
    calm_low, calm_high = float(calm.min()), float(calm.max())
    cut = high - low > WORTH * (calm_high - calm_low) > 0.0
    if cut:
        low, high = calm_low, calm_high
    room = ROOM * (high - low) or max(abs(high) * 0.05, 1e-15)
    return (low - room, high + room), cut


def approach_frame(
    heights: Sequence[FloatArray], signals: Sequence[FloatArray], thresholds: FloatArray
) -> Frame | None:
    """Choose a frame for approach curves: their baselines, noise included, and the thresholds.

    Args:
        heights: of the tip, metres, one array of shape (n,) for each approach.
        signals: of the same shapes.
        thresholds: shape (m,); without any, the whole signals are shown.

    Returns:
        None if there is nothing to see yet.
    """
    z = np.concatenate([np.zeros(0), *(h[np.isfinite(h)] for h in heights)])
    known = [signal[np.isfinite(signal)] for signal in signals]
    known = [signal for signal in known if signal.size]
    if z.size == 0 or not known:
        return None
    seen = [thresholds[np.isfinite(thresholds)]]
    for signal in known:
        # A contact is at the end, and rows of it are few: most of an approach is baseline.
        calm = [np.percentile(signal, (10.0, 50.0, 90.0))] if seen[0].size else [signal]
        seen += calm
    values = np.concatenate(seen)
    low, high = float(values.min()), float(values.max())
    room = MARGIN * (high - low) or max(abs(high) * 0.05, 1e-15)
    low, high = low - room, high + room
    cut = any(bool((s < low).any() or (s > high).any()) for s in known)
    left, right = float(z.min()), float(z.max())
    side = ROOM * (right - left) or 1e-9
    return Frame((left - side, right + side), (low, high), cut)
