"""The inputs: one task that never stops, whose sample numbers are the clock of the whole program.

Beside the signals it reads back what the outputs really carry. A counter on the output's clock,
sampled by the input's clock, says at every input sample how many output samples were taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from nidaqmx import Task
from nidaqmx.constants import AcquisitionType, Level, TerminalConfiguration
from nidaqmx.errors import DaqReadError
from nidaqmx.stream_readers import (
    AnalogMultiChannelReader,
    AnalogUnscaledReader,
    CounterReader,
)
from nidaqmx.system import System

from hardware.ni.coding import coding_of
from hardware.ni.config import LampConfig, NidaqConfig, readback
from hardware.ni.daqmx_errors import DAQMX, spoken, translate
from hardware.ni.wires import CARD
from seccm.arrays import FloatArray
from seccm.errors import RigError, StreamError
from seccm.rig.block import NO_EDGES
from seccm.rig.lamp import Samples
from seccm.rig.raw import Codes
from seccm.units import show

KEPT = 10.0
"""Seconds of samples that the driver keeps for a slow program."""
LONGEST = 1.0
"""Seconds of samples that are fetched at once."""
GLANCE = 200
"""Samples averaged in one look at all inputs."""
ALIKE = 2e-3
"""Volts by which what the driver scales and what is scaled here may differ at an output that rests:
six steps of a 16-bit converter over 20 V, for noise."""
_WIRINGS = {
    "differential": TerminalConfiguration.DIFF,
    "single-ended": TerminalConfiguration.RSE,
}


@dataclass(frozen=True, slots=True)
class Raw:
    """Consecutive raw samples of every input."""

    first: int
    """Number of the first one since the stream opened."""
    volts: FloatArray
    """Shape (terminals, n), in the order of `Inputs.terminals`."""
    counts: npt.NDArray[np.int64] | None
    """Output samples taken since the stream opened, shape (n,); None without a counter."""
    codes: Codes | None = None
    """The numbers of the converters, shape (terminals, n), if these are recorded."""

    @property
    def stop(self) -> int:
        """Number of the sample after the last one."""
        return self.first + int(self.volts.shape[1])


class Inputs:
    """The input task and the counter.

    Args:
        config: of the rig.
        counted: whether the card counts output samples.

    Raises:
        RigError: the driver refuses.
    """

    def __init__(self, config: NidaqConfig, *, counted: bool) -> None:
        self._config = config
        self._where = f"{config.device} inputs"
        self.terminals = terminals_of(config)
        self.broken: RigError | None = None
        """Why no more samples will come, where the last ones could still be saved."""
        self.started = False
        """Whether the stream was started."""
        self._next = 0
        self._counter: Task | None = None
        self._exposures: Task | None = None
        self._lamp: Task | None = None
        self._exposed = 0
        """Exposures of a camera counted so far."""
        self._edges: list[npt.NDArray[np.int64]] = []
        with ExitStack() as undo, spoken(self._where):
            self._task = self._make_task()
            undo.callback(self._task.close)
            self.coding = coding_of(self._task)
            """What numbers of the converters mean; None where that cannot be known."""
            if counted:
                term = f"/{config.device}/ao/SampleClock"
                self._counter = self._make_counter(config.stop.counter, term)
                undo.callback(self._counter.close)
            if (camera := config.exposures) is not None:
                term = f"/{config.device}/{camera.terminal}"
                self._exposures = self._make_counter(camera.counter, term)
                undo.callback(self._exposures.close)
            if config.lamp is not None:
                self._lamp = self._make_pulses(config.lamp)
            undo.pop_all()
        self._reader = AnalogMultiChannelReader(self._task.in_stream)
        self._reader.verify_array_shape = False
        self._unscaled = AnalogUnscaledReader(self._task.in_stream)
        self._unscaled.verify_array_shape = False
        self._raw = False
        """Whether numbers are read, and scaled here."""

    def index(self, terminals: Sequence[str]) -> list[int]:
        """Return the rows of some terminals in `Raw.volts`."""
        return [self.terminals.index(name) for name in terminals]

    def later(self, terminal: str, than: str) -> float:
        """Return by how many seconds one terminal is converted later than another, in a sample.

        Raises:
            RigError: the driver refuses.
        """
        with spoken(self._where):
            if System.local().devices[self._config.device].ai_simultaneous_sampling_supported:
                return 0.0
            converting = 1.0 / float(self._task.timing.ai_conv_rate)
        one, other = self.index([terminal, than])
        return (one - other) * converting

    @property
    def acquired(self) -> int:
        """Samples that the card has taken so far.

        Raises:
            RigError: the driver refuses.
        """
        with spoken(self._where):
            return int(self._task.in_stream.total_samp_per_chan_acquired)

    @property
    def next(self) -> int:
        """Number of the sample that will be read next."""
        return self._next

    def glance(self) -> FloatArray:
        """Look at all inputs before the stream is started; shape (terminals,) in volts.

        Raises:
            RigError: the driver refuses.
        """
        seen = self._room(GLANCE)
        with spoken(self._where):
            self._time(self._task, AcquisitionType.FINITE, GLANCE)
            self._task.start()
            self._read_into(seen, GLANCE)
            self._task.stop()
        means: FloatArray = self._volts(seen).mean(axis=1)
        return means

    def start(self, *, raw: bool = False) -> None:
        """Start the stream, counter first.

        Args:
            raw: keep the numbers of the converters.

        Raises:
            RigError: the driver refuses, or it is not known what the numbers mean.
        """
        if raw:
            self._begin_raw()
        rate = self._config.clock.sample_rate
        with spoken(self._where):
            self._time(self._task, AcquisitionType.CONTINUOUS, round(KEPT * rate))
            for counter in (self._counter, self._exposures, self._lamp):
                if counter is not None:
                    counter.start()
            self._task.start()
        self.started = True

    def read(self, least: int) -> Raw:
        """Return the next samples: so many, or more if the card is ahead.

        Samples that come before a failure are returned; `broken` then says what failed.

        Raises:
            RigError: no samples come, or some were lost.
        """
        if self.broken is not None:
            raise self.broken
        try:
            return self._fetch(least)
        except RigError as error:
            self.broken = error
            raise

    def edges(self) -> npt.NDArray[np.int64]:
        """Return the numbers of the samples that counted an exposure, since this was last asked."""
        edges, self._edges = self._edges, []
        return np.concatenate([np.zeros(0, np.int64), *edges])

    def lamp(self, first: int, stop: int) -> tuple[Samples, Samples]:
        """Return the samples before which the lamp went off, and on, from one up to another."""
        lamp, rate = self._config.lamp, self._config.clock.sample_rate
        return (NO_EDGES, NO_EDGES) if lamp is None else lamp.steps(first, stop, rate)

    def close(self) -> None:
        """Let go of the tasks."""
        for task in (self._lamp, self._exposures, self._counter, self._task):
            if task is not None:
                with suppress(*DAQMX):
                    task.close()

    def _fetch(self, least: int) -> Raw:
        with spoken(self._where):
            waiting = int(self._task.in_stream.avail_samp_per_chan)
        wanted = max(least, min(waiting, round(LONGEST * self._config.clock.sample_rate)))
        seen = self._room(wanted)
        got = wanted
        with spoken(self._where):
            try:
                self._read_into(seen, wanted)
            except DaqReadError as error:
                got = int(error.samps_per_chan_read)
                self.broken = translate(error, self._where)
                if not got:
                    raise
        counts = self._counts(self._counter, got)
        first, self._next = self._next, self._next + got
        self._note_exposures(first, self._counts(self._exposures, got))
        seen = seen[:, :got]
        return Raw(first, self._volts(seen), counts, seen if self._raw else None)

    def _begin_raw(self) -> None:
        """Read numbers from now on, once they are seen to mean what the driver says.

        Raises:
            RigError: they do not, or the card does not tell what they mean.
        """
        if self.coding is None:
            what = "the card does not give the scaling of its raw samples. Nothing moved."
            remedy = "Remove record.raw from the plan."
            raise RigError("no-raw", self._where, what, remedy)
        resting = self.index([readback(name) for name in self._config.outputs])
        scaled = self.glance()[resting]
        self._raw = True
        here = self.glance()[resting]
        off = np.abs(here - scaled)
        if not (off <= ALIKE).all():
            worst = int(np.argmax(off))
            raise RigError(
                "raw-scaling",
                f"{self._config.device}/{self.terminals[resting[worst]]}",
                f"raw samples give {show(float(here[worst]), 'V')} where the driver gives "
                f"{show(float(scaled[worst]), 'V')}: their scaling is not understood. "
                "Nothing moved.",
                "Remove record.raw from the plan.",
            )

    def _room(self, samples: int) -> npt.NDArray[Any]:
        """Return an array that samples can be read into, shape (terminals, samples)."""
        return np.empty((len(self.terminals), samples), np.int16 if self._raw else np.float64)

    def _read_into(self, room: npt.NDArray[Any], samples: int) -> None:
        read = self._unscaled.read_int16 if self._raw else self._reader.read_many_sample
        read(room, samples, timeout=self._config.patience)

    def _volts(self, seen: npt.NDArray[Any]) -> FloatArray:
        return self.coding.volts(seen) if self._raw and self.coding is not None else seen

    def _note_exposures(self, first: int, counts: npt.NDArray[np.int64] | None) -> None:
        """Take note of the samples at which the count of exposures has grown."""
        if counts is None or not len(counts) or counts[-1] == self._exposed:
            return
        grown = np.diff(counts, prepend=self._exposed)
        self._edges.append(first + np.repeat(np.arange(len(counts)), np.maximum(grown, 0)))
        self._exposed = int(counts[-1])

    def _counts(self, counter: Task | None, samples: int) -> npt.NDArray[np.int64] | None:
        if counter is None:
            return None
        counts = np.empty(samples, dtype=np.uint32)
        reader = CounterReader(counter.in_stream)
        reader.verify_array_shape = False
        which = "exposures" if counter is self._exposures else "stop"
        with spoken(f"{self._config.device} {which}.counter"):
            got = reader.read_many_sample_uint32(counts, samples, timeout=self._config.patience)
        if got != samples:
            what = f"the counter delivered {got} of {samples} samples."
            remedy = f"Choose another {which}.counter."
            raise StreamError("stalled-counter", self._where, what, remedy)
        return counts.astype(np.int64)

    def _make_task(self) -> Task:
        config = self._config
        task = Task()
        try:
            for terminal in self.terminals:
                inside = terminal.startswith("_")
                task.ai_channels.add_ai_voltage_chan(
                    f"{config.device}/{terminal}",
                    terminal_config=(
                        TerminalConfiguration.DEFAULT if inside else _WIRINGS[config.wiring]
                    ),
                    min_val=CARD.lower,
                    max_val=CARD.upper,
                )
            self._time(task, AcquisitionType.CONTINUOUS, GLANCE)
        except BaseException:
            task.close()
            raise
        return task

    def _make_counter(self, counter: str, terminal: str) -> Task:
        """Make a task that counts the rising edges at a terminal, on the clock of the inputs."""
        config = self._config
        task = Task()
        try:
            channel = task.ci_channels.add_ci_count_edges_chan(f"{config.device}/{counter}")
            channel.ci_count_edges_term = terminal
            rate = config.clock.sample_rate
            task.timing.cfg_samp_clk_timing(
                rate,
                source=f"/{config.device}/ai/SampleClock",
                sample_mode=AcquisitionType.CONTINUOUS,
                samps_per_chan=round(KEPT * rate),
            )
        except BaseException:
            task.close()
            raise
        return task

    def _make_pulses(self, lamp: LampConfig) -> Task:
        """Make a task that switches the lamp: its ticks are samples, so that it is known when."""
        config = self._config
        task = Task()
        try:
            delay, off, on = lamp.ticks(config.clock.sample_rate)
            channel = task.co_channels.add_co_pulse_chan_ticks(
                f"{config.device}/{lamp.counter}",
                f"/{config.device}/ai/SampleClock",
                idle_state=Level.HIGH,
                initial_delay=delay,
                low_ticks=off,
                high_ticks=on,
            )
            channel.co_pulse_term = f"/{config.device}/{lamp.terminal}"
            task.timing.cfg_implicit_timing(
                sample_mode=AcquisitionType.FINITE, samps_per_chan=lamp.pulses
            )
        except BaseException:
            task.close()
            raise
        return task

    def _time(self, task: Task, mode: AcquisitionType, samples: int) -> None:
        rate = self._config.clock.sample_rate
        task.timing.cfg_samp_clk_timing(rate, sample_mode=mode, samps_per_chan=samples)


def terminals_of(config: NidaqConfig) -> tuple[str, ...]:
    """Return every input terminal once: the signals, then the read-backs of the outputs."""
    signals = [terminal for terminal, _ in config.measured().values()]
    return tuple(dict.fromkeys([*signals, *(readback(name) for name in config.outputs)]))
