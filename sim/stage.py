"""The virtual stage: three closed-loop axes that follow straight ramps as second-order systems.

Theory of operation. A command is a chain of straight pieces: c(t) = c0 + u (t - t0). A closed loop
with x'' = w^2 (c - x) - 2 zeta w x' answers one piece exactly with

    x(t) = c(t) - 2 zeta u / w + exp(-zeta w s) (A cos wd s + B sin wd s),    s = t - t0,

where A and B carry over the position and the velocity at t0. Nothing is integrated step by step,
so any time can be asked for, and the answer does not depend on how often one asks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seccm.errors import LimitError
from seccm.rig import Axis, AxisRange
from seccm.units import show
from sim.cell import FloatArray

AXES: tuple[Axis, ...] = ("x", "y", "z")
_FORGOTTEN = 40.0
"""Decay, as an exponent, after which a transient is far below a femtometre."""


@dataclass(frozen=True, slots=True)
class Loop:
    """A damped second-order loop."""

    frequency: float
    """Undamped natural frequency in Hz."""
    damping: float
    """Damping ratio, 0 to below 1."""

    @property
    def omega(self) -> float:
        """Undamped natural frequency in rad/s."""
        return 2.0 * math.pi * self.frequency

    @property
    def lag(self) -> float:
        """Seconds by which a steady ramp is followed late."""
        return 2.0 * self.damping / self.omega

    @property
    def memory(self) -> float:
        """Seconds after which the last change of the command is forgotten."""
        return _FORGOTTEN / (self.damping * self.omega)


@dataclass(frozen=True, slots=True)
class Piece:
    """One straight piece of a command, and the transient it began with."""

    begin: float
    command: float
    rate: float
    """Metres per second; 0 while holding."""
    cosine: float
    sine: float


class AxisMotion:
    """One axis: what is commanded, and where it really is.

    Args:
        loop: of the closed-loop controller.
        position: where it rests at first, in metres.
    """

    def __init__(self, loop: Loop, position: float) -> None:
        self.loop = loop
        self._pieces = [Piece(-math.inf, position, 0.0, 0.0, 0.0)]
        self.arrival = -math.inf
        """When the commanded ramp ends or ended, in seconds."""

    @property
    def target(self) -> float:
        """Where the command will rest, in metres."""
        return self._pieces[-1].command

    def command(self, t: float) -> float:
        """Return what is commanded at a time, in metres."""
        piece = self._piece(t)
        return piece.command + (piece.rate * (t - piece.begin) if piece.rate else 0.0)

    def ramp(self, t: float, to: float, speed: float) -> None:
        """From time t on, command a ramp from the present command to a position, then hold."""
        start = self.command(t)
        self.hold(t)
        if to == start:
            return
        duration = abs(to - start) / speed
        self._join(t, start, math.copysign(speed, to - start))
        self._join(t + duration, to, 0.0)
        self.arrival = t + duration

    def hold(self, t: float) -> None:
        """From time t on, command the position commanded at that moment."""
        held = self.command(t)
        # Pieces that had been planned beyond t never happen.
        self._pieces = [p for p in self._pieces if p.begin < t]
        self._forget(t)
        self._join(t, held, 0.0)
        self.arrival = min(self.arrival, t)

    def still(self, begin: float) -> float | None:
        """Return the position from a time on if nothing moves any more, else None."""
        last = self._pieces[-1]
        return last.command if begin >= last.begin + self.loop.memory else None

    def lowest(self, begin: float, end: float) -> float:
        """Return a bound below which the axis does not come between two times, in metres."""
        edges = [self.command(t) for t in (begin - self.loop.memory, begin, end)]
        inside = [p.command for p in self._pieces if begin - self.loop.memory < p.begin < end]
        # After any change of speed the loop swings by less than its lag plus one radian of travel.
        fastest = max(abs(p.rate) for p in self._pieces)
        return min(edges + inside) - fastest * (self.loop.lag + 1.0 / self.loop.omega)

    def at(self, t: FloatArray) -> FloatArray:
        """Return the true positions at times t, shape (n,) in rising order, in metres."""
        if not len(t):
            return np.empty(0)
        rest = self.still(float(t[0]))
        if rest is not None:
            return np.full(len(t), rest)
        first, last = self._piece(float(t[0])), self._piece(float(t[-1]))
        if first is last:
            return self._answer(first, t)
        begins = np.array([p.begin for p in self._pieces])
        edges = np.concatenate([[0], np.searchsorted(t, begins[1:], side="left"), [len(t)]])
        x = np.empty(len(t))
        for piece, first, last in zip(self._pieces, edges[:-1], edges[1:], strict=True):
            if last > first:
                x[first:last] = self._answer(piece, t[first:last])
        return x

    def _answer(self, piece: Piece, t: FloatArray) -> FloatArray:
        if piece.begin == -math.inf:
            return np.full(len(t), piece.command)
        loop, s = self.loop, t - piece.begin
        x = piece.command + piece.rate * (s - loop.lag)
        fresh = int(np.searchsorted(s, loop.memory))
        if fresh:
            s = s[:fresh]
            damped = loop.omega * math.sqrt(1.0 - loop.damping**2)
            wave = piece.cosine * np.cos(damped * s) + piece.sine * np.sin(damped * s)
            x[:fresh] += np.exp(-loop.damping * loop.omega * s) * wave
        return x

    def _join(self, t: float, command: float, rate: float) -> None:
        """Continue with a new piece from time t; position and velocity carry over."""
        loop = self.loop
        position, velocity = self._state(t)
        damped = loop.omega * math.sqrt(1.0 - loop.damping**2)
        cosine = position - command + rate * loop.lag
        sine = (velocity - rate + loop.damping * loop.omega * cosine) / damped
        if self._pieces[-1].begin == t:
            self._pieces.pop()
        self._pieces.append(Piece(t, command, rate, cosine, sine))

    def _state(self, t: float) -> tuple[float, float]:
        """Return position and velocity at a time, in metres and metres per second."""
        piece = self._piece(t)
        if piece.begin == -math.inf:
            return piece.command, 0.0
        loop, s = self.loop, t - piece.begin
        damped = loop.omega * math.sqrt(1.0 - loop.damping**2)
        decay = math.exp(-loop.damping * loop.omega * s)
        cosine, sine = math.cos(damped * s), math.sin(damped * s)
        wave = piece.cosine * cosine + piece.sine * sine
        slope = damped * (piece.sine * cosine - piece.cosine * sine)
        position = piece.command + piece.rate * (s - loop.lag) + decay * wave
        return position, piece.rate + decay * (slope - loop.damping * loop.omega * wave)

    def _piece(self, t: float) -> Piece:
        return next(p for p in reversed(self._pieces) if p.begin <= t)

    def _forget(self, t: float) -> None:
        """Drop pieces that nobody will ask for: all but those of the last second."""
        recent = [p for p in self._pieces if p.begin > t - 1.0]
        older = self._pieces[: len(self._pieces) - len(recent)]
        self._pieces = [*older[-1:], *recent]


class Stage:
    """Three axes with their ranges.

    Args:
        loop: of every axis.
        ranges: how far and how fast each axis goes.
        position: where each axis rests at first, in metres.
    """

    def __init__(
        self, loop: Loop, ranges: Mapping[Axis, AxisRange], position: Mapping[Axis, float]
    ) -> None:
        self._ranges = ranges
        self.axes = {axis: AxisMotion(loop, position[axis]) for axis in AXES}

    def move(self, axis: Axis, t: float, to: float, speed: float) -> None:
        """Start a ramp at time t.

        Raises:
            LimitError: the target or the speed is out of range; nothing moved.
        """
        self.check(axis, to, speed)
        self.axes[axis].ramp(t, to, speed)

    def check(self, axis: Axis, to: float, speed: float) -> None:
        """Refuse a move that the stage cannot make.

        Raises:
            LimitError: the target or the speed is out of range; nothing moved.
        """
        travel, fastest = self._ranges[axis].travel, self._ranges[axis].fastest
        if not travel.holds(to):
            raise LimitError(
                "out-of-range",
                f"{axis} axis",
                f"{show(to, 'm')} is outside {show(travel.lower, 'm')} to "
                f"{show(travel.upper, 'm')}; nothing moved.",
                "Choose a position inside the range.",
            )
        if not 0.0 < speed <= fastest:
            raise LimitError(
                "too-fast",
                f"{axis} axis",
                f"{show(speed, 'm/s')} is not a speed up to {show(fastest, 'm/s')}; nothing moved.",
                "Choose a positive speed up to that limit.",
            )

    def freeze(self, t: float, axes: tuple[Axis, ...] = AXES) -> None:
        """Hold the commands of these axes at time t."""
        for axis in axes:
            self.axes[axis].hold(t)

    def arrival(self, t: float) -> float:
        """Return when the next commanded ramp ends after a time, in seconds, or infinity."""
        ahead = (motion.arrival for motion in self.axes.values() if motion.arrival > t)
        return min(ahead, default=math.inf)

    def moving(self, t: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Tell for each time whether a commanded ramp is unfinished, shape (n,)."""
        return t < max(motion.arrival for motion in self.axes.values())
