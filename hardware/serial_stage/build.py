"""Builds a stage from the table `[controller]` of a rig file."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, cast

from hardware.serial_stage.config import ControllerTable
from hardware.serial_stage.line import Port
from hardware.serial_stage.speaking import NewportEsp, SmaractMcs2, Speaks
from hardware.serial_stage.stage import SerialStage
from seccm.errors import PlanError, Problem, RigError
from seccm.installed import entry_points
from seccm.installing import install_hint
from seccm.mistakes import similar
from seccm.quantities import validate
from seccm.rig import Rig

GROUP = "seccm.serial"
"""Entry points that take the place of a serial port, by the name that `library` gives."""


def newport(config: Mapping[str, Any], *, source: str, beside: Rig) -> SerialStage:
    """Build the stage of one of Newport's ESP; an entry point of `seccm.stages`."""
    return spoken(config, NewportEsp(), source=source, beside=beside)


def smaract(config: Mapping[str, Any], *, source: str, beside: Rig) -> SerialStage:
    """Build the stage of SmarAct's MCS2; an entry point of `seccm.stages`."""
    return spoken(config, SmaractMcs2(), source=source, beside=beside)


def spoken(config: Mapping[str, Any], speaks: Speaks, *, source: str, beside: Rig) -> SerialStage:
    """Build a stage whose controller is spoken to in some way; nothing is opened yet.

    Args:
        config: the table.
        speaks: how.
        source: the rig file's name, for messages.
        beside: the rig whose inputs measure.

    Raises:
        PlanError: with every mistake of the table.
    """
    table = validate(ControllerTable, dict(config), source, from_file=True)
    if table.library == "serial":
        return SerialStage(table, speaks, lambda: _port(table), beside, time.sleep)
    known = {point.name: point for point in entry_points(group=GROUP)}
    if table.library not in known:
        remedy = similar(table.library, ["serial", *known])
        problem = Problem("controller.library", f'"{table.library}" is not known.', remedy)
        raise PlanError(source, [problem])
    plugged = known[table.library].load()(
        table.virtual,
        language=table.kind,
        axes={name: (one.channel, one.sign, one.offset) for name, one in table.axes.items()},
        source=source,
        beside=beside,
    )
    connect: Callable[[], Port] = plugged.connect
    return SerialStage(table, speaks, connect, beside, lambda seconds: plugged.wait(seconds))


def _port(table: ControllerTable) -> Port:
    try:
        import serial
    except ImportError as error:
        raise RigError(
            "no-package",
            table.kind,
            "a serial port needs the package pyserial, which is not installed.",
            f"Install it with: {install_hint('serial')}",
        ) from error
    limits = {"timeout": table.patience, "write_timeout": table.patience}
    return cast(Port, serial.Serial(table.port, table.baud, **limits))
