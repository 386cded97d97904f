"""The way down: the signal against the height of the tip, through the contact, to where it rests.

The rows from the contact on are those of the measurement. The first of them belong to the way
down as well: without them it would end above its threshold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.hopping.contact import signal_channel, thresholds
from seccm.rig import ContactRule

FloatArray = npt.NDArray[np.float64]

AFTER = 100
"""Rows from the contact on that belong to the way down at the most."""
LOOK = 4
"""Rows over which the tip is seen to rest."""
STILL = 0.25
"""It rests when it goes down more slowly than this share of the approach's speed."""


@dataclass(frozen=True, slots=True)
class Descent:
    """One way down, or what is known of it; arrays of shape (n,)."""

    quantity: str
    """What is watched, "E" or "I"."""
    z: FloatArray
    """Metres, up positive."""
    signal: FloatArray
    """Raw volts or amperes."""
    thresholds: tuple[float, ...]
    """Of the same kind as the signal; empty while the baseline is not known."""
    site: int = -1


def quantity_of(rule: ContactRule) -> str:
    """Return what a contact rule watches: "E" or "I"."""
    return "E" if signal_channel(rule) == "potential" else "I"


def lines_of(rule: ContactRule, baseline: float) -> tuple[float, ...]:
    """Return the thresholds that can be drawn; none where the baseline they need is NaN."""
    return tuple(line for line in thresholds(rule, baseline) if np.isfinite(line))


def rows_to_rest(t: FloatArray, z: FloatArray, speed: float) -> int | None:
    """Return how many rows from the contact on belong to the way down.

    Args:
        t: seconds, shape (n,), from the contact row on.
        z: metres, shape (n,).
        speed: of the approach, metres per second.

    Returns:
        None if the tip is not seen to rest yet, and there may be rows to come.
    """
    fall = z[:-LOOK] - z[LOOK:]
    still = np.flatnonzero(fall < STILL * speed * (t[LOOK:] - t[:-LOOK]))
    if still.size and still[0] + LOOK < AFTER:
        return int(still[0]) + LOOK + 1
    return AFTER if t.size >= AFTER else None
