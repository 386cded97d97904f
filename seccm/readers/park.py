"""Park Systems: TIFF files of SmartScan, with a map of the current or with curves.

The numbers are in private tags: 50432 the mark, 50434 the values, 50435 the head. A map has one
value for each place, so that each site has one data point: its current at the bias of the head.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seccm.arrays import FloatArray
from seccm.installing import install_hint
from seccm.library_log import unlogged
from seccm.readers.park_curves import HEAD, TYPES, VALUES, recording_of, text
from seccm.readers.recording import Column, Part, Recording
from seccm.readers.seam import Reader
from seccm.readers.text_tables import wrong
from seccm.typography import counted

_MARK, _DATA, _HEAD = 50432, 50434, 50435
_LEAST_HEAD = 284
_MOST = 10_000
"""Pixels that become sites."""
_CURVES = 2
"""What a head calls a file with curves."""


@dataclass(frozen=True, slots=True)
class Image:
    """What is in a TIFF of Park."""

    source: str
    unit: str
    values: FloatArray
    """Shape (rows, columns), in `unit`."""
    width: float
    height: float
    """Metres."""
    bias: float
    """Volts of the sample."""


def claims(path: Path) -> bool:
    """Tell whether a TIFF has Park's tags."""
    with open(path, "rb") as file:
        begins = file.read(4)
    if begins not in (b"II*\0", b"MM\0*"):
        return False
    try:
        from tifffile import TiffFile
    except ImportError:
        return True  # said by `read`
    try:
        with unlogged("tifffile"), TiffFile(path) as tiff:
            return _MARK in tiff.pages.first.tags or _HEAD in tiff.pages.first.tags
    except Exception:
        return False


def read(path: Path) -> Recording:
    """Return the map, or the curves, of a TIFF."""
    tags = _tags(path)
    head = tags.get(_HEAD, b"")
    if len(head) >= _LEAST_HEAD and struct.unpack_from("<i", head, 0)[0] == _CURVES:
        return recording_of(path, tags.get(HEAD, b""), tags.get(VALUES, b""))
    image = image_of(path, head, tags.get(_DATA, b""))
    if image.unit.strip()[-1:] != "A":
        raise wrong(
            path,
            f'is an image of "{image.source}" in {image.unit or "no unit"}, and no map of a '
            "current. A height map alone has no measurement; import the image of the current.",
        )
    rows, columns = image.values.shape
    if image.values.size > _MOST:
        raise wrong(
            path,
            f"has {columns} x {rows} pixels; at most {_MOST} become sites. Export a coarser image.",
        )
    if not math.isfinite(image.bias):
        raise wrong(path, "does not say the bias of the sample.")
    parts, places = [], {}
    for number in range(image.values.size):
        row, column = divmod(number, columns)
        one = Column("current", image.unit, image.values[row, column : column + 1], "current")
        site = f"{column}, {row}"
        parts.append(
            Part((one,), site, "constant potential", f"pixel {site}", period=1.0, held=image.bias)
        )
        # The first row of the values is the lowest one of the image.
        places[site] = (
            column * image.width / max(1, columns - 1),
            row * image.height / max(1, rows - 1),
        )
    notes = (f'map of "{image.source}", {columns} x {rows} pixels, sample at {image.bias:g} V',)
    return Recording("Park SmartScan", tuple(parts), notes=notes, places=places)


def _tags(path: Path) -> dict[int, bytes]:
    """Return the contents of Park's tags in a TIFF."""
    try:
        from tifffile import TiffFile
    except ImportError:
        raise wrong(path, f"needs tifffile. Install it with: {install_hint('images')}.") from None
    try:
        with unlogged("tifffile"), TiffFile(path) as tiff:
            tags = tiff.pages.first.tags
            wanted = (_HEAD, _DATA, HEAD, VALUES)
            return {tag: _bytes(tags[tag].value) for tag in wanted if tag in tags}
    except Exception as error:  # tifffile raises anything over a damaged file
        raise wrong(
            path, f"cannot be read as TIFF ({type(error).__name__}). It may be cut."
        ) from None


def image_of(path: Path, head: bytes, data: bytes) -> Image:
    """Read the numbers of a map.

    Args:
        path: of the file, for messages.
        head: the content of the tag 50435.
        data: the content of the tag 50434.

    Raises:
        DataFileError: it is none, or is cut.
    """
    if len(head) < _LEAST_HEAD:
        raise wrong(path, f"has a head of {counted(len(head), 'byte')}, which is too short.")
    (category,) = struct.unpack_from("<i", head, 0)
    if category != 0:
        what = "line profiles" if category == 1 else f"data of kind {category}"
        raise wrong(
            path,
            f"holds {what}, which are not measurements at sites. Import the file of the curves, "
            "or of the map of the current.",
        )
    columns, rows = struct.unpack_from("<ii", head, 100)
    width, height = struct.unpack_from("<dd", head, 140)
    (bias,) = struct.unpack_from("<d", head, 212)
    (gain,) = struct.unpack_from("<d", head, 220)
    (offset,) = struct.unpack_from("<d", head, 236)
    (kind,) = struct.unpack_from("<i", head, 312) if len(head) >= 316 else (0,)
    numbers = np.dtype(TYPES.get(kind, "<i2"))
    if (
        not (0 < columns < 1 << 15 and 0 < rows < 1 << 15)
        or len(data) != columns * rows * numbers.itemsize
    ):
        raise wrong(
            path,
            f"has {counted(len(data), 'byte')} of values, and its head says {columns} x {rows} "
            f"pixels of {counted(numbers.itemsize, 'byte')}: the file is cut, or another "
            "version.",
        )
    if not all(map(math.isfinite, (width, height, gain))) or width <= 0 or height <= 0:
        raise wrong(path, "says no size of its image.")
    values = np.frombuffer(data, numbers).reshape(rows, columns).astype(np.float64) * gain
    if math.isfinite(offset):
        values += offset
    return Image(text(head, 4, 64), text(head, 244, 16), values, width * 1e-6, height * 1e-6, bias)


def _bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes) else np.asarray(value).tobytes()


READERS = (Reader("Park SmartScan", claims, read),)
