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

from seccm.arrays import FloatArray
from seccm.errors import LimitError
from seccm.rig import Axis, AxisRange
from seccm.units import show
from sim.solving import compiled

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
        self._lag, self._memory = loop.lag, loop.memory
        self._decay = loop.damping * loop.omega
        self._damped = loop.omega * math.sqrt(1.0 - loop.damping**2)
        self._swing = loop.lag + 1.0 / loop.omega
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
        return last.command if begin >= last.begin + self._memory else None

    def lowest(self, begin: float, end: float) -> float:
        """Return a bound below which the axis does not come between two times, in metres."""
        earlier = begin - self._memory
        edges = [self.command(t) for t in (earlier, begin, end)]
        inside = [p.command for p in self._pieces if earlier < p.begin < end]
        # After any change of speed the loop swings by less than its lag plus one radian of travel.
        fastest = max(abs(p.rate) for p in self._pieces)
        return min(edges + inside) - fastest * self._swing

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
        return _followed(
            t,
            (piece.begin, piece.command, piece.rate, piece.cosine, piece.sine),
            (self._lag, self._decay, self._damped, self._memory),
        )

    def _join(self, t: float, command: float, rate: float) -> None:
        """Continue with a new piece from time t; position and velocity carry over."""
        position, velocity = self._state(t)
        cosine = position - command + rate * self._lag
        sine = (velocity - rate + self._decay * cosine) / self._damped
        if self._pieces[-1].begin == t:
            self._pieces.pop()
        self._pieces.append(Piece(t, command, rate, cosine, sine))

    def _state(self, t: float) -> tuple[float, float]:
        """Return position and velocity at a time, in metres and metres per second."""
        piece = self._piece(t)
        if piece.begin == -math.inf:
            return piece.command, 0.0
        s = t - piece.begin
        decay = math.exp(-self._decay * s)
        cosine, sine = math.cos(self._damped * s), math.sin(self._damped * s)
        wave = piece.cosine * cosine + piece.sine * sine
        slope = self._damped * (piece.sine * cosine - piece.cosine * sine)
        position = piece.command + piece.rate * (s - self._lag) + decay * wave
        return position, piece.rate + decay * (slope - self._decay * wave)

    def _piece(self, t: float) -> Piece:
        for piece in reversed(self._pieces):
            if piece.begin <= t:
                return piece
        return self._pieces[0]

    def _forget(self, t: float) -> None:
        """Drop pieces that nobody will ask for: all but those of the last second."""
        recent = [p for p in self._pieces if p.begin > t - 1.0]
        older = self._pieces[: len(self._pieces) - len(recent)]
        self._pieces = [*older[-1:], *recent]


@compiled
def _followed(
    t: FloatArray,
    piece: tuple[float, float, float, float, float],
    loop: tuple[float, float, float, float],
) -> FloatArray:
    """Follow one piece of a command.

    Args:
        t: shape (n,), s, in rising order.
        piece: begin, command, rate, cosine, sine, as in `Piece`.
        loop: lag, s; decay, 1/s; damped frequency, rad/s; memory, s.

    Returns:
        Positions, shape (n,), m.
    """
    begin, command, rate, cosine, sine = piece
    lag, decay, damped, memory = loop
    x = np.empty_like(t)
    for i in range(t.size):
        s = t[i] - begin
        x[i] = command + rate * (s - lag)
        if s < memory:
            wave = cosine * math.cos(damped * s) + sine * math.sin(damped * s)
            x[i] += math.exp(-decay * s) * wave
    return x


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

    @property
    def latest(self) -> float:
        """When the last of the commanded ramps ends or ended, in seconds."""
        return max(motion.arrival for motion in self.axes.values())
