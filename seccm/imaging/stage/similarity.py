"""A similarity in the plane: turned, scaled and shifted, with a handedness that is given.

Least squares of `u = a x - h b y + c`, `v = b x + h a y + d` about the middle of the landmarks,
where h is -1 of mirrored pictures. About the middle the four parameters do not depend on one
another, so that the standard deviation at a place has a closed form,
`u^2 = s^2 (1/N + d^2 / sum d_k^2)` along each axis, with d the distance from the middle
(J. M. Fitzpatrick, J. B. West and C. R. Maurer, IEEE Trans. Med. Imaging 17 (1998) 694, in the
plane).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray

FEWEST = 3
"""Landmarks: two determine a similarity, and the third is what checks it."""


@dataclass(frozen=True, slots=True)
class Similarity:
    """How places of a picture lie on the stage, or on another picture."""

    a: float
    """Part of the matrix [[a, -h b], [b, h a]]."""
    b: float
    middle: FloatArray
    """Of the landmarks in the picture, shape (2,)."""
    centre: FloatArray
    """Where that is on the stage, metres, shape (2,)."""
    mirrored: bool
    """Whether the determinant is negative."""
    residuals: FloatArray
    """Measured less transformed, metres, shape (landmarks, 2)."""
    s: float
    """Standard deviation of a landmark along an axis, metres: by the residuals, or as declared."""
    spread: float
    """Sum of the squared distances of the landmarks from their middle, in units of the picture."""

    @property
    def matrix(self) -> FloatArray:
        """Return the linear part, shape (2, 2)."""
        h = -1.0 if self.mirrored else 1.0
        return np.array([[self.a, -h * self.b], [self.b, h * self.a]])

    @property
    def shift(self) -> FloatArray:
        """Return where the picture's origin is, metres, shape (2,)."""
        return np.asarray(self.centre - self.matrix @ self.middle)

    @property
    def scale(self) -> float:
        """By what lengths are multiplied."""
        return math.hypot(self.a, self.b)

    @property
    def turned(self) -> float:
        """By what angle the picture's x is turned, radians, from x towards y."""
        return math.atan2(self.b, self.a)

    @property
    def rms(self) -> float:
        """Root of the mean square of the residuals along an axis, by the degrees of freedom."""
        free = 2 * len(self.residuals) - 4
        return math.sqrt(float((self.residuals**2).sum()) / free) if free > 0 else math.nan

    def __call__(self, places: FloatArray) -> FloatArray:
        """Return where places of the picture are, metres.

        Args:
            places: x and y, shape (n, 2).
        """
        return np.asarray((places - self.middle) @ self.matrix.T + self.centre)

    def back(self, places: FloatArray) -> FloatArray:
        """Return where places on the stage are in the picture; the inverse, shapes the same."""
        return np.asarray((places - self.centre) @ np.linalg.inv(self.matrix).T + self.middle)

    def error(self, places: FloatArray) -> FloatArray:
        """Return the standard deviation of transformed places along each axis, metres.

        Args:
            places: in the picture, shape (n, 2).

        Returns:
            Shape (n,).
        """
        away = ((places - self.middle) ** 2).sum(axis=1)
        return np.asarray(self.s * np.sqrt(1 / len(self.residuals) + away / self.spread))

    @property
    def covariance(self) -> FloatArray:
        """Return that of a, b and of the centre along x and y, shape (4, 4)."""
        of_place = self.s**2 / len(self.residuals)
        of_matrix = self.s**2 / self.spread
        return np.diag([of_matrix, of_matrix, of_place, of_place])


def similarity(
    picture: FloatArray, stage: FloatArray, *, mirrored: bool, declared: float = 0.0
) -> Similarity:
    """Fit a similarity.

    Args:
        picture: landmarks in the picture, shape (n, 2), n at least 2 and not all on one place.
        stage: the same in metres on the stage.
        mirrored: whether the determinant is negative.
        declared: standard deviation of a landmark along an axis, metres, as somebody knows it.
            What the residuals say counts if it is larger; few of them say it with a factor
            `t(0.975, 2 N - 4) / 1.96`.

    Raises:
        ValueError: the landmarks are on one place.
    """
    middle, centre = picture.mean(axis=0), stage.mean(axis=0)
    inside, found = picture - middle, stage - centre
    spread = float((inside**2).sum())
    if not spread > 0:
        raise ValueError("the landmarks are on one place")
    h = -1.0 if mirrored else 1.0
    x, y = inside.T
    u, v = found.T
    a = float((x * u + h * y * v).sum()) / spread
    b = float((x * v - h * y * u).sum()) / spread
    left = found - inside @ np.array([[a, -h * b], [b, h * a]]).T
    free = 2 * len(picture) - 4
    s = declared
    if free > 0:
        by_left = math.sqrt(float((left**2).sum()) / free)
        s = max(
            s, by_left * float(scipy.stats.t.ppf(0.975, free)) / float(scipy.stats.norm.ppf(0.975))
        )
    return Similarity(a, b, middle, centre, mirrored, left, s, spread)
