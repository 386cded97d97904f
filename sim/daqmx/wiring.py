"""What the volts on the wires mean, and which volts stand for what is true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seccm.arrays import BoolArray, FloatArray
from seccm.rig import Axis, Mode
from sim.daqmx.config import VirtualCardConfig
from sim.daqmx.curves import amplified
from sim.stage import AXES

Signal = Literal["current", "potential", "barrels", "technique"]
SecondSignal = Literal["current", "potential"]
SUPPLY = 12.0
"""Volts to either side at which the electrometer's output, and an amplifier behind it, end."""


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line between volts and a quantity in SI units."""

    zero: float
    """The quantity at 0 V."""
    slope: float
    """Its change with each volt."""

    def si(self, volts: FloatArray) -> FloatArray:
        """Return what volts mean, shape (n,)."""
        quantity: FloatArray = self.zero + self.slope * volts
        return quantity

    def volts(self, quantity: FloatArray) -> FloatArray:
        """Return the volts that stand for a quantity, shape (n,)."""
        volts: FloatArray = (quantity - self.zero) / self.slope
        return volts


class Wiring:
    """The wires of one rig.

    Args:
        config: of wires, stage and card.
    """

    def __init__(self, config: VirtualCardConfig) -> None:
        wired, signals = config.wiring, config.wiring.signals
        self._range = config.stage.range
        self._signals = signals
        self.axes: dict[Axis, Line] = {}
        self.outputs: dict[Axis, str] = {}
        self.monitors: dict[str, Axis] = {}
        for name in AXES:
            axis = getattr(wired, name)
            self.axes[name] = Line(axis.at_0V, (axis.at_10V - axis.at_0V) / 10.0)
            self.outputs[name] = axis.output
            self.monitors[axis.monitor] = name
        self.command = signals.command
        self._commands: dict[Mode, Line] = {
            "potential": Line(0.0, signals.command_potential_at_10V / 10.0),
            "current": Line(0.0, signals.command_current_at_10V / 10.0),
        }
        self._read: dict[str, tuple[Signal, Line, float]] = {
            signals.current: ("current", Line(0.0, signals.current_at_10V / 10.0), 1.0),
            signals.potential: ("potential", Line(0.0, signals.potential_at_10V / 10.0), 1.0),
        }
        lines = {
            "current": self._read[signals.current],
            "potential": self._read[signals.potential],
            "technique": ("technique", Line(0.0, 1.0), 1.0),
            "barrels": ("barrels", Line(0.0, signals.barrels_at_10V / 10.0), 1.0),
        }
        source = getattr(signals, signals.trigger_signal)
        kind, line, _ = self._read[source]
        self._read |= {name: lines[what] for name, what in signals.also.items()}
        self.drives = wired.drives
        """Wires of second drives, by name."""
        self._second: dict[str, tuple[str, SecondSignal, Line]] = {}
        for drive, pins in wired.drives.items():
            self._second |= {
                pins.potential: (drive, "potential", Line(0.0, pins.potential_at_10V / 10.0)),
                pins.current: (drive, "current", Line(0.0, pins.current_at_10V / 10.0)),
            }
        self._read[signals.trigger] = kind, line, signals.trigger_gain

    @property
    def lines(self) -> tuple[str, str]:
        """The digital lines of mode and cell."""
        return self._signals.mode_line, self._signals.cell_line

    def position(self, axis: Axis, volts: FloatArray) -> FloatArray:
        """Return where a controller is told to go, shape (n,) in metres.

        A controller goes no farther than the ends of its travel, whatever the volts.
        """
        metres: FloatArray = np.clip(self.axes[axis].si(volts), 0.0, self._range)
        return metres

    def mode(self, mode_line: bool, cell_line: bool) -> Mode:
        """Return what is imposed on the cell, given the levels of the two lines."""
        signals = self._signals
        if signals.cell_line and not cell_line:
            return "open"
        if signals.mode != "line":
            return signals.mode
        return "current" if mode_line else "potential"

    def imposed(self, mode: Mode, volts: FloatArray) -> FloatArray:
        """Return the commanded potential or current, shape (n,); nothing while open."""
        return self._commands[mode].si(volts) if mode != "open" else np.zeros(len(volts))

    def ranges(self, levels: BoolArray) -> FloatArray:
        """Return the size of the range that is set beside the usual one.

        Args:
            levels: of the lines that switch it, shape (lines, n).

        Returns:
            Shape (n,).
        """
        found = np.ones(levels.shape[1])
        for position, size in self._signals.ranges.items():
            wanted = np.array([level == "1" for level in position])
            found[(levels == wanted[:, None]).all(axis=0)] = size
        return found

    @property
    def switch_lines(self) -> tuple[str, ...]:
        """The digital lines that connect the channels of an electrode array."""
        signals = self._signals
        multiplexer = (*signals.address, signals.enable) if signals.enable else ()
        return (*signals.relays, *multiplexer)

    def connected(self, levels: Sequence[bool]) -> tuple[str, ...]:
        """Return the channels that are connected, given the levels of `switch_lines`."""
        signals, count = self._signals, len(self._signals.relays)
        closed = zip(signals.relays.values(), levels[:count], strict=True)
        found = [channel for channel, high in closed if high]
        if signals.enable and levels[-1]:
            address = "".join("1" if high else "0" for high in levels[count:-1])
            found += [signals.channels[address]] if address in signals.channels else []
        return tuple(found)

    @property
    def range_lines(self) -> tuple[str, ...]:
        """The digital lines that switch the range of the current."""
        return self._signals.range_lines

    def signal(self, terminal: str) -> Signal | None:
        """Return which signal of the cell a terminal reads, if one."""
        read = self._read.get(terminal)
        return read[0] if read else None

    def second(self, terminal: str) -> tuple[str, SecondSignal] | None:
        """Return which second drive a terminal reads, and what of it, if one."""
        read = self._second.get(terminal)
        return read[:2] if read else None

    def second_reading(self, terminal: str, quantity: FloatArray) -> FloatArray:
        """Return the volts at a terminal that reads a second drive, shape (n,)."""
        _, _, line = self._second[terminal]
        return amplified(quantity, line.zero, line.slope, 1.0, SUPPLY)

    def held(self, name: str, volts: FloatArray) -> FloatArray:
        """Return the potential that a second drive is told to hold, shape (n,)."""
        return Line(0.0, self.drives[name].command_at_10V / 10.0).si(volts)

    def reading(self, terminal: str, quantity: FloatArray) -> FloatArray:
        """Return the volts at a terminal that reads a signal, shape (n,), up to its supply."""
        _, line, gain = self._read[terminal]
        return amplified(quantity, line.zero, line.slope, gain, SUPPLY)
