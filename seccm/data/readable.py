"""A dataset of a file that may be damaged: what cannot be read is told in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from seccm.data.layout import datasets
from seccm.data.repair import remedy
from seccm.data.ruins import let_alone
from seccm.data.trouble import said
from seccm.errors import DamagedError, DataFileError

FAILURES = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, OverflowError)
"""What h5py raises where HDF5 cannot make sense of a file."""
_GZIP = 1032
"""Times that gzip shortens at most."""
_FEW = 1 << 20
"""Texts of any length, which are stored as addresses, that are read in no time."""


@contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """Turn whatever HDF5 stumbles over in a file into an error that names what was read.

    Raises:
        DamagedError: it cannot be read.
    """
    try:
        yield
    except DataFileError:
        raise
    except FAILURES as error:
        todo = remedy(path, "Use a copy of the file, if there is one, and check the disk.")
        raise DamagedError(
            f"{path}: the file is damaged: {what} cannot be read: {said(error).rstrip('.')}. {todo}"
        ) from error


def columns_of(path: Path, file: Mapping[str, h5py.Dataset]) -> dict[str, Readable]:
    """Return every dataset of a file, by its name.

    Args:
        path: of the file, for messages.
        file: open, or its datasets.
    """
    return {name: Readable(path, name, dataset) for name, dataset in datasets(file).items()}


class Readable:
    """One dataset, open for reading.

    Args:
        path: of the file, for messages.
        name: of the dataset.
        dataset: of one or two dimensions, in chunks.
    """

    def __init__(self, path: Path, name: str, dataset: h5py.Dataset) -> None:
        self._path, self._dataset = path, dataset
        self.name = name
        self.ruined = False
        """Whether HDF5 has stumbled over it: it must not be closed any more."""

    def __getitem__(self, where: Any) -> Any:
        """Return a part of it.

        Raises:
            DamagedError: HDF5 cannot read it.
        """
        with self._reading():
            return self._dataset[where]

    def __len__(self) -> int:
        return int(self.shape[0])

    @property
    def shape(self) -> tuple[int, ...]:
        """Entries in each dimension."""
        return tuple(self._dataset.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of an entry."""
        made: np.dtype[Any] = self._dataset.dtype
        return made

    @property
    def stored_bytes(self) -> int:
        """What it takes in the file, compressed if it is."""
        with self._reading():
            return int(self._dataset.id.get_storage_size())

    @property
    def most(self) -> int:
        """How many entries there can be at most in what it takes in the file."""
        longest = _GZIP if self._dataset.compression else 1
        # Checksums of chunks and the like make up for less than the chunk that is granted.
        chunk = int(np.prod(self._dataset.chunks or (0,)))
        return self.stored_bytes * longest // self.dtype.itemsize + chunk

    @cached_property
    def unit(self) -> str:
        """The unit, empty where it has none; it does not change while the file is open."""
        return self.attribute("units")

    def attribute(self, name: str) -> str:
        """Return an attribute in words, empty where there is none.

        Raises:
            DamagedError: HDF5 cannot read it.
        """
        with reading(self._path, f'"{name}" of the column "{self.name}"'):
            return str(self._dataset.attrs.get(name, ""))

    def attributes(self) -> dict[str, Any]:
        """Return all attributes but those of HDF5 itself.

        Raises:
            DamagedError: HDF5 cannot read them.
        """
        with reading(self._path, f'the attributes of the column "{self.name}"'):
            own = {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST"}
            return {
                name: self._dataset.attrs[name] for name in self._dataset.attrs if name not in own
            }

    def meanings(self) -> dict[int, str]:
        """Return what the codes in it mean, in words; empty where it holds none.

        Raises:
            DamagedError: HDF5 cannot read it.
        """
        with reading(self._path, f'the codes of the column "{self.name}"'):
            values = self._dataset.attrs.get("flag_values")
            if values is None:
                return {}
            codes = np.atleast_1d(values).tolist()
            told = str(self._dataset.attrs["flag_meanings"]).split()
        return dict(zip(codes, (words.replace("_", " ") for words in told), strict=False))

    def readable_parts(
        self, start: int, stop: int
    ) -> Iterator[tuple[slice, npt.NDArray[Any] | None]]:
        """Yield the entries chunk by chunk; None for a chunk that cannot be read."""
        step = self._dataset.chunks[0] if self._dataset.chunks else max(1, stop)
        for first in range(start, stop, step):
            here = slice(first, min(first + step, stop))
            try:
                yield here, self[here]
            except DamagedError:
                yield here, None

    def check_structure(self) -> None:
        """Have HDF5 read where all of it is, and what is said of it.

        Raises:
            DamagedError: it cannot.
        """
        with self._reading():
            for name in self._dataset.attrs:
                self._dataset.attrs[name]
            if self._dataset.chunks:
                self._dataset.id.chunk_iter(lambda _: None)
            if self.dtype.kind == "O" and self.most < _FEW:
                self._dataset[...]

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            with reading(self._path, f'the column "{self.name}"'):
                yield
        except DamagedError:
            if not self.ruined:
                let_alone(self._dataset)
            self.ruined = True
            raise

    def refresh(self) -> None:
        """Look again at what another program is writing."""
        with self._reading():
            self._dataset.refresh()
