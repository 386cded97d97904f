"""How high the surface is around a path, by the landings near it.

A plane tells nothing of steps and particles. Where landings lie all along a path, no farther from
it than features are wide, the highest of them says how high a tip must travel; where they do not,
nobody knows.
"""

from __future__ import annotations

import math

import numpy as np

from seccm.arrays import FloatArray

Place = tuple[float, float]
"""Stage coordinates in metres."""


class Relief:
    """Remembers the height of every landing."""

    def __init__(self) -> None:
        self._told = np.empty((64, 3))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def newest(self) -> float | None:
        """Height of the landing that was told last, metres."""
        return float(self._told[self._count - 1, 2]) if self._count else None

    def tell(self, x: float, y: float, z: float) -> None:
        """Take note of a landing, or of whatever the tip met there; metres."""
        if self._count == len(self._told):
            self._told = np.concatenate([self._told, np.empty_like(self._told)])
        self._told[self._count] = x, y, z
        self._count += 1

    def along(self, here: Place, there: Place, reach: float) -> float | None:
        """Return the highest known point within reach of a straight path, metres.

        Args:
            here: where it begins.
            there: where it ends.
            reach: metres.

        Returns:
            None where some point of the path has no landing within reach.
        """
        known = self._told[: self._count]
        length = math.hypot(there[0] - here[0], there[1] - here[1])
        # Points so close that whatever lies within reach of the path is within reach of one.
        count = math.ceil(4.0 * length / reach) + 1
        share = np.linspace(0.0, 1.0, count)
        path = np.outer(1.0 - share, here) + np.outer(share, there)
        near = _near(known, path, reach)
        if not near.size:
            return None
        squared = ((path[:, None, :] - near[None, :, :2]) ** 2).sum(axis=2)
        within = squared <= (reach * (1.0 + 1e-9)) ** 2
        if not within.any(axis=1).all():
            return None
        return float(near[within.any(axis=0), 2].max())


def _near(known: FloatArray, path: FloatArray, reach: float) -> FloatArray:
    """Return the landings in a box round a path, shape (n, 3)."""
    low, high = path.min(axis=0) - 1.01 * reach, path.max(axis=0) + 1.01 * reach
    inside = ((known[:, :2] >= low) & (known[:, :2] <= high)).all(axis=1)
    found: FloatArray = known[inside]
    return found
