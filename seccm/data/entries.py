"""Writing into datasets piece by piece, without what h5py does again for each piece.

Finishing a site writes one value into each of some hundred columns. A slice assignment spends
nearly all its time on making and forgetting the descriptions of where in memory, where in the
file and of which type; kept, they leave a twentieth of it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Protocol

import h5py
import numpy as np
import numpy.typing as npt


class Noting(Protocol):
    """Who notes what is written."""

    def resize(self, name: str, shape: tuple[int, ...]) -> None:
        """Note that a dataset was given a shape."""

    def put(self, name: str, start: int, values: npt.NDArray[Any]) -> None:
        """Note that entries were written."""


class Entries:
    """A dataset that is written in pieces and grows along its first dimension.

    Args:
        dataset: open for writing. Whoever holds this is the only one who changes its size.
        noting: is told of everything that is written; nobody unless given.
    """

    def __init__(self, dataset: h5py.Dataset, noting: Noting | None = None) -> None:
        self._dataset, self._noting = dataset.id, noting
        self._name: str = dataset.name.lstrip("/")
        self._shape: tuple[int, ...] = dataset.shape
        self._limits = tuple(h5py.h5s.UNLIMITED if n is None else n for n in dataset.maxshape)
        self._space: h5py.h5s.SpaceID = dataset.id.get_space()
        text = dataset.dtype.kind == "S"
        self.dtype: np.dtype[Any] = dataset.dtype
        # Text in memory does not say that it is UTF-8; numbers are what numpy says they are.
        self._kind = dataset.id.get_type() if text else h5py.h5t.py_create(self.dtype)

    def __len__(self) -> int:
        """Return the size of the first dimension."""
        return self._shape[0]

    def resize(self, *shape: int) -> None:
        """Make the dataset so large; what is new holds the fill value."""
        if shape == self._shape:
            return
        self._dataset.set_extent(shape)
        self._space.set_extent_simple(shape, self._limits)
        self._shape = shape
        if self._noting is not None:
            self._noting.resize(self._name, shape)

    def put(self, start: int, values: npt.NDArray[Any]) -> None:
        """Write consecutive entries, for which there must be room.

        Args:
            start: the first.
            values: shape (entries, ...): the later dimensions begin at 0 and may be shorter than
                those of the dataset.
        """
        if values.dtype != self.dtype or not values.flags.c_contiguous:
            values = np.ascontiguousarray(values, self.dtype)
        self._space.select_hyperslab((start,) + (0,) * (values.ndim - 1), values.shape)
        self._dataset.write(_memory(values.shape), self._space, values, self._kind)
        if self._noting is not None:
            self._noting.put(self._name, start, values)

    def get(self, place: int) -> Any:
        """Return one entry of a dataset of one dimension."""
        found = np.empty(1, self.dtype)
        self._space.select_hyperslab((place,), found.shape)
        self._dataset.read(_memory(found.shape), self._space, found, self._kind)
        return found[0]


@lru_cache(maxsize=256)
def _memory(shape: tuple[int, ...]) -> h5py.h5s.SpaceID:
    """Return the space of an array in memory."""
    return h5py.h5s.create_simple(shape)
