"""A lock-in amplifier in software: how much of a signal swings at one frequency, sample by sample.

Each raw sample is multiplied by a cosine and a sine of the reference, which turns what swings with
the reference into a constant. The mean over one period of the reference then takes out all that
remains at the frequency itself and its multiples, such as the steady part of the signal; equal
low-passes of one pole follow, as many as the order says. The reference is A sin(2 pi f t), counted
from a sample that the caller names, so a signal B sin(2 pi f t + phi) has amplitude B and phase
phi.

Everything is recursive and works on whole arrays of samples. Whatever the lengths of the arrays,
the numbers are the same to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.arrays import BoolArray, FloatArray

Complexes = npt.NDArray[np.complex128]
AMPLITUDE, PHASE = "_amplitude", "_phase"
"""What the names of the two signals of a lock-in end with."""
SETTLED = 1e-3
"""Share of a step that is still missing once the amplitude counts as settled."""
_STEPS = 4096
"""Of time in which a noise bandwidth is worked out."""


@dataclass(frozen=True, slots=True)
class LockIn:
    """What is looked at, and how."""

    of: str
    """The name of the signal."""
    frequency: float
    """Of the reference, in hertz."""
    constant: float
    """Time constant of each low-pass, in seconds."""
    order: int
    """How many low-passes there are."""
    swings: bool = False
    """Whether the swing of the tip's height is the reference."""

    @property
    def delay(self) -> float:
        """Seconds by which a slow change of the amplitude is shown late."""
        return self.order * self.constant + 0.5 / self.frequency

    @property
    def settling(self) -> float:
        """Seconds after a step of the signal until the amplitude shows it to 0.1 %."""
        time = scipy.special.gammaincinv(self.order, 1.0 - SETTLED)
        return self.constant * float(time) + 1.0 / self.frequency

    @property
    def bandwidth(self) -> float:
        """Equivalent noise bandwidth in hertz.

        White noise of so many amperes per root hertz gives each of the two parts of the signal,
        that in phase and that a quarter of a period later, an rms of the root of twice this
        bandwidth times as much. It is half the integral of the squared response to an impulse;
        for low-passes alone, of one to four orders, 1/4, 1/8, 3/32 and 5/64 of 1/constant.
        """
        period, end = 1.0 / self.frequency, 3.0 * self.settling
        t = np.linspace(0.0, end, _STEPS * max(1, math.ceil(end / period / 64.0)))
        risen = scipy.special.gammainc(self.order, t / self.constant)
        late = scipy.special.gammainc(self.order, np.maximum(t - period, 0.0) / self.constant)
        answer = (risen - late) / period
        return 0.5 * float(np.trapezoid(answer**2, t))


@dataclass(frozen=True, slots=True)
class Demodulated:
    """What a lock-in makes of some samples, each of shape (n,)."""

    values: Complexes
    """Amplitude and phase of the signal as one complex number, in its unit. Not a number where a
    sample that is missing, or was before the first one, still matters."""
    saturated: BoolArray
    """Whether a sample at the end of the input's range still matters."""


