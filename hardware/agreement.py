"""Position sensors against outputs: where they disagree at rest, the stage does not travel.

A landing is where the sensor of z shows it; the tip goes to where the output is told. An input that
is not calibrated, a cable that has come off or a servo that is off makes two heights of one.
How far they may be apart stands in the rig file; unless it does, that is 0.1 % of the axis' travel,
which a closed loop whose monitor is calibrated keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from hardware.ni.wires import AxisConfig
from seccm.arrays import FloatArray
from seccm.errors import LimitError
from seccm.rig import Axis, Move
from seccm.units import show

SETTLED = 6.0
"""Lags of the stage after which it has arrived, to 1/400 of its lag's way."""
LOOK = 40e-3
"""Seconds that are averaged: two periods of the mains."""
AGAIN = 0.25
"""Seconds of rest after which it is looked again."""
PART = 1e-3
"""Of the travel of an axis that its sensor may be off, unless the rig file says how far."""


class Agreement:
    """Compares sensors with outputs whenever the stage rests.

    Args:
        axes: of the rig file; those without a sensor agree.
        lag: of the stage, in seconds.
        needed: whether the rig cannot do without sensors.
    """

    def __init__(self, axes: Mapping[Axis, AxisConfig], lag: float, *, needed: bool) -> None:
        self._within = {
            name: _usual(axis) if axis.sensor.agrees is None else axis.sensor.agrees
            for name, axis in axes.items()
            if axis.sensor is not None
        }
        self._settling, self._needed = SETTLED * lag, needed
        self._apart: dict[Axis, tuple[float, float]] = {}
        """What the sensor shows and where the output puts it, of each axis that disagrees."""
        self._rested = self._seconds = 0.0
        self._begin = self._settling
        self._sums = dict.fromkeys(self._within, 0.0)

    @property
    def due(self) -> bool:
        """Whether there are means to compare."""
        return bool(self._within) and self._seconds >= LOOK

    def moved(self) -> None:
        """Take it that the stage was under way."""
        self._rested, self._begin = 0.0, self._settling
        self._forget()

    def take(self, data: Mapping[str, FloatArray], period: float) -> None:
        """Take positions of a stage that rests.

        Args:
            data: positions in metres, by axis, shape (n,) each.
            period: seconds from one to the next.
        """
        lasted = period * max((len(data[axis]) for axis in self._within), default=0)
        if self._rested >= self._begin:
            self._seconds += lasted
            for axis in self._within:
                self._sums[axis] += float(np.sum(data[axis])) * period
        self._rested += lasted

    def compare(self, commanded: Mapping[Axis, float]) -> None:
        """Compare the means with where the outputs put the stage, in metres."""
        self.judge({axis: self._sums[axis] / self._seconds for axis in self._within}, commanded)
        self._begin = self._rested + AGAIN
        self._forget()

    def judge(self, sensed: Mapping[Axis, float], commanded: Mapping[Axis, float]) -> None:
        """Compare positions of a stage at rest with where the outputs put it, in metres."""
        self._apart = {
            axis: (sensed[axis], commanded[axis])
            for axis, within in self._within.items()
            if abs(sensed[axis] - commanded[axis]) > within
        }

    def refuse(self, move: Move, height: Callable[[], float]) -> None:
        """Refuse a motion while they disagree; up it goes always.

        Args:
            move: that is asked for.
            height: says where the output puts z, in metres.

        Raises:
            LimitError: with what is apart; nothing moved.
        """
        if not self._apart or (move.axis == "z" and move.to >= height()):
            return
        raise LimitError(
            "sensor-disagrees",
            ", ".join(self._apart),
            f"{'; '.join(self._each())}. Nothing moved; up the tip still goes.",
            self._remedy(),
        )

    @property
    def doubts(self) -> tuple[str, ...]:
        """Say what is apart, an axis each, and what to do then; nothing where all agree."""
        if not self._apart:
            return ()
        refused = "Until they agree, nothing but a retract is carried out."
        each = (f"{said[:1].upper()}{said[1:]}." for said in self._each())
        return (*each, f"{refused} {self._remedy()}")

    def _each(self) -> list[str]:
        return [
            f"the sensor of {axis} shows {show(seen, 'm', 6)} at rest, and the output puts the "
            f"stage at {show(told, 'm', 6)}: {show(abs(seen - told), 'm', 3)} apart, more than "
            f"axes.{axis}.sensor.agrees = {show(self._within[axis], 'm')}"
            for axis, (seen, told) in self._apart.items()
        ]

    def _remedy(self) -> str:
        wide = ", ".join(
            f'agrees = "{show(1.5 * abs(seen - told), "m", 2)}" into axes.{axis}.sensor'
            for axis, (seen, told) in self._apart.items()
        )
        without = "" if self._needed else ", or leave the sensor out"
        return (
            "See that the stage's servo is on and its monitor plugged in; measure gain and offset "
            "of output and input (docs/how-to/rig-file.md), and write them into the rig file. If "
            f"the stage follows no better, write {wide}{without}; a gain that is off shows more "
            "at other places."
        )

    def _forget(self) -> None:
        self._seconds = 0.0
        self._sums = dict.fromkeys(self._within, 0.0)


def _usual(axis: AxisConfig) -> float:
    travel = axis.range().travel
    return PART * (travel.upper - travel.lower)
