"""Names for the arrays that the whole program passes about, and what of them is worth drawing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def peaks(
    values: FloatArray, bins: int, t: FloatArray | None = None, *, ends: bool = True
) -> IntArray:
    """Return where the lowest and highest value of each of so many stretches is, rising.

    Nothing that stands out of its surroundings is lost, and no end unless that is wanted;
    unlike a stride, which shows noise where there is a spike.

    Args:
        values: shape (n,).
        bins: stretches; with n <= 2 bins, every row is kept.
        t: rising times; the stretches are then equally long. Rows that were thinned before lie
            further apart than those that came since: stretches of as many rows each would thin
            them again and again, until a day's beginning were a few points. Without it, every
            stretch has as many rows.
        ends: whether the first and the last row are kept, whatever they are; without, there are at
            most 2 bins rows.
    """
    n = values.size
    if n <= 2 * bins:
        return np.arange(n)
    if t is None or not t[-1] > t[0]:
        at = np.arange(n) // -(-n // bins)
    else:
        at = np.minimum(((t - t[0]) * (bins / (t[-1] - t[0]))).astype(np.int64), bins - 1)
    firsts = np.flatnonzero(np.diff(at, prepend=-1))
    every, stretch = np.arange(n), np.repeat(np.arange(firsts.size), np.diff(firsts, append=n))
    kept = [np.array([0, n - 1])] if ends else []
    for extreme in (np.fmin, np.fmax):
        found = extreme.reduceat(values, firsts)
        hits = every[values == found[stretch]]
        kept.append(hits[np.flatnonzero(np.diff(stretch[hits], prepend=-1))])
    # Where no value is a number, nothing equals the extreme: the stretch has its first row.
    return np.unique(np.concatenate([*kept, firsts[np.isnan(found)]])).astype(np.int64)
