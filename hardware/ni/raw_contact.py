"""Contact in raw samples: a short moving mean is compared with the threshold.

Waiting for whole rows would cost up to two of them, 5 ms and 10 nm at 2 um/s; a single raw sample
of a sensitive electrometer is too noisy. The rule is the one that the engine applies to rows.
"""

from __future__ import annotations

import numpy as np

from seccm.arrays import FloatArray
from seccm.rig import StopCondition
from seccm.rig.streaks import streaks


class RawDetector:
    """Watches the raw signal of one motion for contact.

    Args:
        rule: what stops the motion.
        baseline: the undisturbed signal, in volts or amperes.
        window: samples in the moving mean.
        spacing: samples in a row; each further consecutive row of the rule is so many samples.
    """

    def __init__(self, rule: StopCondition, baseline: float, window: int, spacing: int) -> None:
        self._rule, self._baseline, self._window = rule, baseline, window
        self._needed = 1 + (rule.consecutive - 1) * spacing
        self._tail = np.empty(0)
        self._streak = 0

    @property
    def signal(self) -> str:
        """The signal that is looked at."""
        return self._rule.signal

    def feed(self, signal: FloatArray, first: int) -> int | None:
        """Look at the next samples.

        Args:
            signal: shape (n,), in volts or amperes.
            first: number of the first one since the stream opened.

        Returns:
            Number of the sample at which the signal crossed the threshold, once contact is seen:
            the first one past it in the window whose mean is past it.
        """
        samples = np.concatenate((self._tail, signal))
        begin = first - len(self._tail)
        self._tail = samples[max(0, len(samples) - self._window + 1) :]
        if len(samples) < self._window:
            return None
        means = np.convolve(samples, np.full(self._window, 1.0 / self._window), "valid")
        streak = streaks(self._rule.past(self._baseline, means), self._streak)
        self._streak = int(streak[-1])
        enough = streak >= self._needed
        if not enough.any():
            return None
        # A streak may have begun in samples that are gone; then its oldest one here is taken.
        onset = max(0, int(enough.argmax()) - self._needed + 1)
        window = samples[onset : onset + self._window]
        single = self._rule.past(self._baseline, window)
        return begin + onset + (int(single.argmax()) if single.any() else len(window) - 1)
