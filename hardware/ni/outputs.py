"""The one task that owns all four outputs, in the two ways a card can be told what to put out.

Streamed: the card takes samples by its own clock from a queue that the program keeps filled a
short horizon ahead and never lets repeat. If the program dies, the queue is soon empty and the
converters hold. Stepped: one sample is written whenever a block was read; any card can do this.

A path is never stopped by ceasing to write, but by stopping the task.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import numpy as np
from nidaqmx import Task
from nidaqmx.constants import (
    AcquisitionType,
    ActiveLevel,
    RegenerationMode,
    TaskMode,
    TriggerType,
)
from nidaqmx.stream_writers import AnalogMultiChannelWriter

from hardware.ni.config import NidaqConfig
from hardware.ni.daqmx_errors import DAQMX, spoken
from hardware.ni.latch import Latch
from hardware.ni.paths import Path
from hardware.ni.wires import CARD
from seccm.errors import RigError

TIMEBASE = 100e6
"""Hz, from which a card divides its clocks; one with less takes a rate nearby."""
BESIDE = 1.0025
"""The least by which the period of the outputs is longer than what the rig file says."""
SLACK = 2.0
"""Seconds beyond its duration after which a path that plays to its end is taken to hang."""


class Outputs(Protocol):
    """Plays one path at a time."""

    @property
    def rate(self) -> float:
        """Samples per second of the paths it plays, but for those of sines."""

    @property
    def rate_of_sines(self) -> float:
        """Samples per second of paths with sines for the cell."""

    @property
    def written(self) -> int:
        """Samples of the newest path handed over so far."""

    def start(self, path: Path, latch: Latch | None) -> None:
        """Begin a path; the outputs must be where it starts.

        Raises:
            RigError: the driver refuses.
        """

    def refill(self, taken: int) -> None:
        """Keep a path going, of which so many samples were taken when last seen.

        Raises:
            RigError: the outputs ran out of samples, or the driver refuses.
        """

    def stop(self) -> int | None:
        """Stop the task; the outputs hold.

        Returns:
            How many samples were taken, as the driver says; None if it does not say.

        Raises:
            RigError: the task cannot be stopped, or had stopped itself.
        """

    def finish(self, path: Path, wait: Callable[[], None]) -> None:
        """Play a path to its end, whatever becomes of the program meanwhile if possible.

        Args:
            path: to be played.
            wait: lets one sample's time pass, where nothing else does.

        Raises:
            RigError: the driver refuses or does not come to an end.
        """

    def close(self) -> None:
        """Let go of the task; the outputs hold."""


def beside(rate: float) -> float:
    """Return a rate for the outputs, up to 0.5 % lower, of which the inputs' is no multiple.

    What is put out is a staircase: of a sine at f it has images at the multiples of its own rate,
    f more and f less. If the inputs looked at it at a multiple of that rate, images would fall onto
    the sine itself, 3 % of it at 3 kHz and 100 kHz, in the current with another share than in the
    potential. A period of a prime number of ticks of the card's clock keeps them apart.
    """
    period = math.ceil(TIMEBASE / rate * BESIDE)
    while any(period % factor == 0 for factor in range(2, math.isqrt(period) + 1)):
        period += 1
    return TIMEBASE / period


def output_task(config: NidaqConfig) -> Task:
    """Return a task that owns the four outputs.

    Raises:
        RigError: the driver refuses.
    """
    with spoken(config.device):
        task = Task()
        try:
            for terminal in config.outputs:
                task.ao_channels.add_ao_voltage_chan(
                    f"{config.device}/{terminal}", min_val=CARD.lower, max_val=CARD.upper
                )
        except BaseException:
            task.close()
            raise
    return task


class Stepped:
    """Outputs that take a sample whenever they are told.

    Args:
        config: of the rig.
    """

    def __init__(self, config: NidaqConfig) -> None:
        self._config = config
        self._where = f"{config.device} outputs"
        self.rate = self.rate_of_sines = 1.0 / config.stop.block
        self.written = 0
        self._path: Path | None = None
        self._task = output_task(config)
        self._writer = AnalogMultiChannelWriter(self._task.out_stream, auto_start=True)

    def start(self, path: Path, latch: Latch | None) -> None:
        """Begin a path with its first sample; see `Outputs.start`."""
        self._path, self.written = path, 0
        self.refill(0)

    def refill(self, taken: int) -> None:
        """Write the next sample, one at a time even if the program was late."""
        if self._path is None:
            return
        volts = self._path.volts(self.written, self.written + 1)
        with spoken(self._where):
            self._writer.write_one_sample(volts[:, 0].copy(), timeout=self._config.patience)
        self.written += 1

    def stop(self) -> int | None:
        """Stop; see `Outputs.stop`. There is nothing under way that could go on."""
        self._path = None
        with spoken(self._where):
            self._task.stop()
        return self.written

    def finish(self, path: Path, wait: Callable[[], None]) -> None:
        """Play a path to its end, step by step; see `Outputs.finish`."""
        self.start(path, None)
        while self.written < path.samples:
            wait()
            self.refill(self.written)
        self.stop()

    def close(self) -> None:
        """Let go of the task."""
        with suppress(*DAQMX):
            self._task.close()


class Streamed:
    """Outputs that the card takes from a queue by its own clock.

    Args:
        config: of the rig.
    """

    def __init__(self, config: NidaqConfig) -> None:
        self._config = config
        self._where = f"{config.device} outputs"
        self.written = 0
        self._path: Path | None = None
        self._task = output_task(config)
        try:
            # A card divides its timebase: what it really does is asked for.
            self.rate = self._true(config.output_rate)
            self.rate_of_sines = self._true(beside(config.output_rate))
        except BaseException:
            self._task.close()
            raise
        self._horizon = max(2, round(config.stop.horizon * self.rate))
        self._writer = AnalogMultiChannelWriter(self._task.out_stream, auto_start=False)
        self._writer.verify_array_shape = False

    def start(self, path: Path, latch: Latch | None) -> None:
        """Queue the first horizon of a path and start; see `Outputs.start`."""
        with spoken(self._where):
            self._time(path.rate, AcquisitionType.CONTINUOUS, self._horizon)
            self._arm(latch)
            # Committed, the task can still be asked for its count after it was stopped.
            self._task.control(TaskMode.TASK_COMMIT)
            self._path, self.written = path, 0
            self._write(self._horizon)
            self._task.start()

    def refill(self, taken: int) -> None:
        """Fill the queue up to the horizon, counted from the samples seen to be taken."""
        missing = taken + self._horizon - self.written
        if self._path is not None and missing > 0:
            with spoken(self._where):
                self._write(missing)

    def stop(self) -> int | None:
        """Stop; see `Outputs.stop`. What is queued is not put out any more."""
        path, self._path = self._path, None
        # Even without a path: it may have been stopped already while its start hung.
        with spoken(self._where):
            self._task.stop()
        if path is None:
            return None
        try:
            return int(self._task.out_stream.total_samp_per_chan_generated)
        except DAQMX:
            return None

    def finish(self, path: Path, wait: Callable[[], None]) -> None:
        """Hand a whole path to the card and wait for its end; see `Outputs.finish`."""
        samples = max(2, path.samples)
        with spoken(self._where):
            self._time(path.rate, AcquisitionType.FINITE, samples)
            self._arm(None)
            self._path, self.written = path, 0
            self._write(samples)
            self._task.start()
            self._task.wait_until_done(timeout=samples / path.rate + SLACK)
        self._path = None
        with spoken(self._where):
            self._task.stop()

    def close(self) -> None:
        """Let go of the task."""
        with suppress(*DAQMX):
            self._task.close()

    def _true(self, rate: float) -> float:
        """Return the rate that the card makes of one."""
        with spoken(self._where):
            self._time(rate, AcquisitionType.CONTINUOUS, 2)
            return float(self._task.timing.samp_clk_rate)

    def _time(self, rate: float, mode: AcquisitionType, samples: int) -> None:
        self._task.timing.cfg_samp_clk_timing(rate, sample_mode=mode, samps_per_chan=samples)
        # A queue that runs dry must stop, not repeat old motion.
        self._task.out_stream.regen_mode = RegenerationMode.DONT_ALLOW_REGENERATION
        self._task.out_stream.output_buf_size = samples

    def _arm(self, latch: Latch | None) -> None:
        pause = self._task.triggers.pause_trigger
        if latch is None:
            if self._config.stop.trigger is not None:
                pause.trig_type = TriggerType.NONE
            return
        pause.trig_type = TriggerType.ANALOG_LEVEL
        pause.anlg_lvl_src = latch.terminal
        pause.anlg_lvl_lvl = latch.level
        pause.anlg_lvl_hyst = latch.hysteresis
        pause.anlg_lvl_when = ActiveLevel.ABOVE if latch.above else ActiveLevel.BELOW

    def _write(self, samples: int) -> None:
        if self._path is None:
            raise RigError("no-path", self._where, "there is no path to write.")
        volts = self._path.volts(self.written, self.written + samples)
        self.written += int(
            self._writer.write_many_sample(
                np.ascontiguousarray(volts), timeout=self._config.patience
            )
        )