class Demodulator:
    """One lock-in at work on a stream of samples; a copy goes on from the same state.

    Args:
        lock_in: what it does.
        rate: samples per second.

    Raises:
        ValueError: the reference is too fast for the samples.
    """

    def __init__(self, lock_in: LockIn, rate: float) -> None:
        if not 0.0 < lock_in.frequency < rate / 4.0:
            raise ValueError(f"{lock_in.frequency:g} Hz cannot be seen at {rate:g} samples/s")
        self._turns = lock_in.frequency / rate
        """Of the reference in a sample."""
        period = rate / lock_in.frequency
        self._whole, self._part = int(period), period - int(period)
        self._period = period
        self._mixed = np.zeros(self._whole + 1, np.complex128)
        """The last of the multiplied samples: one period and a part of a sample."""
        self._sum = 0.0 + 0.0j
        self._kept = math.exp(-1.0 / (lock_in.constant * rate))
        self._poles = np.zeros(lock_in.order, np.complex128)
        self._memory = math.ceil(lock_in.settling * rate)
        """Samples for which one of them matters."""
        self._missing = self._full = -1
        """The last sample that was missing, and the last one at the end of its range."""
        self._next: int | None = None

    def copy(self) -> Demodulator:
        """Return one that goes on from the same state."""
        return copy(self)

    def feed(
        self, first: int, samples: FloatArray, full: BoolArray | None = None, origin: float = 0.0
    ) -> Demodulated:
        """Take the next samples; if some were missed since the last ones, those are missing.

        Args:
            first: number of the first sample since the stream opened.
            samples: shape (n,), in the unit of the signal.
            full: whether each is at the end of the input's range.
            origin: number of the sample in which the reference is zero and rises.
        """
        if first != self._next:
            self._missing = first - 1
        numbers = np.arange(first, first + len(samples))
        self._next = first + len(samples)
        known = np.isfinite(samples)
        turns = numbers * self._turns
        turns -= np.floor(turns)
        turns *= 2.0 * np.pi
        mixed = np.empty(len(samples), np.complex128)
        twice = 2.0 * np.where(known, samples, 0.0)
        mixed.real, mixed.imag = twice * np.sin(turns), twice * np.cos(turns)
        # Turned to its origin only now: a reference that jumped would let the steady part through.
        turned = 2.0 * np.pi * math.fmod(origin * self._turns, 1.0)
        values = self._filtered(self._mean(mixed) * complex(math.cos(turned), math.sin(turned)))
        missing = self._since(numbers, ~known, self._missing)
        saturated = self._since(numbers, full, self._full)
        if len(numbers):
            self._missing, self._full = int(missing[-1]), int(saturated[-1])
        values[numbers - missing < self._memory] = complex(np.nan, np.nan)
        return Demodulated(values, (saturated >= 0) & (numbers - saturated < self._memory))

    def _mean(self, mixed: Complexes) -> Complexes:
        """Return the mean over the last period at each sample, shape (n,)."""
        n, whole = len(mixed), self._whole
        every = np.concatenate((self._mixed, mixed))
        self._mixed = every[len(every) - whole - 1 :]
        # Of the sample that leaves, the part stays that belongs to the period.
        leaving = (1.0 - self._part) * every[1 : n + 1] + self._part * every[:n]
        total = np.cumsum(np.concatenate(([self._sum], mixed - leaving)))
        self._sum = complex(total[-1])
        return np.asarray(total[1:] / self._period, np.complex128)

    def _filtered(self, values: Complexes) -> Complexes:
        """Return what the low-passes make of it, shape (n,)."""
        poles = self._poles.copy()
        b, a = [1.0 - self._kept], [1.0, -self._kept]
        for k in range(len(poles)):
            values, poles[k : k + 1] = scipy.signal.lfilter(b, a, values, zi=poles[k : k + 1])
        self._poles = poles
        return values

    @staticmethod
    def _since(
        numbers: npt.NDArray[np.int64], found: BoolArray | None, before: int
    ) -> npt.NDArray[np.int64]:
        """Return the newest sample of a kind, up to each sample, shape (n,)."""
        if found is None or not found.any():
            return np.full(len(numbers), before, np.int64)
        newest: npt.NDArray[np.int64] = np.maximum.accumulate(np.where(found, numbers, before))
        return newest


class LockIns:
    """All lock-ins of a rig at work; a copy goes on from the same state.

    Args:
        lock_ins: by the names of their tables.
        rate: samples per second.
    """

    def __init__(self, lock_ins: Mapping[str, LockIn], rate: float) -> None:
        self._asked = dict(lock_ins)
        self._at_work = {name: Demodulator(one, rate) for name, one in lock_ins.items()}

    @property
    def sources(self) -> frozenset[str]:
        """The names of the signals that are looked at."""
        return frozenset(lock_in.of for lock_in in self._asked.values())

    def copy(self) -> LockIns:
        """Return some that go on from the same state."""
        other = copy(self)
        other.take({name: one.copy() for name, one in self._at_work.items()})
        return other

    def take(self, at_work: Mapping[str, Demodulator]) -> None:
        """Go on from the states of others."""
        self._at_work = dict(at_work)

    def feed(
        self,
        first: int,
        samples: Mapping[str, FloatArray],
        full: Mapping[str, BoolArray],
        origin: float = 0.0,
    ) -> dict[str, Demodulated]:
        """Take the next samples of all signals that are looked at; see `Demodulator.feed`.

        Args:
            first: number of the first sample.
            samples: by the names of the signals, each of shape (n,).
            full: whether each is at the end of the input's range, where that is known.
            origin: number of the sample in which the swing of the tip is zero and rises; other
                references are in the first sample of the stream.
        """
        made = {}
        for name, one in self._at_work.items():
            asked = self._asked[name]
            since = origin if asked.swings else 0.0
            made[name] = one.feed(first, samples[asked.of], full.get(asked.of), since)
        return made


def stacked(made: Iterable[Demodulated]) -> FloatArray:
    """Return both parts of what lock-ins made, one after the other, shape (2 x lock-ins, n).

    Means of these mean something; those of phases do not.
    """
    return np.concatenate([[one.values.real, one.values.imag] for one in made])


def unstacked(names: Sequence[str], parts: FloatArray) -> dict[str, FloatArray]:
    """Return amplitudes and phases of what `stacked` returned, or of means of it.

    Args:
        names: of the lock-ins.
        parts: shape (2 x lock-ins, n).

    Returns:
        By the names of the signals, each of shape (n,): half of peak to peak, and radians from -pi
        to pi against the reference.
    """
    found: dict[str, FloatArray] = {}
    for name, (real, imaginary) in zip(
        names, parts.reshape(len(names), 2, parts.shape[-1]), strict=True
    ):
        found[name + AMPLITUDE] = np.hypot(real, imaginary)
        found[name + PHASE] = np.arctan2(imaginary, real)
    return found
