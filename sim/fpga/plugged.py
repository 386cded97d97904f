"""A virtual target with everything behind it, built from the table of a rig file."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seccm.rig import Mounted
from sim.controller.device import Controller
from sim.daqmx.behind import behind
from sim.daqmx.plant import Plant
from sim.daqmx.plugged import WorldlyMishaps
from sim.fpga.axes import CLOCK, Outputs
from sim.fpga.config import VirtualTargetConfig
from sim.fpga.library import Library
from sim.fpga.rows import Sampler
from sim.fpga.target import Target
from sim.instrument.device import Device
from sim.truth import Truth


@dataclass(frozen=True, slots=True)
class Plugged:
    """The target, what is behind it, and what really happened there."""

    target: Target
    library: Library
    plant: Plant
    truth: Truth
    bitfile: str
    """Path of the file with which a session is opened."""

    @property
    def height(self) -> float:
        """True height of the tip in metres, at the newest look."""
        return self.plant.height(self.target.seen * 5 // 2)

    def connect_instrument(self, device: Device) -> None:
        """Connect an instrument to the cell of the world behind it."""
        self.plant.connect_instrument(device)

    def connect_controller(self, controller: Controller) -> None:
        """Let a controller of its own steer the stage of the world behind it."""
        self.plant.connect_controller(controller, lambda: self.now, self.library.pass_time)

    @property
    def words(self) -> tuple[str, ...]:
        """What a person should know of what really happened, a sentence each."""
        return self.truth.words

    @property
    def now(self) -> float:
        """Seconds since the target was plugged in."""
        return self.target.now / CLOCK


def build(
    config: Mapping[str, Any],
    mounted: Mounted,
    *,
    seed: int,
    faults: Sequence[str],
    pace: float,
    first_site: int,
    source: str,
    bitfile: str,
) -> Plugged:
    """Build the target; see `sim.fpga.plug_in`.

    Raises:
        PlanError: a mistake in the table, an unknown sample, pipette or fault.
    """
    world = behind(
        VirtualTargetConfig, "target", config, mounted, seed=seed, faults=faults, pace=pace,
        first_site=first_site, source=source,
    )  # fmt: skip
    checked, plant = world.config, world.plant
    outputs = Outputs(plant.initial())
    signals = checked.wiring.signals
    wired = {signals.current, signals.potential, *plant.wiring.monitors, *signals.also}
    sampler = Sampler(checked.target, plant, outputs, wired, seed)
    mishaps = WorldlyMishaps(world.faults, checked.step_ticks)
    target = Target(checked.target, outputs, sampler, mishaps)
    library = Library(target, world.time, mishaps, threading.RLock())
    return Plugged(target, library, plant, plant.world.truth, bitfile)
