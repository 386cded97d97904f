"""What is imposed on the cell: one value that an idle target holds, or a ramp of short lines."""

from __future__ import annotations

import numpy as np

from hardware.wec_fpga import contract
from hardware.wec_fpga.cell import Cell
from hardware.wec_fpga.config import WecFpgaConfig
from hardware.wec_fpga.feeder import Feeder
from hardware.wec_fpga.link import Link
from hardware.wec_fpga.ramp import check_ramp, jump, ramp, slope_exponent
from hardware.wec_fpga.rows import Rows
from seccm.errors import LimitError
from seccm.rig import Constant, Drive, Lines, Mode


class Command:
    """The drive of the cell, and how far it has got.

    Args:
        config: of the rig.
        cell: how it is driven.
        link: to the target.
        rows: whose time it is.
    """

    def __init__(self, config: WecFpgaConfig, cell: Cell, link: Link, rows: Rows) -> None:
        self._config, self._cell, self._link, self._rows = config, cell, link, rows
        self.wanted = False
        """Whether a drive waits to be begun."""
        self._drive: Drive | None = None
        self._since = 0
        self._mode: Mode = "open"
        self._ramp: Feeder | None = None

    @property
    def ramping(self) -> bool:
        """Whether lines of a ramp are still to be sent."""
        return self._ramp is not None

    @property
    def limited(self) -> bool:
        """Whether somebody looks for limits of the drive in the rows."""
        return self._drive is not None and bool(self._drive.limits)

    @property
    def galvanostat(self) -> bool:
        """Whether a current is imposed."""
        return self._drive is not None and self._cell.instrument(self._mode) == "current"

    def take(self, drive: Drive, *, moving: bool) -> None:
        """Take a drive on, which `Rig.apply` does not refuse otherwise.

        Args:
            drive: what.
            moving: whether the stage moves, or is about to.

        Raises:
            LimitError: it is not possible; nothing changed.
        """
        coded = self._cell.coded(drive.mode)
        if drive.mode != "open" and isinstance(drive.waveform, Lines):
            if moving:
                raise LimitError(
                    "moving",
                    "drive",
                    "the target ramps the command only while nothing moves; nothing changed.",
                    "Let the motion end first.",
                )
            check_ramp(drive.waveform, coded)
        self._drive = drive
        self._since = self._rows.next if drive.since is None else drive.since
        self.wanted = True

    def drop(self) -> None:
        """Send no more of a ramp."""
        self._ramp = None

    def begin(self) -> list[list[int]]:
        """Return the lines that begin what is wanted; the target must be idle.

        Raises:
            RigError: the library refuses.
        """
        drive, self.wanted, self._ramp = self._drive, False, None
        if drive is None:
            return []
        coded, period = self._cell.coded(drive.mode), self._rows.period
        lines = self._switching(drive.mode)
        self._mode = drive.mode
        waveform = Constant(0.0) if drive.mode == "open" else drive.waveform
        begins = self._since * period
        passed = max(0.0, self._rows.now() - begins)
        if isinstance(waveform, Lines) and passed < waveform.duration:
            self._link.settle({contract.EXPONENTS["V"]: -slope_exponent(waveform, coded)})
            stop = self._config.stop
            self._ramp = Feeder(ramp(waveform, coded, passed, stop.ramp), begins, stop.horizon)
            return lines + self._ramp.due(self._rows.now())
        value = float(waveform.at(np.array([passed]))[0])
        code = coded.code(value, "command")
        if lines or self._link.read(contract.V) != code:
            lines.append(jump(code))
        return lines

    def more(self) -> list[list[int]]:
        """Return the lines of the ramp that are due by now, or soon.

        Raises:
            RigError: the library refuses.
        """
        if self._ramp is None:
            return []
        lines = self._ramp.due(self._rows.now())
        if self._ramp.over:
            self._ramp = None
        return lines

    def _switching(self, mode: Mode) -> list[list[int]]:
        """Return the lines that choose the instrument of a mode, at zero."""
        level = self._cell.level(mode)
        before = self._link.read(contract.V2) if level is not None else 0
        if level is None or before == level:
            return []
        was: Mode = "current" if before else "potential"
        return [jump(self._cell.coded(was).code(0.0, "command")), jump(level, "V2")]
