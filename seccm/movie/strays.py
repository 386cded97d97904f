"""How likely an edge is none of the camera's, although it lies where one is expected.

A frame whose own edge was not counted can have a stray one beside it. The stamps of the camera
tell such an edge from its own only as well as they tell the time at all.
"""

from __future__ import annotations

import math

import numpy as np

from seccm.arrays import FloatArray


def stray(
    away: FloatArray, spread: FloatArray, *, missed: int, of: int, edges: int, exposures: int,
    seconds: float,
) -> FloatArray:  # fmt: skip
    """Return the probability that the one edge near a frame is not its own, shape (frames,).

    Own edges lie about the expected time as a normal distribution; others come at any time, and
    count only where the own one was missed:
    `p = m L / (m L + (1 - m) N(away; spread))`.

    Args:
        away: of the edges from the times that the stamps say, seconds.
        spread: standard deviations of that, seconds.
        missed: frames without an edge.
        of: frames, with an edge and without.
        edges: counted while these frames were taken.
        exposures: meanwhile, also of frames that did not arrive.
        seconds: that it took.
    """
    share = missed / of if of else 0.0
    others = max(0.0, edges - exposures * (1 - share))
    if not (share > 0 and others > 0 and seconds > 0):
        return np.zeros(away.shape)
    foreign = min(share, 0.999) * others / seconds
    own = np.exp(-((away / spread) ** 2) / 2) / (spread * math.sqrt(2 * math.pi))
    found: FloatArray = foreign / (foreign + (1 - min(share, 0.999)) * own)
    return found
