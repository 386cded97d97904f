"""The virtual rig: stage, surface, meniscus, cell and electronics behind a real rig's face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seccm.rig import Mounted, Rig

__all__ = ["open_rig"]


def open_rig(
    config: Mapping[str, Any],
    mounted: Mounted,
    *,
    seed: int,
    faults: Sequence[str] = (),
    pace: float = 0.0,
    first_site: int = 0,
    source: str = "virtual rig",
) -> Rig:
    """Build the virtual rig that a rig file describes; `open` is left to the caller.

    Args:
        config: the rig file's tables; every key is optional, quantities carry their unit.
        mounted: sample and pipette.
        seed: of everything random: the same seed, plan and faults give the same data.
        faults: to be played, such as "lost-meniscus@site=4"; see `sim.faults`.
        pace: virtual seconds per real second; 0 is what the file says.
        first_site: number of the first site to be travelled to, where a scan is resumed.
        source: the file's name, for messages.

    Raises:
        PlanError: a mistake in the file, an unknown sample, pipette or fault.
    """
    # Imported here, so that reading one cell's source does not load the whole rig.
    from seccm.quantities import validate
    from sim.config import VirtualConfig
    from sim.pace import Paced, paced_rows
    from sim.virtual_rig import VirtualRig

    checked = validate(VirtualConfig, config, source, from_file=True)
    pace = pace or checked.pace
    if pace:
        rows = min(paced_rows(pace), checked.longest_block)
        checked = checked.model_copy(update={"longest_block": rows})
    rig = VirtualRig(checked, mounted, seed=seed, faults=tuple(faults), first_site=first_site)
    return Paced(rig, pace) if pace else rig
