"""How long xarray takes to open a packed file, by its columns: it should grow as they do.

Beside it the same file with open dimensions, as it is while a run can be continued.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_scan import small_scan

import seccm
from seccm.data import packing
from seccm.data.layout import LIBVER, Column
from seccm.data.rewrite import FeatureValues, rewrite_features

FEATURES = (0, 40, 80)


def main() -> None:
    """Print processor seconds by the number of columns."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scan.h5"
        for _ in seccm.run(small_scan(2, 1), path=path):
            pass
        before = 0
        for count in FEATURES:
            rewrite_features(path, {f"f{k}": feature(f"f{k}", 2) for k in range(before, count)}, {})
            before = count
            plain = path.with_name("plain.h5")
            with h5py.File(path) as old, h5py.File(plain, "w", libver=LIBVER) as new:
                packing.copy(old, new, packed=False)
                columns = len(old)
            print(f"{columns} columns: packed {opening(path):.2f} s, open {opening(plain):.2f} s")


def feature(name: str, sites: int) -> FeatureValues:
    """Return a feature that nobody measured."""
    zero = np.zeros(sites)
    return FeatureValues(Column(name, "V", "a benchmark"), zero, zero, zero.astype(np.uint8))


def opening(path: Path) -> float:
    """Return the processor seconds that xarray takes to open a file."""
    begun = time.process_time()
    with xr.open_dataset(path, engine="h5netcdf"):
        return time.process_time() - begun


if __name__ == "__main__":
    main()
