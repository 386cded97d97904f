"""A virtual card with everything behind it, built from the table of a rig file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seccm.errors import PlanError, Problem
from seccm.quantities import validate
from seccm.rig import Mounted
from sim.daqmx.card import Card
from sim.daqmx.clock import Time, VirtualTime, WallTime
from sim.daqmx.config import VirtualCardConfig
from sim.daqmx.library import Library
from sim.daqmx.plant import Plant
from sim.daqmx.sensors import RAW_TICKS
from sim.faults import Faults, read_faults
from sim.samples import mount
from sim.truth import Truth

UNKNOWN = {
    "nan": "a converter has no such number; use stuck-signal",
    "spikes": "use hum",
    "gap": "write [virtual.host] stall_at and stall, which make the computer miss samples",
}
"""Faults of the virtual rig that a card cannot have, and what to do instead."""


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
    checked = validate(VirtualCardConfig, config, source, from_file=True)
    step = checked.step * RAW_TICKS
    wanted = read_faults((*checked.faults, *faults), source)
    problems = [
        Problem("faults", f"{fault.name}: not with a card.", f"Instead: {UNKNOWN[fault.name]}.")
        for fault in wanted
        if fault.name in UNKNOWN
    ]
    if problems:
        raise PlanError(source, problems)
    played = Faults(wanted, step / 1e8, first_site)
    rising = played.argument("drift", "speed")
    drift = checked.drift.model_copy(update={"steady_z": checked.drift.steady_z + rising})
    checked = checked.model_copy(update={"drift": drift})
    sample, pipette = mount(checked, mounted)
    plant = Plant(checked, sample, pipette, played, seed)
    pace = pace or checked.pace
    time: Time = WallTime(pace) if pace else VirtualTime(checked.host, seed)
    card = Card(checked.card, plant, time, WorldlyMishaps(played, step))
    return Plugged(card, Library(card), plant, plant.world.truth)
