"""What the other drives of the virtual rig read: true potentials and currents become rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seccm.arrays import FloatArray
from seccm.rig import Flag
from sim.added import AddedRows
from sim.config import SimulatedDrive
from sim.noise import WhiteNoise


class OtherInputs:
    """The inputs of the drives beside that of the cell.

    Args:
        drives: of the rig file, by name.
        seed: of the whole run.
    """

    def __init__(self, drives: Mapping[str, SimulatedDrive], seed: int) -> None:
        self._drives = drives
        self._white = {name: WhiteNoise(seed, f"drive {name}", 2) for name in drives}

    def rows(
        self, start: int, stop: int, true: Mapping[str, tuple[FloatArray, FloatArray]]
    ) -> AddedRows:
        """Return the signals of all drives, and flag rows at the end of a range.

        Args:
            start: first row.
            stop: the row after the last.
            true: potentials and currents by drive, rows or whole rows of raw samples; a drive that
                is connected to nothing has none, and reads zero.
        """
        found: dict[str, FloatArray] = {}
        flags = np.zeros(stop - start, np.uint8)
        for name, drive in self._drives.items():
            noise = self._white[name].rows(start, stop)
            nothing = np.zeros(stop - start)
            potential, current = (
                values.reshape(stop - start, -1).mean(axis=1)
                for values in true.get(name, (nothing, nothing))
            )
            current = current + drive.noise * noise[1]
            flags[np.abs(current) > drive.range] |= np.uint8(Flag.SATURATED)
            of = drive.info(name)
            found[of.potential_signal] = potential + drive.potential_noise * noise[0]
            found[of.current_signal] = np.clip(current, -drive.range, drive.range)
        return AddedRows(found, flags)
