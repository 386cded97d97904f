"""The analog comparator of the card, as the pause trigger of a generation uses it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seccm.arrays import BoolArray, FloatArray
from sim.daqmx.codes import Value
from sim.daqmx.task import Task


@dataclass(frozen=True, slots=True)
class Level:
    """Asserted above or below a level.

    Beliefs: a pause trigger is a level, not a latch: it follows the signal both ways (NI,
    "pause triggers are only sensitive to the level of the source, not the edge"). With
    hysteresis it is de-asserted only below level - hysteresis, or above level + hysteresis
    for BELOW (text of `anlg_lvl_hyst`). Its own offset and noise are left out (NI KB
    kA00Z0000004ArXSAU: 16 bit, uncalibrated on X Series): do not trust the last millivolts.
    """

    source: str
    level: float
    hysteresis: float
    above: bool

    def states(self, volts: FloatArray, asserted: bool) -> BoolArray:
        """Return whether it is asserted at each sample, shape (n,), given how it was before."""
        sign = 1.0 if self.above else -1.0
        on = sign * (volts - self.level) > 0.0
        off = sign * (volts - self.level) < -self.hysteresis
        return held(on, off | (~on & (self.hysteresis == 0.0)), asserted)


@dataclass(frozen=True, slots=True)
class Window:
    """Asserted inside or outside a window; there is no hysteresis (NI-DAQmx help)."""

    source: str
    bottom: float
    top: float
    inside: bool

    def states(self, volts: FloatArray, asserted: bool) -> BoolArray:
        """Return whether it is asserted at each sample, shape (n,)."""
        within = (volts > self.bottom) & (volts < self.top)
        return within if self.inside else ~within


Comparator = Level | Window


def comparator(task: Task) -> Comparator | None:
    """Return the pause trigger that was set on a task, if it is an analog one."""
    kind = task.properties.get(("", 0x1366))
    if kind is None:
        return None
    if kind == Value.ANALOG_LEVEL:
        above = task.get(0x1371, int(Value.ABOVE)) == Value.ABOVE
        level, hysteresis = float(task.get(0x1369, 0.0)), float(task.get(0x1368, 0.0))
        return Level(str(task.get(0x1370, "")), level, hysteresis, above)
    if kind == Value.ANALOG_WINDOW:
        inside = task.get(0x1374, int(Value.INSIDE)) == Value.INSIDE
        bottom, top = float(task.get(0x1375, 0.0)), float(task.get(0x1376, 0.0))
        return Window(str(task.get(0x1373, "")), bottom, top, inside)
    return None


def held(on: BoolArray, off: BoolArray, before: bool) -> BoolArray:
    """Return the state of a latch that is set and reset, each of shape (n,)."""
    event = np.where(on | off, np.arange(1, len(on) + 1), 0)
    newest = np.maximum.accumulate(event)
    states: BoolArray = np.concatenate([[before], on])[newest]
    return states
