"""`pypalmsens` over the stand-in, with a virtual instrument plugged in."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

from seccm.quantities import validate
from seccm.rig import Rig
from sim.instrument.cell import joint
from sim.instrument.config import InstrumentConfig
from sim.instrument.device import Device
from sim.palmsens.dotnet import in_place
from sim.palmsens.library import Comm, names

PACKAGE = "pypalmsens"


class Plugged:
    """The package, and what is plugged in.

    Args:
        package: the real one, loaded over the stand-in.
        comm: the connection to the device.
        device: the virtual instrument.
        connect: connects it to a world.
    """

    def __init__(
        self, package: Any, comm: Comm, device: Device, connect: Callable[[Device], None]
    ) -> None:
        self.package, self.comm, self.device, self._connect = package, comm, device, connect

    def connect(self) -> None:
        """Connect the instrument to the world of the rig, which is open."""
        self._connect(self.device)

    def look(self) -> None:
        """Let the port notice that a device is gone."""
        self.comm.look()


def plug_in(config: Mapping[str, Any], *, source: str, beside: Rig) -> Plugged:
    """Load the package over the stand-in; an entry point of `seccm.palmsens`.

    Every call loads it again, for a device of its own.

    Raises:
        PlanError: a mistake in the table, or a rig without a virtual world.
        ImportError: the package is not installed.
    """
    connect = joint(source, beside)
    device = Device(validate(InstrumentConfig, dict(config), source, from_file=True))
    comm = Comm(device)
    before = {
        name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == PACKAGE
    }
    try:
        with in_place(names(comm)):
            package = importlib.import_module(PACKAGE)
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
            del sys.modules[name]
        sys.modules.update(before)
    return Plugged(package, comm, device, connect)
