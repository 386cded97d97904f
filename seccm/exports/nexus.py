"""NeXus: an HDF5 file that h5web, silx and other viewers draw by themselves.

There is no definition of NeXus for this method; the groups are plain NXdata, with `default` where
a viewer begins.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from seccm.data import Scan
from seccm.data.nexus import most_telling
from seccm.errors import DataFileError
from seccm.exports.content import facts, heads, maps, measured, site_table, units
from seccm.exports.seam import Wanted, Writer


def write(scan: Scan, target: Path, wanted: Wanted) -> None:
    """Write maps, the table of sites, and the data points of each site."""
    with h5py.File(target, "w", libver=("v110", "v110")) as file:
        file.attrs.update(NX_class="NXroot", default="scan")
        entry = _group(file, "scan", "NXentry")
        entry.attrs["default"] = "sites"
        for name, value in facts(scan).items():
            entry.attrs[name] = value
        _maps(entry, scan, wanted)
        _sites(entry, scan)
        _points(entry, scan, wanted)


def _maps(entry: Any, scan: Scan, wanted: Wanted) -> None:
    try:
        found = maps(scan, wanted)
    except DataFileError:
        if wanted.names:
            raise
        return  # places on no grid have no image; their table is there
    group = _group(entry, "maps", "NXcollection")
    for one in found:
        data = _group(group, one.name, "NXdata")
        rows, columns = one.values.shape
        _column(data, one.name, one.values, one.unit, one.words)
        _column(data, "y", one.y0 + one.dy * np.arange(rows), "m", "y of the sites")
        _column(data, "x", one.x0 + one.dx * np.arange(columns), "m", "x of the sites")
        data.attrs.update(signal=one.name, axes=["y", "x"], title=one.words)
    results = most_telling(one.name for one in found if one.name != "z_contact")
    group.attrs["default"] = (results or [found[0].name])[0]
    entry.attrs["default"] = "maps"


def _sites(entry: Any, scan: Scan) -> None:
    table = site_table(scan)
    data = _group(entry, "sites", "NXdata")
    for name, column in table.items():
        array = np.asarray(column.values)
        text = array.dtype.kind == "U"
        _column(data, name, array.astype("S") if text else array, column.unit, name)
    results = most_telling(feature.name for feature in scan.features)
    numeric = [name for name in results if np.isfinite(table[name].values).any()]
    data.attrs.update(signal=(numeric or ["z_contact"])[0], axes=["site"])


def _points(entry: Any, scan: Scan, wanted: Wanted) -> None:
    group = _group(entry, "points", "NXcollection")
    of, words = units(scan), heads(scan)
    for trace, columns in measured(scan, wanted):
        name = f"site_{trace.number:04d}"
        data = _group(group, name, "NXdata")
        for column, values in columns.items():
            array = values.astype("S") if values.dtype.kind == "U" else values
            _column(data, column, array, of[column], words[column])
        data.attrs.update(signal="I", axes=["t"], title=f"site {trace.number} {trace.condition}")
        if "default" not in group.attrs:
            group.attrs["default"] = name


def _group(parent: Any, name: str, kind: str) -> Any:
    group = parent.create_group(name)
    group.attrs["NX_class"] = kind
    return group


def _column(group: Any, name: str, values: Any, unit: str, words: str) -> None:
    column = group.create_dataset(name, data=values)
    column.attrs["long_name"] = words
    if unit:
        column.attrs["units"] = unit


WRITERS = (Writer("nexus", "maps and curves that h5web draws by itself", ".nxs", write),)
