"""Raw samples to rows, as the reference system averages them: 256 of every 257 by default."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.rig import Clock, Flag

BitArray = npt.NDArray[np.uint8]
AT_END = np.uint8(Flag.MOVING | Flag.FROZEN)
"""Flags of a row that its last sample decides; the others are set if any sample has them."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Some consecutive averaged rows."""

    start: int
    means: FloatArray
    """Shape (channels, rows)."""
    flags: BitArray
    """Shape (rows,)."""


class Averager:
    """Averages raw samples into rows; samples that fill no row yet wait for the next.

    Args:
        clock: of the rows.
        channels: how many channels there are.
    """

    def __init__(self, clock: Clock, channels: int) -> None:
        self._clock = clock
        self._row = 0
        self._rest = np.empty((channels, 0))
        self._bits: BitArray = np.empty(0, dtype=np.uint8)

    @property
    def row(self) -> int:
        """Number of the row that comes next."""
        return self._row

    def feed(self, samples: FloatArray, bits: BitArray) -> Rows:
        """Take raw samples, shape (channels, n), and their flags, shape (n,); return full rows."""
        samples = np.concatenate((self._rest, samples), axis=1)
        bits = np.concatenate((self._bits, bits))
        averaged, spacing = self._clock.averaged, self._clock.spacing
        rows = len(bits) // spacing
        used = rows * spacing
        self._rest, self._bits = samples[:, used:], bits[used:]
        cut = samples[:, :used].reshape(len(samples), rows, spacing)
        marks = bits[:used].reshape(rows, spacing)
        anywhere = np.bitwise_or.reduce(marks[:, :averaged], axis=1, initial=0) & ~AT_END
        flags: BitArray = (anywhere | (marks[:, -1] & AT_END)).astype(np.uint8)
        start, self._row = self._row, self._row + rows
        return Rows(start, cut[:, :, :averaged].mean(axis=2), flags)
