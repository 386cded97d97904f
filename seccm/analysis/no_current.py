"""Where the current of a step with an imposed potential stopped, found as its rows come.

What is kept does not grow with the step: some rows around the last ones in which a current flowed,
the newest ones, and at which potentials a current flowed in how many sweeps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seccm.arrays import BoolArray, FloatArray, IntArray
from seccm.program.segment import Segment
from seccm.program.trace import CONTACT_ROWS
from seccm.results import noise
from seccm.rig import Constant, Lines

LONE = 8.0
"""Standard deviations by which a spike stands out of the data points beside it."""
BLOCK = 16
"""Rows of one mean: 41 ms, two periods of the mains."""
QUIET = 10.0
"""Standard deviations of such a mean within which there is no current: it wanders in minutes."""
CERTAIN = 3.0
"""Times as much is a current that is surely missed where nothing flows later."""
FALL = 3
"""Rows in which a circuit opens, with the filter of the electrometer: 8 ms."""
SIDE = 12
"""Rows on each side of a fall that are compared."""
COURSE = 48
"""Rows before a fall that say how the current went on: 0.12 s."""
SHARP = 3e-3
"""Volts within which no reaction stops."""
LASTING, CLEAR, PLAIN = 40, 10.0, 100.0
"""After a fall of 10 standard deviations nothing flows in 40 rows, or after one of 100 in all
that there are: a step may end itself when its current has gone."""
BIN = 0.02
"""Volts within which two currents are at the same potential."""
EARLIER, LATER = BLOCK + COURSE, SIDE + FALL + SIDE + 1
"""Rows before and after the last current that tell how it stopped."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """The current of an open circuit."""

    level: float
    """A."""
    sigma: float
    """Standard deviation of one row."""
    wander: float
    """Standard deviation of the mean of a block of rows: it contains hum and drift."""

    @classmethod
    def of(cls, idle: FloatArray) -> Nothing | None:
        """Measure it in rows without contact, shape (n,), A; None if they do not tell."""
        idle = idle[np.isfinite(idle)]
        if idle.size < 4 * BLOCK:
            return None
        means = idle[: idle.size // BLOCK * BLOCK].reshape(-1, BLOCK).mean(axis=1)
        level, sigma = float(np.median(idle)), noise(idle)
        spread = 1.4826 * float(np.median(np.abs(means - level)))
        wander = max(spread, sigma / math.sqrt(BLOCK))
        return cls(level, sigma, wander) if sigma > 0.0 else None

    def away(self, current: FloatArray) -> FloatArray:
        """Return by how much currents differ from it, without a sign."""
        away: FloatArray = np.abs(current - self.level)
        return away


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the last current of a step was."""

    maybe: int
    """The row from which on nothing may flow any more. Where no single row stands out of the noise,
    the current may have stopped anywhere in the last block of rows whose mean does."""
    row: int
    """The row from which on surely nothing flows."""


class _Rows:
    """Currents of consecutive rows; those of the step are numbered from 0."""

    def __init__(self, first: int = 0, current: FloatArray | None = None) -> None:
        self.first = first
        self.current = np.zeros(0) if current is None else current

    @property
    def stop(self) -> int:
        return self.first + self.current.size

    def part(self, first: int, stop: int) -> _Rows:
        first = max(first, self.first)
        return _Rows(first, self.current[first - self.first : max(0, stop - self.first)].copy())

    def and_then(self, current: FloatArray) -> _Rows:
        return _Rows(self.first, np.concatenate([self.current, current]))


