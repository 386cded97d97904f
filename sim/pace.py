"""Slows a virtual rig down to a person's time; the only place in the simulator that sleeps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from seccm.rig import Action, Block, Readback, Rig, RigInfo, SafeReport

PACED_ROWS = 12
"""Rows in one block at real time: 31 ms, the beat of a window."""


def paced_rows(pace: float) -> int:
    """Return how many rows a block may have so that blocks keep their beat at a pace."""
    return max(1, round(PACED_ROWS * pace))


class Paced:
    """A rig whose rows come no sooner than at a given pace.

    Args:
        rig: to slow down.
        rate: virtual seconds per real second; 1 is real time.
        now: a clock in seconds.
        sleep: waits for some seconds.
    """

    def __init__(
        self,
        rig: Rig,
        rate: float,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not rate > 0.0:
            raise ValueError(f"a pace must be above 0, not {rate}")
        self.rig = rig
        self._rate, self._now, self._sleep = rate, now, sleep
        self._ahead: float | None = None
        """Real time at which row 0 would have begun."""

    @property
    def info(self) -> RigInfo:
        """What the rig can do."""
        return self.rig.info

    def open(self) -> Readback:
        """Connect; see `Rig.open`."""
        return self.rig.open()

    def start(self, *, raw: bool = False) -> None:
        """Start the stream of rows; see `Rig.start`."""
        self.rig.start(raw=raw)

    def read(self) -> Block:
        """Return the next rows once their time has come; see `Rig.read`."""
        block = self.rig.read()
        period = block.clock.period / self._rate
        if self._ahead is None:
            self._ahead = self._now() - block.start * period
        wait = self._ahead + block.stop * period - self._now()
        if wait > 0.0:
            self._sleep(wait)
        else:
            # Time that a slow reader lost is not caught up by a rush of rows.
            self._ahead -= wait
        return block

    def apply(self, action: Action) -> None:
        """Carry out one action; see `Rig.apply`."""
        self.rig.apply(action)

    def safe(self, why: str, *, retract: bool = True, by: float = math.inf) -> SafeReport:
        """Make the rig safe, at once; see `Rig.safe`."""
        report = self.rig.safe(why, retract=retract, by=by)
        self._ahead = None
        return report

    def close(self) -> None:
        """Let go of the rig; see `Rig.close`."""
        self.rig.close()
