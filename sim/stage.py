"""The virtual stage: three closed-loop axes that follow ramps as second-order systems.

Theory of operation. A command is a chain of pieces of constant acceleration, most of them
straight: c(t) = c0 + u s + a s^2 / 2, s = t - t0. A closed loop with
x'' = w^2 (c - x) - 2 zeta w x' answers one piece exactly with

    x(t) = c(t) - T c'(t) + (T^2 - 1 / w^2) a + exp(-zeta w s) (A cos wd s + B sin wd s),

where T = 2 zeta / w is the lag, and A and B carry over the position and the velocity at t0. Nothing
is integrated step by step, so any time can be asked for, and the answer does not depend on how
often one asks.
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
from sim.swing import Loop, Swing

AXES: tuple[Axis, ...] = ("x", "y", "z")


@dataclass(frozen=True, slots=True)
class Piece:
    """One straight piece of a command, and the transient it began with."""

    begin: float
    command: float
    rate: float
    """Metres per second at its beginning; 0 while holding."""
    cosine: float
    sine: float
    gain: float = 0.0
    """Metres per second squared by which that rate grows."""

    def command_at(self, t: float) -> float:
        """Return what it commands at a time, in metres."""
        s = t - self.begin
        if self.gain:
            return self.command + (self.rate + 0.5 * self.gain * s) * s
        return self.command + (self.rate * s if self.rate else 0.0)


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
        self._bend = loop.lag**2 - 1.0 / loop.omega**2
        """Square seconds: what an acceleration adds to a steady ramp's lag."""
        self._fastest = 0.0
        """Metres per second that no piece that is remembered exceeds."""
        self._pieces = [Piece(-math.inf, position, 0.0, 0.0, 0.0)]
        self.arrival = -math.inf
        """When the commanded ramp ends or ended, in seconds."""
        self.swing: Swing | None = None
        """What it carries on top of its ramps, if it ever did."""

    @property
    def target(self) -> float:
        """Where the command will rest, in metres."""
        return self._pieces[-1].command

    def command(self, t: float) -> float:
        """Return what is commanded at a time, in metres."""
        return self._piece(t).command_at(t)

    def ramp(self, t: float, to: float, speed: float, smooth: float = 0.0) -> None:
        """From time t on, command a ramp from the present command to a position, then hold.

        Args:
            t: seconds.
            to: metres.
            speed: metres per second.
            smooth: seconds over which the ramp is averaged; the motion takes longer by it.
        """
        start = self.command(t)
        self.hold(t)
        if to == start:
            return
        duration = abs(to - start) / speed
        rate = math.copysign(speed, to - start)
        self._fastest = max(self._fastest, speed)
        if smooth > 0.0:
            # The speed rises and falls steadily; of a short way it never becomes the full one.
            rising, even = min(duration, smooth), max(duration, smooth)
            gain = rate / smooth
            self._join(t, start, 0.0, gain)
            self._join(t + rising, start + 0.5 * gain * rising**2, gain * rising)
            self._join(t + even, to - 0.5 * gain * rising**2, gain * rising, -gain)
            duration += smooth
        else:
            self._join(t, start, rate)
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
        if any(p.gain for p in self._pieces):
            fastest = self._fastest
        swing = 0.0 if self.swing is None else self.swing.largest
        return min(edges + inside) - fastest * self._swing - swing

    def at(self, t: FloatArray) -> FloatArray:
        """Return the true positions at times t, shape (n,) in rising order, in metres."""
        return self.mean(t) + self.swung(t) if self.swing is not None else self.mean(t)

    def swung(self, t: FloatArray) -> FloatArray:
        """Return how far the axis is from its mean at times t, shape (n,) in rising order."""
        return np.zeros(len(t)) if self.swing is None else self.swing.at(t)

    def low(self, t: FloatArray) -> FloatArray:
        """Return the lowest positions around times t, shape (n,) in rising order, in metres.

        Within a period of the swing.
        """
        mean = self.mean(t)
        return mean if self.swing is None else mean - self.swing.size(t)

    def mean(self, t: FloatArray) -> FloatArray:
        """Return the positions without a swing at times t, shape (n,) in rising order."""
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
            (piece.begin, piece.command, piece.rate, piece.cosine, piece.sine, piece.gain),
            (self._lag, self._decay, self._damped, self._memory, self._bend),
        )

    def _join(self, t: float, command: float, rate: float, gain: float = 0.0) -> None:
        """Continue with a new piece from time t; position and velocity carry over."""
        position, velocity = self._state(t)
        cosine = position - command + rate * self._lag - gain * self._bend
        sine = (velocity - rate + gain * self._lag + self._decay * cosine) / self._damped
        if self._pieces[-1].begin == t:
            self._pieces.pop()
        self._pieces.append(Piece(t, command, rate, cosine, sine, gain))

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
        velocity = piece.rate + decay * (slope - self._decay * wave)
        if piece.gain:
            position += piece.gain * (0.5 * s * s - self._lag * s + self._bend)
            velocity += piece.gain * (s - self._lag)
        return position, velocity

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
    piece: tuple[float, float, float, float, float, float],
    loop: tuple[float, float, float, float, float],
) -> FloatArray:
    """Follow one piece of a command.

    Args:
        t: shape (n,), s, in rising order.
        piece: begin, command, rate, cosine, sine, gain, as in `Piece`.
        loop: lag, s; decay, 1/s; damped frequency, rad/s; memory, s; what bends it, s^2.

    Returns:
        Positions, shape (n,), m.
    """
    begin, command, rate, cosine, sine, gain = piece
    lag, decay, damped, memory, bend = loop
    x = np.empty_like(t)
    for i in range(t.size):
        s = t[i] - begin
        x[i] = command + rate * (s - lag)
        if gain != 0.0:
            x[i] += gain * (0.5 * s * s - lag * s + bend)
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

    def move(self, axis: Axis, t: float, to: float, speed: float, smooth: float = 0.0) -> None:
        """Start a ramp at time t; see `AxisMotion.ramp`.

        Raises:
            LimitError: the target or the speed is out of range; nothing moved.
        """
        self.check(axis, to, speed)
        self.axes[axis].ramp(t, to, speed, smooth)

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
