"""Signals that the rig file adds to potential, current and position, and the lock-ins on them.

A signal that nobody looks at sample by sample is drawn as rows, like the signal that it follows. A
lock-in needs raw samples of what it looks at: the stage is asked where it is at each of them, and
for potential and current the world is simulated sample by sample.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seccm.arrays import BoolArray, FloatArray
from seccm.rig import Flag
from seccm.rig.lock_in import LockIns, stacked, unstacked
from sim.config import SimulatedSignal, VirtualConfig
from sim.noise import WhiteNoise
from sim.world import World

CELL = ("potential", "current")
AXES = ("x", "y", "z")


class Samples(NamedTuple):
    """Raw samples of the cell, where they were simulated; each of shape (samples,)."""

    potential: FloatArray
    current: FloatArray
    full: BoolArray
    """Whether the current is at the end of its range."""


class AddedRows(NamedTuple):
    """What is added to rows."""

    data: dict[str, FloatArray]
    """By the names of the signals, each of shape (rows,)."""
    flags: npt.NDArray[np.uint8]
    """Shape (rows,)."""


class Added:
    """The signals that the rig file adds.

    Args:
        config: the rig file.
        world: in which they are measured.
        seed: of the whole run.
    """

    def __init__(self, config: VirtualConfig, world: World, seed: int) -> None:
        self._config, self._world = config, world
        self._clock = config.clock.rows()
        self._white = {name: WhiteNoise(seed, f"signal {name}", 1) for name in config.signals}
        lock_ins = config.lock_ins()
        self._names, self._lock_ins = tuple(lock_ins), LockIns(lock_ins, self._clock.rate)
        between = {name for name, at in config.signals.items() if at.follows == "barrels"}
        self._fine = {
            name: WhiteNoise(seed, f"samples of {name}", 1)
            for name in self._lock_ins.sources | between
        }
        """Noise of what is looked at sample by sample, by the names of the signals."""
        self.sampled = bool({self._followed(name) for name in self._lock_ins.sources} & {*CELL})
        """Whether the cell has to be simulated sample by sample."""

    @property
    def fine(self) -> bool:
        """Whether anything is looked at sample by sample."""
        return bool(self._fine)

    def memory(self) -> LockIns:
        """Return the present state, to come back to."""
        return self._lock_ins.copy()

    def recall(self, memory: LockIns) -> None:
        """Go back to an earlier state."""
        self._lock_ins = memory

    def rows(
        self, start: int, stop: int, data: Mapping[str, FloatArray], cell: Samples | None
    ) -> AddedRows:
        """Return what is added to rows that the world has just lived through.

        Args:
            start: first row.
            stop: the row after the last.
            data: potential, current and position as they are recorded, each of shape (rows,).
            cell: raw samples, where they were simulated.
        """
        added: dict[str, FloatArray] = {}
        for name, signal in self._config.signals.items():
            if name in self._fine:
                continue  # The mean of its samples, below.
            white = self._white[name].rows(start, stop)[0]
            added[name] = self._rows_of(signal, start, stop, data) + signal.noise * white
        flags = np.zeros(stop - start, np.uint8)
        if self.fine:
            added |= self._fine_rows(start, stop, cell, flags)
        signals = self._config.signals
        order = [*signals, *(name for name in added if name not in signals)]
        return AddedRows({name: added[name] for name in order}, flags)

    def _rows_of(
        self, signal: SimulatedSignal, start: int, stop: int, data: Mapping[str, FloatArray]
    ) -> FloatArray:
        """Return what a signal reads without its noise, shape (rows,)."""
        if not signal.course:
            return signal.offset + signal.factor * data[signal.follows]
        times, values = np.array(signal.course, float).T
        now = np.arange(start, stop) * self._clock.period
        found: FloatArray = signal.offset + np.interp(now, times, values)
        return found

    def _fine_rows(
        self, start: int, stop: int, cell: Samples | None, flags: npt.NDArray[np.uint8]
    ) -> dict[str, FloatArray]:
        """Return what samples make of rows, and flag those that are doubtful."""
        spacing, averaged = self._clock.spacing, self._clock.averaged
        first, last = start * spacing, stop * spacing
        numbers = np.arange(first, last)
        samples = {name: self._samples(name, numbers, cell) for name in sorted(self._fine)}
        means = {
            name: samples[name].reshape(-1, spacing)[:, :averaged].mean(axis=1)
            for name in self._config.signals
            if name in samples
        }
        if not self._names:
            return means
        full = {
            name: cell.full
            for name in samples
            if cell is not None and self._followed(name) == "current"
        }
        made = self._lock_ins.feed(first, samples, full)
        for one in made.values():
            doubtful = one.saturated.reshape(-1, spacing)[:, :averaged].any(axis=1)
            flags[doubtful] |= np.uint8(Flag.SATURATED)
        parts = stacked(made.values()).reshape(2 * len(made), -1, spacing)
        return means | unstacked(self._names, parts[:, :, :averaged].mean(axis=2))

    def _followed(self, name: str) -> str:
        """Return which signal of every rig one follows, or is."""
        signal = self._config.signals.get(name)
        return name if signal is None else signal.follows

    def _samples(
        self, name: str, numbers: npt.NDArray[np.int64], cell: Samples | None
    ) -> FloatArray:
        """Return raw samples of a signal, shape (n,)."""
        signal = self._config.signals.get(name)
        root, followed = math.sqrt(self._clock.averaged), self._followed(name)
        white = self._fine[name].rows(int(numbers[0]), int(numbers[-1]) + 1)[0]
        if followed == "barrels":
            true, noise = self._world.between_barrels(numbers / self._clock.rate), 0.0
        elif followed in CELL:
            true = np.full(len(numbers), np.nan) if cell is None else getattr(cell, followed)
            noise = 0.0
        else:
            axis = next(axis for axis in self._world.stage.axes if axis == followed)
            true = self._world.stage.axes[axis].at(numbers / self._clock.rate)
            noise = self._config.stage.noise
        if signal is not None:
            true = signal.offset + signal.factor * true
            noise = math.hypot(signal.factor * noise, signal.noise)
        samples: FloatArray = true + root * noise * white
        return samples
