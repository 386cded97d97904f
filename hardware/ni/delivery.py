"""From raw samples in volts to the rows of a block, which wait here until they are delivered."""

from __future__ import annotations

import numpy as np

from hardware.ni.averaging import Averager, BitArray, Rows
from hardware.ni.cell import Cell
from hardware.ni.config import CARD, NidaqConfig
from hardware.ni.inputs import Raw, terminals_of
from hardware.ni.scaling import at_rail
from seccm.arrays import FloatArray
from seccm.rig import Block, Clock, ContactRecord, Flag, RawSamples
from seccm.rig.block import overload_flags


class Delivery:
    """Averages samples into rows and keeps them, with the samples if these are recorded.

    Args:
        config: of the rig.
        cell: says what an overload is.
        clock: of the rows.
    """

    def __init__(self, config: NidaqConfig, cell: Cell, clock: Clock) -> None:
        terminals = terminals_of(config)
        self._names = tuple(signal.name for signal in config.declared())
        measured = [config.measured()[name] for name in self._names]
        self._cell, self._clock = cell, clock
        self._inputs = [(terminals.index(terminal), scale) for terminal, scale in measured]
        self._current = terminals.index(config.inputs.current.terminal)
        self._averager = Averager(clock, len(self._names))
        self._rows: list[Rows] = []
        self._raw: list[RawSamples] = []

    @property
    def row(self) -> int:
        """Number of the row that comes next."""
        return self._averager.row

    @property
    def waiting(self) -> bool:
        """Whether there are rows to deliver."""
        return bool(self._rows)

    def si(self, raw: Raw) -> FloatArray:
        """Return samples in SI units, shape (signals, n)."""
        return np.stack([scale.si(raw.volts[index]) for index, scale in self._inputs])

    def named(self, si: FloatArray) -> dict[str, FloatArray]:
        """Return by their names what `si` returned, each of shape (n,)."""
        return dict(zip(self._names, si, strict=True))

    def take(self, raw: Raw, si: FloatArray, bits: BitArray) -> None:
        """Average the next samples.

        Args:
            raw: as they were read.
            si: the same, as `si` returned them.
            bits: flags of each sample, shape (n,).
        """
        full = at_rail(raw.volts[self._current], CARD)
        rows = self._averager.feed(si, bits | np.where(full, np.uint8(Flag.SATURATED), np.uint8(0)))
        if len(rows.flags):
            self._rows.append(rows)
        if raw.codes is not None:
            self._raw.append(RawSamples(raw.first, raw.codes))

    def block(self, record: ContactRecord | None) -> Block:
        """Deliver everything that waits; there must be rows."""
        rows, self._rows = self._rows, []
        raw, self._raw = tuple(self._raw), []
        means = np.concatenate([piece.means for piece in rows], axis=1)
        flags = np.concatenate([piece.flags for piece in rows])
        data = self.named(means)
        if self._cell.galvanostat:
            flags |= overload_flags(data["potential"], self._cell.overload)
        return Block(rows[0].start, data, flags, self._clock, record, raw)

    def drop(self) -> None:
        """Forget what waits."""
        self._rows, self._raw = [], []
