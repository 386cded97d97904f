"""Places that cannot be in a picture: a length of a pixel, a corner or a unit is mistaken."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seccm.arrays import FloatArray

_NAMED = 5
"""Landmarks that are named; of more, their number is said."""


def outside(
    places: FloatArray, shape: tuple[int, ...], pixel: float, labels: Sequence[str], picture: str
) -> list[str]:
    """Return a sentence about landmarks that are not in their picture; none if all are.

    Args:
        places: x and y from the upper left corner, metres, shape (landmarks, 2).
        shape: rows and columns of the picture.
        pixel: metres.
        labels: of the landmarks.
        picture: its name.
    """
    width, height = shape[1] * pixel, shape[0] * pixel
    inside = ((places >= 0) & (places <= [width, height])).all(axis=1)
    away = [labels[k] for k in np.flatnonzero(~inside).tolist()]
    if not away:
        return []
    names = ", ".join(away) if len(away) <= _NAMED else f"{len(away)} of {len(labels)}"
    one = len(away) == 1
    return [
        f"{'Landmark' if one else 'Landmarks'} {names} {'is' if one else 'are'} outside of "
        f"{picture}, which is {1e6 * width:.4g} um wide and {1e6 * height:.4g} um high: check the "
        "length of a pixel, and that places count from the upper left corner."
    ]
