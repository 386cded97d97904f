"""Frames as they can be compared: pixels that are always dark have the light of their neighbours.

Contrast is a change of brightness over the brightness before: where there is none, it is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray
from seccm.typography import counted

Frames = Callable[[int, int | None], Iterator[FloatArray]]
"""Yields frames from a number on, before another."""
_MOST = 0.01
"""Share of the pixels that may be dark."""


class Unseen(Exception):
    """The film does not show what is asked; the text says why, as a sentence without its stop."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.remedy = remedy or "Its first landed frame is given with --contact."


def lit(frames: Frames, contact: int) -> tuple[Frames, list[FloatArray], list[str]]:
    """Return the frames of a film, those before contact, and what is to be said.

    Args:
        frames: of the film, each of shape (rows, columns).
        contact: number of the first landed frame.

    Raises:
        Unseen: there is hardly any light; from the frames also where one of them has none.
    """
    before = list(with_light(frames, 0, contact))
    dark = np.mean(before, axis=0) <= 0
    count = int(dark.sum())
    if not count:
        return lambda start, stop: with_light(frames, start, stop), before, []
    if count > _MOST * dark.size:
        raise Unseen(
            f"{count} of {dark.size} pixels are dark in the frames before contact (limit "
            f"{100 * _MOST:.0f} %): there is no light to compare with",
            "Cut out the part that is lit, or save frames without subtracting a ground.",
        )
    nearest = tuple(
        scipy.ndimage.distance_transform_edt(dark, return_distances=False, return_indices=True)
    )

    def filled(start: int, stop: int | None) -> Iterator[FloatArray]:
        for frame in with_light(frames, start, stop):
            yield frame[nearest]

    said = (
        f"{counted(count, 'pixel')} without light before contact: the nearest one that has some "
        "stands in."
    )
    return filled, [frame[nearest] for frame in before], [said]


def with_light(frames: Frames, start: int, stop: int | None) -> Iterator[FloatArray]:
    """Yield frames.

    Raises:
        Unseen: one of them has no light.
    """
    for number, frame in enumerate(frames(start, stop), start):
        if not float(frame.mean()) > 0:
            raise Unseen(
                f"frame {number + 1} has no light: the mean of its pixels is not above 0",
                "Leave it out of the film.",
            )
        yield frame
