"""A column of a data file that xarray reads when it is used; needs xarray."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np
from xarray.backends import BackendArray, CachingFileManager
from xarray.core import indexing


class Lazy(BackendArray):
    """One dataset, read when a part of it is asked for.

    Args:
        manager: opens the file, again where it has to be: in a process of Dask.
        name: of the dataset.
        shape: as long as its dimensions; of a file that grows one column may be behind another,
            and what it lacks is what HDF5 has for entries that nobody wrote.
        dataset: as it is now.
    """

    def __init__(
        self,
        manager: CachingFileManager[h5py.File],
        name: str,
        shape: tuple[int, ...],
        dataset: h5py.Dataset,
    ) -> None:
        self._manager, self._name, self.shape = manager, name, shape
        text = dataset.dtype.kind == "O"
        self.dtype = h5py.string_dtype() if text else dataset.dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        """Return a part of it."""
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.OUTER_1VECTOR, self._read
        )

    def _read(self, key: tuple[Any, ...]) -> Any:
        dataset = self._manager.acquire()[self._name]
        source = dataset.asstr() if dataset.dtype.kind == "O" else dataset
        if dataset.shape == self.shape:
            return source[key]
        whole = np.full(self.shape, dataset.fillvalue, dataset.dtype)
        there = tuple(map(slice, np.minimum(dataset.shape, self.shape).tolist()))
        whole[there] = source[there]
        return whole[key]
