"""What a person changes: particles that are none, that were not seen, or were seen wrongly.

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


@dataclass(frozen=True, slots=True)
class Resized:
    """The particle here has another diameter."""

    x: float
    """Metres from the left side."""
    y: float
    """Metres from the upper side."""
    diameter: float
    """Metres."""


@dataclass(frozen=True, slots=True)
class Divided:
    """What was taken for one particle are two, with their middles here and there."""

    x: float
    """Metres from the left side."""
    y: float
    """Metres from the upper side."""
    other_x: float
    """Metres from the left side."""
    other_y: float
    """Metres from the upper side."""


Edit = Struck | Added | Resized | Divided
KINDS: dict[str, type[Struck] | type[Added] | type[Resized] | type[Divided]] = {
    "struck": Struck, "added": Added, "resized": Resized, "divided": Divided,
}  # fmt: skip
"""By the names that files have."""


def edited(found: Particles, edits: Iterable[Edit]) -> tuple[Particles, tuple[Edit, ...]]:
    """Return the particles after edits, and the edits that could not be made.

    Args:
        found: in the image.
        edits: in the order in which they were made. What names no particle, adds one outside of
            the image or without a diameter, or divides one at a single pixel, cannot be made.
    """
    left: list[Edit] = []
    for edit in edits:
        made = _made(found, edit)
        if made is None:
            left.append(edit)
        else:
            found = made
    return found, tuple(left)


def _made(found: Particles, edit: Edit) -> Particles | None:
    """Return the particles after one edit; None where it cannot be made."""
    at = _pixel(found, edit.x, edit.y)
    if at is None:
        return None
    if isinstance(edit, Added):
        return _with(found, edit.x, edit.y, edit.diameter) if edit.diameter > 0 else None
    number = int(found.labels[at])
    if not number:
        return None
    if isinstance(edit, Struck):
        return _without(found, number)
    if isinstance(edit, Resized):
        if not edit.diameter > 0:
            return None
        x, y = float(found.x[number - 1]), float(found.y[number - 1])
        return _with(_without(found, number), x, y, edit.diameter)
    other = _pixel(found, edit.other_x, edit.other_y)
    if other is None or other == at or int(found.labels[other]) != number:
        return None
    return _divided(found, number, edit)


def _pixel(found: Particles, x: float, y: float) -> tuple[int, int] | None:
    """Return the row and the column of a place; None outside of the image."""
    row, column = int(y // found.pixel), int(x // found.pixel)
    rows, columns = found.labels.shape
    return (row, column) if 0 <= row < rows and 0 <= column < columns else None


def _without(found: Particles, number: int) -> Particles:
    keep = np.ones(len(found), bool)
    keep[number - 1] = False
    return found.chosen(keep)


def _divided(found: Particles, number: int, edit: Divided) -> Particles:
    """Return two particles in the place of one: each pixel belongs to the nearer middle."""
    rows, columns = np.nonzero(found.labels == number)
    y, x = ((places + 0.5) * found.pixel for places in (rows, columns))
    first = np.hypot(x - edit.x, y - edit.y) <= np.hypot(x - edit.other_x, y - edit.other_y)
    whole, counted = found.whole[number - 1], found.counted[number - 1]
    contrast = found.contrast[number - 1]
    rest = _without(found, number)
    labels = rest.labels.copy()
    pieces = (first, ~first)
    for k, piece in enumerate(pieces):
        labels[rows[piece], columns[piece]] = len(rest) + 1 + k
    sizes = [2 * float(np.sqrt(piece.sum() / np.pi)) * found.pixel for piece in pieces]
    return replace(
        rest,
        labels=labels,
        diameter=np.append(rest.diameter, sizes),
        x=np.append(rest.x, [x[piece].mean() for piece in pieces]),
        y=np.append(rest.y, [y[piece].mean() for piece in pieces]),
        contrast=np.append(rest.contrast, [contrast, contrast]),
        whole=np.append(rest.whole, [whole, whole]),
        counted=np.append(rest.counted, [counted, counted]),
    )


def _with(found: Particles, x: float, y: float, diameter: float) -> Particles:
    rows, columns = np.ogrid[: found.labels.shape[0], : found.labels.shape[1]]
    away = (rows + 0.5 - y / found.pixel) ** 2 + (columns + 0.5 - x / found.pixel) ** 2
    disc = away <= (diameter / 2 / found.pixel) ** 2
    labels = found.labels.copy()
    labels[disc & (labels == 0)] = len(found) + 1
    row, column = int(y // found.pixel), int(x // found.pixel)
    # So that what is smaller than a pixel can be pointed at, and a neighbour does not hide it.
    labels[row, column] = len(found) + 1
    radius = diameter / 2 / found.pixel
    early = row < radius or column < radius
    late = row + radius >= labels.shape[0] or column + radius >= labels.shape[1]
    contrast = float(np.median(found.contrast)) if len(found) else 0.0
    return replace(
        found,
        labels=labels,
        diameter=np.append(found.diameter, diameter),
        x=np.append(found.x, x),
        y=np.append(found.y, y),
        contrast=np.append(found.contrast, contrast),
        whole=np.append(found.whole, not (early or late)),
        counted=np.append(found.counted, not early and bool(found.region[row, column])),
    )
