"""Pictures in shades of grey, as files have them: 8 or 16 bits, colours that are none, packed.

What is below a picture is no sample: the bar of text of a microscope is found by its rows, nearly
all of whose pixels are of one brightness, which the noise of a detector never does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seccm.arrays import FloatArray
from seccm.imaging.reading import Refused, all_there, numbers_of
from seccm.imaging.shades import of_one_shade

if TYPE_CHECKING:
    from tifffile import TiffFile

SMALLEST = 32
"""Pixels along a side."""
LARGEST = 2**28
"""Pixels of a picture."""
_COLOURLESS = 0.02
"""Of full scale, by which the colours of a grey picture may differ after it was packed."""
_DRAWN_ON = 0.5
"""Share of its pixels below which colours were drawn on a picture that has none itself."""
_ONE_SHADE, _FEW = 0.4, 0.15
"""Share of pixels of a row of text that are of one brightness, and of a row of the sample."""
_OF_TEXT = 0.8
"""Share of the rows of a bar that are nearly of one brightness; writing is in the others."""
_LEAST, _MOST = 0.015, 0.25
"""Height of a bar over that of the picture."""

_ORIENTATION = 274
"""Tag of a TIFF file: how the picture should be turned when it is shown; 1 is as it is stored."""
_WASHED_OUT = 0.02
"""Share of pixels as bright as the numbers can be, above which that is said."""


def grey_picture(file: TiffFile, path: Path) -> tuple[FloatArray, float, list[str]]:
    """Return the first picture of a file.

    Returns:
        Its brightness, shape (rows, columns), the most that its numbers can be, and what is to be
        said of it.

    Args:
        file: open.
        path: of it.

    Raises:
        Refused: it is none in shades of grey, or too large or too small.
    """
    page: Any = file.pages.first
    rows, columns = int(page.imagelength), int(page.imagewidth)
    if rows * columns > LARGEST:
        raise Refused(
            f"has {rows} x {columns} pixels, and at most {LARGEST / 2**20:.0f} million are read.",
            "Cut out the part that is asked about.",
        )
    said = []
    alike = sum(
        tuple(each.shape[:2]) == tuple(page.shape[:2])
        for each in map(file.pages.get, range(min(len(file.pages), 9)))
    )
    if alike > 1:
        said.append("The file has more than one picture: the first one is taken.")
    turned = page.tags.get(_ORIENTATION)
    if turned is not None and turned.value != 1:
        said.append(
            "The file says that it should be shown turned or mirrored: it is taken as it is "
            "stored, and places count from the upper left corner of that."
        )
    if min(rows, columns) < SMALLEST:
        raise Refused(
            f"has {rows} x {columns} pixels, and at least {SMALLEST} x {SMALLEST} are needed.",
            "Take a larger part of the sample.",
        )
    all_there(page)
    picture = _of_one_colour(_pixels(page, path), page)
    if picture.ndim != 2:
        size = " x ".join(map(str, picture.shape))
        raise Refused(f"is not a picture in shades of grey: {size} numbers.")
    image = numbers_of(picture)
    if page.photometric == 0:  # white is 0
        image = float(image.max()) - image
    return image, _brightest(picture), said


def bar_from(image: FloatArray) -> int:
    """Return the row at which a bar of text begins; the number of rows where there is none.

    Args:
        image: shape (rows, columns).
    """
    rows = int(image.shape[0])
    shares = _one_shade(image)
    plain = shares > _ONE_SHADE
    if not plain[-1]:
        return rows
    top = rows
    for first in range(rows - 1, rows - 1 - int(_MOST * rows), -1):
        below = plain[first:]
        if below.mean() < _OF_TEXT:
            break
        if plain[first]:
            top = first
    if rows - top < max(8, _LEAST * rows):
        return rows
    above = shares[max(0, top - (rows - top) * 2) : top]
    # A picture that is of one shade itself has no bar that could be told from it.
    return top if float(np.median(above)) < _FEW else rows


def _one_shade(image: FloatArray) -> FloatArray:
    """Return which share of the pixels of each row has its most frequent brightness."""
    count = image.shape[1]
    ordered = np.sort(image, axis=1)
    return np.array(
        [
            np.diff(np.concatenate([[-1], np.flatnonzero(np.diff(row) > 0), [count - 1]])).max()
            for row in ordered
        ]
    ) / float(count)


def _pixels(page: Any, path: Path) -> Any:
    """Return the pixels; Pillow unpacks what tifffile cannot by itself."""
    try:
        return page.asarray()
    except ValueError as error:
        if not any(word in str(error) for word in ("imagecodecs", "COMPRESSION")):
            raise
    from PIL import Image

    try:
        with Image.open(path) as packed:
            return np.asarray(packed.convert("RGB") if packed.mode in ("P", "CMYK") else packed)
    except (OSError, ValueError, SyntaxError) as error:
        method = getattr(page.compression, "name", f"number {page.compression}")
        raise Refused(
            f"is packed by a method that is not known here, or is damaged ({method}).",
            "Export it as TIFF without compression.",
        ) from error


def _of_one_colour(picture: Any, page: Any) -> Any:
    """Return a picture in one channel, if its channels say the same.

    Raises:
        Refused: it is in colours.
    """
    if page.photometric == 3 and picture.ndim == 2 and page.colormap is not None:
        picture = np.moveaxis(page.colormap[:, picture], 0, -1)
    if picture.ndim == 3 and picture.shape[0] in (3, 4) and picture.shape[-1] not in (3, 4):
        picture = np.moveaxis(picture, 0, -1)
    if picture.ndim == 3 and picture.shape[-1] == 2:  # grey, and how opaque it is
        return picture[..., 0]
    if picture.ndim != 3 or picture.shape[-1] not in (3, 4) or picture.dtype.kind not in "uif":
        return picture
    colours = picture[..., :3].astype(np.float64)
    apart = np.ptp(colours, axis=-1)
    most = float(colours.max()) or 1.0
    coloured = float((apart > _COLOURLESS * most).mean())
    if coloured > _DRAWN_ON:
        raise Refused("is in colours: their brightness is not that of one detector.")
    if coloured > 0:
        raise Refused(
            f"is in colours ({100 * coloured:.2g} % of its pixels): something was drawn on it.",
            "Export it in shades of grey, without drawings.",
        )
    return picture[..., 0] if not apart.any() else colours.mean(axis=-1)


def _brightest(picture: Any) -> float:
    """Return the largest number that the type of the numbers allows."""
    return float(np.iinfo(picture.dtype).max) if picture.dtype.kind in "ui" else np.inf


def washed_out(image: FloatArray, most: float) -> list[str]:
    """Return what is to be said of pixels that are as bright as a number can be, or all alike."""
    if of_one_shade(image):
        return ["All pixels have one shade: nothing can be seen, whatever is on the sample."]
    share = float((image >= most).mean())
    if share <= _WASHED_OUT:
        return []
    return [
        f"{100 * share:.0f} % of the pixels are as bright as the file can say: what is brighter "
        "cannot be told from them."
    ]