class CurrentWatch:
    """Follows the current of a step.

    Args:
        segment: what is imposed.
        nothing: the current of an open circuit.
        row: seconds from row to row.
    """

    def __init__(self, segment: Segment, nothing: Nothing, row: float) -> None:
        self._form, self._row, self.nothing = segment.waveform, row, nothing
        self.rows = 0
        """How many rows there were."""
        self._began = 0.0
        self._waiting = np.zeros((0, 3))
        """Time, potential and current of rows that were not looked at yet."""
        self._previous = np.zeros(0)
        """The current of the row before them, as it was measured."""
        self._newest, self._around = _Rows(), _Rows()
        self._last_block = self._last_alone = -1
        self._sweeps = _Sweeps(self._form, nothing) if isinstance(self._form, Lines) else None
        self._potentials = np.zeros(0)

    def feed(self, t: FloatArray, e: FloatArray, i: FloatArray) -> None:
        """Take the next rows: time since the start, potential and current, each of shape (n,)."""
        self._waiting = np.concatenate([self._waiting, np.column_stack([t, e, i])])
        # Whether a row is a spike is known when the one after it is there.
        whole = (len(self._waiting) - 1) // BLOCK * BLOCK
        if whole > 0:
            rows, self._waiting = self._waiting[:whole], self._waiting[whole:]
            self._take(rows, self._waiting[:1, 2])

    def finish(self) -> None:
        """Say that there are no more rows."""
        rows, self._waiting = self._waiting, self._waiting[:0]
        if len(rows):
            self._take(rows, np.zeros(0))

    @property
    def stop(self) -> Stop:
        """Where the last current was, as far as the rows tell."""
        first = self._last_block + BLOCK if self._last_block >= 0 else 0
        start = max(0, first - BLOCK)
        if self._last_alone < start:
            return Stop(start, first)
        return Stop(self._last_alone + 1, self._last_alone + 1)

    def _take(self, rows: FloatArray, following: FloatArray) -> None:
        """Look at rows; all but the last of the step are whole blocks.

        Args:
            rows: shape (n, 3).
            following: the current of the row after them; empty if there is none.
        """
        if self.rows == 0:
            self._began = float(rows[0, 0])
        first, self.rows = self.rows, self.rows + len(rows)
        around = np.concatenate([self._previous, rows[:, 2], following])
        skipped = self._previous.size
        known = _without_spikes(around, first - skipped, self.nothing.sigma)
        current = known[skipped : skipped + len(rows)]
        self._previous = rows[-1:, 2].copy()
        before = self.stop.row
        means = self._means(rows, current)
        away = np.abs(means[:, 2] - self.nothing.level)
        flows = np.flatnonzero(away > QUIET * self.nothing.wander)
        if flows.size:
            self._last_block = first + BLOCK * int(flows[-1])
        alone = np.flatnonzero(np.abs(current - self.nothing.level) > LONE * self.nothing.sigma)
        if alone.size:
            self._last_alone = first + int(alone[-1])
        after = self.stop.row
        self._keep(current, after, moved=after != before)
        self._potentials = np.concatenate([self._potentials, rows[:, 1]])[-SIDE:]
        if self._sweeps is not None and len(means):
            ends = rows[: len(means) * BLOCK, 0].reshape(-1, BLOCK)[:, (0, -1)]
            silent = np.arange(len(means)) * BLOCK + first >= after
            self._sweeps.feed(ends, means[:, 1], away, silent, again=after != before)

    def _means(self, rows: FloatArray, current: FloatArray) -> FloatArray:
        """Return the means of time, potential and current of the blocks that are full."""
        blocks = len(rows) // BLOCK
        full = np.column_stack([rows[: blocks * BLOCK, :2], current[: blocks * BLOCK]])
        means: FloatArray = full.reshape(blocks, BLOCK, 3).mean(axis=1)
        return means

    def _keep(self, current: FloatArray, stop: int, *, moved: bool) -> None:
        """Keep the rows around the last current, and the newest ones, where another may be."""
        known = self._newest.and_then(current)
        if moved:
            self._around = known.part(stop - EARLIER, stop + LATER)
        elif self._around.stop == self.rows - current.size:
            self._around = self._around.and_then(current).part(0, stop + LATER)
        self._newest = known.part(known.stop - EARLIER - 2 * BLOCK, known.stop)

    def fell_at(self) -> int | None:
        """Return the row near the last current at which it stopped at once; None if it did not."""
        nothing, size, near = self.nothing, self.rows, self.stop.row
        i, base = self._around.current - nothing.level, self._around.first
        rows = np.arange(max(near - BLOCK, CONTACT_ROWS + SIDE), min(near + SIDE, size - FALL) + 1)
        if rows.size == 0:
            return None
        passed = np.concatenate([[0.0], np.cumsum(i)])

        def mean(first: IntArray, stop: IntArray) -> FloatArray:
            found: FloatArray = (passed[stop - base] - passed[first - base]) / (stop - first)
            return found

        levels = mean(rows - SIDE, rows)
        lefts = mean(rows + FALL - 1, np.minimum(rows + FALL - 1 + SIDE, size))
        best = int(np.abs(levels - lefts).argmax())
        row, level, left = int(rows[best]), float(levels[best]), float(lefts[best])
        course = i[max(CONTACT_ROWS, row - COURSE) - base : row - base]
        after = size - row - FALL + 1
        slope, end = np.polyfit(np.arange(1.0 - course.size, 1.0), course, 1)
        expected = float(end + slope * FALL)
        sigma = nothing.sigma * math.sqrt(1.0 / SIDE + 1.0 / min(SIDE, after))
        drop = min(abs(level), abs(expected)) if level * expected > 0.0 else 0.0
        gone = abs(left) < min(QUIET * nothing.wander, 0.2 * abs(level))
        clear = drop > sigma * (CLEAR if after >= LASTING else PLAIN)
        sharp = self._rate(row) * FALL * self._row < SHARP
        return row if clear and gone and sharp else None

    def _rate(self, row: int) -> float:
        """Return the rate of a sweep at a row, V/s, without a sign."""
        if isinstance(self._form, Constant):
            return 0.0
        t = self._began + self._row * row
        ends = self._form.at(np.array([t - self._row, t]))
        return abs(float(ends[1] - ends[0])) / self._row

    @property
    def missed_where_it_flowed(self) -> bool:
        """Whether in two sweeps a current flowed at a potential at which none does at the end."""
        return self._sweeps is not None and self._sweeps.missed

    @property
    def last(self) -> tuple[float, float]:
        """The mean potential of the last rows, and how much current flowed in them."""
        flowed = abs(float(self._newest.current[-SIDE:].mean()) - self.nothing.level)
        return float(self._potentials.mean()), flowed


