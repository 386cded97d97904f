"""The virtual electrometer: what becomes of true potentials and currents on their way to rows.

All noise is drawn once a row, with the variance that the averaging window leaves of it; there is
no loop over raw samples. A boxcar of length T has a noise bandwidth of 1/(2 T), 195.3 Hz for the
reference window of 2.56 ms.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.rig import Clock, Flag, RawChannel
from sim.chance import stream
from sim.config import DriveConfig, ElectrometerConfig
from sim.noise import SlowNoise, WhiteNoise
from sim.solving import compiled

BOLTZMANN = 1.380649e-23
"""J/K."""
ELEMENTARY_CHARGE = 1.602176634e-19
"""C."""
SPAN = 1.024
"""Full scale of the converters over the ranges."""
_OVERLOAD, _SATURATED = np.uint8(Flag.OVERLOAD), np.uint8(Flag.SATURATED)


@dataclass(frozen=True, slots=True)
class Signals:
    """What truly happened in consecutive rows, before any noise."""

    start: int
    potential: FloatArray
    """Raw volts at the end of each row, shape (rows,)."""
    current: FloatArray
    """Mean of each row in amperes, shape (rows,)."""
    overload: npt.NDArray[np.bool_]
    """Whether the galvanostat is at its compliance at the end of each row, shape (rows,)."""
    others: Mapping[str, tuple[FloatArray, FloatArray]] = field(default_factory=dict)
    """The same potentials and currents of the other drives, by name."""

    @property
    def stop(self) -> int:
        """Number of the row after the last one."""
        return self.start + len(self.potential)


def nothing() -> Signals:
    """Return no rows at all."""
    return Signals(0, np.zeros(0), np.zeros(0), np.zeros(0, np.bool_))


class Converter(NamedTuple):
    """The span of a converter; volts or amperes."""

    full: float
    """It reads up to this, and no more."""
    step: float
    """Of the mean of a row."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the converters made of it, each of shape (rows,)."""

    potential: FloatArray
    current: FloatArray
    flags: npt.NDArray[np.uint8]


