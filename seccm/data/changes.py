"""What was written into the datasets of a growing file, as bytes that can be applied to a copy.

A change is a new shape of a dataset, or values from some place on.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from seccm.data.entries import Entries

_RESIZE, _PUT = 1, 2
_HEAD = struct.Struct("<BBB")
"""Kind, length of the dataset's name, number of numbers that follow it."""


class Changes:
    """Changes in the order in which they were made."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def resize(self, name: str, shape: tuple[int, ...]) -> None:
        """Note that a dataset was given a shape."""
        self._note(_RESIZE, name, shape)

    def put(self, name: str, start: int, values: npt.NDArray[Any], column: int = 0) -> None:
        """Note that values were written.

        Args:
            name: of the dataset.
            start: the first entry.
            values: in the type of the dataset, of as many dimensions.
            column: place along the second dimension, if there is one.
        """
        place = (start, column)[: values.ndim]
        self._note(_PUT, name, (*place, *values.shape), values.tobytes())

    def taken(self) -> bytes:
        """Return all changes, and forget them."""
        parts, self._parts = self._parts, []
        return b"".join(parts)

    def _note(self, kind: int, name: str, numbers: tuple[int, ...], data: bytes = b"") -> None:
        self._parts += (
            _head(kind, name, len(numbers)),
            _numbers(len(numbers)).pack(*numbers, len(data)),
            data,
        )


@lru_cache(maxsize=4096)
def _head(kind: int, name: str, count: int) -> bytes:
    """Return the first bytes of a change: a file has a few hundred different ones."""
    raw = name.encode()
    return _HEAD.pack(kind, len(raw), count) + raw


@lru_cache
def _numbers(count: int) -> struct.Struct:
    """Return the form of the numbers of a change, and of the size of its data."""
    return struct.Struct(f"<{count}QQ")


class Applied:
    """A file to which changes are applied.

    Args:
        file: a copy of the file as it was before the first of them, open for writing.
    """

    def __init__(self, file: h5py.File) -> None:
        self._file = file
        self._entries: dict[str, Entries] = {}

    def apply(self, changes: bytes) -> None:
        """Apply changes, one after the other."""
        at = 0
        while at < len(changes):
            kind, length, count = _HEAD.unpack_from(changes, at)
            at += _HEAD.size
            name = changes[at : at + length].decode()
            at += length
            *numbers, size = _numbers(count).unpack_from(changes, at)
            at += 8 * (count + 1)
            if kind == _RESIZE:
                self._to(name).resize(*numbers)
            else:
                self._put(name, numbers, changes[at : at + size])
            at += size

    def _put(self, name: str, numbers: Sequence[int], data: bytes) -> None:
        entries = self._to(name)
        start, shape = numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]
        values = np.frombuffer(data, entries.dtype).reshape(shape)
        if any(start[1:]):
            here = tuple(slice(a, a + n) for a, n in zip(start, shape, strict=True))
            self._file[name][here] = values
        else:
            entries.put(start[0], values)

    def _to(self, name: str) -> Entries:
        if name not in self._entries:
            self._entries[name] = Entries(self._file[name])
        return self._entries[name]
