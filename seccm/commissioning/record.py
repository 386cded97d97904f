"""Rows recorded with everything at rest: the tip does not move, only the cell is driven."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.conductor.conductor import Conductor
from seccm.conductor.opening import open_at_rest
from seccm.errors import StreamError
from seccm.hopping.course import Course, Steps
from seccm.rig import Block, Clock, Drive, Flag


@dataclass(frozen=True, slots=True)
class Record:
    """Consecutive rows of the cell's two channels."""

    potential: FloatArray
    """Raw volts, shape (n,)."""
    current: FloatArray
    """Amperes, shape (n,)."""
    flags: npt.NDArray[np.uint8]
    """`Flag` bits, shape (n,)."""
    clock: Clock

    @property
    def time(self) -> FloatArray:
        """Seconds from the start of the record to the end of each row, shape (n,)."""
        ends: FloatArray = self.clock.period * np.arange(1.0, len(self.current) + 1.0)
        return ends

    @property
    def spoilt(self) -> int:
        """How many rows read the end of a range or an overload."""
        bad = np.uint8(Flag.OVERLOAD | Flag.SATURATED)
        return int(np.count_nonzero(self.flags & bad))

    def refuse_dead(self) -> None:
        """Refuse a current that is the same in every row: no living electrometer reads that.

        Raises:
            ValueError: it is.
        """
        if np.ptp(self.current) == 0.0:
            raise ValueError(
                f"all {len(self.current)} data points of the current have exactly the same value: "
                "the input is not connected, or the electrometer hangs"
            )


@contextmanager
def at_rest(conductor: Conductor, *, raw: bool = False) -> Iterator[Conductor]:
    """Open a rig, stream its rows, and let go of it with the cell off; nothing is moved.

    Args:
        conductor: of the rig.
        raw: whether raw samples stream, too, if the rig has them.

    Raises:
        RigError: the cell could not be switched off. Whatever else ends it before its time
            carries a note of what became of cell and tip.
    """
    with conductor.driving("commissioning", open_at_rest, retract=False, raw=raw):
        conductor.next_block()
        yield conductor


def record(conductor: Conductor, drive: Drive, seconds: float) -> Record:
    """Drive the cell and record the rows from the start of the drive on.

    The stream of rows must be running; the drive stays on.

    Raises:
        StreamError: rows are missing, or are not numbers.
    """
    name = conductor.info.name
    return conductor.carry_out(lambda course: _recording(course, drive, seconds, name))


def _recording(course: Course, drive: Drive, seconds: float, name: str) -> Steps[Record]:
    first, clock = course.row, course.block.clock
    stop = first + clock.rows(seconds)
    blocks: list[Block] = []
    row = first
    block = yield from course.next(Drive(drive.mode, drive.waveform, since=first))
    while True:
        if block.rows and (block.start != row or (block.flags & Flag.GAP).any()):
            what = (
                f"data points are missing before data point {block.stop}; the record "
                "cannot be used."
            )
            raise StreamError("gap", name, what, "Close other programs and repeat it.")
        part = block.part(first, stop)
        for signal in ("potential", "current"):
            if np.isnan(part.data[signal]).any():
                what = f"the {signal} is not a number in some data points."
                raise StreamError("bad-signal", name, what, "Check the input, and repeat it.")
        blocks.append(part)
        row = block.stop
        if row >= stop:
            break
        block = yield from course.next()
    return Record(
        potential=np.concatenate([block.data["potential"] for block in blocks]),
        current=np.concatenate([block.data["current"] for block in blocks]),
        flags=np.concatenate([block.flags for block in blocks]),
        clock=clock,
    )
