"""The outputs of the target: five codes that run to their goals, and what the wires saw of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray, IntArray
from sim.daqmx.history import Trace

CLOCK = 40_000_000
"""Ticks of the target in a second."""
GRID = 2000
"""Ticks from look to look at an output that moves: 50 us, as the stage is followed."""
VOLTS = 10.0 / 32768.0
"""Of a code; the converters are not calibrated."""
AXES = ("X", "Y", "Z", "V", "V2")
OUTPUTS = {axis: f"ao{number}" for number, axis in enumerate(AXES)}
APPLIED = {
    "X": "Applied X",
    "Y": "Applied Y",
    "Z": "Applied Z",
    "V": "Applied Voltage",
    "V2": "Applied Voltage 2",
}


def card_ticks(ticks: IntArray) -> IntArray:
    """Return ticks of the target as ticks of the plant's 100 MHz clock, shape (n,)."""
    found: IntArray = (ticks * 5) // 2
    return found


@dataclass(slots=True)
class Axis:
    """One output."""

    code: float
    goal: float = 0.0
    rate: float = 0.0
    """Codes per tick, signed; 0 at rest."""

    def towards(self, goal: int, speed: float) -> None:
        """Begin to run to a goal at a speed in codes per tick; at once for an infinite one."""
        self.goal = float(goal)
        if math.isinf(speed):
            self.code, self.rate = self.goal, 0.0
        else:
            way = self.goal - self.code
            self.rate = math.copysign(speed, way) if way and speed else 0.0

    def rest(self) -> None:
        """Stay where it is."""
        self.rate = 0.0

    @property
    def left(self) -> float:
        """Ticks until it is there; infinite where it never will be."""
        if self.rate:
            return (self.goal - self.code) / self.rate
        return 0.0

    def after(self, ticks: FloatArray) -> FloatArray:
        """Return the codes so many ticks from now, shape (n,)."""
        codes: FloatArray = self.code + self.rate * np.minimum(ticks, self.left)
        return np.floor(codes + 0.5)

    def run(self, ticks: float) -> None:
        """Go on for so many ticks."""
        if not self.rate:
            return
        if ticks >= self.left - 1e-6:
            self.code, self.rate = self.goal, 0.0
        else:
            self.code += self.rate * ticks


class Outputs:
    """All five, with the levels that the wires have had.

    Args:
        volts: of each output at first, by terminal.
    """

    def __init__(self, volts: Mapping[str, float]) -> None:
        self.axes = {
            axis: Axis(float(round(volts.get(OUTPUTS[axis], 0.0) / VOLTS))) for axis in AXES
        }
        self.traces = {OUTPUTS[axis]: Trace(one.code * VOLTS) for axis, one in self.axes.items()}

    def codes(self) -> dict[str, int]:
        """Return the codes that are put out, by the names of their registers."""
        return {APPLIED[axis]: math.floor(one.code + 0.5) for axis, one in self.axes.items()}

    def run(self, now: int, ticks: int) -> None:
        """Let every axis go on from a tick for so many ticks, and remember the levels."""
        for axis, one in self.axes.items():
            if one.rate:
                self._write(axis, now, ticks)
                one.run(ticks)

    def jump(self, axis: str, goal: int, now: int) -> None:
        """Put out another code from a tick on."""
        one = self.axes[axis]
        one.towards(goal, math.inf)
        trace = self.traces[OUTPUTS[axis]]
        if trace.last != one.code * VOLTS:
            at = max(int(card_ticks(np.array([now]))[0]), trace.changed)
            trace.change(np.array([at]), np.array([one.code * VOLTS]))

    def expected(self, now: int, ticks: int) -> dict[str, int]:
        """Write what is expected for so many ticks; return to what each trace is cut back."""
        marks = {name: trace.changes for name, trace in self.traces.items()}
        for axis, one in self.axes.items():
            if one.rate:
                self._write(axis, now, ticks)
        return marks

    def cut(self, marks: Mapping[str, int]) -> None:
        """Take back what was expected."""
        for name, changes in marks.items():
            self.traces[name].cut(changes)

    def _write(self, axis: str, now: int, ticks: int) -> None:
        one, trace = self.axes[axis], self.traces[OUTPUTS[axis]]
        at = np.arange((now // GRID + 1) * GRID, now + ticks, GRID, dtype=np.int64)
        at = np.append(at, now + ticks)
        levels = one.after((at - now).astype(float)) * VOLTS
        changed = np.concatenate([[trace.last], levels[:-1]]) != levels
        if changed.any():
            trace.change(card_ticks(at[changed]), levels[changed])
