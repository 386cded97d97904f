"""How far the sample moved, and how bright the lamp was, in each frame.

A frame that moved by a little differs from the reference by the reference's slopes; shift, gain and
offset follow by linear least squares. Only what is outside of the droplet is looked at: inside of
it, what grows would be taken for a movement.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray

_ROUNDS, _STILL = 4, 1e-3
"""Times that a frame is moved back and compared again; pixels below which it is not."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Of one frame against the reference."""

    rows: float
    """Pixels."""
    columns: float
    """Pixels."""
    gain: float
    """Brightness of the lamp, relative."""
    residual: float
    """Standard deviation that is left, relative to the mean of the reference."""


class Aligner:
    """Compares frames with a reference.

    Args:
        reference: mean of frames, shape (rows, columns).
        outside: where nothing happens, of the same shape.
    """

    def __init__(self, reference: FloatArray, outside: npt.NDArray[np.bool_]) -> None:
        self._outside = outside
        soft = np.asarray(scipy.ndimage.gaussian_filter(reference, 1.0), np.float64)
        self._mean = float(soft[outside].mean())
        self._base = soft[outside]
        slopes = [np.gradient(soft, axis=axis)[outside] for axis in (0, 1)]
        self._solve = np.linalg.pinv(np.column_stack([*slopes, self._base]))

    def shift(self, frame: FloatArray) -> Shift:
        """Return how far a frame moved.

        Args:
            frame: shape (rows, columns).
        """
        moved = np.zeros(2)
        gain, left = 1.0, np.zeros(1)
        for k in range(_ROUNDS):
            back = frame if k == 0 else scipy.ndimage.shift(frame, -moved, order=1, mode="nearest")
            soft = scipy.ndimage.gaussian_filter(back, 1.0)[self._outside]
            rows, columns, more = self._solve @ (soft - self._base)
            gain = 1.0 + float(more)
            # f(x) = gain r(x - s): the difference is -gain s times the slope.
            moved -= np.array([rows, columns]) / gain
            left = soft / gain - self._base
            if max(abs(rows), abs(columns)) < _STILL:
                break
        return Shift(float(moved[0]), float(moved[1]), gain, float(left.std()) / self._mean)


def moved_back(frame: FloatArray, shift: Shift) -> FloatArray:
    """Return a frame as the reference shows it: moved back, with the lamp as bright."""
    back = scipy.ndimage.shift(frame, (-shift.rows, -shift.columns), order=1, mode="nearest")
    return np.asarray(back / shift.gain)
