"""NI's own library, or a stand-in that a rig file asks for by name.

A stand-in is found in the entry point group `seccm.fpga`; the driver knows no simulator.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hardware.ni_libraries import Library, find_library
from hardware.wec_fpga.config import WecFpgaConfig
from seccm.errors import PlanError, Problem
from seccm.rig import Mounted

GROUP = "seccm.fpga"


def refuse_missing(source: str) -> None:
    """Refuse where the package is not installed.

    Raises:
        PlanError: it is not.
    """
    if find_spec("nifpga") is None:
        from seccm.installing import install_hint

        what = "needs the Python package nifpga, which is not installed."
        remedy = f"Install it with: {install_hint('fpga')}"
        raise PlanError(source, [Problem("kind", what, remedy)])


def find_driver(
    config: WecFpgaConfig,
    mounted: Mounted,
    *,
    source: str,
    seed: int,
    faults: Sequence[str],
    pace: float,
    first_site: int,
) -> Library:
    """Return what makes the library available while it is entered.

    Raises:
        PlanError: no package, no such stand-in, or a real target is asked to behave like a virtual
            one.
    """
    refuse_missing(source)
    return find_library(
        GROUP, config, mounted, source=source, seed=seed, faults=faults, pace=pace,
        first_site=first_site,
    )  # fmt: skip


def beside(config_path: str, source: str) -> Path:
    """Return the path of a file that a rig file names, which lies beside it."""
    return Path(source).parent / config_path


def bitfile_of(config: WecFpgaConfig, plugged: Any, source: str) -> str:
    """Return the path of the bitfile: that of the rig file, or of a stand-in.

    Args:
        config: of the rig.
        plugged: what a stand-in lets one look at; None for a real target.
        source: the rig file's name.
    """
    if config.bitfile:
        return str(beside(config.bitfile, source))
    return str(plugged.bitfile)
