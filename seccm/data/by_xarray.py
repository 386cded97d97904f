"""A data file as an xarray data set, once its columns are found to be no larger than the file.

What xarray opens by itself is the same. It asks every column for the length of its dimensions, and
each dimension for every column, which takes seconds in a file that may grow; here each is asked
once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from seccm.data.layout import NUMBERED
from seccm.data.opening import open_file
from seccm.data.packing import LENGTHS, along
from seccm.data.readable import Readable, reading
from seccm.errors import DamagedError

if TYPE_CHECKING:
    import xarray as xr

_BELIEVED = 1 << 22
"""Entries of a column that may be left unwritten, because no memory is too small for them."""
_HIDDEN = {"_Netcdf4Dimid", "_Netcdf4Coordinates", "_nc3_strict", "_NCProperties"}
"""Attributes that netCDF writes for itself."""


def open_by_xarray(path: Path, columns: Mapping[str, Readable]) -> xr.Dataset:
    """Return everything in a file as an xarray data set; see `Scan.to_xarray`.

    Args:
        path: of the file.
        columns: of the file.

    Raises:
        DamagedError: a column says that it has more entries than the file can hold.
    """
    import xarray as xr
    from xarray.backends import CachingFileManager
    from xarray.core.indexing import LazilyIndexedArray

    from seccm.data.lazy import Lazy

    for name, column in columns.items():
        if math.prod(column.shape) > max(column.most, _BELIEVED):
            raise DamagedError(
                f'{path}: the file is damaged or was changed: the column "{name}" has '
                f"{column.shape} entries, but at most {column.most} of them in the file. Read "
                "the other columns from .sites and .site(number)."
            )
    manager = CachingFileManager(open_file, path)
    try:
        with reading(path, "what xarray asks for"):
            file = manager.acquire()
            shown = [name for name in columns if name in NUMBERED or name not in LENGTHS]
            dims = {name: along(name, file) for name in shown}
            datasets = {name: file[name] for name in shown}
            sizes = _sizes(dims, datasets)
            variables = {
                name: xr.Variable(
                    dims[name],
                    LazilyIndexedArray(
                        Lazy(manager, name, tuple(sizes[d] for d in dims[name]), dataset)
                    ),
                    _attributes(columns[name].attributes()),
                    _stored(path, dims[name], dataset),
                )
                for name, dataset in datasets.items()
            }
            whole = xr.Dataset(attrs=_attributes(dict(file.attrs))).assign(variables)
            found: xr.Dataset = xr.decode_cf(whole)
    except BaseException:
        manager.close()
        raise
    found.encoding["source"] = str(path)
    found.set_close(manager.close)
    return found


def _sizes(
    dims: Mapping[str, tuple[str, ...]], datasets: Mapping[str, h5py.Dataset]
) -> dict[str, int]:
    """Return how long each dimension is: as its longest column, where a file grows."""
    sizes: dict[str, int] = {}
    for name, dataset in datasets.items():
        for dimension, size in zip(dims[name], dataset.shape, strict=True):
            sizes[dimension] = max(size, sizes.get(dimension, 0))
    return sizes


def _attributes(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes as readers of netCDF have them: one of one entry is that entry."""
    return {name: _plain(value) for name, value in told.items() if name not in _HIDDEN}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, np.ndarray) and value.dtype.kind in "OS":
        texts = [_plain(text) for text in value.ravel().tolist()]
        return texts[0] if len(texts) == 1 else texts
    if isinstance(value, np.ndarray) and value.shape == (1,):
        return value[0]
    return value


def _stored(path: Path, dims: tuple[str, ...], dataset: h5py.Dataset) -> dict[str, Any]:
    """Return how a column is stored, as xarray says it."""
    chunks = dataset.chunks
    return {
        "dtype": str if h5py.check_string_dtype(dataset.dtype) and dataset.dtype.kind == "O"
        else dataset.dtype,
        "source": str(path),
        "original_shape": dataset.shape,
        "contiguous": chunks is None,
        "chunksizes": chunks,
        "preferred_chunks": dict(zip(dims, chunks or (), strict=False)),
        "zlib": dataset.compression == "gzip",
        "complevel": dataset.compression_opts,
        "shuffle": dataset.shuffle,
        "fletcher32": dataset.fletcher32,
    }  # fmt: skip
