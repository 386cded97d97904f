"""Why a technique ended that ended by itself, where its instrument does not say."""

from __future__ import annotations

import numpy as np

from seccm.rig.actions import Drive
from seccm.rig.technique import Ending, Points
from seccm.rig.waveform import Limit

NEAR = 0.05
"""Part of a limit, or of the largest of the newest values, by which its end may be off."""
AHEAD = 3.0
"""Points for which the newest values are thought on: the instrument looks between points, too."""


class Course:
    """How far a technique has come: its newest points, and its charge.

    Args:
        drive: that it carries out.
        interval: seconds from point to point.
    """

    def __init__(self, drive: Drive, interval: float) -> None:
        self.drive, self._interval = drive, interval
        self._newest, self._charge = Points(), 0.0

    def take(self, points: Points) -> None:
        """Take its next points."""
        steps = np.diff(points.t, prepend=self._newest.until)
        self._charge += float((steps * points.current).sum())
        self._newest = self._newest.then(points).part(-2)

    def ending(self) -> tuple[Ending, Limit | None]:
        """Return why it ended: by its time, at a limit of its drive, or by neither ("stopped")."""
        if self._newest.until >= self.drive.waveform.duration - AHEAD * self._interval:
            return "time", None
        limit = nearest(self.drive.limits, self._newest, self._charge)
        if limit is None or _missing(limit, self._newest, self._charge) > NEAR:
            return "stopped", None
        return "limit", limit


def nearest(limits: tuple[Limit, ...], newest: Points, charge: float) -> Limit | None:
    """Return the limit that a technique has come nearest to, or furthest past; None without limits.

    Args:
        limits: of its drive.
        newest: its last points.
        charge: coulombs that have passed.
    """
    return min(limits, key=lambda limit: _missing(limit, newest, charge), default=None)


def _missing(limit: Limit, newest: Points, charge: float) -> float:
    """Return which part of the way to a limit is missing; 0 or less if it was reached."""
    if limit.quantity == "charge":
        return 1.0 - abs(charge) / limit.value
    if limit.quantity not in ("potential", "current") or not len(newest):
        return float("inf")
    values = getattr(newest, limit.quantity)
    side = 1.0 if limit.side == "above" else -1.0
    on = AHEAD * max(0.0, side * float(values[-1] - values[0]))
    scale = max(abs(limit.value), float(np.abs(values).max()))
    return (side * (limit.value - float(values[-1])) - on) / scale if scale else 0.0
