"""What is imposed on the cell over time, and what ends it early."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Literal

import numpy as np

from seccm.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Constant:
    """One value in volts or amperes for some seconds, or for ever."""

    value: float
    duration: float = math.inf

    def at(self, t: FloatArray) -> FloatArray:
        """Return the values at times t, shape (n,) in seconds from the start."""
        return np.full(t.shape, self.value)

    @property
    def extremes(self) -> tuple[float, float]:
        """The lowest and the highest value."""
        return self.value, self.value

    @property
    def swing(self) -> float:
        """Seconds from one turn to the next, on average; infinite, for it never turns."""
        return math.inf


@dataclass(frozen=True, slots=True)
class Lines:
    """Straight lines through vertices: ramps, triangles, any number of cycles."""

    times: tuple[float, ...]
    """Seconds from the start, rising from zero."""
    values: tuple[float, ...]
    """Volts or amperes at these times."""

    def at(self, t: FloatArray) -> FloatArray:
        """Return the values at times t, shape (n,) in seconds from the start."""
        return np.interp(t, self.times, self.values)

    @property
    def duration(self) -> float:
        """Seconds from the first to the last vertex."""
        return self.times[-1]

    @property
    def extremes(self) -> tuple[float, float]:
        """The lowest and the highest value."""
        return min(self.values), max(self.values)

    @property
    def swing(self) -> float:
        """Seconds from one turn to the next, on average; infinite for what never turns."""
        rises = np.diff(self.values)
        rises = rises[rises != 0.0]
        turns = int(np.count_nonzero(np.sign(rises[1:]) != np.sign(rises[:-1])))
        return self.duration / (turns + 1) if turns else math.inf


@dataclass(frozen=True, slots=True)
class Sine:
    """A cosine."""

    harmonic: int
    """Its periods within the period of its section."""
    amplitude: float
    """Volts or amperes."""
    phase: float = 0.0
    """Radians at the start of its section."""


@dataclass(frozen=True, slots=True)
class Section:
    """Sines that are imposed together for some time."""

    period: float
    """Seconds after which all of them repeat."""
    duration: float
    sines: tuple[Sine, ...]
    settling: float = 0.0
    """Seconds at its start in which the answer is not steady yet."""
    tail: float = 0.0
    """Seconds at its end that are not looked at."""

    def at(self, t: FloatArray) -> FloatArray:
        """Return the sum of the sines at times t, shape (n,) in seconds from its start."""
        total = np.zeros(t.shape)
        for sine in self.sines:
            turns = 2.0 * math.pi * sine.harmonic / self.period
            total += sine.amplitude * np.cos(turns * t + sine.phase)
        return total


@dataclass(frozen=True, slots=True)
class Sines:
    """Sines about a level, one section after the other; the level itself after the last one."""

    level: float
    """Volts or amperes."""
    sections: tuple[Section, ...]

    def at(self, t: FloatArray) -> FloatArray:
        """Return the values at times t, shape (n,) in seconds from the start."""
        values = np.full(t.shape, self.level)
        t = np.maximum(t, 0.0)
        for section, begin in zip(self.sections, self.begins, strict=True):
            inside = (t >= begin) & (t < begin + section.duration)
            values[inside] += section.at(t[inside] - begin)
        return values

    @property
    def begins(self) -> tuple[float, ...]:
        """When each section begins, in seconds from the start."""
        return tuple(accumulate((s.duration for s in self.sections[:-1]), initial=0.0))

    @property
    def duration(self) -> float:
        """Seconds until the last section ends."""
        return sum(section.duration for section in self.sections)

    @property
    def extremes(self) -> tuple[float, float]:
        """The lowest and the highest value."""
        ends = [sum_of_sines(section.sines) for section in self.sections]
        return (
            self.level + min(lowest for lowest, _ in ends),
            self.level + max(highest for _, highest in ends),
        )

    @property
    def swing(self) -> float:
        """Seconds in which it swings to and fro, those of its fastest sine."""
        return min(
            section.period / max(sine.harmonic for sine in section.sines)
            for section in self.sections
        )


_SAMPLES = 16
"""Points in a period of the fastest sine at which a sum is looked at: its peaks lie within 2 % of
that sine's amplitude."""
_MOST_SAMPLES = 2**22


@lru_cache(maxsize=256)
def sum_of_sines(sines: tuple[Sine, ...]) -> tuple[float, float]:
    """Return the lowest and the highest value of a sum of sines within their period.

    For sines whose frequencies are further apart than a million, it is what they could be at most.
    """
    fastest = max(sine.harmonic for sine in sines)
    bound = sum(sine.amplitude for sine in sines)
    samples = 1 << (_SAMPLES * fastest - 1).bit_length()
    if len(sines) == 1 or samples > _MOST_SAMPLES:
        return -bound, bound
    terms = np.zeros(samples // 2 + 1, np.complex128)
    for sine in sines:
        terms[sine.harmonic] += 0.5 * samples * sine.amplitude * np.exp(1j * sine.phase)
    values = np.fft.irfft(terms, samples)
    return float(values.min()), float(values.max())


Waveform = Constant | Lines | Sines


SETTLING = 0.05
"""Seconds at the start of a drive that usually are charging: of the double layer while the droplet
spreads (5 to 50 ms), of the electrometer, and of a galvanostat on its way from overload."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound at which a drive ends before its time.

    Charge counts from the start of the drive, as the magnitude of the net charge in coulombs;
    potential and current are the measured ones, raw volts and amperes, row by row. Magnitude is
    that of the mean current over `span`; share is the same over that of the first `span` that
    counts; drift is how fast the potential changes over `span`, in either direction, V/s.
    """

    quantity: Literal["charge", "potential", "current", "magnitude", "share", "drift"]
    side: Literal["above", "below"]
    value: float
    after: float = SETTLING
    """Seconds from the start of the drive before which nothing but the charge counts."""
    rows: int = 3
    """Rows in succession that have to be past it: a spike is not."""
    hysteresis: float = 0.0
    """By how much a row has to be back on the other side to interrupt the succession."""
    span: float = 0.0
    """Seconds over which a mean, or a drift, is taken."""
