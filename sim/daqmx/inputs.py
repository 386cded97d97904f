"""The sampling side of a running task: how much is there to read, and when there will be more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seccm.arrays import IntArray
from sim.daqmx.codes import Error, RefusedError

NEVER = np.iinfo(np.int64).max


@dataclass(slots=True)
class Sampling:
    """A running acquisition, of an analog input or of a sample-clocked counter.

    Beliefs: an unread sample is never overwritten; the acquisition fails instead, and so does
    every read from then on (-200279; default of the Overwrite property, NI-DAQmx help; that the
    failure stays is unverified). Sample k is taken k periods after the start (the X Series'
    delay of a few ticks from the start trigger to the first sample is left out). The channels are
    converted one after the other from that instant on (`Task.converting`); a sample is there once
    the last of them was.
    """

    period: int
    continuous: bool
    samples: int
    """That a finite acquisition takes."""
    room: int
    """Samples a channel that the buffer holds."""
    scan: int = 0
    """Ticks from a sample's first conversion to its last."""
    began: int | None = None
    """Tick of the first sample; None while it waits for its trigger."""
    ended: int = NEVER
    """Tick from which the sample clock is silent."""
    read: int = 0
    """Samples that were read."""
    overrun: bool = False

    def acquired(self, now: int) -> int:
        """Return how many samples were taken up to a tick."""
        now = min(now, self.ended - 1) - self.scan
        if self.began is None or now < self.began:
            return 0
        count = (now - self.began) // self.period + 1
        return count if self.continuous else min(count, self.samples)

    def available(self, now: int) -> int:
        """Return how many samples can be read.

        Raises:
            RefusedError: -200279, samples were lost.
        """
        waiting = self.acquired(now) - self.read
        if self.overrun or waiting > self.room:
            self.overrun = True
            raise RefusedError(Error.SAMPLES_NO_LONGER_AVAILABLE)
        return waiting

    def due(self, count: int) -> int:
        """Return the tick at which so many unread samples will be there; maybe never."""
        if self.began is None:
            return NEVER
        tick = self.began + (self.read + count - 1) * self.period + self.scan
        return tick if tick < self.ended else NEVER

    def never(self, count: int) -> bool:
        """Tell whether a finite acquisition has fewer samples left than that."""
        return not self.continuous and self.read + count > self.samples

    def take(self, count: int) -> IntArray:
        """Return the ticks of the next samples, which count as read, shape (count,)."""
        if self.began is None:
            return np.empty(0, dtype=np.int64)
        ticks = self.began + np.arange(self.read, self.read + count) * self.period
        self.read += count
        return ticks