class _Sweeps:
    """Remembers at which potentials a current flowed in how many sweeps."""

    def __init__(self, form: Lines, nothing: Nothing) -> None:
        self._times, self._nothing = np.asarray(form.times), nothing
        self._sweep = -1
        self._visited: set[int] = set()
        self._weak: set[int] = set()
        self._flowed: dict[int, int] = {}
        """In how many sweeps that have ended a current surely flowed, by potential."""
        self._silent: set[int] = set()
        """Where nothing flowed since the last current."""

    @property
    def missed(self) -> bool:
        """Whether nothing flows any more at a potential at which a current flowed twice."""
        now = self._visited - self._weak - self._silent
        return any(self._flowed.get(at, 0) + (at in now) >= 2 for at in self._silent)

    def feed(
        self, ends: FloatArray, e: FloatArray, away: FloatArray, silent: BoolArray, *, again: bool
    ) -> None:
        """Take blocks of rows.

        Args:
            ends: shape (n, 2), when the first and the last row of each were complete.
            e: shape (n,), their mean potentials.
            away: shape (n,), by how much their mean current is away from that of no circuit.
            silent: shape (n,), which of them come after the last current.
            again: whether there was a current in these blocks: what was silent before was not.
        """
        sweeps = np.searchsorted(self._times, ends, side="left") - 1
        bins = np.floor(e / BIN).astype(int)
        weak = away <= CERTAIN * QUIET * self._nothing.wander
        if again:
            self._silent.clear()
        within = (sweeps[:, 0] == sweeps[:, 1]) & (sweeps[:, 0] >= 0)
        within &= sweeps[:, 0] < self._times.size - 1
        for sweep in np.unique(sweeps[within, 0]).tolist():
            if sweep != self._sweep:
                self._end_sweep()
                self._sweep = sweep
            own = within & (sweeps[:, 0] == sweep)
            self._visited |= set(bins[own].tolist())
            self._weak |= set(bins[own & weak].tolist())
            self._silent |= set(bins[own & silent].tolist())

    def _end_sweep(self) -> None:
        for at in self._visited - self._weak:
            self._flowed[at] = self._flowed.get(at, 0) + 1
        self._visited, self._weak = set(), set()


def _without_spikes(current: FloatArray, first: int, sigma: float) -> FloatArray:
    """Replace single rows far beyond both neighbours: no current of a droplet lasts one row.

    The first rows of a step stay, in which the double layer is charged.

    Args:
        current: shape (n,).
        first: number of the first of these rows in the step.
        sigma: noise of a row.
    """
    if current.size < 3:
        return current
    left, here, right = current[:-2], current[1:-1], current[2:]
    least = np.minimum(np.abs(here - left), np.abs(here - right))
    lone = (least > LONE * sigma) & ((here > left) == (here > right))
    lone[: max(0, CONTACT_ROWS - first)] = False
    return np.concatenate([current[:1], np.where(lone, 0.5 * (left + right), here), current[-1:]])
