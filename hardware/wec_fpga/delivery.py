"""From rows of words to blocks in SI units, which wait here until they are delivered."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hardware.wec_fpga.cell import Cell
from hardware.wec_fpga.codes import RAILED, Coded
from hardware.wec_fpga.config import WORDS, WecFpgaConfig
from hardware.wec_fpga.rows import Piece
from seccm.arrays import FloatArray
from seccm.rig import Block, Clock, ContactRecord, Flag
from seccm.rig.block import overload_flags

Bits = npt.NDArray[np.uint8]
SIDE = 8
"""Rows after a contact with which its record is complete."""
BEFORE = 64
"""Rows before a contact that its record has, at most."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Rows in SI units."""

    first: int
    data: dict[str, FloatArray]
    flags: Bits

    @property
    def stop(self) -> int:
        """Number of the row that comes next."""
        return self.first + len(self.flags)


class Delivery:
    """Makes rows into blocks.

    Args:
        config: of the rig.
        cell: says what an overload is.
    """

    def __init__(self, config: WecFpgaConfig, cell: Cell) -> None:
        self._coded = {
            name: (WORDS[terminal], Coded(scale))
            for name, (terminal, scale) in config.measured().items()
        }
        self._names = tuple(signal.name for signal in config.declared())
        self._current = WORDS[config.inputs.current.terminal]
        self._cell = cell
        self._ready: deque[Ready] = deque()
        self._history: deque[Ready] = deque()
        self._contact: tuple[int, bool] | None = None

    @property
    def waiting(self) -> bool:
        """Whether there are rows to deliver."""
        return bool(self._ready)

    def coded(self, name: str) -> Coded:
        """Return what the codes of a signal mean."""
        return self._coded[name][1]

    def word(self, name: str) -> int:
        """Return the word of a row in which a signal comes."""
        return self._coded[name][0]

    def newest(self, name: str) -> float:
        """Return a signal in the newest row; not a number before the first one."""
        return float(self._history[-1].data[name][-1]) if self._history else np.nan

    def take(self, piece: Piece, flags: Bits, *, galvanostat: bool) -> Ready:
        """Take the next rows.

        Args:
            piece: of rows.
            flags: what the rig knows of each, shape (rows,).
            galvanostat: whether a current is imposed.
        """
        data = {
            name: self._coded[name][1].si(piece.words[:, self._coded[name][0]])
            for name in self._names
        }
        flags = flags.copy()
        flags[np.abs(piece.words[:, self._current]) >= RAILED] |= np.uint8(Flag.SATURATED)
        if galvanostat:
            flags |= overload_flags(data["potential"], self._cell.overload)
        if piece.gap:
            flags[0] |= np.uint8(Flag.GAP)
            self._history.clear()
        ready = Ready(piece.first, data, flags)
        self._ready.append(ready)
        self._history.append(ready)
        while len(self._history) > 1 and self._history[1].first < ready.stop - BEFORE - 64:
            self._history.popleft()
        return ready

    def touched(self, row: int, *, exact: bool) -> None:
        """Take it that the target stopped a motion at the end of a row.

        Args:
            row: its number.
            exact: whether it surely is that row.
        """
        self._contact = row, exact

    def block(self, clock: Clock) -> Block:
        """Deliver the oldest rows that follow one another; there must be some."""
        pieces = [self._ready.popleft()]
        while self._ready and self._ready[0].first == pieces[-1].stop:
            if self._ready[0].flags[0] & Flag.GAP:
                break
            pieces.append(self._ready.popleft())
        data = {
            name: np.concatenate([piece.data[name] for piece in pieces]) for name in self._names
        }
        flags = np.concatenate([piece.flags for piece in pieces])
        return Block(pieces[0].first, data, flags, clock, self._record())

    def drop(self) -> None:
        """Forget what waits."""
        self._ready.clear()
        self._contact = None

    def _record(self) -> ContactRecord | None:
        """Return the record of the newest contact once, when its last rows are here."""
        if self._contact is None or not self._history:
            return None
        row, exact = self._contact
        if self._history[-1].stop < row + SIDE:
            return None
        self._contact = None
        first = self._history[0].first
        begin, stop = max(0, row - BEFORE - first), row + SIDE - first
        cut = {
            name: np.concatenate([one.data[name] for one in self._history])[begin:stop]
            for name in ("potential", "current")
        }
        known = exact and first <= row
        return ContactRecord(
            start=first + begin,
            potential=cut["potential"],
            current=cut["current"],
            crossing=row if known else None,
            stopped=row + 1 if known else None,
        )
