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
    from_file: bool = True,
) -> Rig:
    """Build the virtual rig that a rig file describes; `open` is left to the caller.

    Args:
        config: the rig file's tables; every key is optional.
        mounted: sample and pipette.
        seed: of everything random: the same seed, plan and faults give the same data.
        faults: to be played, such as "lost-meniscus@site=4"; see `sim.faults`.
        pace: virtual seconds per real second, instead of the file's; 0 leaves it at that.
        first_site: number of the first site to be travelled to, where a scan is resumed.
        source: the file's name, for messages.
        from_file: whether quantities in `config` must carry their unit.

    Raises:
        PlanError: a mistake in the file, an unknown sample, pipette or fault.
    """
    # Imported here, so that reading one cell's source does not load the whole rig.
    from seccm.quantities import validate
    from sim.config import VirtualConfig
    from sim.pace import Paced
    from sim.virtual_rig import VirtualRig

    checked = validate(VirtualConfig, config, source, from_file=from_file)
    if pace:
        # Blocks of 30 ms follow the hand of an operator; long ones come in jerks.
        rows = max(1, round(0.03 * pace / checked.clock.rows().period))
        checked = checked.model_copy(
            update={"pace": pace, "longest_block": min(checked.longest_block, rows)}
        )
    rig = VirtualRig(checked, mounted, seed=seed, faults=tuple(faults), first_site=first_site)
    return Paced(rig, checked.pace) if checked.pace else rig
