"""Groups by which viewers of NeXus files, such as h5web, NeXpy and silx, draw a data file.

All data lie at the root of the file. The group `nexus` (an NXentry) only has links to them: one
NXdata group for the height and one for each result of the sites, drawn over the places, and one
for the samples over time. `default` leads a viewer to the most telling result that has a number.
NeXus has no definition for this method, so the groups are of its base classes:
https://manual.nexusformat.org/classes/base_classes/NXdata.html
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import h5py
import numpy as np

from seccm.data.header import NOT_DATED
from seccm.data.readable import Readable
from seccm.program.kept import declared_of
from seccm.results import DETAIL
from seccm.versions import FILE, Version

ENTRY = "nexus"
"""The name of the group; no other group lies in a data file."""
SAMPLES = "samples"
"""The name of the group that draws the samples."""
_HEIGHT = "z_contact"


def describe(file: h5py.File) -> None:
    """Make the groups, in place of those that there are; a file of format 0.1 gets none.

    Args:
        file: laid out, open for writing, not yet in SWMR mode.
    """
    if "format_version" not in file.attrs:
        return
    if Version.read(file.attrs["format_version"]) < FILE:
        file.attrs["format_version"] = str(FILE)
    if ENTRY in file:
        del file[ENTRY]
    draw(file)
    tell(file)


def tell(file: h5py.File) -> None:
    """Say in the groups of a file what its header says of the run; see `draw`."""
    entry = file[ENTRY]
    entry["title"] = str(file.attrs["title"])
    if NOT_DATED not in file.attrs:
        entry["start_time"] = str(file.attrs["started_at"])
    entry["program_name"] = str(file.attrs["software"])


def draw(file: h5py.File) -> None:
    """Make the groups of a file that has none; it may be without a header yet."""
    entry = _group(file, ENTRY, "NXentry")
    maps = [*_results(file), _HEIGHT]
    for name in maps:
        group = _drawn(entry, name, name, ("x_cmd", "y_cmd"), str(file[name].attrs["long_name"]))
        # NeXus says by these that both axes belong to the one dimension of the sites.
        group.attrs.update(x_cmd_indices=[0], y_cmd_indices=[0])
        if f"{name}_err" in file:
            group[f"{name}_errors"] = h5py.SoftLink(f"/{name}_err")
    _drawn(entry, SAMPLES, "I", ("t",), "current over time, all sites")
    entry.attrs["default"] = next((name for name in maps if _has_number(file, name)), maps[0])
    file.attrs.update(NX_class="NXroot", default=ENTRY)


def _results(file: h5py.File) -> list[str]:
    """Return the names of the results of the sites, the most telling first."""
    named = (one.removesuffix("_status") for one in file if one.endswith("_status"))
    return most_telling(name for name in named if name in file and f"{name}_err" in file)


def most_telling(names: Iterable[str]) -> list[str]:
    """Put the names of results in the order in which a viewer should offer them as maps.

    Those that a report draws as maps come before those that only belong to them, such as the
    charges that an efficiency is made of; what has a unit comes before a ratio, which may say
    nothing where the reaction is another one.
    """

    def place(name: str) -> tuple[bool, bool, int, str]:
        known = declared_of(name)
        if known is None:
            return True, True, DETAIL, name
        return not known.mapped, known.unit == "1", known.rank, name

    return sorted(names, key=place)


def _drawn(
    parent: h5py.Group, name: str, signal: str, axes: Iterable[str], title: str
) -> h5py.Group:
    """Make a group that draws one dataset of the root over others."""
    group = _group(parent, name, "NXdata")
    for one in (signal, *axes):
        group[one] = h5py.SoftLink(f"/{one}")
    group.attrs.update(signal=signal, axes=list(axes), title=title)
    return group


def _group(parent: h5py.Group, name: str, kind: str) -> h5py.Group:
    group = parent.create_group(name)
    group.attrs["NX_class"] = kind
    return group


def _has_number(file: h5py.File, name: str) -> bool:
    """Tell whether a column has a number in what can be read of it."""
    if not len(file[name]):
        return False
    column = Readable(Path(file.filename or ""), name, file[name])
    parts = column.readable_parts(0, len(file[name]))
    return any(values is not None and bool(np.isfinite(values).any()) for _, values in parts)
