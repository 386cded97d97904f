"""Has xarray open a data file, once its columns have been found to be no larger than the file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from seccm.data import repair
from seccm.data.opening import open_file
from seccm.data.readable import Readable, reading
from seccm.errors import DamagedError

if TYPE_CHECKING:
    import xarray as xr

_BELIEVED = 1 << 22
"""Entries of a column that may be left unwritten, because no memory is too small for them."""


def open_by_xarray(path: Path, columns: Mapping[str, Readable]) -> xr.Dataset:
    """Return everything in a file as an xarray data set; see `Scan.to_xarray`.

    Args:
        path: of the file.
        columns: of the file.

    Raises:
        DamagedError: a column says that it has more entries than the file can hold.
    """
    import xarray as xr

    for name, column in columns.items():
        if math.prod(column.shape) > max(column.most, _BELIEVED):
            raise DamagedError(
                f'{path}: the file is damaged or was changed: the column "{name}" has '
                f"{column.shape} entries, but at most {column.most} of them in the file. Read "
                "the other columns from .sites and .site(number)."
            )
    # A growing file has to be opened for it; a closed one it opens, and closes, by itself.
    source = open_file(path) if repair.mark(path) else path
    with reading(path, "what xarray asks for"):
        return xr.open_dataset(source, engine="h5netcdf")
