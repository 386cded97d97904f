"""Micrographs as their microscopes store them: the picture without its bar of text, and its scale.

A picture without a scale is refused: a wrong scale is a wrong number of particles, and nothing
shows it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy  # its parts are loaded when used

from seccm.arrays import FloatArray
from seccm.errors import PlanError, Problem
from seccm.imaging.reading import read_failures
from seccm.imaging.sem.picture_file import (
    SMALLEST,
    bar_from,
    grey_picture,
    washed_out,
)
from seccm.imaging.sem.scale import COARSEST, FINEST, Scale, scale_of, strip_below
from seccm.imaging.sem.simulated import is_simulated
from seccm.installing import install_hint
from seccm.units import show

EXTRA = "images"
_GIVE = 'Give it: --pixel "4 nm", or --pixel "4 nm, 5 nm" for width and height.'
_ALIKE = 0.01
"""By which lengths may differ that mean the same."""
_TILTED = math.radians(5.0)
"""Tilt below which nobody needs to know of it: areas are right within 0.4 %."""
_STEEPEST = math.radians(75.0)

Pixel = float | tuple[float, float]
"""Metres per pixel: of its sides, or width and height."""


@dataclass(frozen=True, slots=True)
class Micrograph:
    """A picture with its scale."""

    image: FloatArray
    """Shape (rows, columns), counts; pixels are square on the sample."""
    pixel: float
    """Metres per pixel."""
    scale_from: str
    """Where the scale comes from, as the end of a sentence: "the metadata of FEI"."""
    notes: tuple[str, ...] = ()
    """What was done to the picture, and what is wrong with it, as sentences."""
    simulated: bool = False
    """Whether the file says that it was drawn and not measured."""


def read_micrograph(path: Path, pixel: Pixel | None = None) -> Micrograph:
    """Read a picture and its scale.

    Args:
        path: a TIFF file; texts that microscopes write are looked for beside it.
        pixel: metres per pixel, if it is known; what the file says must agree within 1 %.

    Raises:
        PlanError: the file cannot be read, is not a picture in shades of grey, or has no scale.
    """
    try:
        from tifffile import TiffFile
    except ModuleNotFoundError as error:
        raise PlanError(str(path), [Problem("file", needed(error), install_hint(EXTRA))]) from None
    with read_failures(path), TiffFile(path) as file:
        image, most, notes = grey_picture(file, path)
        drawn = is_simulated(file.pages.first.tags)
        said, strip = scale_of(file, path), strip_below(file, path)
    given = _given(pixel)
    said = _of_this_picture(said, image, path, given is not None)
    if said is None and given is None:
        what = "the picture does not say how large a pixel is."
        raise PlanError(str(path), [Problem("scale", what, _GIVE)])
    if said is not None and given is not None:
        _agree(said, given, path)
    image, cut = _without_bar(image, said, strip)
    scale = given or said
    assert scale is not None
    tilt = scale.tilt if given is None else 0.0
    width, height = scale.width, scale.height / math.cos(min(abs(tilt), _STEEPEST))
    for side in (width, height):
        if not FINEST <= side <= COARSEST:
            what = (
                f"{show(side, 'm', 4)} per pixel is outside of {show(FINEST, 'm')} to "
                f"{show(COARSEST, 'm')}."
            )
            raise PlanError(str(path), [Problem("scale", what, _GIVE)])
    notes += [*cut, *washed_out(image, most), *_tilted(tilt, path)]
    image, side, made = _squared(image, width, height)
    if drawn:
        notes.insert(0, "The micrograph is SIMULATED: it was drawn, and not measured.")
    return Micrograph(image, side, scale.source, (*notes, *made), drawn)


def needed(error: ModuleNotFoundError) -> str:
    """Return the sentence about a package that is not installed."""
    return f"pictures need the package {error.name}, which is not installed."


def _given(pixel: Pixel | None) -> Scale | None:
    if pixel is None:
        return None
    width, height = pixel if isinstance(pixel, tuple) else (pixel, pixel)
    return Scale(width, height, "the command")


def _of_this_picture(
    said: Scale | None, image: FloatArray, path: Path, given: bool
) -> Scale | None:
    """Return what is said of the scale, if it is said of a picture as wide as this one.

    Raises:
        PlanError: it is said of another one, and no scale is given.
    """
    if said is None or said.columns in (None, image.shape[1]):
        return said
    if given:
        return None
    what = (
        f"{said.source} is of a picture of {said.columns} columns, and this one has "
        f"{image.shape[1]}: it was enlarged, reduced or cut, and its scale is not known."
    )
    raise PlanError(str(path), [Problem("scale", what, f"Take the original picture. {_GIVE}")])


def _agree(said: Scale, given: Scale, path: Path) -> None:
    tilt = math.cos(min(abs(said.tilt), _STEEPEST))
    # What is given may be along the beam or along a tilted sample.
    heights = (said.height, said.height / tilt)
    right = abs(said.width / given.width - 1) <= _ALIKE and any(
        abs(height / given.height - 1) <= _ALIKE for height in heights
    )
    if not right:
        what = f"{_shown(given)} per pixel is given, but {said.source} says {_shown(said)}."
        raise PlanError(str(path), [Problem("scale", what, "Leave out --pixel, or mend it.")])


def _shown(scale: Scale) -> str:
    if abs(scale.height / scale.width - 1) <= _ALIKE:
        return show(scale.width, "m", 4)
    return f"{show(scale.width, 'm', 4)} by {show(scale.height, 'm', 4)}"


def _without_bar(image: FloatArray, said: Scale | None, strip: int) -> tuple[FloatArray, list[str]]:
    """Return the part of a picture that the beam scanned, and what is to be said of the rest."""
    rows = image.shape[0]
    scanned = said.rows if said is not None else None
    if scanned is not None and SMALLEST <= scanned < rows:
        return image[:scanned], []
    if 0 < strip <= rows - SMALLEST:
        return image[: rows - strip], []
    top = bar_from(image)
    if top == rows or top < SMALLEST:
        return image, []
    note = f"The lowest {rows - top} rows look like a bar of text, and are cut off."
    return image[:top], [note]


def _tilted(tilt: float, path: Path) -> list[str]:
    if abs(tilt) <= _TILTED:
        return []
    if abs(tilt) > _STEEPEST:
        what = f"the sample was tilted by {math.degrees(tilt):.0f} deg: areas cannot be known."
        raise PlanError(str(path), [Problem("scale", what, "Take a picture from above.")])
    return [
        f"The sample was tilted by {math.degrees(tilt):.0f} deg: rows are as far apart as they are "
        "on the sample. Particles that are round from above look longer, and their diameters are "
        f"{100 * (1 / math.sqrt(math.cos(tilt)) - 1):.0f} % too large if they are spheres."
    ]


def _squared(image: FloatArray, width: float, height: float) -> tuple[FloatArray, float, list[str]]:
    """Return a picture with square pixels, their side, and what is to be said of it.

    As coarse as the longer side of the pixels: nothing is made up between them.
    """
    if abs(height / width - 1) <= _ALIKE:
        return image, width, []
    side = max(width, height)
    axis, factor = (0, height / side) if height < side else (1, width / side)
    count = int(image.shape[axis] * factor)
    if count < SMALLEST:
        return image, side, []
    # Means over what a new pixel covers, so that the noise falls as it does for larger pixels.
    soft = scipy.ndimage.uniform_filter1d(
        image, max(1, round(1 / factor)), axis=axis, mode="nearest"
    )
    places = (np.arange(count) + 0.5) / factor - 0.5
    low = np.clip(np.floor(places).astype(int), 0, image.shape[axis] - 2)
    share = np.expand_dims(places - low, 1 - axis)
    made = np.take(soft, low, axis) * (1 - share) + np.take(soft, low + 1, axis) * share
    note = (
        f"Pixels are {show(width, 'm', 3)} wide and {show(height, 'm', 3)} high: the picture was "
        f"drawn again with square ones of {show(side, 'm', 3)}."
    )
    return np.asarray(made, np.float64), side, [note]
