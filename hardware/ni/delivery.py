"""From raw samples in volts to the rows of a block, which wait here until they are delivered."""

from __future__ import annotations

import numpy as np

from hardware.ni.averaging import Averager, BitArray, Rows
from hardware.ni.cell import Cell
from hardware.ni.config import NidaqConfig
from hardware.ni.inputs import Raw, terminals_of
from hardware.ni.scaling import Scale, at_rail
from hardware.ni.wires import CARD
from seccm.arrays import FloatArray
from seccm.rig import Block, Clock, ContactRecord, Flag, RawSamples
from seccm.rig.block import overload_flags
from seccm.rig.drives import signal_names
from seccm.rig.lock_in import LockIns, stacked, unstacked


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
        second = (signal_names(name)[1] for name in config.drives)
        self._ranged = [self._current, *(terminals.index(config.measured()[n][0]) for n in second)]
        """Every input of a current that a range may be too small for."""
        self._place = self._names.index("current")
        """Of the current among the signals."""
        self._scales: list[tuple[int, Scale]] = [(0, config.inputs.current.scale())]
        """Of the current, each with the first sample that it is for."""
        lock_ins = config.lock_ins()
        self._lock_ins, self._locked = LockIns(lock_ins, clock.rate), tuple(lock_ins)
        self._origins: list[tuple[int, float]] = [(0, 0.0)]
        """Where the swing of the height is zero and rises, each from a sample on."""
        self._doubtful: BitArray = np.empty(0, np.uint8)
        """Flags of the samples that `si` returned last, where a lock-in remembers others."""
        self._averager = Averager(clock, len(self._names) + 2 * len(lock_ins))
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
        """Return samples in SI units, shape (channels, n), once for each piece.

        Of a lock-in there are two channels, the two parts of its signal: means of these mean
        something, those of a phase do not.
        """
        found = np.stack([scale.si(raw.volts[index]) for index, scale in self._inputs])
        for since, scale in self._scales:
            own = slice(max(0, since - raw.first), None)
            found[self._place, own] = scale.si(raw.volts[self._current, own])
        while len(self._scales) > 1 and self._scales[1][0] <= raw.stop:
            del self._scales[0]
        return self._with_lock_ins(raw, found)

    def _with_lock_ins(self, raw: Raw, found: FloatArray) -> FloatArray:
        self._doubtful = np.zeros(found.shape[1], np.uint8)
        if not self._locked:
            return found
        looked = {
            name: (found[place], at_rail(raw.volts[index], CARD))
            for place, (name, (index, _)) in enumerate(zip(self._names, self._inputs, strict=True))
            if name in self._lock_ins.sources
        }
        parts: list[FloatArray] = []
        ends = [*(since for since, _ in self._origins[1:] if since < raw.stop), raw.stop]
        begin = raw.first
        for (_, origin), end in zip(self._origins, ends, strict=False):
            own = slice(begin - raw.first, max(begin, end) - raw.first)
            made = self._lock_ins.feed(
                begin,
                {name: samples[own] for name, (samples, _) in looked.items()},
                {name: full[own] for name, (_, full) in looked.items()},
                origin,
            )
            for one in made.values():
                self._doubtful[own][one.saturated] = np.uint8(Flag.SATURATED)
            parts.append(stacked(made.values()))
            begin = max(begin, end)
        self._origins = self._origins[len(ends) - 1 :]
        return np.concatenate((found, np.concatenate(parts, axis=1)))

    def refer(self, since: int) -> None:
        """Take it that the height swings again from a sample on, in which it is zero and rises."""
        if self._origins[-1][0] != since:
            # Between two samples the output was taken, half a sample before on the average.
            self._origins.append((since, since - 0.5))

    def rescale(self, scale: Scale, since: int) -> None:
        """Take it that the current has another scale from a sample on."""
        if self._scales[-1][1] != scale:
            self._scales.append((since, scale))

    def named(self, si: FloatArray) -> dict[str, FloatArray]:
        """Return by their names what `si` returned, or means of it, each of shape (n,)."""
        inputs = len(self._names)
        found = dict(zip(self._names, si[:inputs], strict=True))
        return found | unstacked(self._locked, si[inputs:])

    def take(self, raw: Raw, si: FloatArray, bits: BitArray) -> None:
        """Average the next samples.

        Args:
            raw: as they were read.
            si: the same, as `si` returned them.
            bits: flags of each sample, shape (n,).
        """
        full = at_rail(raw.volts[self._ranged], CARD).any(axis=0)
        saturated = np.where(full, np.uint8(Flag.SATURATED), np.uint8(0))
        rows = self._averager.feed(si, bits | saturated | self._doubtful)
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
