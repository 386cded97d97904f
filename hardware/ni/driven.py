"""The drive that is on, and since when: what of it is still to come on the command output."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.ni.cell import Cell
from hardware.ni.paths import Command
from hardware.ni.scaling import Scale
from seccm.rig import Constant, Drive, Mode

AS_IS = Scale(1.0, 0.0, "volts at the terminal")


@dataclass(frozen=True, slots=True)
class Driven:
    """A drive and its beginning."""

    drive: Drive | None = None
    """None where nothing was asked for yet: then the output keeps what it has."""
    began: float = 0.0
    """Seconds since the stream opened."""

    @property
    def mode(self) -> Mode | None:
        """What it imposes."""
        return None if self.drive is None else self.drive.mode

    @property
    def range(self) -> str:
        """The range of the current that it asks for; empty for the usual one."""
        return "" if self.drive is None else self.drive.range

    def changes(self, now: float) -> bool:
        """Tell whether it still changes with time at a time in seconds."""
        if self.drive is None:
            return False
        waveform = self.drive.waveform
        lowest, highest = waveform.extremes
        return lowest != highest and now - self.began < waveform.duration

    def command(self, cell: Cell, now: float, held: float) -> Command:
        """Return what the command output carries from a time on.

        Args:
            cell: says what volts mean.
            now: in seconds.
            held: volts that the output carries.
        """
        if self.drive is None:
            return Command(AS_IS, Constant(held))
        waveform = Constant(0.0) if self.drive.mode == "open" else self.drive.waveform
        return Command(cell.scale(self.drive.mode), waveform, max(0.0, now - self.began))
