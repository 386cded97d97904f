"""What each way to know when frames were taken says, and whether they agree.

Theory of operation. Edges of exposures, pulses of a lamp, landings and stamps of the computer each
say when frames were taken, each with an uncertainty of its own. One of them gives the times; the
others are compared with these. Nothing is averaged: where two differ by more than their
uncertainties allow, one of them is wrong, and it is said which differ and by how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray
from seccm.movie.facts import Sync, Verdict
from seccm.movie.lamp import WANDERS, Seen
from seccm.movie.landings import SPREADING

SURE = 3.0
"""Standard uncertainties by which two levels may differ."""
DRIFT = 1e-4
"""By how much two clocks may go apart between pulses, relative."""


@dataclass(frozen=True, slots=True)
class Level:
    """What one way to know times says of a session."""

    kind: Sync
    t: FloatArray
    """Seconds of the rig at which exposures began, shape (frames,); NaN where it says nothing."""
    error: FloatArray
    """Standard uncertainty of each, seconds."""
    count: int
    """Edges, pulses, landings or stamps that tell it."""

    @property
    def tells(self) -> bool:
        """Whether it says anything."""
        return bool(np.isfinite(self.t).any())


@dataclass(frozen=True, slots=True)
class Compared:
    """A level beside the times that are used."""

    kind: Sync
    used: bool
    count: int
    offset: float
    """Its time less that used, seconds, median over the frames; NaN where it says nothing."""
    error: float
    """Standard uncertainty of that, seconds."""
    verdict: Verdict


def by_lamp(base: FloatArray, pulses: Sequence[Seen]) -> Level:
    """Return times by pulses of the lamp.

    Between pulses and beyond them, clocks drift; that is added to the uncertainty.

    Args:
        base: times that are to be corrected, seconds, shape (frames,).
        pulses: that were seen.
    """
    if not pulses:
        return _nothing("lamp", base)
    at = np.array([seen.t for seen in pulses])
    offsets = np.array([seen.offset for seen in pulses])
    errors = np.array([seen.error for seen in pulses])
    away = np.abs(base[:, np.newaxis] - at)
    known = np.isfinite(base)
    nearest = np.argmin(np.where(known[:, np.newaxis], away, 0.0), axis=1)
    drifted = np.minimum(DRIFT * np.take_along_axis(away, nearest[:, np.newaxis], 1)[:, 0], WANDERS)
    t = base + np.interp(base, at, offsets)
    return Level("lamp", t, np.hypot(errors[nearest], drifted), len(pulses))


def by_landings(base: FloatArray, seen: Sequence[Seen], period: float) -> Level:
    """Return times by landings that frames show.

    Args:
        base: times that are to be corrected, seconds, shape (frames,).
        seen: landings.
        period: seconds from frame to frame.
    """
    if not seen:
        return _nothing("landings", base)
    offsets = np.array([each.offset for each in seen])
    middle = float(np.median(offsets))
    # A single one may be of anything that changes; the scatter of few is not well known.
    scatter = 1.4826 * float(np.median(np.abs(offsets - middle))) if len(seen) > 2 else period / 2
    error = float(np.hypot(scatter / np.sqrt(len(seen)), SPREADING))
    return Level("landings", base + middle, np.full(len(base), error), len(seen))


def _nothing(kind: Sync, base: FloatArray) -> Level:
    unknown = np.full(len(base), np.nan)
    return Level(kind, unknown, unknown, 0)


def compared(levels: Sequence[Level], used: Level) -> list[Compared]:
    """Set levels beside the one that is used."""
    found = []
    for level in levels:
        both = np.isfinite(level.t) & np.isfinite(used.t)
        if level is used or not both.any():
            offset = 0.0 if level is used and level.tells else float("nan")
            known = level.error[np.isfinite(level.t)]
            error = float(np.median(known)) if known.size else float("nan")
            found.append(
                Compared(level.kind, level is used, level.count, offset, error, Verdict.UNKNOWN)
            )
            continue
        offset = float(np.median((level.t - used.t)[both]))
        error = float(np.hypot(np.median(level.error[both]), np.median(used.error[both])))
        agrees = abs(offset) <= SURE * error
        verdict = Verdict.AGREES if agrees else Verdict.DISAGREES
        found.append(Compared(level.kind, False, level.count, offset, error, verdict))
    return found
