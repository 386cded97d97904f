"""A virtual card with everything behind it, built from the table of a rig file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from seccm.rig import Mounted
from sim.controller.device import Controller
from sim.daqmx.behind import behind
from sim.daqmx.card import Card
from sim.daqmx.clock import ticks
from sim.daqmx.codes import RefusedError
from sim.daqmx.config import VirtualCardConfig
from sim.daqmx.library import Library
from sim.daqmx.plant import Plant
from sim.faults import Faults
from sim.instrument.device import Device
from sim.truth import Truth


@dataclass(frozen=True, slots=True)
class Plugged:
    """The card, what is behind it, and what really happened there."""

    card: Card
    library: Library
    plant: Plant
    truth: Truth

    @property
    def height(self) -> float:
        """True height of the tip in metres, at the newest look."""
        self.card.look()
        return self.plant.height(self.card.now)

    def connect_instrument(self, device: Device) -> None:
        """Connect an instrument to the cell of the world behind it."""
        self.plant.connect_instrument(device)

    def connect_controller(self, controller: Controller) -> None:
        """Let a controller of its own steer the stage of the world behind it."""
        self.plant.connect_controller(controller, lambda: self.now, self._pass_time)

    def _pass_time(self, seconds: float) -> None:
        with self.card.lock, suppress(RefusedError):  # of a card that is gone: time passes anyway
            self.card.wait(self.card.now + ticks(seconds))

    @property
    def words(self) -> tuple[str, ...]:
        """What a person should know of what really happened, a sentence each."""
        return self.truth.words

    @property
    def now(self) -> float:
        """Seconds since the card was plugged in."""
        return self.card.now / 1e8


class WorldlyMishaps:
    """The faults that the card itself has.

    Args:
        faults: of the run.
        step: ticks in which they are counted.
    """

    def __init__(self, faults: Faults, step: int) -> None:
        self._faults, self._step = faults, step

    def unplugged(self, now: int) -> bool:
        """Tell whether the card is gone; see `Mishaps`."""
        return self._faults.active("unplugged", now // self._step) is not None

    def silent(self, now: int) -> bool:
        """Tell whether its clocks are; see `Mishaps`."""
        return self._faults.active("stalled-read", now // self._step) is not None


def build(
    config: Mapping[str, Any],
    mounted: Mounted,
    *,
    seed: int,
    faults: Sequence[str],
    pace: float,
    first_site: int,
    source: str,
) -> Plugged:
    """Build the card; see `sim.daqmx.plug_in`.

    Raises:
        PlanError: a mistake in the table, an unknown sample, pipette or fault.
    """
    world = behind(
        VirtualCardConfig, "card", config, mounted, seed=seed, faults=faults, pace=pace,
        first_site=first_site, source=source,
    )  # fmt: skip
    mishaps = WorldlyMishaps(world.faults, world.config.step_ticks)
    card = Card(world.config.card, world.plant, world.time, mishaps)
    return Plugged(card, Library(card), world.plant, world.plant.world.truth)
