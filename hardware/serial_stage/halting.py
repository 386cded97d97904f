"""A motion that ends where a contact is seen: when that was, and when the stage came to rest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hardware.serial_stage.config import MeasuredStop
from seccm.errors import RigError
from seccm.rig import Block, ContactRecord, Move
from seccm.rig.block import whole
from seccm.rig.detector import ContactDetector
from seccm.units import show

KEPT = 60
"""Blocks before the halt that its record is made of."""


class Halting:
    """One motion that is watched.

    Args:
        move: with what ends it.
        believed: how soon it is expected to stop.
    """

    def __init__(self, move: Move, believed: MeasuredStop) -> None:
        if move.until is None:
            raise ValueError("this motion is not watched")
        self.move, self._believed = move, believed
        self._detector = ContactDetector(move.until, move.baseline)
        self._blocks: list[Block] = []
        self._crossing: int | None = None
        self.ordered = 0
        """The row that was to come when the stop was ordered; 0 before."""
        self._seen: tuple[int, float] | None = None
        """Row and place when it was last seen to move after that."""

    def touched(self, block: Block) -> bool:
        """Look at rows; tell whether the stop is to be ordered now."""
        self._blocks = [*self._blocks[-KEPT:], block]
        if self.ordered:
            return False
        self._crossing = self._detector.feed(block)
        if self._crossing is None:
            return False
        self.ordered = block.stop
        return True

    def passed(self, block: Block, at: float) -> None:
        """Take note that it still moves at the end of a block."""
        self._seen = block.stop, at

    def halted(
        self, block: Block, at: float, measured: Callable[[], str]
    ) -> tuple[ContactRecord, RigError | None]:
        """Return the record of the stop, and what is wrong if it took longer than is believed.

        Args:
            block: at the end of which it rests.
            at: where, in metres.
            measured: says when the stop was measured.
        """
        clock = block.clock
        row = float(block.stop)
        if self._seen is not None:
            # At its speed it came so far after it was last seen to move.
            later = abs(at - self._seen[1]) / self.move.speed / clock.period
            row = min(row, self._seen[0] + later)
        took = (row - self.ordered) * clock.period
        slow, worst = None, self._believed.worst
        if took > worst + clock.period:
            slow = RigError(
                "slower-stop",
                "stage",
                f"the tip stopped {show(took, 's')} after the order; {show(worst, 's')} "
                f"was the worst that was measured ({measured()}).",
                "Measure the stop again, see docs/extending/stage.md, and write what it finds.",
            )
        rows = whole(self._blocks)
        repeated = clock.spacing
        return ContactRecord(
            rows.start * repeated,
            np.repeat(rows.data["potential"], repeated),
            np.repeat(rows.data["current"], repeated),
            None if self._crossing is None else self._crossing * repeated + repeated // 2,
            round(row * repeated),
        ), slow
