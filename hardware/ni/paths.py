"""What the four outputs do: ramps of the stage and the command of the cell, sample by sample."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hardware.ni.scaling import Scale
from hardware.ni.wires import AXES
from seccm.arrays import FloatArray
from seccm.errors import LimitError
from seccm.rig import Axis, AxisRange, Move, Range, Waveform
from seccm.units import show

ROUNDING = 1e-9
"""Part by which a speed may exceed the fastest, which may come from a division."""


@dataclass(frozen=True, slots=True)
class Ramp:
    """A straight way from one position to another; at rest where both are the same."""

    start: float
    to: float
    speed: float
    """Metres per second, above zero."""
    smooth: float = 0.0
    """Seconds over which the way is averaged, so that the speed rises and falls steadily."""

    @property
    def duration(self) -> float:
        """Seconds it takes."""
        way = abs(self.to - self.start)
        return way / self.speed + (self.smooth if way else 0.0)

    def at(self, t: FloatArray) -> FloatArray:
        """Return positions at times t, shape (n,) in seconds from its start; it rests after."""
        if self.to == self.start:
            return np.full(len(t), self.to)
        far = abs(self.to - self.start)
        gone = np.minimum(self.speed * t, far)
        if self.smooth:
            gone = (self._area(t) - self._area(t - self.smooth)) / self.smooth
        way = np.copysign(gone, self.to - self.start)
        positions: FloatArray = np.where(t >= self.duration, self.to, self.start + way)
        return positions

    def _area(self, t: FloatArray) -> FloatArray:
        """Return the integral of the straight way up to times t, shape (n,), metre seconds."""
        far = abs(self.to - self.start)
        end = far / self.speed
        under: FloatArray = 0.5 * self.speed * np.clip(t, 0.0, end) ** 2
        return under + far * np.maximum(t - end, 0.0)


@dataclass(frozen=True, slots=True)
class Command:
    """What the fourth output carries."""

    scale: Scale
    waveform: Waveform
    """In volts or amperes at the cell."""
    elapsed: float = 0.0
    """Seconds of the waveform that are over when the path begins."""

    @property
    def remaining(self) -> float:
        """Seconds until it does not change any more."""
        if self.waveform.extremes[0] == self.waveform.extremes[1]:
            return 0.0
        return max(0.0, self.waveform.duration - self.elapsed)

    @property
    def first(self) -> float:
        """What the path begins with, in volts or amperes at the cell."""
        return float(self.waveform.at(np.array([self.elapsed]))[0])

    def volts(self, t: FloatArray) -> FloatArray:
        """Return volts at the terminal at times t, shape (n,) in seconds from the path's start."""
        return self.scale.volts(self.waveform.at(t + self.elapsed))


ENDLESS = 2**62
"""Samples of a path that does not end by itself."""


@dataclass(frozen=True, slots=True)
class Swing:
    """A sine on top of the height."""

    frequency: float
    amplitude: float
    """Half of peak to peak, in metres."""
    travel: Range
    """Where the height itself has to stay so that the sine stays within the travel of the axis."""

    def on(self, positions: FloatArray, t: FloatArray) -> FloatArray:
        """Return positions with the sine, at times t from its start, each of shape (n,)."""
        held = np.clip(positions, self.travel.lower, self.travel.upper)
        swung: FloatArray = held + self.amplitude * np.sin(2.0 * math.pi * self.frequency * t)
        return swung


@dataclass(frozen=True, slots=True)
class Path:
    """A way of all four outputs, sampled at a fixed rate."""

    rate: float
    """Samples per second."""
    ramps: Mapping[Axis, Ramp]
    """One for each axis."""
    scales: Mapping[Axis, Scale]
    command: Command
    rest: float = 0.0
    """Seconds for which it holds at its end, where it is played to the end."""
    swing: Swing | None = None
    """What the height carries on top; the path then has no end."""

    @property
    def travel(self) -> int:
        """Samples until every axis has arrived."""
        longest = max(ramp.duration for ramp in self.ramps.values())
        return math.ceil(longest * self.rate - 1e-9)

    @property
    def samples(self) -> int:
        """Samples until nothing changes any more, at least one."""
        if self.swing is not None:
            return ENDLESS
        driven = math.ceil(self.command.remaining * self.rate - 1e-9) + 1
        return max(1, self.travel, driven) + math.ceil(self.rest * self.rate)

    def volts(self, first: int, stop: int) -> FloatArray:
        """Return samples `first` up to `stop`, shape (4, n): x, y, z, command in volts."""
        n = np.arange(first, stop, dtype=np.float64)
        # A ramp has made its first step with the first sample; a command starts at its start.
        ways = {axis: self.ramps[axis].at((n + 1.0) / self.rate) for axis in AXES}
        if self.swing is not None:
            ways["z"] = self.swing.on(ways["z"], n / self.rate)
        rows = [self.scales[axis].volts(ways[axis]) for axis in AXES]
        return np.ascontiguousarray([*rows, self.command.volts(n / self.rate)])

    def positions(self, taken: int) -> dict[Axis, float]:
        """Return where the axes are sent once so many samples were taken, without a swing."""
        t = np.array([taken / self.rate])
        return {axis: float(self.ramps[axis].at(t)[0]) for axis in AXES}


def check_move(move: Move, reach: AxisRange) -> None:
    """Refuse a motion beyond the reach of its axis.

    Raises:
        LimitError: nothing moved.
    """
    if not reach.travel.holds(move.to):
        raise LimitError(
            "out-of-range",
            move.axis,
            f"{show(move.to, 'm')} is outside {show(reach.travel.lower, 'm')} to "
            f"{show(reach.travel.upper, 'm')}; nothing moved.",
        )
    if not 0.0 < move.speed <= reach.fastest * (1.0 + ROUNDING):
        raise LimitError(
            "speed",
            move.axis,
            f"{show(move.speed, 'm/s')} is not a speed above 0 and up to "
            f"{show(reach.fastest, 'm/s')}; nothing moved.",
        )
