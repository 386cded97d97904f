"""How long a pixel of a micrograph is, by what its microscope wrote into the file or beside it.

FEI/Thermo Fisher, Zeiss and Tescan write tags of their own; JEOL, Hitachi and Tescan write a text
beside the picture. Else ImageJ's unit counts, or a resolution that cannot be that of a screen.
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tifffile import TiffFile

COARSEST, FINEST = 1e-6, 1e-11
"""Metres per pixel: what a micrograph of particles can have."""
_LENGTHS = {
    "nm": 1e-9, "µm": 1e-6, "μm": 1e-6, "um": 1e-6, "micron": 1e-6, "microns": 1e-6,
    "mm": 1e-3, "cm": 1e-2, "inch": 0.0254, "å": 1e-10, "pm": 1e-12, "m": 1.0,
}  # fmt: skip
_TESCAN = 50431
"""TIFF tag."""
_LONGEST = 2**20
"""Bytes of a text beside a picture."""
_NUMBER = r"([-+]?\d*[.,]?\d+(?:[eE][-+]?\d+)?)"


@dataclass(frozen=True, slots=True)
class Scale:
    """What a file says of the lengths in it."""

    width: float
    """Metres from pixel to pixel of a row."""
    height: float
    """Metres from row to row, across the beam."""
    source: str
    """Who says so, as the end of a sentence: "the metadata of FEI"."""
    columns: int | None = None
    """Pixels of a row that the beam scanned; None where that is not said."""
    rows: int | None = None
    """Rows that the beam scanned: what lies below is a bar of text."""
    tilt: float = 0.0
    """Radians that the sample was tilted by, and that the lengths do not know of."""


def scale_of(file: TiffFile, path: Path) -> Scale | None:
    """Return what a picture says of its scale; None if nobody says anything.

    Args:
        file: the open picture.
        path: of it; texts of microscopes are looked for beside it.
    """
    sources: tuple[Callable[[], Scale | None], ...] = (
        lambda: _of_fei(file.fei_metadata or {}),
        lambda: _of_zeiss(file.sem_metadata or {}),
        lambda: _of_tescan(_tag_text(file), "the metadata of Tescan"),
        lambda: _beside(path),
        lambda: _of_resolution(file),
    )
    for look in sources:
        found = look()
        if found is not None and all(
            math.isfinite(each) and each > 0 for each in (found.width, found.height)
        ):
            return found
    return None


def _of_fei(metadata: Mapping[str, Any]) -> Scale | None:
    for name in ("Scan", "EScan"):
        width, height = (
            _number(metadata.get(name, {}).get(f"Pixel{side}")) for side in ("Width", "Height")
        )
        if width is not None:
            image, beam = metadata.get("Image", {}), metadata.get("EBeam", {})
            stage = metadata.get("Stage", {})
            tilt = _number(stage.get("StageT", beam.get("StageTa", stage.get("StageTa")))) or 0.0
            corrected = str(beam.get("TiltCorrectionIsOn", "no")).lower() in ("yes", "true", "1")
            return Scale(
                width,
                width if height is None else height,
                "the metadata of FEI",
                _whole(image.get("ResolutionX")),
                _whole(image.get("ResolutionY")),
                0.0 if corrected else tilt,
            )
    return None


def _of_zeiss(metadata: Mapping[str, Any]) -> Scale | None:
    stored = str((metadata.get("dp_image_store") or ("", ""))[1])
    size = re.fullmatch(r"\s*(\d+)\s*[*x]\s*(\d+)\s*", stored)
    for key in ("ap_image_pixel_size", "ap_pixel_size"):
        match metadata.get(key):
            case (_, int() | float() as number, str() as unit, *_):
                factor = _LENGTHS.get(unit.strip().lower())
                if factor is None:
                    return None
                pixel = float(number) * factor
                # The bar lies on the picture, so that the rows say nothing of it.
                columns = int(size[1]) if size else None
                return Scale(pixel, pixel, "the metadata of Zeiss", columns, None, _tilt(metadata))
    return None


def _tilt(metadata: Mapping[str, Any]) -> float:
    """Return by how much Zeiss says that the sample is tilted, if nothing corrects for it."""
    if str((metadata.get("dp_tilt_correction") or ("", ""))[1]).strip().lower() == "on":
        return 0.0
    match metadata.get("ap_stage_at_t"):
        case (_, int() | float() as degrees, *_):
            return math.radians(float(degrees))
    return 0.0


def _of_tescan(text: str, source: str) -> Scale | None:
    width, height = (_said(text, f"PixelSize{axis}") for axis in "XY")
    if width is None:
        return None
    tilt = 0.0 if _said(text, "TiltCorrection") else math.radians(_said(text, "StageTilt") or 0.0)
    return Scale(width, width if height is None else height, source, tilt=tilt)


def strip_below(file: TiffFile, path: Path) -> int:
    """Return how many rows of text Tescan says that it wrote below a picture."""
    for text in (_tag_text(file), *(text for end, text in _texts(path) if end == ".hdr")):
        rows = _said(text, "ImageStripSize")
        if rows is not None:
            return max(0, int(rows))
    return 0


def _tag_text(file: TiffFile) -> str:
    tags = file.pages.first.tags
    value: Any = tags[_TESCAN].value if _TESCAN in tags else b""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _beside(path: Path) -> Scale | None:
    for end, text in _texts(path):
        if end == ".hdr":
            found = _of_tescan(text, "the header of Tescan beside it")
        else:
            found = _of_jeol(text) or _of_hitachi(text)
        if found is not None:
            return found
    return None


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the ending and the content of texts that microscopes write beside a picture."""
    stem = path.with_name(path.stem)
    for name in (stem, path.with_name(f"{path.stem}-{path.suffix[1:]}")):
        for end in (".txt", ".TXT", ".hdr", ".HDR"):
            beside = name.with_name(name.name + end)
            try:
                if beside.is_file() and beside.stat().st_size <= _LONGEST:
                    yield end.lower(), _decoded(beside.read_bytes())
            except OSError:
                continue


