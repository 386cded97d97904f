"""Growth in the footprint: when it is first seen, place by place and on the whole, and how fast."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray
from seccm.imaging.irm import onset
from seccm.imaging.irm.places import PlaceStatus

_END = 2
"""Frames at the end whose mean says whether brightness rises or falls."""
_CLEAR = 5.0
"""Standard deviations that the mean must have changed by for its sign to be known."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What a film shows of growth. NaN stands where it shows nothing."""

    onset: FloatArray
    """Seconds, of each place, shape (places along rows, along columns)."""
    significance: FloatArray
    """F of each onset, same shape."""
    status: npt.NDArray[np.uint8]
    """`PlaceStatus` of each place, same shape."""
    sign: int
    """Of the contrast of what grows, as recorded or else as measured: 1 or -1; 0 where brightness
    hardly changes."""
    measured: int
    """The sign that this film shows; 0 where brightness hardly changes."""
    t_onset: float
    """Seconds: of the mean of the footprint."""
    t_onset_error: float
    """Seconds: standard deviation by the noise of the mean."""
    t_steepest: float
    """Seconds: where the mean changes fastest, as is published; NaN where that is at an end."""
    rate: float
    """How fast the mean changes after the onset, or from the beginning without one, 1/s."""
    rate_error: float
    """Standard deviation by the noise of the mean, 1/s."""
    doubts: tuple[str, ...]
    """Why numbers are missing, as sentences."""

    @property
    def against(self) -> bool:
        """Return whether the film shows the other sign than the recorded one."""
        return self.sign * self.measured < 0

    @property
    def known(self) -> int:
        """Return how many places have an onset."""
        return int(np.isfinite(self.onset).sum())


def growth(
    t: FloatArray,
    mean: FloatArray,
    records: FloatArray,
    inside: npt.NDArray[np.bool_],
    dry: npt.NDArray[np.bool_],
    sign: int = 0,
) -> Growth:
    """Look for growth in a footprint.

    Args:
        t: seconds since contact, of the frames while something grows, shape (frames,).
        mean: contrast of the footprint, shape (frames,).
        records: of the places, shape (frames, places along rows, along columns).
        inside: which places are in the footprint.
        dry: which are outside of it, where nothing happens.
        sign: of the contrast of what grows; 0 to take it from the mean.
    """
    nan, doubts = math.nan, []
    times, significance = np.full((2, *inside.shape), nan)
    status = np.where(inside, PlaceStatus.UNCLEAR, PlaceStatus.OUTSIDE).astype(np.uint8)
    measured = _sign(mean)
    if sign * measured < 0:
        word, other = ("brighter", "darker") if measured > 0 else ("darker", "brighter")
        doubts.append(
            f"The footprint becomes {word}, and the sign that is recorded for this microscope is "
            f'"{other}": the record is wrong, or something else than metal grew. Onsets are looked '
            "for with the recorded sign."
        )
    sign = sign or measured
    fitted = _slope(t, mean) if t.size > 3 else (nan, nan)
    if not sign or t.size < onset.FEWEST:
        doubts.append(
            f"There are {t.size} landed frames, and {onset.FEWEST} are needed for an onset."
            if t.size < onset.FEWEST
            else "The footprint hardly changes: whether growth makes it brighter is not known."
        )
        return Growth(
            times, significance, status, sign, measured, nan, nan, nan, *fitted, tuple(doubts)
        )
    places = onset.onsets(t, records[:, inside])
    quiet = onset.onsets(t, records[:, dry])
    least = max(onset.SIGNIFICANT, float(np.quantile(quiet.significance, 0.999)))
    steepest = _steepest(t, sign * mean)
    if not math.isfinite(steepest):
        doubts.append("The footprint changes fastest at an end of the film: there is no maximum.")
    significance[inside] = places.significance
    # By the film's own sign: against a wrong record everything would seem to turn over.
    if onset.folded(t, mean, places, measured or sign):
        doubts.append(
            "Contrast turns over as the particles grow: onsets and their map mean nothing."
        )
        status[inside] = PlaceStatus.MEANINGLESS
        return Growth(
            times,
            significance,
            status,
            sign,
            measured,
            nan,
            nan,
            steepest,
            *fitted,
            tuple(doubts),
        )
    good = places.valid(sign, least)
    times[inside] = np.where(good, places.t, nan)
    clear = places.significance > least
    status[inside] = np.select(
        [good, clear & places.at_end, clear],
        [PlaceStatus.OK, PlaceStatus.AT_END, PlaceStatus.OTHER_SIGN],
        PlaceStatus.UNCLEAR,
    )
    site = onset.onsets(t, mean[:, None])
    known = bool(site.valid(sign)[0])
    if not known:
        doubts.append("The mean of the footprint has no onset.")
    at = float(site.t[0]) if known else nan
    if known and (t > at).sum() > 3:
        fitted = _slope(t[t > at], mean[t > at])
    return Growth(
        onset=times,
        significance=significance,
        status=status,
        sign=sign,
        measured=measured,
        t_onset=at,
        t_onset_error=onset.uncertainty(t, mean, at) if known else nan,
        t_steepest=steepest,
        rate=fitted[0],
        rate_error=fitted[1],
        doubts=tuple(doubts),
    )


def _sign(mean: FloatArray) -> int:
    """Return whether a record rises or falls clearly from its beginning at 0; 0 if it does not."""
    if not np.isfinite(mean).all() or mean.size < _END + 2:
        return 0
    change = float(mean[-_END:].mean())
    noise = float(np.std(np.diff(mean))) / math.sqrt(2)
    if not abs(change) > _CLEAR * noise / math.sqrt(_END):
        return 0
    return 1 if change > 0 else -1


def _slope(t: FloatArray, mean: FloatArray) -> tuple[float, float]:
    """Return the slope of a straight line and its standard deviation, 1/s."""
    away = t - t.mean()
    spread = float((away**2).sum())
    slope = float((away * mean).sum()) / spread
    left = mean - mean.mean() - slope * away
    return slope, math.sqrt(float((left**2).sum()) / (t.size - 2) / spread)


def _steepest(t: FloatArray, mean: FloatArray) -> float:
    """Return when a record changes fastest, seconds; NaN where that is at an end of it.

    On even times, by a Savitzky-Golay filter of a tenth of the record. A maximum that stands above
    the slopes at both ends by no more than noise is none.
    """
    even = np.linspace(t[0], t[-1], t.size)
    window = max(5, t.size // 10 | 1)
    slopes = scipy.signal.savgol_filter(
        np.interp(even, t, mean), window, 2, deriv=1, delta=even[1] - even[0]
    )
    inner = slopes[window : t.size - window]
    best = int(np.argmax(inner))
    # Of a straight line through a window; second differences leave out what grows.
    noise = float(np.std(np.diff(mean, 2))) / math.sqrt(6)
    error = noise * math.sqrt(12 / (window * (window**2 - 1))) / float(even[1] - even[0])
    above = float(inner[best] - max(inner[0], inner[-1]))
    if best in (0, inner.size - 1) or not above > _CLEAR * math.sqrt(2) * error:
        return math.nan
    return float(even[window + best])
