"""What the wires carry where the world is computed in steps much shorter than a sample.

Potential and current are those of the cell itself; there is nothing to be put in between. The
current comes out of an amplifier with a single pole, which is solved exactly for a current that is
constant in a step, so that a converter may look at any instant.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from seccm.arrays import BoolArray, FloatArray, IntArray
from sim.daqmx.curves import ROUNDING
from sim.daqmx.history import History, S
from sim.solving import compiled


class FineSignals:
    """Potential and current of all steps so far; with the face of `sim.daqmx.raw.RawSignals`.

    Args:
        period: seconds of one step of the world.
        potential: in volts at the beginning.
        bandwidth: of the current amplifier in Hz.
        stray: capacitance of the leads in F.
    """

    def __init__(self, period: float, potential: float, bandwidth: float, stray: float) -> None:
        self.period = period
        self._constant, self._stray = 1.0 / (2.0 * math.pi * bandwidth), stray
        zero = np.float64(0.0)
        self._potential = History(np.float64(potential))
        """At the end of step k: index k + 1."""
        self._imposed = History(np.int64(0))
        """Whether the potential is imposed in step k."""
        self._level = History(zero)
        """Current in step k."""
        self._shown = History(zero)
        """Current that the amplifier shows at its end."""
        self._means = History(np.float64(potential))
        """Mean potential in step k."""

    @property
    def _all(self) -> tuple[History[np.float64] | History[np.int64], ...]:
        return self._potential, self._imposed, self._level, self._shown, self._means

    @property
    def steps(self) -> int:
        """How many steps there have been."""
        return self._potential.stop - 1

    def extend(
        self, potential: FloatArray, current: FloatArray, imposed: FloatArray | None
    ) -> None:
        """Append steps.

        Args:
            potential: at their ends; where it is imposed, its mean in each, as the cell saw it;
                shape (n,) in volts.
            current: mean of each, with that into the leads, shape (n,) in amperes.
            imposed: what is imposed at their ends in volts, shape (n,); None for no potential.
        """
        ends = potential if imposed is None else imposed
        level = current
        if imposed is not None:
            # The leads are charged by what is imposed, not by its means.
            known = np.diff(potential, prepend=self._means.last)
            true = np.diff(ends, prepend=self._potential.last)
            level = current + self._stray * (true - known) / self.period
        shown = np.empty(len(level))
        amplify(level, shown, float(self._shown.last), self.period / self._constant)
        self._potential.extend(ends)
        self._imposed.extend(np.full(len(level), int(imposed is not None)))
        self._level.extend(level)
        self._shown.extend(shown)
        self._means.extend(potential)

    def cut(self, steps: int) -> None:
        """Take back all but the first so many steps."""
        for history in self._all:
            history.cut(steps + 1)

    def forget(self, step: int) -> None:
        """Allow what was before a step to be forgotten."""
        for history in self._all:
            history.forget(step)

    def potential(self, t: FloatArray) -> FloatArray:
        """Return the potential at times t in seconds, rising, shape (n,).

        Where it is imposed, what imposes it knows it better.
        """
        before, after, _, share = self._around(self._potential, t)
        return np.asarray(before + (after - before) * share)

    def current(self, t: FloatArray) -> FloatArray:
        """Return the current that the amplifier shows at times t, rising, shape (n,)."""
        before, _, place, share = self._around(self._shown, t)
        level = self._level.part(place[0], place[-1] + 1)[place - place[0]]
        return np.asarray(level + (before - level) * np.exp(-share * self.period / self._constant))

    def imposed(self, t: FloatArray) -> BoolArray:
        """Tell for times t, rising, shape (n,), whether the potential is imposed."""
        _, there, _, _ = self._around(self._imposed, t)
        return np.asarray(there == 1)

    def _around(
        self, history: History[S], t: FloatArray
    ) -> tuple[npt.NDArray[S], npt.NDArray[S], IntArray, FloatArray]:
        """Return what is known at the ends of the steps before and in which rising times lie.

        Also the indices of these steps, and how far the times are in them, 0 to 1.
        """
        steps = t / self.period + ROUNDING
        number = steps.astype(np.int64)
        first = int(number[0])
        known = history.part(first, int(number[-1]) + 2)
        share = np.clip(steps - number, 0.0, 1.0)
        return known[number - first], known[number - first + 1], number + 1, share


@compiled
def amplify(level: FloatArray, shown: FloatArray, last: float, decay: float) -> None:
    """Let a single pole follow currents that are constant in steps, each of shape (n,).

    Args:
        level: current in each step.
        shown: is filled with what is shown at the end of each.
        last: what is shown before the first.
        decay: length of a step over the time constant.
    """
    kept = math.exp(-decay)
    for i in range(level.size):
        last = level[i] + (last - level[i]) * kept
        shown[i] = last
