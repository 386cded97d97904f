"""A rig on a virtual FPGA target, close above a resistor, for tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hardware.wec_fpga import open_rig
from hardware.wec_fpga.rig import WecFpgaRig
from seccm.quantities import read_toml
from seccm.rig import Mounted, Rig
from seccm.rigs import BESIDE
from sim.fpga import plug_in

RIG_FILE = Path(__file__).parent.parent / "configs" / "rigs" / "virtual-wec-fpga.toml"
NEAR: dict[str, Any] = {"stage": {"start_z": "53 um"}}
"""1.7 um above the surface."""


VERY_NEAR: dict[str, Any] = {"stage": {"start_z": "51.9 um"}}
"""0.6 um above the surface."""


def rig_table(
    target: Mapping[str, Any] | None = None, *, near: bool = False, **tables: Any
) -> dict[str, Any]:
    """The shipped rig file, close above the surface, with switches of the target."""
    table = {name: part for name, part in read_toml(RIG_FILE).items() if name not in BESIDE}
    table["virtual"] = (VERY_NEAR if near else NEAR) | {"target": dict(target or {})}
    return table | tables


def fpga_rig(
    target: Mapping[str, Any] | None = None,
    *,
    faults: tuple[str, ...] = (),
    near: bool = False,
    **tables: Any,
) -> WecFpgaRig:
    """A rig that is built and not open."""
    mounted = Mounted("dummy-resistor", 6e-6)
    rig: Rig = open_rig(rig_table(target, near=near, **tables), mounted, seed=1, faults=faults)
    assert isinstance(rig, WecFpgaRig)
    return rig


@contextmanager
def plugged(target: Mapping[str, Any] | None = None) -> Iterator[Any]:
    """The target alone, with nifpga above it."""
    config = NEAR | {"target": dict(target or {})}
    with plug_in(config, Mounted("dummy-resistor", 6e-6), seed=1) as found:
        yield found
