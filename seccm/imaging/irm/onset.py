"""When brightness begins to change faster: the optical onset of growth, at once for all pixels.

To each record a straight line is fitted, and a bend at a time t0: u = max(t - t0, 0), made
orthogonal to the line at the true times of the frames. The bend that explains most is the onset.
For all t0 and all pixels that is one product of matrices, without resampling, derivative or window.

It is an optical onset: a particle is seen when it has grown, later than it was born. A map tells
which places came first; absolute times of nucleation need a model of the growth at the site.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray

FEWEST = 30
"""Frames below which no onset is asked for."""
_ENDS = 6
"""Frames at both ends within which no bend can be told."""
_BACK = 0.25
"""Of the usual bend: what bends back by more than this turns over."""
_PER_FRAME = 2
"""Times between two frames at which a bend is tried."""
SIGNIFICANT = 25.0
"""F of a bend that noise alone hardly ever has."""


@dataclass(frozen=True, slots=True)
class Onsets:
    """Of some records; arrays have shape (records,)."""

    t: FloatArray
    """Seconds."""
    bend: FloatArray
    """Change of slope, per second."""
    significance: FloatArray
    """F: what the bend explains over the variance that is left."""
    at_end: npt.NDArray[np.bool_]
    """Whether the best time is the first or the last one tried."""

    def valid(self, sign: int, least: float = SIGNIFICANT) -> npt.NDArray[np.bool_]:
        """Return which are onsets: bends of a sign, significant, not at an end.

        Args:
            sign: of the contrast of what grows: 1 or -1.
            least: F that is needed.
        """
        return (sign * self.bend > 0) & (self.significance > least) & ~self.at_end


def onsets(t: FloatArray, records: FloatArray) -> Onsets:
    """Find the onset of each record.

    Args:
        t: seconds, shape (frames,), at least 30.
        records: relative contrast, shape (frames, records).

    Raises:
        ValueError: there are too few frames.
    """
    if t.size < FEWEST:
        raise ValueError(f"{t.size} frames, and {FEWEST} are needed")
    tried = np.linspace(t[_ENDS], t[-1 - _ENDS], _PER_FRAME * t.size)
    line = np.linalg.qr(np.column_stack([np.ones(t.size), t - t.mean()]))[0]
    bends = np.clip(t - tried[:, None], 0.0, None)
    bends -= (bends @ line) @ line.T
    length = np.linalg.norm(bends, axis=1)
    bends /= length[:, None]
    left = records - line @ (line.T @ records)
    explained = bends @ left
    best = np.argmax(explained**2, axis=0)
    at_end = (best == 0) | (best == tried.size - 1)
    inner = np.clip(best, 1, tried.size - 2)
    each = np.arange(records.shape[1])
    before, here, after = (explained[inner + k, each] ** 2 for k in (-1, 0, 1))
    curved = before - 2 * here + after
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.where(curved < 0, 0.5 * (before - after) / curved, 0.0).clip(-1, 1)
    top = explained[best, each]
    rest = np.maximum((left**2).sum(axis=0) - top**2, 0.0) / (t.size - 4)
    with np.errstate(divide="ignore", invalid="ignore"):
        significance = np.where(rest > 0, top**2 / rest, np.where(top != 0, np.inf, 0.0))
    return Onsets(
        t=np.asarray(tried[inner] + off * (tried[1] - tried[0])),
        bend=np.asarray(top / length[best]),
        significance=np.asarray(significance),
        at_end=at_end,
    )


def uncertainty(t: FloatArray, record: FloatArray, at: float) -> float:
    """Return the standard deviation of an onset by the noise of its record, seconds.

    Of a line with a bend, by least squares: the record changes by the slope's change times a step
    at the onset, where the onset changes.

    Args:
        t: seconds, shape (frames,).
        record: shape (frames,).
        at: the onset, seconds.
    """
    parts = np.column_stack([np.ones(t.size), t, np.clip(t - at, 0.0, None)])
    fitted = np.linalg.lstsq(parts, record, rcond=None)[0]
    left = record - parts @ fitted
    step = -float(fitted[2]) * (t > at)
    step = step - parts @ np.linalg.lstsq(parts, step, rcond=None)[0]
    variance = float((left**2).sum()) / (t.size - 4)
    return float(np.sqrt(variance / float((step**2).sum())))


def folded(t: FloatArray, mean: FloatArray, found: Onsets, sign: int) -> bool:
    """Tell whether contrast turns over as particles grow: a map of onsets means nothing then.

    Either more than one in twenty of the places bends back by a good part of what others bend, or
    the mean of the site grows half as fast in the end as it did at its fastest.

    Args:
        t: seconds, shape (frames,).
        mean: contrast of the site, shape (frames,).
        found: of its pixels.
        sign: of the contrast of what grows.
    """
    clear = (found.significance > SIGNIFICANT) & ~found.at_end
    bends = sign * found.bend[clear]
    # Growth that slows down bends back, too, but by little.
    usual = float(np.median(bends[bends > 0])) if (bends > 0).any() else 0.0
    if bends.size and float((bends < -_BACK * usual).mean()) > 0.05:
        return True
    slopes = np.gradient(sign * np.convolve(mean, np.ones(5) / 5, "valid"), t[2:-2])
    steepest = int(np.argmax(slopes))
    later = slopes[steepest:]
    return bool(later.size > 5 and float(np.median(later[-5:])) < 0.5 * float(slopes[steepest]))
