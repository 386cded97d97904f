"""A population of growing and dissolving particles, kept as cohorts of equal radius.

Theory of operation. Every particle grows with the same velocity, so that a population keeps its
shape and only shifts along the radius. A cohort is a number of particles per area and their
radius; the oldest and largest comes first. New particles join the youngest cohort until it has
outgrown them, then found a new one, for which the two most alike are merged. Number and volume
are kept exactly, because volume is charge. A particle appears with the smallest radius and is
gone when it has shrunk to it again; only the volume in between is ever exchanged with the cell.
"""

from __future__ import annotations

import numpy as np

from seccm.arrays import FloatArray
from sim.solving import compiled

COHORTS = 24
"""Cohorts a population holds at most."""
_OUTGROWN = 1.25
_VANISHED = 1.1


@compiled
def moments(
    cohorts: int, count: FloatArray, radius: FloatArray
) -> tuple[float, float, float, float]:
    """Sums of count times radius to the power of 0, 1, 2 and 3."""
    m0 = m1 = m2 = m3 = 0.0
    for i in range(cohorts):
        n, r = count[i], radius[i]
        m0 += n
        m1 += n * r
        m2 += n * r * r
        m3 += n * r * r * r
    return m0, m1, m2, m3


@compiled
def shift_for(m0: float, m1: float, m2: float, cubes: float) -> float:
    """Common change of radius that changes the sum of count times radius cubed by `cubes`.

    The sum is convex and rising for positive radii, so that Newton's iteration from no shift
    comes down to the root from above and cannot miss it.
    """
    shift = 0.0
    for _ in range(50):
        excess = ((m0 * shift + 3.0 * m1) * shift + 3.0 * m2) * shift - cubes
        stride = excess / (3.0 * ((m0 * shift + 2.0 * m1) * shift + m2))
        shift -= stride
        if abs(stride) <= 1e-13 * abs(shift):
            break
    return shift


@compiled
def grow(cohorts: int, count: FloatArray, radius: FloatArray, cubes: float) -> None:
    """Let all particles grow until their sum of radius cubed has risen by `cubes`."""
    m0, m1, m2, _ = moments(cohorts, count, radius)
    shift = shift_for(m0, m1, m2, cubes)
    for i in range(cohorts):
        radius[i] += shift


@compiled
def bear(cohorts: int, count: FloatArray, radius: FloatArray, born: float, smallest: float) -> int:
    """Add `born` particles of the smallest radius and return the number of cohorts."""
    if cohorts > 0 and radius[cohorts - 1] < _OUTGROWN * smallest:
        _join(count, radius, cohorts - 1, born, smallest)
        return cohorts
    if cohorts == count.size:
        cohorts = _merge_most_alike(cohorts, count, radius)
    count[cohorts] = born
    radius[cohorts] = smallest
    return cohorts + 1


@compiled
def shrink(
    cohorts: int, count: FloatArray, radius: FloatArray, cubes: float, smallest: float
) -> tuple[int, float, float]:
    """Let all particles shrink until their sum of radius cubed has fallen by `cubes`.

    The smallest vanish on the way; the rest shares what is still to be dissolved.

    Returns:
        The number of cohorts left, the number of particles gone, and the sum of radius cubed,
        above that of the smallest particle, that vanished with them undissolved.
    """
    gone = 0.0
    while cohorts > 0 and cubes > 0.0:
        m0, m1, m2, _ = moments(cohorts, count, radius)
        last = cohorts - 1
        room = smallest - radius[last]
        if -((m0 * room + 3.0 * m1) * room + 3.0 * m2) * room > cubes:
            shift = shift_for(m0, m1, m2, -cubes)
            for i in range(cohorts):
                radius[i] += shift
            break
        cubes -= count[last] * (radius[last] ** 3 - smallest**3)
        gone += count[last]
        cohorts = last
    # The last trace of a particle would take for ever: the rate falls with the volume left.
    lost = 0.0
    while cohorts > 0 and radius[cohorts - 1] < _VANISHED * smallest:
        cohorts -= 1
        gone += count[cohorts]
        lost += count[cohorts] * (radius[cohorts] ** 3 - smallest**3)
    return cohorts, gone, lost


@compiled
def _join(count: FloatArray, radius: FloatArray, i: int, born: float, size: float) -> None:
    total = count[i] + born
    radius[i] = np.cbrt((count[i] * radius[i] ** 3 + born * size**3) / total)
    count[i] = total


@compiled
def _merge_most_alike(cohorts: int, count: FloatArray, radius: FloatArray) -> int:
    best = 0
    least = np.inf
    for i in range(cohorts - 1):
        gap = radius[i] - radius[i + 1]
        spread = gap * gap * count[i] * count[i + 1] / (count[i] + count[i + 1])
        if spread < least:
            least = spread
            best = i
    _join(count, radius, best, count[best + 1], radius[best + 1])
    for i in range(best + 1, cohorts - 1):
        count[i] = count[i + 1]
        radius[i] = radius[i + 1]
    return cohorts - 1
