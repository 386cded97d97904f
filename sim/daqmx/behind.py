"""What is behind the terminals of a virtual card or target: the rig's world, and its time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from seccm.errors import PlanError, Problem
from seccm.quantities import validate
from seccm.rig import Mounted
from sim.daqmx.clock import Time, VirtualTime, WallTime
from sim.daqmx.config import VirtualCardConfig
from sim.daqmx.plant import Plant
from sim.faults import Faults, read_faults
from sim.samples import mount

UNKNOWN = {
    "nan": "a converter has no such number; use stuck-signal",
    "spikes": "use hum",
    "gap": "write [virtual.host] stall_at and stall, which make the computer miss samples",
}
"""Faults of the virtual rig that a card cannot have, and what to do instead."""
Config = TypeVar("Config", bound=VirtualCardConfig)


class Behind(NamedTuple, Generic[Config]):
    """The world behind the terminals."""

    config: Config
    faults: Faults
    plant: Plant
    time: Time


def behind(
    kind: type[Config],
    what: str,
    config: Mapping[str, Any],
    mounted: Mounted,
    *,
    seed: int,
    faults: Sequence[str],
    pace: float,
    first_site: int,
    source: str,
) -> Behind[Config]:
    """Build the world behind the terminals of a device, from the table of a rig file.

    Args:
        kind: of the table.
        what: the device, in a word for messages.
        config: the table.
        mounted: sample and pipette.
        seed: of everything random.
        faults: to be played, beside those of the table.
        pace: virtual seconds per real second; 0 is as fast as the computer can.
        first_site: number of the first site to be travelled to, for faults at a site.
        source: the file's name, for messages.

    Raises:
        PlanError: a mistake in the table, an unknown sample, pipette or fault.
    """
    checked = validate(kind, config, source, from_file=True)
    wanted = read_faults((*checked.faults, *faults), source)
    problems = [
        Problem("faults", f"{fault.name}: not with a {what}.", f"Instead: {UNKNOWN[fault.name]}.")
        for fault in wanted
        if fault.name in UNKNOWN
    ]
    if problems:
        raise PlanError(source, problems)
    played = Faults(wanted, checked.step_ticks / 1e8, first_site)
    rising = played.argument("drift", "speed")
    drift = checked.drift.model_copy(update={"steady_z": checked.drift.steady_z + rising})
    checked = checked.model_copy(update={"drift": drift})
    sample, pipette = mount(checked, mounted)
    plant = Plant(checked, sample, pipette, played, seed, mounted)
    pace = pace or checked.pace
    time: Time = WallTime(pace) if pace else VirtualTime(checked.host, seed)
    return Behind(checked, played, plant, time)
