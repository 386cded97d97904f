"""The description of a closed movie in OME-XML, which Fiji (Bio-Formats) and tifffile read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from seccm.arrays import FloatArray
from seccm.errors import DataFileError
from seccm.movie.mending import mend
from seccm.movie.pages import PageLayout

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation='
    '"http://www.openmicroscopy.org/Schemas/OME/2016-06 '
    'http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd">'
)

_QUOTED = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
_NO_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""Characters that XML 1.0 does not allow, escaped or not."""


def describe(
    path: Path, t: FloatArray, exposure: FloatArray, *, name: str, told: Mapping[str, str]
) -> None:
    """Put the times of its frames, and what else is known, into a closed movie.

    A movie without a frame stays as it is. A description that is there already is replaced.

    Args:
        path: of the movie.
        t: seconds since the start of the run at which each frame's exposure began; NaN where that
            is not known, shape (pages,) or longer.
        exposure: seconds, NaN where not known, of the same shape.
        name: what the image is called.
        told: further facts in words, such as the camera.

    Raises:
        DataFileError: the movie cannot be read or written.
    """
    found = mend(path)
    if not found.pages:
        return
    layout = found.layout
    text = _xml(layout, found.pages, t, exposure, name, told).encode() + b"\0"
    try:
        with path.open("r+b") as file:
            place = layout.offset(found.pages)
            file.seek(place)
            file.write(text)
            file.flush()
            file.seek(layout.described)
            file.write(len(text).to_bytes(8, "little") + place.to_bytes(8, "little"))
    except OSError as error:
        raise DataFileError(f"{path}: the movie cannot be described: {error.strerror}.") from error


def _xml(
    layout: PageLayout, pages: int, t: FloatArray, exposure: FloatArray, name: str,
    told: Mapping[str, str],
) -> str:  # fmt: skip
    # Units are left out: the defaults are um and s, and some readers stumble over the letter u.
    pixel = layout.pixel * 1e6
    size = f'PhysicalSizeX="{pixel:.9g}" PhysicalSizeY="{pixel:.9g}" ' if pixel > 0 else ""
    words = "; ".join(f"{key}: {value}" for key, value in told.items())
    planes = "".join(_planes(pages, t, exposure))
    return (
        f'{_HEAD}<Image ID="Image:0" Name="{_escaped(name)}">'
        f"<Description>{_escaped(words)}</Description>"
        f'<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint{layout.bits}" '
        f'SizeX="{layout.width}" SizeY="{layout.height}" SizeZ="1" SizeC="1" SizeT="{pages}" '
        f'{size}BigEndian="false" Interleaved="false">'
        '<Channel ID="Channel:0:0" SamplesPerPixel="1"/>'
        f'<TiffData IFD="0" PlaneCount="{pages}"/>{planes}</Pixels></Image></OME>'
    )


def _planes(pages: int, t: FloatArray, exposure: FloatArray) -> Iterator[str]:
    for page in range(pages):
        known = ""
        if page < len(t) and math.isfinite(t[page]):
            known += f' DeltaT="{t[page]:.6f}"'
        if page < len(exposure) and math.isfinite(exposure[page]):
            known += f' ExposureTime="{exposure[page]:.6g}"'
        yield f'<Plane TheZ="0" TheC="0" TheT="{page}"{known}/>'


def _escaped(words: str) -> str:
    return escape(_NO_XML.sub("\ufffd", words), _QUOTED)