def _decoded(content: bytes) -> str:
    """Return a text of a microscope: names and numbers are ASCII, comments of any country."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    return content.decode("latin-1")


def _of_jeol(text: str) -> Scale | None:
    """Return the length of the micron bar over its pixels."""
    pixels = _said(text, r"\$\$SM_MICRON_BAR")
    length = re.search(rf"^\s*\$\$SM_MICRON_MARKER\s+{_NUMBER}\s*(\S+)", text, re.MULTILINE)
    if not pixels or not length:
        return None
    factor = _LENGTHS.get(length[2].lower().replace("\xc2\xb5", "µ"))
    number = _number(length[1])
    if factor is None or number is None:
        return None
    pixel = number * factor / pixels
    size = re.search(r"^\s*\$CM_FULL_SIZE\s+(\d+)\s+(\d+)", text, re.MULTILINE)
    columns, rows = (int(size[1]), int(size[2])) if size else (None, None)
    return Scale(pixel, pixel, "the text file of JEOL beside it", columns, rows)


def _of_hitachi(text: str) -> Scale | None:
    nanometres = _said(text, "PixelSize")
    if nanometres is None:
        return None
    pixel = 1e-9 * nanometres
    size = re.search(r"^\s*DataSize\s*=\s*(\d+)x(\d+)", text, re.MULTILINE)
    columns, rows = (int(size[1]), int(size[2])) if size else (None, None)
    return Scale(pixel, pixel, "the text file of Hitachi beside it", columns, rows)


def _of_resolution(file: TiffFile) -> Scale | None:
    """Return what the tags of a plain TIFF say, if it can be that of a microscope."""
    tags = file.pages.first.tags
    if "XResolution" not in tags:
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
    sides = []
    for name in ("XResolution", "YResolution"):
        pixels, per = tags[name].value if name in tags else tags["XResolution"].value
        if not pixels or not per:
            return None
        sides.append(factor * per / pixels)
    if max(sides) > COARSEST:
        return None
    return Scale(sides[0], sides[1], "the resolution of the TIFF file")


def _said(text: str, key: str) -> float | None:
    """Return the number after a key, which a space or an equals sign may follow."""
    found = re.search(rf"^\s*{key}\s*[=\s]\s*{_NUMBER}", text, re.MULTILINE)
    return _number(found[1]) if found else None


def _number(value: Any) -> float | None:
    """Return a number; some microscopes write it with the comma of their country."""
    if isinstance(value, str):
        try:
            value = float(value.replace(",", "."))
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _whole(value: Any) -> int | None:
    number = _number(value)
    return None if number is None or number < 1 else int(number)
