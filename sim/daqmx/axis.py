"""A stage whose command is a voltage: every axis follows what the outputs did, however jagged.

The closed loop x'' = w^2 (c - x) - 2 zeta w x' is integrated exactly for commands that are
constant over steps of 50 us; between the steps the position runs straight. A command that
changes inside a step counts from the middle of the step on: 0.05 nm at 2 um/s.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray
from seccm.rig import Axis
from sim.daqmx.clock import TICKS
from sim.daqmx.curves import polyline
from sim.daqmx.history import History
from sim.stage import AXES, AxisMotion, Stage
from sim.swing import Loop

STEP = 5000
"""Ticks of one step: 50 us."""
_SECONDS = STEP / TICKS
AxisMemory = tuple[int, FloatArray, int, float]
"""Known steps, state of the filter, steps since the last change, newest command."""


def discrete(loop: Loop, step: float) -> tuple[FloatArray, FloatArray]:
    """Return the filter that answers commands constant over steps, each at the end of its step.

    Astrom and Wittenmark, Computer-Controlled Systems, table 2.1.

    Args:
        loop: the closed loop.
        step: in seconds.

    Returns:
        Coefficients of command and position, as `scipy.signal.lfilter` takes them.
    """
    damped = loop.omega * math.sqrt(1.0 - loop.damping**2)
    decay = math.exp(-loop.damping * loop.omega * step)
    cosine = math.cos(damped * step)
    sine = math.sin(damped * step) * loop.damping * loop.omega / damped
    b = np.array([1.0 - decay * (cosine + sine), decay**2 + decay * (sine - cosine)])
    return b, np.array([1.0, -2.0 * decay * cosine, decay**2])


class DrivenAxis(AxisMotion):
    """One axis that follows a list of commands.

    Args:
        loop: of the closed-loop controller.
        position: where it rests at first, in metres.
    """

    def __init__(self, loop: Loop, position: float) -> None:
        super().__init__(loop, position)
        self._b, self._a = discrete(loop, _SECONDS)
        self._filter: FloatArray = np.asarray(scipy.signal.lfilter_zi(self._b, self._a)) * position
        self._nodes = History(np.float64(position))
        self._known = 0
        self._still = math.ceil(loop.memory / _SECONDS)
        """Steps since the command last changed, at first as many as there need be."""
        self._settled = self._still
        """Steps after which the axis rests where it is told to."""
        self._newest = position

    @property
    def target(self) -> float:
        """The newest command that will not change any more, in metres."""
        return self._newest

    @property
    def known(self) -> int:
        """Steps that have really happened; those after them are a guess."""
        return self._known

    @property
    def rests(self) -> bool:
        """Whether it has settled where it is told to be."""
        return self._still >= self._settled

    def stay(self, steps: int, known: int) -> None:
        """Take it that the newest command stays, of an axis that rests; see `follow`."""
        self._nodes.cut(self._known + 1)
        self._nodes.extend(np.full(steps, self._newest))
        self._known += known

    def follow(self, commands: FloatArray, known: int) -> None:
        """Take the commands of all steps from `self.known` on.

        Args:
            commands: in metres, shape (n,); the axis has positions up to the last one's end.
            known: how many of them will not change any more.
        """
        same = bool((commands == self._newest).all())
        if same and self.rests:
            self.stay(len(commands), known)
            return
        self._nodes.cut(self._known + 1)
        self._still = self._still + known if same else 0
        # The filter has no state to give back after nothing.
        if known:
            sure, self._filter = scipy.signal.lfilter(
                self._b, self._a, commands[:known], zi=self._filter
            )
            self._nodes.extend(sure)
            self._newest = float(commands[known - 1])
        guess, _ = scipy.signal.lfilter(self._b, self._a, commands[known:], zi=self._filter)
        self._nodes.extend(guess)
        self._known += known

    def memory(self) -> AxisMemory:
        """Return the present state, to come back to."""
        return self._known, self._filter, self._still, self._newest

    def recall(self, memory: AxisMemory) -> None:
        """Go back to an earlier state."""
        self._known, self._filter, self._still, self._newest = memory

    def forget(self, t: float) -> None:
        """Allow positions before a time in seconds to be forgotten."""
        self._nodes.forget(int(t / _SECONDS) - 1)

    def mean(self, t: FloatArray) -> FloatArray:
        """Return the true positions at times t, shape (n,) in rising order, in metres.

        With whatever swing the outputs carry: nobody tells this stage of one.
        """
        if not len(t):
            return np.empty(0)
        first = min(int(t[0] / _SECONDS), self._nodes.stop - 2)
        nodes = self._nodes.part(first, min(int(t[-1] / _SECONDS) + 2, self._nodes.stop))
        return polyline(nodes, float(first), _SECONDS, t)

    def lowest(self, begin: float, end: float) -> float:
        """Return the lowest position between two times, in metres."""
        first, last = int(begin / _SECONDS), int(end / _SECONDS) + 2
        nodes = self._nodes
        return float(nodes.part(max(first, nodes.start), min(last, nodes.stop)).min())


class DrivenStage(Stage):
    """Three axes that follow voltages; nothing is asked of them by name.

    Args:
        loop: of every axis.
        position: where each axis rests at first, in metres.
    """

    def __init__(self, loop: Loop, position: Mapping[Axis, float]) -> None:
        super().__init__(loop, {}, position)
        self.driven = {axis: DrivenAxis(loop, position[axis]) for axis in AXES}
        self.axes = dict[Axis, AxisMotion](self.driven)
