"""Whether and when the meniscus broke, from rows of a tip that rises with the cell on.

Under a current the galvanostat loses its circuit: an overload that comes and stays tells the
break. Under a potential the current ends from one row to the next, while the potential is still
there; a current that fades, as that of a double layer, is no break. Where too little flows to be
told from noise, nobody knows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.results.noise import noise
from seccm.rig import Clock, Flag, Mode
from seccm.rig.streaks import streaks

OPEN_ROWS = 4
"""Rows in succession that show no circuit: 10 ms, longer than a meniscus takes to break."""
BEFORE = 8
"""Rows just before, in which the circuit has to be closed."""
LEFT = 0.25
"""Share of the current before that may be left when the meniscus has broken."""
FLOWS = 0.5
"""Share of an imposed current that has to be measured while the circuit is closed."""
CLEAR = 6.0
"""Times the noise of a row that the current before has to be at the least."""
STEADY = 5e-3
"""Volts by which an imposed potential may read differently from row to row."""
_OVERLOAD = int(Flag.OVERLOAD)


@dataclass(frozen=True, slots=True)
class Rising:
    """Rows of a tip that rises, all of shape (rows,)."""

    mode: Mode
    """What is imposed meanwhile."""
    value: float
    """How much of it, raw volts or amperes."""
    potential: FloatArray
    """Volts."""
    current: FloatArray
    """Amperes."""
    z: FloatArray
    """Metres, up positive."""
    flags: npt.NDArray[np.uint8]
    clock: Clock


@dataclass(frozen=True, slots=True)
class Break:
    """The end of a meniscus."""

    row: int
    """The row in which it broke, counted from the first of those looked at."""
    z: float
    """Height of the tip at that moment, metres."""
    error: float
    """Standard uncertainty of that height, metres."""


def find_break(rows: Rising) -> Break | None:
    """Find the break of a meniscus; None if there was none, or it cannot be told."""
    if rows.mode == "open" or len(rows.z) < BEFORE + OPEN_ROWS:
        return None
    if rows.mode == "current":
        signal, row = rows.potential, _overload(rows)
    else:
        signal, row = rows.current, _silence(rows.current, rows.potential)
    if row is None:
        return None
    row, share = _inside(signal, row)
    clock = rows.clock
    window = clock.averaged / clock.rate
    # A row is a mean over its averaged part; at its middle the tip was where it reads.
    middles = np.arange(len(rows.z)) * clock.period + window / 2.0
    at = row * clock.period + share * window
    near = slice(max(0, row - 2), row + 3)
    speed = abs(float(np.polyfit(middles[near], rows.z[near], 1)[0]))
    error = math.hypot(speed * clock.period / math.sqrt(12.0), noise(rows.z))
    return Break(row, float(np.interp(at, middles, rows.z)), error)


def _overload(rows: Rising) -> int | None:
    """Return the first row of an overload that lasts, after rows in which the current flowed.

    The row just before it may be of both: an overload that is told by the mean potential of a row,
    as on a card, begins a row later than one that the galvanostat itself tells.

    A cell that is off shows no overload either, whether or not the circuit is closed.
    """
    over = (rows.flags & _OVERLOAD) != 0
    lasting = streaks(over, 0) >= OPEN_ROWS
    if not lasting.any() or rows.value == 0.0:
        return None
    row = int(lasting.argmax()) - OPEN_ROWS + 1
    flows = ~over & (rows.current / rows.value >= FLOWS)
    return row if row >= BEFORE and flows[row - BEFORE : row - 1].all() else None


def _silence(current: FloatArray, potential: FloatArray) -> int | None:
    """Return the first row in which hardly any of the current just before is left, and stays so."""
    sliding = np.lib.stride_tricks.sliding_window_view
    # The row just before may be of both; those of the open circuit are compared with the others.
    wet = sliding(current, BEFORE - 1)[:-OPEN_ROWS]
    before = np.median(wet, axis=1)
    other = np.abs(wet - before[:, None]).max(axis=1)
    after = np.abs(sliding(current[BEFORE:], OPEN_ROWS)).max(axis=1)
    count = min(len(before), len(after))
    before, after = before[:count], after[:count]
    held = np.median(sliding(potential, BEFORE - 1), axis=1)[:count]
    change = np.abs(sliding(potential[BEFORE:], OPEN_ROWS)[:count] - held[:, None]).max(axis=1)
    loud = CLEAR * noise(current[: 2 * BEFORE])
    steady = other[:count] <= np.abs(before) / 2.0
    found = steady & (np.abs(before) > loud) & (after <= LEFT * np.abs(before)) & (change <= STEADY)
    return BEFORE + int(found.argmax()) if found.any() else None


def _inside(signal: FloatArray, row: int) -> tuple[int, float]:
    """Return the row in which the meniscus broke, and the share of it before that moment.

    Args:
        signal: what the break changes, shape (rows,).
        row: the first row that shows the open circuit; the one before may be of both.
    """
    wet = float(np.median(signal[row - BEFORE : row - 1]))
    dry = float(np.median(signal[row + 1 : row + OPEN_ROWS]))
    if wet == dry:
        return row, 0.5
    held = (signal[row - 1 : row + 1] - dry) / (wet - dry)
    if held[0] < 0.9:
        return row - 1, float(np.clip(held[0], 0.0, 1.0))
    return row, float(np.clip(held[1], 0.0, 1.0))
