"""The rig on an NI multifunction card, by NI-DAQmx; imported only when a rig file asks for it."""

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
    """Build the rig on an NI card that a rig file describes; `open` is left to the caller.

    Args:
        config: the rig file's tables; see `configs/rigs/nidaq.toml`.
        mounted: sample and pipette; a real card is told nothing of them.
        source: the file's name, for messages.
        seed: for a stand-in library.
        faults: for a stand-in library.
        pace: for a stand-in library.
        first_site: for a stand-in library.

    Raises:
        PlanError: a mistake in the file, or the package nidaqmx is not installed.
    """
    from seccm.errors import PlanError, Problem
    from seccm.quantities import validate

    try:
        from hardware.ni.nidaq import NidaqRig
    except ModuleNotFoundError as error:
        if error.name != "nidaqmx":
            raise
        from seccm.installing import install_hint

        what = "needs the Python package nidaqmx, which is not installed."
        remedy = f"Install it with: {install_hint('ni')}"
        raise PlanError(source, [Problem("kind", what, remedy)]) from error
    from hardware.ni.config import NidaqConfig
    from hardware.ni_libraries import find_library

    checked = validate(NidaqConfig, config, source, from_file=True)
    driver = find_library(
        "seccm.daqmx",
        checked,
        mounted,
        source=source,
        seed=seed,
        faults=faults,
        pace=pace,
        first_site=first_site,
    )
    return NidaqRig(checked, driver)
