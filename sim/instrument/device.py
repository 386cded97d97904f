"""The virtual instrument: it is told what to do, begins a little later, and tells what it measured.

Theory of operation. The world asks what is imposed on the cell, step by step, and before which step
that may change; it tells every step that has passed for good. From these the instrument makes its
points, at times of its own clock, in the range that it has chosen, and keeps them until they can be
handed over. Its own limits are looked at in every step: the world goes no further than the step at
which one is reached.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from seccm.arrays import BoolArray, FloatArray
from seccm.rig import Clock, Constant, Flag, Mode, Waveform
from sim.chance import stream
from sim.electronics import Signals
from sim.galvanostat import Imposed
from sim.instrument.config import InstrumentConfig
from sim.instrument.ranging import Ranging

Over = Literal["", "time", "limit", "stopped"]
_REMEMBERED = 50
"""Techniques of which is known when they ran."""


class LostError(Exception):
    """The instrument does not answer: its cable is off."""


class BusyError(Exception):
    """Another program has the instrument, or a technique runs."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """At what the instrument ends a technique by itself, in volts, amperes and coulombs."""

    potential: tuple[float, float] = (-math.inf, math.inf)
    current: tuple[float, float] = (-math.inf, math.inf)
    charge: tuple[float, float] = (-math.inf, math.inf)
    after: float = 0.0
    """Seconds from the beginning before which nothing but the charge counts."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A technique, as the instrument is told."""

    mode: Mode
    waveform: Waveform
    bounds: Bounds = field(default_factory=Bounds)
    interval: float = 0.0
    """Seconds from point to point; that of the instrument if 0."""
    ranges: tuple[float, float] | None = None
    """Smallest and largest current range, amperes; all of them if None."""
    stays: float | None = None
    """Volts that are held when it is over; the circuit is opened if None."""


@dataclass
class Measured:
    """What is handed over of a technique; lists of one length."""

    t: list[float] = field(default_factory=list)
    potential: list[float] = field(default_factory=list)
    current: list[float] = field(default_factory=list)
    flags: list[int] = field(default_factory=list)
    span: list[float] = field(default_factory=list)
    over: Over = ""


class _Technique:
    """One that was ordered."""

    def __init__(self, wanted: Wanted, begins: int, interval: float, ranging: Ranging) -> None:
        self.wanted, self.begins, self.interval = wanted, begins, interval
        self.ranging = ranging
        self.measured = Measured()
        self.handed = 0
        self.over: Over = ""
        self.charge = 0.0
        """Coulombs up to the newest step."""
        self.before = 0.0
        """Those at the newest point."""
        self.last = 0.0
        """Raw volts at the end of the newest step."""

    def ends(self, period: float) -> float:
        """Return the step before which it is over, if nothing ends it earlier."""
        return self.begins + self.wanted.waveform.duration / period


