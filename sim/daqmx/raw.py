"""What the wires carry between the steps of the world: potential and current at any instant.

The world says the potential at the end of each of its steps and the mean current of each. In
between the potential runs straight and the current is constant, so that charge is kept. Where
the meniscus touches, exponential shapes are put in: the double layer charges and the
leads discharge exponentially, and carry what the settled current leaves over of the charge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray
from sim.daqmx.curves import ROUNDING, polyline, steps_at
from sim.daqmx.history import History
from sim.record import CHARGING

COLLAPSE = 30e-6
"""Time constant with which the overload of a galvanostat collapses, in seconds."""
_SHORT = 3.0
"""Time constants that the rest of a step must have to hold the whole transient."""
_SHORTEST = 1e-6
"""Seconds below which a part of a step is not resolved."""


@dataclass(frozen=True, slots=True)
class Contact:
    """The meniscus touches: an exponential from an instant on, to the end of its step or two."""

    step: int
    begin: float
    """Seconds since the beginning of the step."""
    settled: float
    """Amperes, some steps later."""
    before: float
    """Amperes before the contact."""
    collapse: bool
    """Whether an overload collapses, rather than a double layer being charged."""

    @property
    def tau(self) -> float:
        """Time constant in seconds."""
        return COLLAPSE if self.collapse else CHARGING

    def steps(self, period: float) -> int:
        """Return over how many steps the exponential goes."""
        return 2 if period - self.begin < _SHORT * self.tau else 1

    def current(self, step: int, t: FloatArray, mean: float, period: float) -> FloatArray:
        """Return the current, whose mean over a step is given.

        Args:
            step: 0 for the step of the contact, 1 for the one after it.
            t: seconds since the beginning of that step, shape (n,).
            mean: of that step, in amperes.
            period: of the steps, in seconds.
        """
        begin, before = (self.begin, self.before) if step == 0 else (0.0, 0.0)
        left = max(period - begin, _SHORTEST)
        charge = mean * period - before * begin - self.settled * left
        peak = charge / (self.tau * -math.expm1(-left / self.tau))
        age = t - begin
        after = self.settled + peak * np.exp(-np.maximum(age, 0.0) / self.tau)
        return np.where(age < 0.0, before, after)

    def potential(self, t: FloatArray, straight: FloatArray, old: float, new: float) -> FloatArray:
        """Return the potential in the step of the contact, shape (n,).

        Args:
            t: seconds since the beginning of the step, shape (n,).
            straight: the potential as a straight line.
            old: potential at the beginning of the step.
            new: potential at its end.
        """
        if not self.collapse:
            return straight
        age = t - self.begin
        return np.where(age < 0.0, old, new + (old - new) * np.exp(-np.maximum(age, 0) / self.tau))


@dataclass(frozen=True, slots=True)
class Break:
    """The circuit opens at an instant."""

    step: int
    begin: float
    """Seconds since the beginning of the step."""

    def steps(self, period: float) -> int:
        """Return over how many steps it goes."""
        return 1

    def current(self, step: int, t: FloatArray, mean: float, period: float) -> FloatArray:
        """Return the current, whose mean over its step is given; see `Contact.current`."""
        # All the charge of the step passed before the break.
        level = mean * period / self.begin if self.begin > _SHORTEST else 0.0
        return np.where(t < self.begin, level, 0.0)

    def potential(self, t: FloatArray, straight: FloatArray, old: float, new: float) -> FloatArray:
        """Return the potential in the step of the break; see `Contact.potential`."""
        return np.where(t < self.begin, old, new)


class RawSignals:
    """Potential and current of all steps so far.

    Args:
        period: seconds of one step of the world.
        potential: in volts at the beginning.
    """

    def __init__(self, period: float, potential: float) -> None:
        self.period = period
        self._potential = History(np.float64(potential))
        """At the end of step k: index k + 1."""
        self._current = History(np.float64(0.0))
        """Mean of step k: index k + 1."""
        self._events: list[Contact | Break] = []

    @property
    def steps(self) -> int:
        """How many steps there have been."""
        return self._current.stop - 1

    def extend(self, potential: FloatArray, current: FloatArray) -> None:
        """Append steps: potential at their ends, mean current, each of shape (n,)."""
        self._potential.extend(potential)
        self._current.extend(current)

    def cut(self, steps: int) -> None:
        """Take back all but the first so many steps."""
        self._potential.cut(steps + 1)
        self._current.cut(steps + 1)
        self._events = [event for event in self._events if event.step < steps]

    def forget(self, step: int) -> None:
        """Allow what was before a step to be forgotten."""
        self._potential.forget(step)
        self._current.forget(step)
        self._events = [event for event in self._events if event.step >= step]

    def land(self, begin: float, settled: float, *, collapse: bool) -> None:
        """Say that the meniscus touched in the newest step.

        Args:
            begin: instant, seconds since the beginning of the step.
            settled: current in amperes some steps later.
            collapse: whether an overload collapses, rather than a double layer being charged.
        """
        step = self.steps - 1
        before = float(self._current.part(step, step + 1)[0])
        self._events.append(Contact(step, begin, settled, before, collapse))

    def part(self, begin: float) -> None:
        """Say that the meniscus broke at an instant in the newest step."""
        self._events.append(Break(self.steps - 1, begin))

    def potential(self, t: FloatArray) -> FloatArray:
        """Return the potential at times t in seconds, rising, shape (n,)."""
        first, last = self._steps(t)
        ends = self._potential.part(first, last + 2)
        potential = polyline(ends, float(first), self.period, t)
        for event in self._events:
            if not first <= event.step <= last:
                continue
            inside = self._inside(t, event.step)
            old, new = ends[event.step - first : event.step - first + 2].tolist()
            since = t[inside] - event.step * self.period
            potential[inside] = event.potential(since, potential[inside], old, new)
        return potential

    def current(self, t: FloatArray) -> FloatArray:
        """Return the current at times t in seconds, rising, shape (n,)."""
        first, last = self._steps(t)
        means = self._current.part(first + 1, last + 2)
        current = steps_at(means, float(first), self.period, t)
        for event in self._events:
            for late in range(event.steps(self.period)):
                step = event.step + late
                if first <= step <= last:
                    inside = self._inside(t, step)
                    since, mean = t[inside] - step * self.period, float(means[step - first])
                    current[inside] = event.current(late, since, mean, self.period)
        return current

    def _steps(self, t: FloatArray) -> tuple[int, int]:
        """Return the steps in which the first and the last of rising times lie."""
        first, last = (int(t[k] / self.period + ROUNDING) for k in (0, -1))
        return first, last

    def _inside(self, t: FloatArray, step: int) -> slice:
        """Return which of rising times lie in a step."""
        begin, end = (t / self.period).astype(np.int64).searchsorted([step, step + 1])
        return slice(int(begin), int(end))
