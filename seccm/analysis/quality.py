"""Gates that a site has to pass before its numbers are believed.

Each gate is a question with a yes or no, and a flag. A flagged site is kept, shown and told
apart; it is the scientist who leaves it out.
"""

from __future__ import annotations

import math
from enum import IntFlag
from functools import lru_cache

import numpy as np

from seccm.arrays import BoolArray, FloatArray
from seccm.results import Status, Value
from seccm.rig.shown import UNSHOWN


class Quality(IntFlag):
    """What is wrong with a site.

    The bits are written into data files: never reuse one. 64 is spent.
    """

    FALSE_CONTACT = 1
    NO_CONTACT = 2
    DOUBLE_CONTACT = 4
    OVERLOAD = 8
    SATURATION = 16
    HUM = 32
    NEIGHBOUR_OVERLAP = 128
    EARLY_CONTACT = 256
    DRIFT = 512
    LOST_CONTACT = 1024
    DAMAGED = 2048
    DOUBTFUL_CONTACT = 4096
    NOT_BACK = 8192

    @property
    def labels(self) -> tuple[str, ...]:
        """Say in plain words what is wrong; empty if nothing is."""
        return tuple(text for flag, text in _LABELS.items() if flag in self)


_LABELS = {
    Quality.FALSE_CONTACT: "the contact signal did not last: a spike, not a droplet",
    Quality.NO_CONTACT: "no contact in the approach",
    Quality.DOUBLE_CONTACT: "contact, loss of contact and contact again during the approach",
    Quality.OVERLOAD: "the electrometer overloaded during the measurement",
    Quality.SATURATION: "the signal reached the end of its range",
    Quality.HUM: "mains hum above the limit",
    Quality.NEIGHBOUR_OVERLAP: "the footprint reaches that of a neighbour",
    Quality.EARLY_CONTACT: "contact far above the plane of the other landings: residue or "
    "a particle",
    Quality.DRIFT: "the tip drifted further than allowed during the measurement",
    Quality.LOST_CONTACT: "no current could flow any more: the droplet was lost, or the surface is "
    "blocked",
    Quality.DOUBTFUL_CONTACT: UNSHOWN,
    Quality.NOT_BACK: "the current did not come back when the tip was lifted: the pipette "
    "clogs, or has touched",
    Quality.DAMAGED: "the data of the site are damaged in the file",
}


def longest_run(mask: BoolArray) -> int:
    """Count the rows of the longest unbroken stretch of True."""
    edges = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return int(np.max(ends - starts)) if starts.size else 0


def contact(past: BoolArray, trigger: int | None, hold: int = 4, settle: int = 40) -> Quality:
    """Judge a landing by its contact signal.

    Args:
        past: shape (n,), whether each row from the start of the approach into the measurement
            is past the level of the contact.
        trigger: row at which contact was declared; None if it never was.
        hold: rows past the level that make a touch, rather than a spike, before the trigger.
        settle: rows after the trigger within which the signal has to stay: it is a false
            contact if at least half of them are back.
    """
    if trigger is None:
        return Quality.NO_CONTACT
    flags = Quality(0)
    after = past[trigger : trigger + settle]
    if after.size and float(np.mean(after)) < 0.5:
        flags |= Quality.FALSE_CONTACT
    # Rows just before the trigger belong to this contact; a touch before them, and let go, not.
    before = past[:trigger]
    let_go = np.flatnonzero(~before)
    if let_go.size and longest_run(before[: let_go[-1]]) >= hold:
        flags |= Quality.DOUBLE_CONTACT
    return flags


def electrometer(
    signal: FloatArray, limit: float, overload: BoolArray | None = None, margin: float = 0.005
) -> Quality:
    """Judge whether the signal stayed inside the instrument's range.

    Args:
        signal: shape (n,).
        limit: end of the range, same unit, positive.
        overload: shape (n,), rows the instrument itself reported.
        margin: fraction of the range next to its end that counts as the end.
    """
    flags = Quality(0)
    if overload is not None and bool(np.any(overload)):
        flags |= Quality.OVERLOAD
    # NaN compares as False: a missing row is not a saturated one.
    if bool(np.any(np.abs(signal) >= (1.0 - margin) * limit)):
        flags |= Quality.SATURATION
    return flags


