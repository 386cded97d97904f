"""A virtual card on a bench for tests: tasks made short, through the real `nidaqmx`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import nidaqmx
import numpy as np
from nidaqmx.constants import AcquisitionType, ActiveLevel, RegenerationMode, TriggerType
from nidaqmx.stream_readers import AnalogMultiChannelReader
from nidaqmx.stream_writers import AnalogMultiChannelWriter

from seccm.arrays import FloatArray
from seccm.rig import Mounted
from sim.daqmx import plug_in
from sim.daqmx.plugged import Plugged

REDOX = Mounted("redox", 6e-6)
RATE, UPDATES = 100e3, 5e3
SMOOTH = {
    "surface": {"roughness": "0 nm", "tilt_x": 0.0, "tilt_y": 0.0, "bumps_per_area": 0.0},
    "drift": {
        **{f"steady_{axis}": "0 m/s" for axis in "xyz"},
        **{f"settling_{axis}": "0 m/s" for axis in "xyz"},
        "wander": "0 m",
    },
}
"""A flat surface that stays where it is."""


@dataclass
class Bench:
    """Tasks on a virtual card; whoever makes them here need not close them."""

    plugged: Plugged
    tasks: list[nidaqmx.Task] = field(default_factory=list)

    def task(self) -> nidaqmx.Task:
        """Make an empty task."""
        task = nidaqmx.Task()
        self.tasks.append(task)
        return task

    def inputs(self, *terminals: str, rate: float = RATE, room: int = 1_000_000) -> nidaqmx.Task:
        """Make a continuous acquisition."""
        task = self.task()
        for terminal in terminals:
            task.ai_channels.add_ai_voltage_chan(f"Dev1/{terminal}", min_val=-10.0, max_val=10.0)
        task.timing.cfg_samp_clk_timing(
            rate, sample_mode=AcquisitionType.CONTINUOUS, samps_per_chan=room
        )
        return task

    def outputs(self, *terminals: str, rate: float = UPDATES, room: int = 1000) -> nidaqmx.Task:
        """Make a continuous generation that repeats nothing."""
        task = self.on_demand(*terminals)
        task.timing.cfg_samp_clk_timing(
            rate, sample_mode=AcquisitionType.CONTINUOUS, samps_per_chan=room
        )
        task.out_stream.regen_mode = RegenerationMode.DONT_ALLOW_REGENERATION
        task.out_stream.output_buf_size = room
        return task

    def on_demand(self, *terminals: str) -> nidaqmx.Task:
        """Make a task whose outputs are written one by one."""
        task = self.task()
        for terminal in terminals:
            task.ao_channels.add_ao_voltage_chan(f"Dev1/{terminal}", min_val=-10.0, max_val=10.0)
        return task

    def counter(self) -> nidaqmx.Task:
        """Make a counter of output updates, sampled with the inputs."""
        task = self.task()
        channel = task.ci_channels.add_ci_count_edges_chan("Dev1/ctr0")
        channel.ci_count_edges_term = "/Dev1/ao/SampleClock"
        task.timing.cfg_samp_clk_timing(
            RATE,
            source="/Dev1/ai/SampleClock",
            sample_mode=AcquisitionType.CONTINUOUS,
            samps_per_chan=1_000_000,
        )
        return task

    def drive(self, volts: float, *, galvanostat: bool = False) -> None:
        """Switch the cell on and set the command."""
        with nidaqmx.Task() as lines:
            lines.do_channels.add_do_chan("Dev1/port0/line0:1")
            lines.write([galvanostat, True])
        with nidaqmx.Task() as command:
            command.ao_channels.add_ao_voltage_chan("Dev1/ao3", min_val=-10.0, max_val=10.0)
            command.write(volts)


@contextmanager
def bench(
    config: dict[str, Any] | None = None,
    mounted: Mounted = REDOX,
    *,
    seed: int = 1,
    faults: Sequence[str] = (),
    pace: float = 0.0,
) -> Iterator[Bench]:
    """Plug a card in, and close what is left open at the end."""
    with plug_in(config or {}, mounted, seed=seed, faults=faults, pace=pace) as plugged:
        made = Bench(plugged)
        try:
            yield made
        finally:
            for task in made.tasks:
                task.close()


def read(task: nidaqmx.Task, samples: int, timeout: float = 10.0) -> FloatArray:
    """Read samples of every channel, shape (channels, samples)."""
    volts = np.zeros((len(task.channels.channel_names), samples))
    AnalogMultiChannelReader(task.in_stream).read_many_sample(volts, samples, timeout)
    return volts


def write(task: nidaqmx.Task, volts: FloatArray, timeout: float = 10.0) -> int:
    """Write samples to every channel, shape (channels, n); return how many."""
    writer = AnalogMultiChannelWriter(task.out_stream, auto_start=False)
    return int(writer.write_many_sample(np.ascontiguousarray(volts), timeout))


def pause_below(task: nidaqmx.Task, level: float, hysteresis: float) -> None:
    """Let the analog comparator pause a generation below a level."""
    trigger = task.triggers.pause_trigger
    trigger.trig_type = TriggerType.ANALOG_LEVEL
    trigger.anlg_lvl_src = "APFI0"
    trigger.anlg_lvl_when = ActiveLevel.BELOW
    trigger.anlg_lvl_lvl = level
    trigger.anlg_lvl_hyst = hysteresis
