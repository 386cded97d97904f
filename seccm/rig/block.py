"""What the world said: rows of averaged samples, numbered since the stream opened."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntFlag
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.rig.raw import RawSamples

if TYPE_CHECKING:
    from seccm.rig.late import Late

Axis = Literal["x", "y", "z"]


WHOLE = 0.02
"""Part of a raw sample by which a time may miss a whole number of them: times are written with
four digits."""


@dataclass(frozen=True, slots=True)
class Clock:
    """How raw samples become rows: the sample counter is the clock of the whole program.

    The reference system samples every 10 us and averages 256 samples, then spends one more
    on the transfer, so that a row covers 2.56 ms and rows follow one another every 2.57 ms.
    """

    rate: float = 100_000.0
    """Raw samples per second."""
    averaged: int = 256
    """Raw samples averaged into a row."""
    spacing: int = 257
    """Raw samples from one row to the next."""

    @property
    def period(self) -> float:
        """Seconds from one row to the next."""
        return self.spacing / self.rate

    @property
    def window(self) -> float:
        """Seconds of signal averaged into one row."""
        return self.averaged / self.rate

    def samples(self, seconds: float) -> int:
        """Return the most raw samples that a row of some seconds has, at least one."""
        return max(1, math.floor(min(seconds, self.period) * self.rate + WHOLE))

    def samples_over(self, seconds: float, update: float) -> int:
        """Return the raw samples of a row of some seconds that spans whole values put out.

        A waveform that changes all the time is put out as a staircase: a row that spans sometimes
        more and sometimes fewer of its steps would jump with them. The row has the most that fit,
        and at least one step.

        Args:
            seconds: that the row may last.
            update: seconds from one value put out to the next; 0 where there is no staircase.
        """
        if update * self.rate <= 1.0 + WHOLE:
            return self.samples(seconds)
        fits = min(seconds, self.period) / update + WHOLE / (update * self.rate)
        steps = max(1, math.floor(fits))
        return min(self.spacing, max(1, round(steps * update * self.rate)))

    def rows(self, seconds: float) -> int:
        """Return the number of rows nearest to a duration, at least one."""
        return max(1, round(seconds / self.period))

    def covering(self, seconds: float) -> int:
        """Return the fewest rows that are no shorter than a duration, at least one."""
        return max(1, math.ceil(seconds / self.period - WHOLE / self.spacing))

    def time(self, row: int) -> float:
        """Return when a row was complete, in seconds since the stream opened."""
        return (row + 1) * self.period


class Flag(IntFlag):
    """What is special about a row."""

    NONE = 0
    OVERLOAD = 1
    """The galvanostat is at its compliance limit: no closed circuit."""
    SATURATED = 2
    """An input is at the end of its range."""
    FROZEN = 4
    """The rig stopped a motion by itself and holds the outputs."""
    MOVING = 8
    """A commanded motion is still under way at the end of this row."""
    GAP = 16
    """Rows are missing before this one."""


OVERLOADED = 0.9
"""Part of the overload potential from which a galvanostat counts as overloaded."""


def overload_flags(potential: FloatArray, overload: float) -> npt.NDArray[np.uint8]:
    """Return `Flag.OVERLOAD` for each row in which a galvanostat is at its limit, else 0.

    Args:
        potential: raw volts while a current is imposed, shape (n,).
        overload: what it reads without a closed circuit, volts of either sign.
    """
    over = np.abs(potential) >= OVERLOADED * abs(overload)
    return np.where(over, np.uint8(Flag.OVERLOAD), np.uint8(0))


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """The raw samples around the instant at which a motion was stopped by its condition."""

    start: int
    """Raw sample number of the first sample, since the stream opened."""
    potential: FloatArray
    """Volts against the quasi-reference electrode, shape (n,)."""
    current: FloatArray
    """Amperes, shape (n,)."""
    crossing: int | None
    """Raw sample number at which the signal crossed the threshold, if the rig knows."""
    stopped: int | None
    """Raw sample number at which the outputs came to a halt, if the rig knows."""


NO_EDGES: npt.NDArray[np.int64] = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Block:
    """Some consecutive rows of every signal, in SI units.

    How many is the rig's choice; nothing may depend on it. Potentials are raw: the working
    electrode against the rig's quasi-reference electrode. Anodic currents are positive.
    """

    start: int
    """Number of the first row since the stream opened."""
    data: Mapping[str, FloatArray]
    """One array of shape (rows,) for each signal that the rig declares, by name; SI units."""
    flags: npt.NDArray[np.uint8]
    """`Flag` bits of each row, shape (rows,)."""
    clock: Clock = field(default_factory=Clock)
    record: ContactRecord | None = None
    """Delivered once for each motion that stopped on its condition, when it is complete."""
    raw: tuple[RawSamples, ...] = ()
    """Every sample since the last block, in order, if the stream was started for it, and the drive
    asks for it where that is needed. Pieces that do not follow one another tell that samples are
    missing."""
    edges: npt.NDArray[np.int64] = field(default_factory=lambda: NO_EDGES)
    """Numbers of the raw samples, since the stream opened, before which an exposure of the camera
    began, as a counter saw it; one entry for each exposure since the last block."""
    lamp: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] = (NO_EDGES, NO_EDGES)
    """Numbers of the raw samples before which the lamp of a camera went off, and on again, since
    the last block."""
    numbers: npt.NDArray[np.int64] | None = None
    """The number of each row, rising from `start`, where some between are missing; None: none."""
    late: Late | None = None
    """What came of a technique that the drive of the cell runs by itself."""

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.flags)

    @property
    def stop(self) -> int:
        """Number of the row that will come next."""
        if self.numbers is not None:
            return int(self.numbers[-1]) + 1
        return self.start + len(self.flags)

    def part(self, first: int, stop: int) -> Block:
        """Return the rows from `first` up to, not including, `stop`; without record and raw."""
        numbers = self.numbers
        if numbers is None:
            rows = slice(max(0, first - self.start), max(0, stop - self.start))
        else:
            rows = slice(*np.searchsorted(numbers, (first, stop)).tolist())
            numbers = numbers[rows]
            first = int(numbers[0]) if numbers.size else first
        return Block(
            numbers=numbers if numbers is not None and numbers.size else None,
            start=min(max(first, self.start), self.stop),
            data={name: values[rows] for name, values in self.data.items()},
            flags=self.flags[rows],
            clock=self.clock,
        )


def whole(blocks: Sequence[Block]) -> Block:
    """Return consecutive blocks with rows, at least one, as one, with all that came with them."""
    if len(blocks) == 1:
        return blocks[0]
    records = [block.record for block in blocks if block.record is not None]
    numbers = None
    if any(block.numbers is not None for block in blocks):
        numbers = np.concatenate([
            block.start + np.arange(block.rows) if block.numbers is None else block.numbers
            for block in blocks
        ])  # fmt: skip
    return replace(
        joined(blocks),
        record=records[-1] if records else None,
        raw=tuple(piece for block in blocks for piece in block.raw),
        edges=np.concatenate([block.edges for block in blocks]),
        numbers=numbers,
    )


def joined(blocks: Sequence[Block]) -> Block:
    """Return consecutive blocks, at least one of them with rows, as one; without record and raw."""
    filled = [block for block in blocks if block.rows]
    return Block(
        start=filled[0].start,
        data={
            name: np.concatenate([block.data[name] for block in filled]) for name in filled[0].data
        },
        flags=np.concatenate([block.flags for block in filled]),
        clock=filled[0].clock,
    )
