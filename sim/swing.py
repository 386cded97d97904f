"""The swing of an axis: how its closed loop answers a sine that is switched on and off.

The loop is linear, so what it does for the sine adds to what it does for ramps. With
x'' = w^2 (c - x) - 2 zeta w x' and c = A sin(W t), after each switch

    x(t) = Im[H(W) A exp(i W t)] + exp(-zeta w s) (C cos wd s + D sin wd s),

where H(W) = w^2 / (w^2 - W^2 + 2 i zeta w W), s counts from the switch, and C and D carry over the
position and the velocity; without the first term while the sine is off.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray

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
class Spell:
    """From one switch to the next."""

    begin: float
    on: bool
    cosine: float
    sine: float


class Swing:
    """The answer of one axis to a sine of a fixed frequency and amplitude.

    Args:
        loop: of the axis.
        frequency: of the sine, in hertz.
        amplitude: of the sine, half of peak to peak, in metres.
    """

    def __init__(self, loop: Loop, frequency: float, amplitude: float) -> None:
        self._loop, self._turns = loop, 2.0 * math.pi * frequency
        self._decay = loop.damping * loop.omega
        self._damped = loop.omega * math.sqrt(1.0 - loop.damping**2)
        w, turns = loop.omega, self._turns
        response = w**2 / (w**2 - turns**2 + 2j * loop.damping * w * turns)
        self._steady = amplitude * response
        self._spells = [Spell(-math.inf, False, 0.0, 0.0)]

    @property
    def largest(self) -> float:
        """Metres by which the axis leaves its mean while the sine is on."""
        return abs(self._steady)

    @property
    def fastest(self) -> float:
        """The largest velocity of the steady swing, metres per second."""
        return self.largest * self._turns

    @property
    def phase(self) -> float:
        """Of the axis against the sine, in radians."""
        return cmath.phase(self._steady)

    @property
    def on(self) -> bool:
        """Whether the sine is on, or is about to be."""
        return self._spells[-1].on

    def switch(self, t: float, *, on: bool) -> None:
        """Switch the sine on or off; on from where it is next zero and rises, so without a jump.

        Args:
            t: seconds.
            on: which.
        """
        if on == self.on:
            return
        if on:
            period = 2.0 * math.pi / self._turns
            t = math.ceil(t / period) * period
        elif self._spells[-1].begin >= t:
            self._spells.pop()  # It was to begin, and never did.
            return
        position, velocity = self._state(t)
        if on:
            steady = self._steady * cmath.exp(1j * self._turns * t)
            position -= steady.imag
            velocity -= self._turns * steady.real
        sine = (velocity + self._decay * position) / self._damped
        recent = [spell for spell in self._spells if spell.begin > t - 1.0]
        older = self._spells[: len(self._spells) - len(recent)]
        self._spells = [*older[-1:], *recent, Spell(t, on, position, sine)]

    def at(self, t: FloatArray) -> FloatArray:
        """Return how far the axis is from its mean at times t, shape (n,) in rising order."""
        found = np.zeros(len(t))
        for spell, own in self._divided(t):
            found[own] = self._answer(spell, t[own])
        return found

    def size(self, t: FloatArray) -> FloatArray:
        """Return how far it comes from its mean around times t, shape (n,) in rising order."""
        found = np.zeros(len(t))
        for spell, own in self._divided(t):
            if spell.on:
                found[own] = self.largest
            elif spell.begin > -math.inf:
                found[own] = self.largest * np.exp(-self._decay * (t[own] - spell.begin))
        return found

    def _divided(self, t: FloatArray) -> list[tuple[Spell, slice]]:
        """Return which of rising times lie in which spell."""
        begins = [spell.begin for spell in self._spells[1:]]
        edges = [0, *np.searchsorted(t, begins, side="left").tolist(), len(t)]
        pairs = zip(self._spells, edges[:-1], edges[1:], strict=True)
        return [(spell, slice(a, b)) for spell, a, b in pairs if b > a]

    def _answer(self, spell: Spell, t: FloatArray) -> FloatArray:
        found = np.zeros(len(t))
        if spell.on:
            turned = self._turns * t
            found += self._steady.imag * np.cos(turned) + self._steady.real * np.sin(turned)
        if spell.begin == -math.inf:
            return found
        s = np.minimum(t - spell.begin, self._loop.memory)
        wave = spell.cosine * np.cos(self._damped * s) + spell.sine * np.sin(self._damped * s)
        found += np.exp(-self._decay * s) * wave
        return found

    def _state(self, t: float) -> tuple[float, float]:
        """Return position and velocity at a time, in metres and metres per second."""
        spell = next(spell for spell in reversed(self._spells) if spell.begin <= t)
        position = float(self._answer(spell, np.array([t]))[0])
        velocity = 0.0
        if spell.on:
            velocity = self._turns * (self._steady * cmath.exp(1j * self._turns * t)).real
        if spell.begin > -math.inf:
            s = min(t - spell.begin, self._loop.memory)
            cosine, sine = math.cos(self._damped * s), math.sin(self._damped * s)
            wave = spell.cosine * cosine + spell.sine * sine
            slope = self._damped * (spell.sine * cosine - spell.cosine * sine)
            velocity += math.exp(-self._decay * s) * (slope - self._decay * wave)
        return position, velocity