class Electrometer:
    """Adds noise, hum and offset; then converts, saturating at the end of the range.

    Args:
        config: of the inputs.
        drive: the outputs, whose potential range is also that of the input.
        clock: of the rows.
        seed: of the whole run.
    """

    def __init__(
        self, config: ElectrometerConfig, drive: DriveConfig, clock: Clock, seed: int
    ) -> None:
        self._config = config
        self._clock = clock
        self.full_current = SPAN * config.range
        self.full_potential = SPAN * drive.potential
        self._noise = WhiteNoise(seed, "electrometer", 2)
        self._offset = SlowNoise(seed, "offset", config.offset_time / clock.period)
        self._left = float(np.sinc(config.mains * clock.window))
        """Share of the mains that the averaging leaves."""
        self._phase = stream(seed, "mains").uniform(0.0, 2.0 * np.pi)
        shot = 2.0 * ELEMENTARY_CHARGE * self.bandwidth
        self._noises = self.floor**2, shot, self.full_current
        # A single sample comes in steps of the converter; its noise spans several of them, so
        # that the mean of so many samples comes in steps that are finer by their number.
        steps = 2 ** (config.bits - 1) * clock.averaged
        self._ends = (
            Converter(self.full_potential, self.full_potential / steps),
            Converter(self.full_current, self.full_current / steps),
        )

    @property
    def bandwidth(self) -> float:
        """Noise bandwidth of the averaging window in Hz."""
        return 1.0 / (2.0 * self._clock.window)

    @property
    def floor(self) -> float:
        """Rms in amperes of a row without current: thermal noise and driven capacitance.

        The voltage noise e over the capacitance C rises with frequency; through a boxcar of
        length T and a single pole at f_c it leaves (2 e C / T)^2 (pi f_c / 4).
        """
        config = self._config
        thermal = 4.0 * BOLTZMANN * config.temperature / config.feedback * self.bandwidth
        driven = 2.0 * config.voltage_noise * config.input_capacitance / self._clock.window
        return math.sqrt(thermal + driven**2 * math.pi * config.bandwidth / 4.0)

    @property
    def idle(self) -> float:
        """The most that a row's current usually reads where none flows, in amperes."""
        config = self._config
        return 4.0 * math.hypot(self.floor, config.offset) + config.hum

    @property
    def potential_noise(self) -> float:
        """Rms of a row's potential in volts."""
        return self._config.potential_noise

    @property
    def channels(self) -> tuple[RawChannel, RawChannel]:
        """Potential and current as converters of 16 bits at most give them, sample by sample."""
        steps = 2 ** (min(self._config.bits, 16) - 1)
        return (
            RawChannel("potential", "V", (0.0, self.full_potential / steps, 0.0, 0.0)),
            RawChannel("current", "A", (0.0, self.full_current / steps, 0.0, 0.0)),
        )

    def white(self, start: int, stop: int) -> FloatArray:
        """Return standard normal numbers of rows, for current and potential, shape (2, rows)."""
        return self._noise.rows(start, stop)

    def offset(self, start: int, stop: int) -> FloatArray:
        """Return the wandering offset of the current in amperes, shape (rows,)."""
        return self._config.offset * self._offset.rows(start, stop)

    def deviation(self, current: FloatArray) -> FloatArray:
        """Return the rms noise in amperes of rows with these mean currents, shape (n,)."""
        return _deviation(current, *self._noises)

    def hum(self, start: int, stop: int, amplitude: float) -> FloatArray:
        """Return mains pick-up as the averaging leaves it, in amperes, shape (rows,)."""
        mains, clock = self._config.mains, self._clock
        middle = np.arange(start, stop) * clock.period + clock.window / 2.0
        hum: FloatArray = (
            amplitude * self._left * np.sin(2.0 * np.pi * mains * middle + self._phase)
        )
        return hum

    def pick_up(self, start: int, stop: int, extra_hum: float) -> FloatArray:
        """Return mains pick-up at raw samples, in amperes, shape (samples,).

        Args:
            start: number of the first raw sample.
            stop: number of the one after the last.
            extra_hum: amplitude in amperes on top of the configured one.
        """
        turns = self._config.mains / self._clock.rate * np.arange(start, stop)
        hum = (self._config.hum + extra_hum) * np.sin(2.0 * np.pi * turns + self._phase)
        return np.asarray(hum, dtype=np.float64)

    def record(self, true: Signals, extra_hum: float = 0.0) -> Recorded:
        """Turn true signals into rows.

        Args:
            true: the signals.
            extra_hum: amplitude in amperes of mains pick-up on top of the configured one.
        """
        config, start, stop = self._config, true.start, true.stop
        white = self.white(start, stop)
        added = self.offset(start, stop)
        added += self.hum(start, stop, config.hum + extra_hum)
        added += self.deviation(true.current) * white[0]
        potential, current, flags = _converted(
            true.potential, config.potential_noise, white[1], true.current, added, *self._ends
        )
        flags[true.overload] |= _OVERLOAD
        return Recorded(potential, current, flags)


@compiled
def _deviation(current: FloatArray, floor: float, shot: float, full: float) -> FloatArray:
    """Root of a floor (A^2) and of the shot noise, `shot` (A) times the current up to `full`."""
    deviation = np.empty_like(current)
    for i in range(current.size):
        deviation[i] = math.sqrt(floor + shot * min(abs(current[i]), full))
    return deviation


@compiled
def _end(value: float, converter: Converter) -> tuple[float, bool]:
    """Round to the converter's steps; what reaches the end of its span stays there."""
    if abs(value) >= converter.full:
        return math.copysign(converter.full, value), True
    return np.rint(value / converter.step) * converter.step, False


@compiled
def _converted(
    potential: FloatArray,
    noise: float,
    white: FloatArray,
    current: FloatArray,
    added: FloatArray,
    potentials: Converter,
    currents: Converter,
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.uint8]]:
    """Add what is to be added, and round as the converters do; flag what reached their ends.

    Args:
        potential: true raw volts, shape (rows,).
        noise: rms of a row's potential, V.
        white: standard normal numbers, shape (rows,).
        current: true amperes, shape (rows,).
        added: amperes on top of them, shape (rows,).
        potentials: their converter.
        currents: their converter.

    Returns:
        Recorded volts, recorded amperes and flags, each of shape (rows,).
    """
    volts, amperes = np.empty_like(potential), np.empty_like(current)
    flags = np.zeros(potential.size, np.uint8)
    for i in range(potential.size):
        volts[i], over = _end(potential[i] + noise * white[i], potentials)
        amperes[i], beyond = _end(current[i] + added[i], currents)
        if over or beyond:
            flags[i] = _SATURATED
    return volts, amperes, flags