class Device:
    """An instrument at the cell of a virtual world.

    Args:
        config: what it is like.
    """

    def __init__(self, config: InstrumentConfig) -> None:
        self.config, self._period = config, math.nan
        self._connected = False
        self._chance = self._noise = stream(0, "instrument")
        self._now = 0
        """The step that comes next."""
        self._running: _Technique | None = None
        self._standby = Imposed()
        self._due = 0.0
        """When points are handed over next, in seconds."""
        self.heard: Callable[[Measured], None] = lambda measured: None
        """Told when a technique has begun, when points are handed over, and when it is over."""
        self.charges: list[float] = []
        """Coulombs that truly passed in each technique, for tests."""
        self._spells: list[tuple[int, float]] = []
        """The steps in which techniques began, and before which they were over."""

    def connect(self, clock: Clock, seed: int) -> None:
        """Be connected to a world.

        Args:
            clock: of the steps of the world.
            seed: of the whole run.
        """
        self._period, self._connected = clock.period, True
        self._chance = stream(seed, "instrument")
        self._noise = stream(seed, "instrument noise")

    # Whoever commands it.

    def answer(self) -> None:
        """Answer, if it can.

        Raises:
            LostError: its cable is off, or it is connected to no world.
        """
        lost = self.config.lost_at
        if not self._connected:
            raise LostError
        if lost is not None and self._now * self._period >= lost:
            raise LostError

    def order(self, wanted: Wanted) -> None:
        """Have a technique begin, soon.

        Raises:
            LostError: its cable is off.
            BusyError: another program has it, or a technique runs.
        """
        self.answer()
        busy = self.config.busy_at
        if self._running is not None or (busy is not None and self._now * self._period >= busy):
            raise BusyError
        wait = self.config.start * (0.5 + 0.5 * float(self._chance.random()))
        begins = self._now + max(1, math.ceil(wait / self._period))
        # A hold has few points: nobody looks at them but for the time of a step in it.
        interval = wanted.interval or self.config.interval
        spans = sorted(self.config.ranges)
        if wanted.ranges is not None:
            low, high = wanted.ranges
            spans = [
                span for span in spans if low <= span * (1 + 1e-9) and span <= high * (1 + 1e-9)
            ]
        self._running = _Technique(wanted, begins, interval, Ranging(spans))
        self._due = begins * self._period + self.config.lag
        self.charges.append(0.0)
        self._spells = [*self._spells[-_REMEMBERED:], (begins, math.inf)]

    def abort(self) -> None:
        """End the technique that runs; its last points are handed over at once.

        Raises:
            LostError: its cable is off.
        """
        self.answer()
        if self._running is not None:
            self._end("stopped")

    def hold(self, volts: float | None) -> None:
        """Hold a potential while no technique runs; open the circuit if None.

        Raises:
            LostError: its cable is off.
        """
        self.answer()
        self._standby = (
            Imposed() if volts is None else Imposed("potential", Constant(volts), self._now)
        )

    @property
    def on(self) -> bool:
        """Whether the cell is connected."""
        return self._running is not None or self._standby.mode != "open"

    @property
    def busy(self) -> bool:
        """Whether a technique runs."""
        return self._running is not None

    # The world.

    def imposed(self, step: int) -> Imposed:
        """Return what is imposed on the cell in a step."""
        running = self._running
        if running is None or not running.begins <= step < running.ends(self._period) - 1e-9:
            return self._standby
        wanted, waveform = running.wanted, running.wanted.waveform
        if wanted.mode == "current":
            gain = 1.0 + self.config.gain_error
            if isinstance(waveform, Constant):
                waveform = Constant(waveform.value * gain, waveform.duration)
        return Imposed(wanted.mode, waveform, running.begins)

    def running(self, t: FloatArray) -> BoolArray:
        """Tell for times since the world began, shape (n,), whether a technique ran.

        That is the line that is high while one does.
        """
        found = np.zeros(len(t), np.bool_)
        for first, stop in self._spells:
            found |= (t >= first * self._period) & (t < stop * self._period)
        if self._running is not None:
            found &= t < self._running.ends(self._period) * self._period
        return found

    def change(self, step: int) -> float:
        """Return the next step after one before which something may change; infinite if none."""
        running = self._running
        if running is None:
            return math.inf
        edges = (running.begins, running.ends(self._period), self._due / self._period)
        later = (edge for edge in edges if step < edge < math.inf)
        return min((math.ceil(edge - 1e-9) for edge in later), default=math.inf)

    def cut(self, true: Signals) -> int | None:
        """Return the step of these after which a limit ends the technique; None if none does."""
        running = self._running
        if running is None or true.start < running.begins:
            return None
        bounds = running.wanted.bounds
        seconds = (np.arange(true.start, true.stop) + 1 - running.begins) * self._period
        charge = running.charge + np.cumsum(true.current) * self._period
        past = np.zeros(len(charge), np.bool_)
        for values, (low, high), after in (
            (true.potential, bounds.potential, bounds.after),
            (true.current, bounds.current, bounds.after),
            (charge, bounds.charge, 0.0),
        ):
            past |= ((values < low) | (values > high)) & (seconds > after)
        return true.start + int(past.argmax()) if past.any() else None

    def lived(self, true: Signals) -> None:
        """Take note of steps that have passed for good; those it knows already are left out."""
        if true.stop <= self._now:
            return
        skip = max(0, self._now - true.start)
        true = Signals(
            true.start + skip, true.potential[skip:], true.current[skip:], true.overload[skip:]
        )
        self._now = true.stop
        running = self._running
        if running is None or true.stop <= running.begins:
            return
        limit = self.cut(true)
        self._measure(running, true)
        ended = self.config.ended_at
        if limit is not None:
            self._end("limit")
        elif ended is not None and true.start <= ended / self._period < true.stop:
            self._end("stopped")
        elif true.stop >= running.ends(self._period) - 1e-9:
            self._end("time")
        elif true.stop * self._period >= self._due:
            self._hand_over(running, self._now * self._period - self.config.lag)

    # What it measures.

    def _measure(self, running: _Technique, true: Signals) -> None:
        """Make the points that end in some steps."""
        if true.start == running.begins:
            running.last = float(true.potential[0])
        period = self._period
        charge = running.charge + np.concatenate(([0.0], np.cumsum(true.current))) * period
        self.charges[-1] += float(charge[-1]) - running.charge
        edges = (np.arange(true.start, true.stop + 1) - running.begins) * period
        # Its own clock is fast: a point of its time t comes a little earlier than that.
        stretched = edges * (1.0 + self.config.clock_error)
        done = len(running.measured.t)
        last = math.floor(stretched[-1] / running.interval + 1e-9)
        t = np.arange(done + 1, last + 1) * running.interval
        potential = np.interp(t, stretched, np.concatenate(([running.last], true.potential)))
        passed = np.interp(t, stretched, charge)
        current = np.diff(passed, prepend=running.before) / (
            running.interval / (1.0 + self.config.clock_error)
        )
        over = true.overload[
            np.clip(np.searchsorted(edges[1:], t - 1e-9), 0, len(true.overload) - 1)
        ]
        running.charge, running.last = float(charge[-1]), float(true.potential[-1])
        if len(passed):
            running.before = float(passed[-1])
        self._convert(running, t, potential, current, over)

    def _convert(
        self,
        running: _Technique,
        t: FloatArray,
        potential: FloatArray,
        current: FloatArray,
        over: np.ndarray[tuple[int], np.dtype[np.bool_]],
    ) -> None:
        """Measure currents in the ranges that the instrument chooses."""
        measured, noise = running.measured, self._noise.standard_normal((2, len(t)))
        for k in range(len(t)):
            span = running.ranging.choose(abs(float(current[k])))
            value = float(current[k]) + self.config.noise * span * float(noise[0, k])
            step = span / 2**15
            full = 1.05 * span
            flags = int(Flag.OVERLOAD) if over[k] else 0
            if abs(value) >= full:
                flags |= int(Flag.SATURATED)
            measured.t.append(float(t[k]))
            measured.current.append(min(max(round(value / step) * step, -full), full))
            measured.potential.append(
                float(potential[k]) + self.config.potential_noise * float(noise[1, k])
            )
            measured.flags.append(flags)
            measured.span.append(span)

    # What it tells.

    def _hand_over(self, running: _Technique, upto: float) -> None:
        """Hand over what was measured up to a time."""
        self._due = self._now * self._period + self.config.pieces
        count = int(
            np.searchsorted(running.measured.t, upto - running.begins * self._period, side="right")
        )
        self._tell(running, max(running.handed, count))

    def _end(self, over: Over) -> None:
        """End the technique; the last points are handed over with the news."""
        running, self._running = self._running, None
        if running is None:
            return
        self._spells[-1] = running.begins, max(running.begins, self._now)
        stays = running.wanted.stays
        self._standby = (
            Imposed() if stays is None else Imposed("potential", Constant(stays), self._now)
        )
        running.over = over
        self._tell(running, len(running.measured.t))

    def _tell(self, running: _Technique, upto: int) -> None:
        """Hand over the points up to one."""
        first, running.handed = running.handed, upto
        try:
            self.answer()
        except LostError:
            return  # Nobody hears it.
        every = running.measured
        self.heard(Measured(
            every.t[first:upto], every.potential[first:upto], every.current[first:upto],
            every.flags[first:upto], every.span[first:upto], running.over,
        ))  # fmt: skip
