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

from seccm.arrays import FloatArray

_SHARE_OF_TIME = 0.3
"""How long the climb is looked at, as a share of the time since contact."""
_FEWEST_ROWS = 48
"""Rows looked at at least: an eighth of a second of the reference system."""
_PIECES = 8
_JUMP = 0.75
"""Share of the climb in two pieces of eight that makes it a jump. A growth that slows down within
a sixth of the time looked at stays below."""
_SHARE_AT, _BENT_ROWS = 0.15, 6
"""Half the stretch over which the bend at a minimum is measured: share of its time, and rows."""
_BENT = 0.85
"""Times the bend before it that a turning point has at least."""
_EDGE = 0.06
"""Stretch whose means are compared to find the edges of a dip, as a share of the time."""
_COUNTER = 0.28
"""Share of the bend at the minimum by which a smooth record may bend the other way beside it;
lithium on gold comes to 0.21, from 0.2 to 4 mA/cm2."""
_NOISE = 4.0
"""Standard deviations of a bend that are no noise."""


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


def turns(e: FloatArray, low: int, sigma: float) -> bool:
    """Tell whether a record turns round at a minimum, rather than drift out of its fall.

    A potential that relaxes while a reference electrode drifts has a minimum too. There it bends
    less than before, as everything that dies away does; growth bends it more.

    Args:
        e: shape (n,), V, the record from contact on.
        low: row of the minimum.
        sigma: V, noise of a row.
    """
    half = round(_SHARE_AT * low)
    if half < _BENT_ROWS or low + half >= e.size:
        return True
    x = np.linspace(-1.0, 1.0, 2 * half + 1)
    bend = x**2 - np.mean(x**2)
    bend /= float(bend @ bend)
    before = float(bend @ e[low - 3 * half : low - half + 1])
    here = float(bend @ e[low - half : low + half + 1])
    uncertain = sigma * math.sqrt(float(bend @ bend))
    return here > _BENT * before + _NOISE * uncertain


def shouldered(e: FloatArray, low: int, sigma: float) -> bool:
    """Tell whether a minimum lies in a dip: the potential bends down before it, or up behind it.

    Nuclei that grow bend a potential towards its minimum from both sides, and so do the layers
    before. Something that comes and goes bends it the other way at its edges, half as much.

    Args:
        e: shape (n,), V, the record from contact on.
        low: row of the minimum.
        sigma: V, noise of a row.
    """
    size = max(2, round(_EDGE * low))
    first, last = max(low // 2, size), min(round(1.35 * low), e.size - 2 * size)
    if last - first < 2 * size:
        return False
    total = np.concatenate([[0.0], np.cumsum(e[: last + 2 * size] - e[low])])
    level = (total[size:] - total[:-size]) / size
    here = np.arange(first, last)
    bend = level[here - size] - 2.0 * level[here] + level[here + size]
    uncertain = sigma * math.sqrt(6.0 / size)
    return float(bend.min()) < -_COUNTER * float(bend.max()) - _NOISE * uncertain
