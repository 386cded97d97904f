"""Contact, noise, or a touch that did not last: the one rule by which an approach tells them apart.

1. *Contact*: the signal is past the threshold for `consecutive` rows, and for most of the `confirm`
   rows after them. The tip has landed.
2. *Noise*: the signal was past the threshold, but in no `consecutive` rows did it depart from the
   rows just before by more than its own noise explains. It is a false contact; the descent goes
   on.
3. *Anything else is a touch*: a meniscus that broke at once, a contact too weak for the threshold,
   or one of the wrong sign. Liquid has been on the surface, so the tip does not go on here: it
   would land twice in one place, and the glass would follow the meniscus into the surface. Only
   where the surface is known to be far below is a short one a spike.

What noise explains is measured, not assumed. Its rms is that of the differences of successive rows,
from the rest before the descent on, which slow drift does not enter: the mean square of the
differences is twice the variance (J. von Neumann, Ann. Math. Stat. 12, 367 (1941)). A row that
departs by `LOUD` times as much is expected once in 10^9 rows of white noise. Spikes that were
heard while the tip was at rest are noise as well. Where a signal has rarer spikes of single rows,
two consecutive rows are to be asked for; a touch of one row then passes unseen.

A row is a mean over some milliseconds, in which a very short touch leaves little; what is left must
be louder than the noise to be seen. So a departure counts from a small share of the threshold on,
`ContactRule.least`. It is counted from the mean of the rows just
before, never from the baseline: slow changes, and the jump of a signal when the stage starts, which
is over before there are enough rows to count from, are no touches.
"""

from __future__ import annotations

from copy import copy

import numpy as np

from seccm.arrays import FloatArray
from seccm.rig import Block, ContactRule
from seccm.rig.streaks import streaks

LOUD = 6.0
"""Times the rms noise by which a row departs that noise does not explain."""
LOCAL = 8
"""Rows just before, from whose mean a departure is counted: 20 ms, a period of the mains, so that
hum is counted once."""
SPIKES = 1.5
"""Times the largest departure heard at rest up to which another one is of the same kind."""


class JumpWatch:
    """Watches the contact signal of one approach for a change that its noise does not explain.

    Args:
        rule: of the contact.
        baseline: the undisturbed signal, in the signal's unit.
        filtered: whether the signal is filtered over many rows: it then wanders from row to row
            as nothing else does, and a jump of it says nothing.
    """

    def __init__(self, rule: ContactRule, baseline: float, *, filtered: bool = False) -> None:
        self._channel = rule.signal
        self._consecutive = rule.consecutive
        self._streak = 0
        self._least = np.inf if filtered else rule.least(baseline)
        self._squares, self._count = 0.0, 0
        self._heard = 0.0
        self._last = np.empty(0)
        self.row: int | None = None
        """The first of the rows that departed too far to be noise."""
        self.before = np.nan
        """The mean of the rows just before the newest that departed so far, volts or amperes."""

    @property
    def noise(self) -> float:
        """The rms noise of a row so far, volts or amperes; 0 before there are two rows."""
        return float(np.sqrt(self._squares / (2 * self._count))) if self._count else 0.0

    @property
    def limit(self) -> float:
        """How far a row may depart and still be noise, volts or amperes."""
        return max(LOUD * self.noise, SPIKES * self._heard, self._least)

    def renewed(self) -> JumpWatch:
        """Return one that knows the noise and has not seen a jump yet."""
        fresh = copy(self)
        fresh.begin()
        fresh.row = None
        return fresh

    def rest(self, block: Block) -> None:
        """Listen to rows with the tip at rest, before the descent."""
        departures, _, _ = self._take(block)
        self._heard = max(self._heard, float(np.max(np.abs(departures), initial=0.0)))

    def begin(self) -> None:
        """Begin a descent: the rows before it are no measure of those after it."""
        self._last = np.empty(0)
        self._streak = 0

    def feed(self, block: Block) -> int | None:
        """Look at the next rows of a descent or of the stop after it; return `row`."""
        if self.row is not None or block.rows == 0:
            return self.row
        departures, before, noise = self._take(block)
        limits = np.maximum(LOUD * noise, max(SPIKES * self._heard, self._least))
        loud = streaks(np.abs(departures) > limits, self._streak)
        first_row = block.stop - len(loud)
        for index in np.flatnonzero(loud):
            if loud[index] == 1:
                self.before = float(before[index])
            if loud[index] == self._consecutive:
                self.row = first_row + int(index) - self._consecutive + 1
                break
        self._streak = int(loud[-1]) if len(loud) else 0
        return self.row

    def stays(self, signal: FloatArray) -> bool:
        """Tell whether most of these values, shape (n,), are as far off as the jump was."""
        off = np.abs(signal - self.before) > self.limit
        return len(signal) > 0 and float(np.mean(off)) >= 0.5

    def _take(self, block: Block) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Take rows in.

        Returns:
            For each row that has enough rows before it: its departure from their mean, that mean,
            and the noise known before it; each of shape (n,). The sums are made row by row, so
            that it does not matter how the rows are cut into blocks.
        """
        signal = np.concatenate([self._last, block.data[self._channel]])
        old = len(self._last)
        # Whoever has a row before it has a difference to it.
        fresh = np.diff(signal)[max(old - 1, 0) :]
        sums = np.cumsum(np.concatenate([[self._squares], fresh**2]))
        counts = self._count + np.arange(len(sums))
        self._squares, self._count = float(sums[-1]), int(counts[-1])
        self._last = signal[-LOCAL:]
        judged = max(0, len(signal) - max(old, LOCAL))
        if judged == 0:
            return np.empty(0), np.empty(0), np.empty(0)
        first = len(signal) - judged
        before = np.zeros(judged)
        for back in range(LOCAL, 0, -1):
            before += signal[first - back : len(signal) - back]
        before /= LOCAL
        known, number = sums[-judged - 1 : -1], counts[-judged - 1 : -1]
        noise = np.sqrt(known / np.maximum(2 * number, 1))
        return signal[first:] - before, before, noise
