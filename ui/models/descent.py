"""The way down: the signal against the height of the tip, through the contact, to where it rests.

The rows from the contact on are those of the measurement. The first of them belong to the way
down as well: without them it would end above its threshold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seccm.arrays import FloatArray
from seccm.rig import ContactRule

AFTER = 100
"""Rows from the contact on that belong to the way down at the most."""
LOOK = 4
"""Rows over which the tip is seen to rest."""
REST = 0.01
"""Of the whole way down: so little above its lowest the tip still rests there."""
STILL = 0.25
"""It rests when it goes down more slowly than this share of the approach's speed."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way down, as it was recorded; arrays of shape (n,)."""

    site: int
    z: FloatArray
    """Metres, up positive."""
    E: FloatArray
    """Raw volts."""
    I: FloatArray  # noqa: E741
    """Amperes."""
    resting_E: float
    """Of the undisturbed signal before, raw volts; NaN where it was not recorded."""
    resting_I: float
    signals: Mapping[str, FloatArray] = field(default_factory=dict)
    """What the rig file adds, by name, each of shape (n,)."""
    resting: Mapping[str, float] = field(default_factory=dict)
    """Of these before."""


@dataclass(frozen=True, slots=True)
class Descent:
    """One way down as it is drawn; arrays of shape (n,)."""

    quantity: str
    """What is watched: "E", "I" or the name of a signal that the rig file adds."""
    z: FloatArray
    """Metres, up positive."""
    signal: FloatArray
    """Raw volts or amperes."""
    thresholds: tuple[float, ...]
    """Of the same kind as the signal; empty while the baseline is not known."""
    unit: str = ""
    """The SI unit of a signal that the rig file adds."""


def descent_of(way: Way, rule: ContactRule | None, overload: float = float("nan")) -> Descent:
    """Choose what is drawn of a way down.

    Args:
        way: as it was recorded.
        rule: how contact is known; None where nobody says.
        overload: what a galvanostat without a circuit is known to read, raw volts.
    """
    watches_potential = rule is not None and rule.signal == "potential"
    # A tip that is raised before it touched leaves rows of its way up.
    down = slice(_lowest(way.z) + 1)
    added = rule is not None and rule.signal in way.signals
    if rule is not None and added:
        signal = way.signals[rule.signal]
        rest = way.resting.get(rule.signal, np.nan)
    else:
        signal, rest = (way.E, way.resting_E) if watches_potential else (way.I, way.resting_I)
    if watches_potential and np.isnan(rest):
        rest = overload
    lines: tuple[float, ...] = ()
    if rule is not None and (added or rule.signal in ("potential", "current")):
        lines = rule.levels(rest)
    quantity = "E" if watches_potential else "I"
    return Descent(
        rule.signal if rule is not None and added else quantity,
        way.z[down],
        signal[down],
        tuple(line for line in lines if np.isfinite(line)),
        rule.unit if rule is not None and added else "",
    )


def _lowest(z: FloatArray) -> int:
    """Return the last row in which the tip was as low as ever, but for its noise."""
    if z.size == 0:
        return -1
    span = float(z.max() - z.min())
    return int(np.flatnonzero(z <= z.min() + REST * span)[-1])


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
