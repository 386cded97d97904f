"""How alike a result is at two conditions or places: the covariance of a Gaussian process."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray

LEVEL = 3.0
"""Standard deviation of the mean level, in those of the results: as good as unknown."""
SLOPE = 3.0
"""Standard deviation of the slope across the whole range, likewise."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A level and a slope that are not known, and on top a function that is smooth.

    The smooth part is Matern's with nu = 5/2, which can be derived twice (C. E. Rasmussen and
    C. K. I. Williams, Gaussian Processes for Machine Learning, 2006, eq. 4.17).
    """

    size: float
    """Standard deviation of the smooth part."""
    lengths: tuple[float, ...]
    """Distance in each direction over which it changes, as a share of the range."""

    def between(self, first: FloatArray, second: FloatArray) -> FloatArray:
        """Return the covariance of each of some points with each of others.

        Args:
            first: shape (n, d), each coordinate between 0 and 1.
            second: shape (m, d).

        Returns:
            Shape (n, m).
        """
        # Direction by direction: sums along a short last axis take several times as long.
        squared = np.zeros((len(first), len(second)))
        for one, other, length in zip(first.T, second.T, self.lengths, strict=True):
            squared += np.subtract.outer(one / length, other / length) ** 2
        distance = np.sqrt(5.0 * squared)
        smooth = (1.0 + distance + distance**2 / 3.0) * np.exp(-distance)
        slope = (first - 0.5) @ (second - 0.5).T
        return np.asarray(LEVEL**2 + SLOPE**2 * slope + self.size**2 * smooth)

    def variance(self, points: FloatArray) -> FloatArray:
        """Return the variance at each point, shape (n,)."""
        slope = ((points - 0.5) ** 2).sum(axis=1)
        return np.asarray(LEVEL**2 + SLOPE**2 * slope + self.size**2)
