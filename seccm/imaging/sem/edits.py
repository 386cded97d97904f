"""What a person changes: particles that are none, and particles that were not seen.

Edits are kept by their places on the sample, so that they hold when the analysis is made again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from seccm.imaging.sem.particles import Particles


@dataclass(frozen=True, slots=True)
class Struck:
    """There is no particle here."""

    x: float
    """Metres from the left side."""
    y: float
    """Metres from the upper side."""


@dataclass(frozen=True, slots=True)
class Added:
    """There is a particle here."""

    x: float
    """Metres from the left side."""
    y: float
    """Metres from the upper side."""
    diameter: float
    """Metres."""


Edit = Struck | Added


def edited(found: Particles, edits: Iterable[Edit]) -> tuple[Particles, tuple[Edit, ...]]:
    """Return the particles after edits, and the edits that could not be made.

    Args:
        found: in the image.
        edits: in the order in which they were made. What strikes out no particle, and what adds
            one outside of the image, cannot be made.
    """
    left: list[Edit] = []
    for edit in edits:
        row, column = int(edit.y // found.pixel), int(edit.x // found.pixel)
        rows, columns = found.labels.shape
        if not (0 <= row < rows and 0 <= column < columns):
            left.append(edit)
        elif isinstance(edit, Added):
            found = _with(found, edit)
        elif not (number := int(found.labels[row, column])):
            left.append(edit)
        else:
            keep = np.ones(len(found), bool)
            keep[number - 1] = False
            found = found.chosen(keep)
    return found, tuple(left)


def _with(found: Particles, new: Added) -> Particles:
    rows, columns = np.ogrid[: found.labels.shape[0], : found.labels.shape[1]]
    away = (rows + 0.5 - new.y / found.pixel) ** 2 + (columns + 0.5 - new.x / found.pixel) ** 2
    disc = away <= (new.diameter / 2 / found.pixel) ** 2
    labels = found.labels.copy()
    labels[disc & (labels == 0)] = len(found) + 1
    row, column = int(new.y // found.pixel), int(new.x // found.pixel)
    radius = new.diameter / 2 / found.pixel
    early = row < radius or column < radius
    late = row + radius >= labels.shape[0] or column + radius >= labels.shape[1]
    contrast = float(np.median(found.contrast)) if len(found) else 0.0
    return replace(
        found,
        labels=labels,
        diameter=np.append(found.diameter, new.diameter),
        x=np.append(found.x, new.x),
        y=np.append(found.y, new.y),
        contrast=np.append(found.contrast, contrast),
        whole=np.append(found.whole, not (early or late)),
        counted=np.append(found.counted, not early and bool(found.region[row, column])),
    )
