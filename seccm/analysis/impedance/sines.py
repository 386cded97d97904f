"""Impedances from samples of potential and current while sines are imposed.

Whole periods of the slowest sine are transformed together, so that every sine falls on one bin of
the Fourier transform and none leaks into another. Of P periods there are P - 1 bins on either side
of a sine that nothing was imposed on: what they contain, E - Z I, is the noise of the same
measurement, whichever of the two channels it came in by. The impedance is E / I at the sine itself.

Source: R. Pintelon, J. Schoukens, System Identification: A Frequency Domain Approach, 2nd ed.,
Wiley 2012, ch. 2 and 3 (periodic excitation, noise from the lines in between).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used

from seccm.analysis.impedance.spectrum import ComplexArray, Spectrum
from seccm.arrays import BoolArray, FloatArray

FEWEST_PERIODS = 2
"""Periods without which there is no bin beside a sine to tell the noise."""
_BESIDE = 8
"""Bins at most on either side of a sine that tell its noise."""


@dataclass(frozen=True, eq=False)
class Sined:
    """What some periods of imposed sines show."""

    spectrum: Spectrum
    change: FloatArray
    """|Z of the later half - Z of the earlier half| / |Z|, shape (frequencies,); NaN where the
    periods are too few for halves."""
    distortion: float
    """Rms of what answers at twice the frequencies, over that at the frequencies themselves."""
    periods: int
    """That were used."""


def from_samples(
    volts: FloatArray, amperes: FloatArray, row: float, period: float, harmonics: Sequence[int], *,
    imposed: str = "potential",
) -> Sined | None:  # fmt: skip
    """Return the impedances at harmonics of a period; None where too few whole periods are there.

    Samples that are missing are NaN: the longest stretch of whole periods without one is used.

    Args:
        volts: measured potential, shape (samples,).
        amperes: measured current, shape (samples,).
        row: seconds from sample to sample.
        period: seconds of the slowest sine; the first sample may be anywhere in it.
        harmonics: sines in a period, rising whole numbers.
        imposed: "potential" or "current": the other one answers.
    """
    whole = _whole_periods(np.isfinite(volts) & np.isfinite(amperes), row, period)
    if whole is None:
        return None
    start, periods = whole
    inside = slice(round(start * period / row), round((start + periods) * period / row))
    lines = _lines(volts[inside], amperes[inside], periods, harmonics)
    if lines is None:
        return None
    Z, sigma, answers = lines
    change = np.full(len(harmonics), math.nan)
    half = periods // 2
    if half >= 1:
        middle = (
            round((start + half) * period / row),
            round((start + periods - half) * period / row),
        )
        early = _ratio(
            volts[inside.start : middle[0]], amperes[inside.start : middle[0]], half, harmonics
        )
        late = _ratio(
            volts[middle[1] : inside.stop], amperes[middle[1] : inside.stop], half, harmonics
        )
        change = np.abs(late - early) / np.abs(Z)
    f = np.array(harmonics, dtype=np.float64) / period
    distortion = _distortion(answers[0 if imposed == "current" else 1], periods, harmonics)
    return Sined(Spectrum(f, Z, sigma), change, distortion, periods)


def _whole_periods(there: BoolArray, row: float, period: float) -> tuple[int, int] | None:
    """Return the first of the longest stretch of periods without a gap, and how many it has."""
    count = math.floor(len(there) * row / period + 0.5 * row / period)
    best, first = (0, 0), 0
    for k in range(count):
        if not there[round(k * period / row) : round((k + 1) * period / row)].all():
            first = k + 1
        elif k + 1 - first > best[1]:
            best = first, k + 1 - first
    return best if best[1] >= FEWEST_PERIODS else None


def _lines(
    volts: FloatArray, amperes: FloatArray, periods: int, harmonics: Sequence[int]
) -> tuple[ComplexArray, FloatArray, tuple[ComplexArray, ComplexArray]] | None:  # fmt: skip
    """Return impedances, their standard deviations and both transforms."""
    both = _transformed(volts, periods), _transformed(amperes, periods)
    if harmonics[-1] * periods + periods > len(both[0]):
        return None
    at = np.array(harmonics) * periods
    Z = both[0][at] / both[1][at]
    reach = min(periods - 1, _BESIDE)
    beside = at[:, None] + np.array([k for k in range(-reach, reach + 1) if k])
    noise = both[0][beside] - Z[:, None] * both[1][beside]
    sigma = np.sqrt(np.mean(np.abs(noise) ** 2, axis=1) / 2.0) / np.abs(both[1][at])
    return Z, sigma, both


def _ratio(
    volts: FloatArray, amperes: FloatArray, periods: int, harmonics: Sequence[int]
) -> ComplexArray:  # fmt: skip
    at = np.array(harmonics) * periods
    return np.asarray(_transformed(volts, periods)[at] / _transformed(amperes, periods)[at])


def _transformed(values: FloatArray, periods: int) -> ComplexArray:
    """Return the Fourier transform without the drift of the baseline.

    The drift is a parabola through the means of the periods: to them the sines add nothing.
    """
    edges = np.round(np.linspace(0, len(values), periods + 1)).astype(np.int64)
    means = np.add.reduceat(values, edges[:-1]) / np.diff(edges)
    middles = (edges[:-1] + edges[1:] - 1) / 2.0
    x = np.arange(len(values)) / len(values) - 0.5
    drift = np.polynomial.Polynomial.fit(
        middles / len(values) - 0.5, means, min(2, periods - 1), domain=[-0.5, 0.5]
    )
    return np.asarray(scipy.fft.rfft(values - drift(x)))


def _distortion(answer: ComplexArray, periods: int, harmonics: Sequence[int]) -> float:
    """Return the rms at twice the frequencies over that at the frequencies, noise taken off."""
    at = np.array(harmonics) * periods
    twice = np.setdiff1d(2 * at, at)
    twice = twice[twice + 1 < len(answer)]
    if not len(twice):
        return math.nan
    power = np.abs(answer) ** 2
    noise = (power[twice - 1] + power[twice + 1]) / 2.0
    extra = float(np.maximum((power[twice] - noise).sum(), 0.0))
    return math.sqrt(extra / float(power[at].sum()))
