"""Whether a record runs smoothly: what reactions do to a potential changes in proportion to time.

Layers charge, alloys form and nuclei grow over a good part of the time that has passed since
contact. Over a fifth of that time the potential is therefore a polynomial, to within hundredths
of a millivolt. What is not one is no reaction: a range or a reference that slipped, a footstep, a
relay, a bubble, a contact that was lost and regained, an input at the end of its range, hum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray

BINS = 16
"""Means of equally many rows that a stretch is divided into."""
_FIRST = 24
"""Rows after contact from which on a stretch is short enough for a polynomial."""
_NEAR = 0.15
"""Surroundings of a turning point, as a share of its time."""
_FOLLOWED = 2e-3
"""What a polynomial leaves of a smooth record, as a share of the span of the stretch."""


@dataclass(frozen=True, slots=True)
class _Comparison:
    """How a record is compared with polynomials."""

    width: float
    """Length of a stretch, as a share of the time since contact at its middle."""
    degree: int
    limit: float
    """Sum of squares over variance that noise exceeds in one stretch of two million."""


_GENTLE = _Comparison(0.4, 5, 48.6)
_CLOSE = _Comparison(0.2, 7, 44.3)
"""For what is near a turning point, and for the first rows."""


def disturbances(e: FloatArray, since_contact: float, sigma: float,
                 turning: float = math.nan) -> FloatArray:  # fmt: skip
    """Find the stretches of a record that are no polynomial.

    Args:
        e: shape (n,), V, the rows of a record in succession.
        since_contact: rows from contact to the first of them.
        sigma: V, noise of a row.
        turning: rows from contact to the turning point of the record; NaN if it has none.

    Returns:
        Shape (k, 2): first and last row of each, counted in `e`.
    """
    if e.size < BINS:
        return np.zeros((0, 2))
    sigma = max(sigma, float(np.finfo(np.float32).eps))
    total = np.concatenate([[0.0], np.cumsum(e - e.mean())])
    found = [_unlike(total, since_contact, sigma, turning, kind) for kind in (_GENTLE, _CLOSE)]
    return np.concatenate(found)


def leaps(e: FloatArray, least: float) -> bool:
    """Tell whether the potential leaps, from one row to the next, as no cell does.

    After contact it falls by volts, but from row to row by ever less. A leap is more than `least`,
    and more than twice what it changed by in the two rows before.

    Args:
        e: shape (n,), V, the record from the row after contact on.
        least: V.
    """
    change = np.abs(np.diff(e))
    usual = np.maximum(change[:-1], np.concatenate([[0.0], change[:-2]]))
    return bool(np.any(change[1:] > 2.0 * usual + least))


def _unlike(total: FloatArray, since_contact: float, sigma: float, turning: float,
            kind: _Comparison) -> FloatArray:  # fmt: skip
    """Return the stretches that a comparison of this kind finds."""
    start, size = _stretches(total.size - 1, since_contact, kind.width)
    edges = start[:, np.newaxis] + size[:, np.newaxis] * np.arange(BINS + 1)
    first, last = since_contact + edges[:, 0], since_contact + edges[:, -1]
    near = (last > (1.0 - _NEAR) * turning) & (first < (1.0 + _NEAR) * turning)
    near |= last - first > 0.6 * kind.width * (last + first)  # too long for their time
    edges, size = edges[near == (kind is _CLOSE)], size[near == (kind is _CLOSE)]
    means = np.diff(total[edges], axis=1) / size[:, np.newaxis]
    span = means.max(axis=1, initial=-np.inf) - means.min(axis=1, initial=np.inf)
    variance = sigma**2 / size + (_FOLLOWED * span) ** 2
    power = np.sum((means @ left_over(kind.degree)) ** 2, axis=1)
    bounds: FloatArray = edges[power > kind.limit * variance][:, [0, -1]] - [0, 1]
    return bounds


def _stretches(count: int, since_contact: float,
               width: float) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.int_]]:  # fmt: skip
    """Return first rows and bin sizes of stretches that overlap by half."""
    starts, sizes = [], []
    row = max(0, math.ceil(_FIRST - since_contact))
    while True:
        size = max(1, int(width * (since_contact + row) / (1.0 - 0.5 * width) / BINS))
        if row + size * BINS > count:
            break
        starts.append(row)
        sizes.append(size)
        row += size * BINS // 2
    if starts and starts[-1] + sizes[-1] * BINS < count:  # one more, up to the last row
        starts.append(count - sizes[-1] * BINS)
        sizes.append(sizes[-1])
    return np.array(starts, int), np.array(sizes, int)


@lru_cache(maxsize=4)
def left_over(degree: int) -> FloatArray:
    """Return the projection that takes a polynomial off the means of a stretch; symmetric."""
    q, _ = np.linalg.qr(np.vander(np.linspace(-1.0, 1.0, BINS), degree + 1))
    left: FloatArray = np.eye(BINS) - q @ q.T
    return left
