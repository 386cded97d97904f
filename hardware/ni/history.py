"""The newest raw samples of the cell, from which the record of a contact is cut."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.rig import ContactRecord

SIDE = 512
"""Raw samples kept before and after a crossing: 5 ms at 100 kHz."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive raw samples, each array of shape (n,)."""

    first: int
    signals: Mapping[str, FloatArray]
    """In SI units."""
    counts: npt.NDArray[np.int64]

    @property
    def stop(self) -> int:
        """Number of the sample after the last one."""
        return self.first + len(self.counts)


class History:
    """Remembers pieces for as long as a record could need them.

    Args:
        longest: raw samples between a crossing and the stop it leads to, at most.
    """

    def __init__(self, longest: int) -> None:
        self._keep = longest + 2 * SIDE
        self._pieces: deque[Piece] = deque()

    def add(self, piece: Piece) -> None:
        """Remember a piece that follows the last one."""
        self._pieces.append(piece)
        while self._pieces[0].stop < piece.stop - self._keep:
            self._pieces.popleft()

    @property
    def stop(self) -> int:
        """Number of the sample that comes next."""
        return self._pieces[-1].stop if self._pieces else 0

    def since(self, first: int) -> Piece:
        """Return everything remembered from a sample on."""
        pieces = self._pieces
        begin = max(first, pieces[0].first)
        skip = begin - pieces[0].first
        return Piece(
            begin,
            {
                name: np.concatenate([piece.signals[name] for piece in pieces])[skip:]
                for name in pieces[0].signals
            },
            np.concatenate([piece.counts for piece in pieces])[skip:],
        )


def contact_record(
    piece: Piece, seen: int, crossing: int | None, stopped: int | None
) -> ContactRecord:
    """Cut the record of a contact out of the raw samples around the one where it was seen."""
    first = max(0, seen - SIDE - piece.first)
    stop = seen + SIDE - piece.first
    return ContactRecord(
        start=piece.first + first,
        potential=piece.signals["potential"][first:stop],
        current=piece.signals["current"][first:stop],
        crossing=crossing,
        stopped=stopped,
    )


def halt_of(piece: Piece, ratio: float) -> int:
    """Return the sample at which the outputs had halted for good.

    That is when the first output sample failed to come, one output period after the last one
    did: until then the outputs were as much under way as before.

    Args:
        piece: samples until after the halt.
        ratio: input samples for each output sample; 0 where outputs are not clocked.
    """
    last = int(np.argmax(piece.counts == piece.counts[-1]))
    return piece.first + last + round(ratio)
