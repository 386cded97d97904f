"""Micrographs that are drawn of particles that a simulated rig has grown, and that say so.

Both the file and the picture say that nothing was measured: the description of the file begins with
SIMULATED, and so does the bar of text below the picture.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from seccm.arrays import FloatArray
from seccm.imaging.sem.model_image import Look, Planted, draw
from seccm.rig.grown import Grown

SIMULATED = "SIMULATED"
"""What the description of such a file begins with."""
PIXEL = 4e-9
"""Metres."""
SIDE = 1000
"""Pixels of a picture, along rows and columns."""
MOST = 6
"""Sites of a run whose micrographs its report draws."""
_GROUND, _RIM = 60, 90
"""Counts of the ground, and of the rim of a particle above it, of 255."""
_BAR = 48
"""Rows of the bar of text."""


def picture_beside(scan: Path, site: int) -> Path:
    """Return where the simulated micrograph of a site is, once it was drawn.

    Args:
        scan: the data file of the run.
        site: its number.
    """
    return scan.with_name(f"{scan.name}.site{site}.sem.tif")


def in_view(grown: Grown, side: int = SIDE, pixel: float = PIXEL) -> Planted:
    """Return the particles by where they are in a picture of the middle of a footprint.

    The stage's x runs to the right and its y upward, as from above; some are outside, and reach in.

    Args:
        grown: the particles.
        side: rows and columns of the picture.
        pixel: metres per pixel.
    """
    half = side * pixel / 2
    reach = half + grown.diameter / 2
    near = (np.abs(grown.x) < reach) & (np.abs(grown.y) < reach)
    return Planted(half + grown.x[near], half - grown.y[near], grown.diameter[near])


def counts(planted: Planted, side: int, rng: np.random.Generator) -> FloatArray:
    """Return the picture of particles, shape (side, side), counts of 8 bits.

    Args:
        planted: the particles, with the upper left corner as origin.
        side: rows and columns.
        rng: draws ground and noise.
    """
    image = draw(planted, (side, side), PIXEL, Look(), rng)
    return np.clip(np.rint(_GROUND + _RIM * image), 0, 255)


def write_picture(path: Path, image: FloatArray, words: str) -> None:
    """Write a picture with its scale, and a bar below that says that it is simulated.

    Args:
        path: of the TIFF file.
        image: shape (rows, columns), counts of 8 bits.
        words: what it is a picture of.

    Raises:
        ModuleNotFoundError: the extra `images` is not installed.
        OSError: it cannot be written.
    """
    import tifffile
    from PIL import Image, ImageDraw, ImageFont

    said = f"{SIMULATED}, not measured: {words}"
    bar = Image.new("L", (image.shape[1], _BAR))
    ImageDraw.Draw(bar).text((12, 12), said, fill=255, font=ImageFont.load_default(20))
    whole = np.concatenate([np.asarray(image, np.uint8), np.asarray(bar, np.uint8)])
    per_micrometre = 1e-6 / PIXEL
    metadata: dict[str, Any] = {"unit": "um", "Info": said}
    tifffile.imwrite(
        path, whole, imagej=True, resolution=(per_micrometre, per_micrometre), metadata=metadata
    )


def is_simulated(tags: Any) -> bool:
    """Tell whether a file says that it was drawn and not measured.

    Args:
        tags: of its first page, by tifffile.
    """
    told = tags.get("IJMetadata")
    return told is not None and str(told.value.get("Info", "")).startswith(SIMULATED)
