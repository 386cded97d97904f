"""Micrographs as their microscopes store them: the picture without its bar of text, and its scale.

The scale is read from what FEI/Thermo Fisher, Zeiss and JEOL write, from ImageJ's unit, or from
a resolution that cannot be that of a screen. A picture without a scale is refused: a wrong scale
is a wrong number of particles, and nothing shows it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seccm.arrays import FloatArray
from seccm.errors import PlanError, Problem
from seccm.installing import install_hint
from seccm.text_files import Unreadable, read_text
from seccm.units import show

if TYPE_CHECKING:
    from tifffile import TiffFile

EXTRA = "images"
_COARSEST, _FINEST = 1e-6, 1e-11
"""Metres per pixel: what a micrograph of particles can have."""
_GIVE = 'Give it: --pixel "4 nm".'
_LENGTHS = {
    "nm": 1e-9, "µm": 1e-6, "μm": 1e-6, "um": 1e-6, "micron": 1e-6, "microns": 1e-6,
    "mm": 1e-3, "cm": 1e-2, "inch": 0.0254, "å": 1e-10, "pm": 1e-12, "m": 1.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Micrograph:
    """A picture with its scale."""

    image: FloatArray
    """Shape (rows, columns), counts."""
    pixel: float
    """Metres per pixel."""
    scale_from: str
    """Where the scale comes from, as the end of a sentence: "the metadata of FEI"."""


def read_micrograph(path: Path, pixel: float | None = None) -> Micrograph:
    """Read a picture and its scale.

    Args:
        path: a TIFF file; the text file that JEOL writes is looked for beside it.
        pixel: metres per pixel, if it is known; what the file says must agree within 1 %.

    Raises:
        PlanError: the file cannot be read, is no picture in shades of grey, or has no scale.
    """
    try:
        from tifffile import TiffFile, TiffFileError
    except ModuleNotFoundError as error:
        raise PlanError(str(path), [Problem("file", needed(error), install_hint(EXTRA))]) from None
    try:
        with TiffFile(path) as file:
            image = _grey(file.pages.first.asarray(), path)
            image = _without_bar(image, file)
            said = _scale(file, path)
    except (OSError, TiffFileError, ValueError, KeyError, IndexError, TypeError) as error:
        what = f"cannot be read as a TIFF picture ({error})."
        raise PlanError(str(path), [Problem("file", what, "Export it as TIFF.")]) from None
    if pixel is None and said is None:
        what = "the picture does not say how large a pixel is."
        raise PlanError(str(path), [Problem("scale", what, _GIVE)])
    if pixel is not None and said is not None and abs(said[0] / pixel - 1) > 0.01:
        what = (
            f"{show(pixel, 'm', 4)} per pixel is given, but {said[1]} says {show(said[0], 'm', 4)}."
        )
        raise PlanError(str(path), [Problem("scale", what, "Leave --pixel away, or mend it.")])
    scale = (pixel, "the command") if pixel is not None else said
    assert scale is not None
    if not _FINEST <= scale[0] <= _COARSEST:
        what = (
            f"{show(scale[0], 'm', 4)} per pixel is outside of {show(_FINEST, 'm')} to "
            f"{show(_COARSEST, 'm')}."
        )
        raise PlanError(str(path), [Problem("scale", what, _GIVE)])
    return Micrograph(image, *scale)


def needed(error: ModuleNotFoundError) -> str:
    """Return the sentence about a package that is not installed."""
    return f"pictures need the package {error.name}, which is not installed."


def _grey(picture: Any, path: Path) -> FloatArray:
    """Return a picture in shades of grey, shape (rows, columns)."""
    if picture.ndim == 3 and picture.shape[-1] in (3, 4):
        colours = picture[..., :3]
        if (colours == colours[..., :1]).all():
            picture = colours[..., 0]
    if picture.ndim != 2 or picture.dtype.kind not in "uif" or min(picture.shape) < 32:
        what = f"is not a picture in shades of grey: {' x '.join(map(str, picture.shape))} numbers."
        raise PlanError(str(path), [Problem("file", what, "Export it in grey, without drawings.")])
    image = np.asarray(picture, np.float64)
    if not np.isfinite(image).all():
        raise PlanError(str(path), [Problem("file", "has pixels that are no numbers.")])
    return image


def _without_bar(image: FloatArray, file: TiffFile) -> FloatArray:
    """Return the part of a picture that the beam scanned, without the bar of text below it."""
    scanned = (file.fei_metadata or {}).get("Image", {}).get("ResolutionY")
    if isinstance(scanned, int | float) and 32 <= scanned < image.shape[0]:
        return image[: int(scanned)]
    return image


def _scale(file: TiffFile, path: Path) -> tuple[float, str] | None:
    """Return metres per pixel and who says so, if anybody does."""
    sources: tuple[tuple[str, Callable[[], float | None]], ...] = (
        ("the metadata of FEI", lambda: _of_fei(file.fei_metadata or {})),
        ("the metadata of Zeiss", lambda: _of_zeiss(file.sem_metadata or {})),
        ("the text file of JEOL beside it", lambda: _of_jeol(path)),
        ("the resolution of the TIFF file", lambda: _of_resolution(file)),
    )
    for name, look in sources:
        found = look()
        if found is not None and math.isfinite(found) and found > 0:
            return found, name
    return None


def _of_fei(metadata: Mapping[str, Any]) -> float | None:
    scan = metadata.get("Scan", {})
    width, height = scan.get("PixelWidth"), scan.get("PixelHeight")
    if not isinstance(width, int | float):
        return None
    if isinstance(height, int | float) and abs(height / width - 1) > 0.01:
        raise ValueError("its pixels are not square")
    return float(width)


def _of_zeiss(metadata: Mapping[str, Any]) -> float | None:
    for key in ("ap_image_pixel_size", "ap_pixel_size"):
        match metadata.get(key):
            case (_, int() | float() as number, str() as unit, *_):
                factor = _LENGTHS.get(unit.strip().lower())
                return None if factor is None else float(number) * factor
    return None


def _of_jeol(path: Path) -> float | None:
    """Return the length of the micron bar over its pixels."""
    try:
        text = read_text(path.with_suffix(".txt"), largest=2**20)
    except Unreadable:
        return None
    pixels = re.search(r"^\$\$SM_MICRON_BAR\s+([\d.]+)", text, re.MULTILINE)
    length = re.search(r"^\$\$SM_MICRON_MARKER\s+([\d.]+)\s*(\S+)", text, re.MULTILINE)
    if not pixels or not length or length[2].lower() not in _LENGTHS or not float(pixels[1]):
        return None
    return float(length[1]) * _LENGTHS[length[2].lower()] / float(pixels[1])


def _of_resolution(file: TiffFile) -> float | None:
    """Return what the tags of a plain TIFF say, if it can be that of a microscope."""
    tags = file.pages.first.tags
    if "XResolution" not in tags:
        return None
    pixels, per = tags["XResolution"].value
    if not pixels or not per:
        return None
    unit = str((file.imagej_metadata or {}).get("unit", "")).lower()
    if unit:
        # ImageJ writes the micro sign as an escape.
        factor = _LENGTHS.get(unit.replace("\\u00b5", "µ"))
    else:
        code = tags["ResolutionUnit"].value if "ResolutionUnit" in tags else 0
        factor = {2: _LENGTHS["inch"], 3: _LENGTHS["cm"]}.get(int(code))
    if factor is None:
        return None
    found = factor * per / pixels
    return found if found <= _COARSEST else None
