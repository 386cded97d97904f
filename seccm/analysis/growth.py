"""What tells a nucleation from a dip or a step: growth takes time, and it stays.

Whatever turns a potential round for the length of a footstep, a switching relay or a bubble goes
back within rows, or jumps and then follows its old course. Behind the minimum of a nucleation the
potential climbs for as long as a good part of the time that the nuclei took to appear, because
the nuclei grow. So the climb is looked at in pieces: it has to be spread over them and to last.
"""

from __future__ import annotations

import math
from enum import Enum

import numpy as np
import numpy.typing as npt

from seccm.analysis import jumps

FloatArray = npt.NDArray[np.float64]

_SHARE_OF_TIME = 0.3
"""How long the climb is looked at, as a share of the time since contact."""
_FEWEST_ROWS = 48
"""Rows looked at at least: an eighth of a second of the reference system."""
_PIECES = 8
_JUMP = 0.75
"""Share of the climb in two pieces of eight that makes it a jump. A growth that slows down within
a sixth of the time looked at stays below."""
_NEAR = 24
"""Rows to either side of a minimum, 60 ms, within which a dip or a jump decides where it is."""
_APART, _AVERAGED = 10, 5
"""Rows between two medians that are compared, and rows in each."""
_STEEP_FALL, _STEEP_RISE = 10.0, 4.0
"""Times the mean slope of the climb that no nucleation reaches beside its minimum: lithium on gold
comes to 7 before it and to 2 behind it, from 0.2 to 4 mA/cm2."""
_SUDDEN = 0.1
"""Share of the climb that no nucleation makes from one row to the next."""
_NOISE = 8.0
"""Standard deviations of a difference of two such medians that are no noise."""


class Climb(Enum):
    """What follows a minimum."""

    GROWTH = "growth"
    PASSING = "passing"
    """A dip or a jump: the potential is back on its old course."""
    CUT = "cut"
    """The record ends before the one could be told from the other."""


def rows_of_climb(since_contact: float) -> int:
    """Return how many rows behind a minimum decide what it was.

    Args:
        since_contact: rows from contact to the minimum.
    """
    return max(_FEWEST_ROWS, round(_SHARE_OF_TIME * since_contact))


def climb(e: FloatArray, since_contact: float, least: float) -> Climb:
    """Judge what follows a minimum.

    Args:
        e: shape (n,), V, the raw record from the minimum on.
        since_contact: rows from contact to the minimum.
        least: V that the potential has to stay above the minimum.
    """
    wanted = rows_of_climb(since_contact)
    seen = e[:wanted]
    if seen.size < 2 * _PIECES:
        return Climb.CUT
    size = seen.size // _PIECES
    level = np.median(seen[: size * _PIECES].reshape(_PIECES, size), axis=1)
    rises = np.sort(np.diff(level))
    whole = float(np.max(level) - level[0])
    stays = float(np.median(level[-3:]) - level[0])
    if stays < max(least, 0.5 * whole) or float(np.sum(rises[-2:])) > _JUMP * whole:
        return Climb.PASSING
    return Climb.GROWTH if 2 * seen.size >= wanted else Climb.CUT


def disturbed(e: FloatArray, low: int, around: float, wanted: int, sigma: float) -> bool:
    """Tell whether the potential jumps beside a minimum, so that its place is not the growth's.

    Args:
        e: shape (n,), V, the raw record.
        low: row of the minimum.
        around: rows to either side that its place was read from.
        wanted: rows of the climb, of `rows_of_climb`.
        sigma: V, noise of a row.
    """
    near = _NEAR + round(around)
    piece = e[max(0, low - near) : low + near + 1]
    if piece.size < _APART + _AVERAGED:
        return False
    level = np.median(np.lib.stride_tricks.sliding_window_view(piece, _AVERAGED), axis=1)
    change = level[_APART:] - level[:-_APART]
    after = e[low : low + wanted]
    rise = float(np.median(after[-max(5, after.size // 8) :]) - np.median(after[:5]))
    usual = rise * _APART / after.size
    noise = _NOISE * sigma * 1.2533 * math.sqrt(2.0 / _AVERAGED)
    steps = jumps.steps(piece)
    sudden = max(_NOISE * jumps.NOISE * sigma, _SUDDEN * rise)
    return (
        float(-np.min(change)) > max(noise, _STEEP_FALL * usual)
        or float(np.max(change)) > max(noise, _STEEP_RISE * usual)
        or float(np.max(np.abs(steps), initial=0.0)) > sudden
    )
