"""The updating side of a running task: buffer, on-board memory, converter."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray, IntArray
from sim.daqmx.codes import Value
from sim.daqmx.inputs import NEVER

Mask = Callable[[IntArray], npt.NDArray[np.bool_]]
"""Tells for ticks whether the pause trigger is asserted."""


@dataclass(frozen=True, slots=True)
class Updates:
    """What the converters do: ticks, shape (n,), and volts, shape (n, channels)."""

    ticks: IntArray
    volts: FloatArray


@dataclass(slots=True)
class Generation:
    """A hardware-timed analog output.

    Beliefs: samples move from the buffer in the computer to the on-board memory as soon as its
    request condition allows, and are then committed, whatever is written later; only stopping
    discards them (NI KB kA00Z0000019Mg6SAE; size of the memory: from memory, unverified).
    Without regeneration, an update without a sample stops the generation; the converters hold
    the last one, and the next call that looks at the task fails with -200290 (public NI threads).
    An asserted pause trigger masks clock edges; what becomes of the phase of the clock
    afterwards is unverified, here it is kept.
    """

    period: int
    continuous: bool
    samples: int
    """That a finite generation puts out."""
    room: int
    """Samples a channel that the buffer in the computer holds."""
    memory: int
    """Samples a channel that the on-board memory holds."""
    request: int
    """When the on-board memory is filled up."""
    regenerates: bool
    began: int | None = None
    """Tick of the first update; None while it waits for its trigger."""
    ended: int = NEVER
    """Tick from which the sample clock is silent."""
    written: int = 0
    transferred: int = 0
    generated: int = 0
    edges: int = 0
    """Edges of the sample clock so far, those that were masked included."""
    starved: bool = False
    """True once an update found no sample."""
    queue: deque[FloatArray] = field(default_factory=deque)
    """Written and not yet put out, each of shape (n, channels)."""
    old: list[FloatArray] = field(default_factory=list)
    """What the buffer held when it was first emptied, for regeneration."""

    @property
    def queued(self) -> int:
        """Samples written and not yet put out."""
        return self.written - self.generated

    @property
    def space(self) -> int:
        """Samples that can be written to the buffer now."""
        return self.room - (self.written - self.transferred)

    @property
    def done(self) -> bool:
        """Whether it has come to its end."""
        return self.starved or (not self.continuous and self.generated >= self.samples)

    def write(self, volts: FloatArray) -> int:
        """Take samples, shape (n, channels), as far as there is space; return how many."""
        count = min(len(volts), self.space)
        if count:
            self.queue.append(volts[:count].copy())
            self.written += count
        if self.regenerates:
            self.old.append(volts[:count].copy())
        return count

    def fill(self) -> None:
        """Move samples from the buffer into the on-board memory, as far as it asks for them."""
        held = self.transferred - self.generated
        match self.request:
            case Value.ON_BOARD_MEMORY_EMPTY:
                asks = held == 0
            case Value.ON_BOARD_MEMORY_HALF_FULL_OR_LESS:
                asks = held <= self.memory // 2
            case _:
                asks = True
        if asks:
            self.transferred = min(self.written, self.generated + self.memory)

    def due(self, count: int) -> int:
        """Return the tick at which so many more edges will have come; maybe never."""
        if self.began is None:
            return NEVER
        tick = self.began + (self.edges + count - 1) * self.period
        return tick if tick < self.ended else NEVER

    def until_space(self, count: int) -> int:
        """Return how many updates it takes before so many samples can be written; at least one.

        The number is exact where the on-board memory is kept full, else a lower bound.
        """
        return max(1, min(count, self.room) - self.space)

    def coming(self, now: int) -> Updates:
        """Return the updates up to a tick if nothing pauses them, without doing them."""
        ticks = self._edges(now)
        volts = self._ahead(len(ticks))
        return Updates(ticks[: len(volts)], volts)

    def advance(self, now: int, paused: Mask | None = None) -> Updates:
        """Do what the sample clock asks for up to a tick."""
        ticks = self._edges(now)
        self.edges += len(ticks)
        if paused is not None and len(ticks):
            ticks = ticks[~paused(ticks)]
        if not self.continuous:
            ticks = ticks[: max(0, self.samples - self.generated)]
        while self.regenerates and self.queued < len(ticks) and self.old:
            again = np.concatenate(self.old)
            self.queue.append(again)
            self.written += len(again)
        volts = self._ahead(len(ticks))
        if len(volts) < len(ticks) and not self.starved:
            self.starved = True
        self._drop(len(volts))
        if self.began is not None:
            self.fill()
        return Updates(ticks[: len(volts)], volts)

    def _edges(self, now: int) -> IntArray:
        """Return the ticks of the edges that have come since the last look."""
        now = min(now, self.ended - 1)
        if self.began is None or self.done or now < self.began:
            return np.empty(0, dtype=np.int64)
        stop = (now - self.began) // self.period + 1
        return self.began + np.arange(self.edges, stop) * self.period

    def _ahead(self, count: int) -> FloatArray:
        """Return the next samples, at most `count`, shape (n, channels)."""
        parts: list[FloatArray] = []
        for part in self.queue:
            if count <= 0:
                break
            parts.append(part[:count])
            count -= len(part)
        return np.concatenate(parts) if parts else np.empty((0, 1))

    def _drop(self, count: int) -> None:
        self.generated += count
        self.transferred = max(self.transferred, self.generated)
        while count > 0:
            part = self.queue.popleft()
            if len(part) > count:
                self.queue.appendleft(part[count:])
            count -= len(part)
