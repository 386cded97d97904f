"""What time it is for the card: virtual, as fast as possible, or the wall clock's."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from sim.chance import stream
from sim.daqmx.config import HostConfig

TICKS = 100_000_000
"""Ticks a second: the 100 MHz timebase from which an X Series card divides its clocks
(X Series manual, AO and AI sample clock timebase)."""

LONGEST_SLEEP = 0.02
"""Real seconds after which it is looked again whether there is still something to wait for."""


def ticks(seconds: float) -> int:
    """Return a duration in ticks."""
    return round(seconds * TICKS)


class Time(Protocol):
    """The time of the card and of the computer it is in."""

    def call(self) -> int:
        """Let a call into the library take its time; return the time in ticks."""

    def wait(self, until: int) -> int:
        """Let time pass up to a tick; return the time, which may be later, or earlier."""


class VirtualTime:
    """Time that passes only in calls and waits.

    Args:
        host: what a call costs.
        seed: of its jitter.
    """

    def __init__(self, host: HostConfig, seed: int) -> None:
        self._host = host
        self._now = 0
        self._jitter = stream(seed, "host")
        self._stall = None if host.stall_at is None else ticks(host.stall_at)

    def call(self) -> int:
        """Let a call take its time; see `Time`."""
        cost = self._host.call
        if self._host.jitter:
            cost += float(self._jitter.exponential(self._host.jitter))
        self._now += ticks(cost)
        if self._stall is not None and self._now >= self._stall:
            self._now, self._stall = self._now + ticks(self._host.stall), None
        return self._now

    def wait(self, until: int) -> int:
        """Let time pass; see `Time`."""
        self._now = max(self._now, until)
        return self._now


class WallTime:
    """The time on the wall, faster or slower by a factor.

    Args:
        pace: virtual seconds per real second.
        now: a clock in seconds.
        sleep: waits for some seconds.
    """

    def __init__(
        self,
        pace: float,
        *,
        now: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pace, self._read, self._sleep = pace, now, sleep
        self._began = now()

    def call(self) -> int:
        """Return the time: a call takes as long as it really takes; see `Time`."""
        return ticks((self._read() - self._began) * self._pace)

    def wait(self, until: int) -> int:
        """Sleep, but not for long: what is waited for may be called off; see `Time`."""
        left = (until - self.call()) / TICKS / self._pace
        if left > 0.0:
            self._sleep(min(left, LONGEST_SLEEP))
        return self.call()