def hum(
    signal: FloatArray, row: float, mains: float = 50.0, averaging: float | None = None
) -> Value:
    """Measure the amplitude of mains hum by a fit of sine and cosine at one known frequency.

    Slow change is removed first by a parabola in each stretch of half a second. The averaging
    of the instrument attenuates by sinc(mains * averaging) and is corrected for: averaging over
    2.56 ms takes away 3 % at 50 Hz and no more.

    Rows every 2.57 ms show frequencies up to 195 Hz. 50 and 60 Hz and their first harmonics are
    in view; higher ones are folded back (the third harmonic of 60 Hz, 180 Hz, is the last in view,
    250 Hz appears at 139 Hz) and cannot be told from signals there, so none but the fundamental is
    measured.

    Args:
        signal: shape (n,).
        row: s from row to row.
        mains: Hz.
        averaging: s over which the instrument averages each row; `row` if None.

    Returns:
        Amplitude (not rms, not peak to peak) in the unit of `signal`. Undefined if the frequency
        is beyond the visible ones or averaged away; too short below 0.2 s, which it takes to tell
        50 from 60 Hz.
    """
    x = signal[np.isfinite(signal)]
    if x.size < signal.size or x.size * row < max(5.0 / mains, 0.2):
        return Value.none(Status.TOO_SHORT if x.size == signal.size else Status.NOT_MEASURED)
    gain = float(np.sinc(mains * (row if averaging is None else averaging)))
    if not mains < 0.5 / row or abs(gain) < 0.1:
        return Value.none(Status.UNDEFINED)
    pieces = max(1, round(x.size * row / 0.5))
    length = x.size // pieces
    # Equal pieces, so that all are freed of their parabola at once; a few last rows are left out.
    n = pieces * length
    phase = 2 * math.pi * mains * row * np.arange(n)
    bent = np.stack([np.cos(phase), np.sin(phase), x[:n]]).reshape(3, pieces, length)
    parabola = _parabola(length)
    straight = (bent - (bent @ parabola) @ parabola.T).reshape(3, n)
    wave, y = straight[:2], straight[2]
    cross = wave @ y
    c = np.linalg.solve(wave @ wave.T, cross)
    free = n - 3 * pieces - 2
    variance = max(float(y @ y) - float(c @ cross), 0.0) / max(free, 1)
    amplitude = float(np.hypot(*c))
    return Value.of(amplitude / abs(gain), math.sqrt(variance * 2.0 / n) / abs(gain))


@lru_cache(maxsize=64)
def _parabola(length: int) -> FloatArray:
    """Return an orthonormal basis of the parabolas over so many rows, shape (length, 3)."""
    q, _ = np.linalg.qr(np.vander(np.linspace(-1.0, 1.0, length), 3))
    return q


def hum_gate(amplitude: Value, limit: float) -> Quality:
    """Judge the hum: above the limit by more than its own uncertainty."""
    if not amplitude.status.has_value:
        return Quality(0)
    return Quality.HUM if amplitude.value - 2.0 * amplitude.error > limit else Quality(0)


def early(residual: FloatArray, outlier: BoolArray) -> BoolArray:
    """Tell which contacts came too high above the plane of the others.

    Args:
        residual: shape (n,), m, of `seccm.analysis.topography.level`.
        outlier: shape (n,), from the same place. An outlier below the plane is a hole, or a
            meniscus that was slow to jump: not this.
    """
    high: BoolArray = outlier & (residual > 0.0)
    return high


def drift(rate: Value, duration: float, budget: float) -> Quality:
    """Judge whether a drift rate, m/s, adds up to more than `budget`, m, in `duration`, s."""
    if not rate.status.trusted:
        return Quality(0)
    return Quality.DRIFT if abs(rate.value) * duration > budget else Quality(0)
