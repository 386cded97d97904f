"""The rig on WEC-SPM's FPGA target, by nifpga; imported only when a rig file asks for it."""

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
    source: str = "rig file",
    seed: int = 0,
    faults: Sequence[str] = (),
    pace: float = 0.0,
    first_site: int = 0,
) -> Rig:
    """Build the rig on an FPGA target that a rig file describes; `open` is left to the caller.

    Args:
        config: the rig file's tables; see `configs/rigs/wec-fpga.toml`.
        mounted: sample and pipette; a real target is told nothing of them.
        source: the file's name, for messages.
        seed: for a stand-in library.
        faults: for a stand-in library.
        pace: for a stand-in library.
        first_site: for a stand-in library.

    Raises:
        PlanError: a mistake in the file, the package nifpga is not installed, or a real target
            whose bench procedure is not recorded.
    """
    from hardware.wec_fpga.config import WecFpgaConfig
    from hardware.wec_fpga.library import find_driver
    from seccm.quantities import validate

    checked = validate(WecFpgaConfig, config, source, from_file=True)
    driver = find_driver(
        checked,
        mounted,
        source=source,
        seed=seed,
        faults=faults,
        pace=pace,
        first_site=first_site,
    )
    from hardware.wec_fpga.bench import refuse_unproven
    from hardware.wec_fpga.rig import WecFpgaRig

    refuse_unproven(checked, source)
    return WecFpgaRig(checked, driver, source)
