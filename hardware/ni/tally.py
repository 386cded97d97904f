"""How many samples the outputs really took: three witnesses, who must agree.

The driver's own count, a counter wired to the output's sample clock, and the card's read-back of
its outputs. The counter and the read-back are measurements; the driver's count may be of updates
of the converters or of samples handed to the on-board memory, for NI's text allows both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.units import show

AGREEMENT = 10e-3
"""Volts by which read-back and command may differ: 0.1 um at 10 um/V. A card's own calibration
allows 2 mV over its range."""
PAUSE = 3.0
"""Output samples that must be missing before a pause is one."""
NAMES = ("x", "y", "z", "command")


@dataclass(frozen=True, slots=True)
class Halt:
    """What is known about the end of one path."""

    counted: int
    """Samples taken, by the counter."""
    reported: int | None
    """Samples taken, by the driver; None if it could not say."""
    written: int
    """Samples that were handed to the driver."""
    expected: FloatArray
    """Volts of the outputs after `counted` samples, shape (4,)."""
    measured: FloatArray
    """Volts that the read-back shows, shape (4,)."""
    exact: bool = False
    """Whether earlier halts have shown that the driver counts updates."""

    @property
    def counts_updates(self) -> bool:
        """Whether this halt shows that the driver's count is one of updates."""
        return self.reported == self.counted < self.written


def disagreement(halt: Halt) -> str:
    """Say in words how the witnesses disagree; empty if they agree."""
    if halt.counted > halt.written:
        return (
            f"the counter saw {halt.counted} output samples, but only {halt.written} were written: "
            "it counts something else."
        )
    off = np.abs(halt.measured - halt.expected)
    worst = int(np.argmax(off))
    if not off[worst] <= AGREEMENT:
        return (
            f"after {halt.counted} counted samples output {NAMES[worst]} should be at "
            f"{show(float(halt.expected[worst]), 'V')}, but the read-back shows "
            f"{show(float(halt.measured[worst]), 'V')}."
        )
    reported = halt.reported
    if reported is None or reported == halt.counted:
        return ""
    if halt.exact or not halt.counted <= reported <= halt.written:
        return (
            f"the driver says that {reported} of {halt.written} output samples were taken, the "
            f"counter {halt.counted}."
        )
    return ""


def resumed(counts: npt.NDArray[np.int64], ratio: float) -> int:
    """Return how many samples the outputs took after they had paused; 0 if they did not go on.

    Args:
        counts: samples taken so far at each input sample of one path, shape (n,).
        ratio: input samples for each output sample.
    """
    changes = np.flatnonzero(np.diff(counts) > 0) + 1
    if len(changes) < 2:
        return 0
    gaps = np.flatnonzero(np.diff(changes) > PAUSE * ratio)
    if not len(gaps):
        return 0
    paused_at = counts[changes[gaps[0]]]
    return int(counts[-1] - paused_at)
