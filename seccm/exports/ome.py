"""OME-TIFF: maps as the channels of an image, for Fiji, napari and QuPath."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seccm.data import Scan
from seccm.exports.content import maps, titled
from seccm.exports.seam import Wanted, Writer, package


def write(scan: Scan, target: Path, wanted: Wanted) -> None:
    """Write the maps in SI, each with its name and unit; NaN where there is no value."""
    tifffile = package("tifffile", "images", "An OME-TIFF")
    found = maps(scan, wanted)
    stack = np.stack([one.values[::-1] for one in found])
    first = found[0]
    about = {
        "axes": "CYX",
        "Name": scan.header.title,
        "PhysicalSizeX": first.dx * 1e6,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": first.dy * 1e6,
        "PhysicalSizeYUnit": "µm",
        "Channel": {"Name": [titled(one.name, one.unit) for one in found]},
    }
    tifffile.imwrite(target, stack, ome=True, photometric="minisblack", metadata=about)


WRITERS = (Writer("ome-tiff", "maps as channels, for Fiji and napari", ".ome.tif", write),)
