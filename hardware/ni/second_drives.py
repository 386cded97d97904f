"""Drives beside that of the cell: each a level on an output of another device, and two inputs.

The outputs of the card itself belong to one task, that of stage and cell. A level needs no clock,
so a second drive has an output on demand of another device, which can be switched off whatever
the first task does. Its current and its potential are measured by the card, with all other inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from nidaqmx import Task

from hardware.ni.daqmx_errors import DAQMX, spoken
from hardware.ni.lines import Lines
from hardware.ni.second_drive_tables import SecondDriveConfig
from hardware.ni.wires import CARD
from seccm.errors import RigError


class SecondDrives:
    """Puts out what second drives impose; each output is touched only when it is first set.

    Args:
        drives: of the rig file, by name.
        lines: of the card.
    """

    def __init__(self, drives: Mapping[str, SecondDriveConfig], lines: Lines) -> None:
        self._drives, self._lines = drives, lines
        self._tasks: dict[str, Task] = {}

    def hold(self, name: str, potential: float) -> None:
        """Put out a potential, then connect the electrode.

        Raises:
            RigError: the driver refuses.
        """
        drive = self._drives[name]
        self._put(name, potential)
        if drive.line is not None:
            self._lines.set(drive.line, high=True)

    def off(self, name: str) -> None:
        """Disconnect the electrode, then put out what is put out while it is off.

        Raises:
            RigError: the driver refuses, and the electrode may still be driven.
        """
        drive = self._drives[name]
        if drive.line is None:
            self._put(name, drive.off)
            return
        self._lines.set(drive.line, high=False)
        # Nothing hangs on this any more: what fails here fails again when it is wanted.
        with suppress(RigError):
            self._put(name, drive.off)

    def all_off(self) -> None:
        """Switch every one off, also when one of them fails.

        Raises:
            RigError: the driver refuses; of the first one that failed.
        """
        failed: RigError | None = None
        for name in self._drives:
            try:
                self.off(name)
            except RigError as error:
                failed = failed or error
        if failed is not None:
            raise failed

    def close(self) -> None:
        """Let go of the outputs; they keep their levels."""
        for task in self._tasks.values():
            with suppress(*DAQMX):
                task.close()
        self._tasks.clear()

    def _put(self, name: str, potential: float) -> None:
        output = self._drives[name].output
        where = f"{output.device}/{output.terminal}"
        with spoken(where):
            if name not in self._tasks:
                task = self._tasks[name] = Task()
                task.ao_channels.add_ao_voltage_chan(where, min_val=CARD.lower, max_val=CARD.upper)
            self._tasks[name].write(output.scale().volts(potential), auto_start=True)
