"""Which sines are imposed: a multisine of many frequencies, or one sine after the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from seccm.rig import Section, Sine
from seccm.rig.waveform import sum_of_sines

_GRID = 1e-3
"""Seconds of which the period of a multisine is a multiple: whole samples at any usual rate."""
_AWAY = 0.75
"""Multiples of the lowest frequency by which sines keep away from the mains and its harmonics."""
_TURNS, _WORK = 150, 2**22
"""How often peaks are cut off at most, and of how many samples in all."""
_SETTLED = 5e-3
"""Seconds that a single sine settles at least."""


def spaced(lowest: float, highest: float, per_decade: int) -> tuple[float, ...]:
    """Return frequencies in Hz that are evenly spaced on a logarithmic axis, both ends included."""
    count = max(1, round(math.log10(highest / lowest) * per_decade)) + 1
    return tuple(np.geomspace(lowest, highest, count).tolist())


def period_of(lowest: float, mains: float) -> float:
    """Return the period of a multisine in seconds: that of its lowest frequency, in whole ms.

    It is no shorter than four periods of the mains: its odd harmonics then go round them.
    """
    return math.ceil(max(1.0 / lowest, 4.0 / mains) / _GRID - 1e-6) * _GRID


def harmonics_near(frequencies: Sequence[float], period: float, mains: float) -> tuple[int, ...]:
    """Return the odd harmonics of a period nearest to frequencies, but for those near the mains.

    What a cell that is not linear answers at twice a frequency is then seen at an even one.

    Args:
        frequencies: Hz.
        period: s.
        mains: Hz.
    """
    found: set[int] = set()
    for f in frequencies:
        nearest = 2 * max(0, round((f * period - 1.0) / 2.0)) + 1
        free = (k for k in (nearest, nearest + 2, nearest - 2, nearest + 4)
                if k > 0 and not _hums(k, period, mains))  # fmt: skip
        found.add(next(free, nearest))
    return tuple(sorted(found))


def _hums(harmonic: int, period: float, mains: float) -> bool:
    f = harmonic / period
    times = max(1, round(f / mains))
    return abs(f - times * mains) * period < _AWAY


def multisine(
    frequencies: Sequence[float], amplitude: float, periods: int, mains: float
) -> Section:
    """Return sines of equal amplitude, whose sum reaches `amplitude`; one more period settles.

    Args:
        frequencies: Hz, to which near ones are taken.
        amplitude: volts or amperes.
        periods: of the lowest frequency, that count.
        mains: Hz.
    """
    period = period_of(min(frequencies), mains)
    harmonics = harmonics_near(frequencies, period, mains)
    phases = low_peaks(harmonics)
    alike = tuple(Sine(k, 1.0, phase) for k, phase in zip(harmonics, phases, strict=True))
    largest = max(-sum_of_sines(alike)[0], sum_of_sines(alike)[1])
    sines = tuple(Sine(one.harmonic, amplitude / largest, one.phase) for one in alike)
    return Section(period, (1 + periods) * period, sines, settling=period)


@lru_cache(maxsize=64)
def low_peaks(harmonics: tuple[int, ...]) -> tuple[float, ...]:
    """Return phases with which the sum of sines of equal amplitude has low peaks, radians.

    Peaks are cut off again and again, and the phases of what is left are kept (E. van der Ouderaa,
    J. Schoukens, J. Renneboog, IEEE Trans. Instrum. Meas. 37 (1988) 145). The phases at first are
    random, always the same ones: those of Schroeder suit sines that are evenly spaced.
    """
    at, count = np.array(harmonics), len(harmonics)
    phases = np.random.default_rng(7).uniform(0.0, 2.0 * np.pi, count)
    size = 1 << (8 * harmonics[-1] - 1).bit_length()
    best, lowest = phases, math.inf
    turns = min(_TURNS, _WORK // size)
    for turn in range(turns):
        terms = np.zeros(size // 2 + 1, np.complex128)
        terms[at] = np.exp(1j * phases)
        values = np.fft.irfft(terms, size)
        peak = float(np.max(np.abs(values)))
        if peak < lowest:
            best, lowest = phases, peak
        cut = peak * (0.3 + 0.6 * turn / turns)
        phases = np.angle(np.fft.rfft(np.clip(values, -cut, cut))[at])
    return tuple(best.tolist())


def single_sine(frequency: float, amplitude: float, periods: int, shortest: float) -> Section:
    """Return one sine: so many periods, and no shorter than `shortest` seconds, after settling."""
    period = 1.0 / frequency
    counted = max(periods, math.ceil(shortest * frequency - 1e-6))
    settling = max(1, math.ceil(_SETTLED * frequency - 1e-6))
    return Section(
        period, (settling + counted) * period, (Sine(1, amplitude, -math.pi / 2.0),),
        settling=settling * period,
    )  # fmt: skip
