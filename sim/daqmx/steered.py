"""A stage that a controller of its own steers, in the place of the outputs of a card."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from seccm.arrays import FloatArray
from seccm.rig import Axis
from sim.controller.device import Controller
from sim.stage import Stage
from sim.swing import Loop


class Steered:
    """What the controller commands, at any time.

    Args:
        controller: on its port.
        loop: of the stage.
        start: where the axes rest at first, in metres.
        now: seconds since the card was plugged in.
        wait: lets time pass, for so many seconds.
    """

    def __init__(
        self,
        controller: Controller,
        loop: Loop,
        start: Mapping[Axis, float],
        now: Callable[[], float],
        wait: Callable[[float], None],
    ) -> None:
        self._controller, self._now = controller, now
        self._stage = Stage(loop, {}, start)
        self._lived = now()
        controller.drive(self._stage, self._caught_up, wait)

    def live(self, until: float) -> None:
        """Let the controller obey every order that is due by a time in seconds."""
        while (due := self._controller.due(self._lived)) <= until:
            self._controller.act(due)
            self._lived = due
        self._lived = max(self._lived, until)

    def commands(self, axis: Axis, t: FloatArray) -> FloatArray:
        """Return what an axis is told at rising times, as far as is known, shape (n,)."""
        motion = self._stage.axes[axis]
        if not len(t) or t[0] >= motion.arrival:
            return np.full(len(t), motion.target)
        return np.array([motion.command(one) for one in t.tolist()])

    def _caught_up(self) -> float:
        now = self._now()
        self.live(now)
        return now
