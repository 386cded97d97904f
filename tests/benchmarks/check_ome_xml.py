"""Whether what describes a movie is valid by the schema of OME, as ome-types brings it along.

    pip install ome-types xmlschema
    python tests/benchmarks/check_ome_xml.py [movie.ome.tif ...]

Without a movie, some are written whose names and times are as awkward as they can be.
"""

from __future__ import annotations

import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import tifffile
import xmlschema

from seccm.movie.ome import describe
from seccm.movie.pages import PageLayout
from seccm.movie.writer import MovieWriter

NAMES = ("Li on Au", 'a<b> "&\x00\n \N{MICRO SIGN}m', "")


def written(folder: Path, name: str, bits: int) -> Path:
    """Write a movie of four frames, the time of one of which is not known."""
    path = folder / f"{bits}-{NAMES.index(name)}.ome.tif"
    layout = PageLayout("0d4f", 5, 3, 16 if bits == 16 else 8, 40e-9 if bits == 16 else 0.0)
    writer = MovieWriter(path, layout)
    for k in range(4):
        writer.append(np.full((3, 5), k, layout.dtype))
    writer.close()
    t = np.array([0.1, np.nan, 1e-9, 4e5])
    describe(path, t, t[::-1].copy(), name=name, told={"camera": name, "objective": ""})
    return path


def main() -> None:
    """Say of each movie what is wrong with its description; exit code 1 if anything is."""
    there = find_spec("ome_types")
    assert there is not None
    assert there.origin is not None
    schema = xmlschema.XMLSchema(Path(there.origin).with_name("ome-2016-06.xsd"))
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        made = [written(Path(folder), name, bits) for name in NAMES for bits in (8, 16)]
        for path in [Path(each) for each in sys.argv[1:]] or made:
            told = tifffile.TiffFile(path).ome_metadata
            errors = [str(error.reason) for error in schema.iter_errors(told)]
            wrong += len(errors)
            print(f"{path.name}: {'; '.join(errors) or 'valid'}")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
