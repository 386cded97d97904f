"""What the electronics add to what is true: noise, hum, offset, before the card converts.

Raw noise is white at 100 kHz, so large that the mean of a row of the virtual rig has the noise
that the virtual rig draws for it. It belongs to the instant: whoever asks twice gets it twice.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from seccm.arrays import FloatArray, IntArray
from seccm.rig import Axis
from sim.chance import stream
from sim.daqmx.clock import TICKS
from sim.daqmx.config import RAW_TICKS, VirtualCardConfig
from sim.daqmx.curves import add_sine, noisy
from sim.electronics import Electrometer
from sim.faults import Faults, spoil
from sim.noise import SlowNoise, WhiteNoise
from sim.stage import AXES

NAMES = ("current", "potential", *AXES, "barrels")


class Sensors:
    """Electrometer and position sensors.

    Args:
        config: of everything.
        faults: of the run, counted in steps.
        step: ticks of one step of the world.
        seed: of the whole run.
    """

    def __init__(self, config: VirtualCardConfig, faults: Faults, step: int, seed: int) -> None:
        rows = config.clock.rows()
        root = math.sqrt(rows.window * 1e8 / RAW_TICKS)
        self._faults, self._step = faults, step
        self._row = Electrometer(config.electrometer, config.drive, rows, seed)
        self._current = root
        self._potential = root * config.electrometer.potential_noise
        self._position = root * config.stage.noise
        self._hum = config.electrometer.hum
        self._cycles = config.electrometer.mains / TICKS
        """Of the mains in one tick."""
        self._phase = stream(seed, "mains").uniform(0.0, 2.0 * math.pi)
        self._wander = config.electrometer.offset
        memory = config.electrometer.offset_time * 1e8 / step
        self._offset = SlowNoise(seed, "offset", memory)
        self._white = WhiteNoise(seed, "raw", len(NAMES))
        self._drives = config.drives
        self._seconds = {name: WhiteNoise(seed, f"raw {name}", 2) for name in config.drives}

    def current(self, true: FloatArray, ticks: IntArray) -> FloatArray:
        """Return the current as the electrometer's output shows it, shape (n,) in amperes."""
        step = ticks // self._step
        now = int(step[0])
        white = self._noise("current", ticks)
        current = noisy(true, self._current, self._row.deviation(true) * white)
        wander = self._offset.rows(now, int(step[-1]) + 1)
        current += self._wander * wander[step - now]
        hum = self._hum + self._faults.argument_if_active("hum", "amplitude", now)
        add_sine(current, ticks, self._cycles, self._phase, hum)
        spoil(self._faults, now, np.zeros(1), current, self._row.full_current)
        return current

    def barrels(self, true: FloatArray, ticks: IntArray) -> FloatArray:
        """Return the current between two barrels as a second electrometer shows it."""
        white = self._noise("barrels", ticks)
        return noisy(true, self._current, self._row.deviation(true) * white)

    def second(
        self, name: str, what: Literal["current", "potential"], true: FloatArray, ticks: IntArray
    ) -> FloatArray:
        """Return what a second drive's electronics show, shape (n,) in amperes or volts."""
        drive = self._drives[name]
        index, noise = (1, drive.noise) if what == "current" else (0, drive.potential_noise)
        first, last = int(ticks[0]) // RAW_TICKS, int(ticks[-1]) // RAW_TICKS
        white = self._seconds[name].rows(first, last + 1)[index]
        return noisy(true, self._current * noise, _chosen(white, first, ticks))

    def potential(self, true: FloatArray, ticks: IntArray) -> FloatArray:
        """Return the potential as the electrometer's output shows it, shape (n,) in volts."""
        potential = noisy(true, self._potential, self._noise("potential", ticks))
        stuck = self._faults.active("stuck-signal", int(ticks[0]) // self._step)
        if stuck is not None:
            potential[:] = stuck.arguments.setdefault("volts", float(potential[0]))
        return potential

    def position(self, axis: Axis, true: FloatArray, ticks: IntArray) -> FloatArray:
        """Return the position as its sensor shows it, shape (n,) in metres."""
        return noisy(true, self._position, self._noise(axis, ticks))

    def _noise(self, name: str, ticks: IntArray) -> FloatArray:
        """Return the noise of the raw samples in which rising ticks lie, shape (n,)."""
        first, last = int(ticks[0]) // RAW_TICKS, int(ticks[-1]) // RAW_TICKS
        return _chosen(self._white.rows(first, last + 1)[NAMES.index(name)], first, ticks)


def _chosen(samples: FloatArray, first: int, ticks: IntArray) -> FloatArray:
    """Return the raw samples in which rising ticks lie, of those from the first on."""
    # As a rule ticks come once a raw sample: then these are all of them.
    if len(samples) == len(ticks):
        return samples
    return samples[ticks // RAW_TICKS - first]
