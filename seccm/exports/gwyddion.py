"""Gwyddion: topography and maps with units, in one .gwy or a .gsf for each.

Images have their first row at the top, so that the highest y comes first.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seccm.arrays import FloatArray
from seccm.data import Scan
from seccm.exports.content import Map, maps
from seccm.exports.seam import Wanted, Writer, package


def gwy(scan: Scan, target: Path, wanted: Wanted) -> None:
    """Write all maps into one file; sites without a value are masked, and have the median."""
    objects = package("gwyfile.objects", "exchange", "A .gwy file")
    container = objects.GwyContainer()
    for number, one in enumerate(maps(scan, wanted)):
        image = one.values[::-1]
        known = np.isfinite(image)
        filled = np.where(known, image, np.median(image[known]))
        title = f"/{number}/data/title"
        container[title] = one.name
        container.typecodes[title] = "s"  # a name of one letter, such as Q, would be no text
        container[f"/{number}/data"] = _field(objects, one, filled)
        container[f"/{number}/data/visible"] = number == 0
        if not known.all():
            container[f"/{number}/mask"] = _field(objects, one, np.where(known, 0.0, 1.0), unit="")
    container.tofile(str(target))


def _field(objects: object, one: Map, values: FloatArray, unit: str | None = None) -> object:
    rows, columns = values.shape
    return objects.GwyDataField(  # type: ignore[attr-defined]
        np.ascontiguousarray(values),
        xreal=columns * one.dx,
        yreal=rows * one.dy,
        xoff=one.x0 - one.dx / 2,
        yoff=one.y0 - one.dy / 2,
        si_unit_xy=objects.GwySIUnit(unitstr="m"),  # type: ignore[attr-defined]
        si_unit_z=objects.GwySIUnit(unitstr=_unit(one.unit) if unit is None else unit),  # type: ignore[attr-defined]
    )


def gsf(scan: Scan, target: Path, wanted: Wanted) -> None:
    """Write each map as Gwyddion's Simple Field: a head of text, then 32-bit numbers."""
    found = maps(scan, wanted)
    target.mkdir()
    for one in found:
        rows, columns = one.values.shape
        lines = {
            "XRes": columns,
            "YRes": rows,
            "XReal": repr(columns * one.dx),
            "YReal": repr(rows * one.dy),
            "XOffset": repr(one.x0 - one.dx / 2),
            "YOffset": repr(one.y0 - one.dy / 2),
            "XYUnits": "m",
            "ZUnits": _unit(one.unit),
            "Title": one.name,
        }
        head = "Gwyddion Simple Field 1.0\n"
        head += "".join(f"{key} = {value}\n" for key, value in lines.items())
        start = head.encode()
        start += b"\0" * (4 - len(start) % 4)
        (target / f"{one.name}.gsf").write_bytes(start + one.values[::-1].astype("<f4").tobytes())


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit


WRITERS = (
    Writer("gwy", "topography and maps, for Gwyddion", ".gwy", gwy),
    Writer("gsf", "a folder with a simple field for each map, for Gwyddion", "", gsf),
)
