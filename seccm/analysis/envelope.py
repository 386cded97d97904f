"""Records of many data points as they can be drawn: nothing that stands out gets lost."""

from __future__ import annotations

import numpy as np

from seccm.arrays import FloatArray


def envelope(t: FloatArray, y: FloatArray, most: int) -> tuple[FloatArray, FloatArray]:
    """Choose the least and the greatest of neighbouring data points, in their order.

    Args:
        t: shape (n,).
        y: shape (n,); NaN is left out.
        most: data points to choose, and two more at most.

    Returns:
        Times and values, each of shape (m,): all of them if there are no more than `most`.
    """
    known = np.isfinite(y)
    t, y = t[known], y[known]
    if y.size <= most:
        return t, y
    length = -(-2 * y.size // most)
    count = y.size // length
    parts = y[: count * length].reshape(count, length)
    begins = length * np.arange(count)
    ends = [begins + parts.argmin(axis=1), begins + parts.argmax(axis=1)]
    rest = y[count * length :]
    if rest.size:
        ends.append(count * length + np.array([rest.argmin(), rest.argmax()]))
    chosen = np.unique(np.concatenate(ends))
    return t[chosen], y[chosen]
