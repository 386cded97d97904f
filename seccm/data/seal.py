"""A seal at the end of a closed file: proof that its structure is as it was written.

HDF5 may crash over a damaged structure, even after it has told the damage by a checksum of its
own: what it read half stays in its memory. So a closed file is compared with its seal before HDF5
opens it. The seal lies behind the last byte that HDF5 knows of, where other programs do not look;
a program that changes the file with HDF5 cuts it off. It holds a CRC-32 of all bytes but those of
samples and numbers: HDF5 does not follow these to anywhere, and the sites have checksums of their
own. A file of 100 MB has less than one of structure, so the comparison takes about a millisecond.

A digest of the whole file lost: reading 100 MB takes longer than opening them. Checking HDF5's own
checksums lost: it takes a second reader of HDF5 files, and does not see texts of any length.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from seccm.data.layout import datasets

Places = npt.NDArray[np.uint64]
"""First bytes and numbers of bytes, shape (places, 2)."""
_SIGNATURE = b"SECCMEND"
_FOOT = struct.Struct("<8sQQI")
"""Signature, bytes before the seal, number of ranges that it covers, CRC-32."""
_PLACE = np.dtype("<u8")
_SHORT = 1 << 16
"""Bytes of numbers that are rather compared along than left out: ranges take time, too."""


def places_of_numbers(columns: Iterable[h5py.Dataset]) -> Places:
    """Return where a file has chunks of plain numbers and texts, in the order of their places.

    Args:
        columns: all datasets of the file.
    """
    found: list[tuple[int, int]] = []
    for dataset in columns:
        # What is of any length is stored as an address, which HDF5 follows.
        if dataset.chunks and dataset.dtype.kind != "O":
            dataset.id.chunk_iter(lambda chunk: found.append((chunk.byte_offset, chunk.size)))
    return np.array(sorted(found), np.uint64).reshape(-1, 2)


def append(descriptor: int, numbers: Places) -> None:
    """Seal a file that was closed.

    Args:
        descriptor: of the file, open for reading and writing.
        numbers: where its numbers lie.
    """
    end = os.fstat(descriptor).st_size
    ranges = _others(numbers, end)
    with os.fdopen(os.dup(descriptor), "rb") as file:
        foot = _foot(file, end, ranges)
    os.lseek(descriptor, end, os.SEEK_SET)
    os.write(descriptor, ranges.astype(_PLACE).tobytes() + foot)
    os.fsync(descriptor)


def seal(path: Path) -> None:
    """Seal a file that nobody has open, whose structure is known to be whole."""
    with h5py.File(path, "r", locking=False) as file:
        numbers = places_of_numbers(datasets(file).values())
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        append(descriptor, numbers)
    finally:
        os.close(descriptor)


def holds(path: Path) -> bool:
    """Tell whether a file is sealed, and its structure is the one that was sealed."""
    with suppress(OSError), path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - _FOOT.size))
        foot = file.read()
        if len(foot) == _FOOT.size and foot.startswith(_SIGNATURE):
            _, end, count, _ = _FOOT.unpack(foot)
            if end + 2 * _PLACE.itemsize * count + _FOOT.size == size:
                file.seek(end)
                told = file.read(2 * _PLACE.itemsize * count)
                return foot == _foot(file, end, np.frombuffer(told, _PLACE).reshape(-1, 2))
    return False


def _others(numbers: Places, end: int) -> Places:
    """Return what lies between places in a file; between those that are long enough."""
    starts, sizes = numbers[:, 0], numbers[:, 1]
    # Places that touch one another are one place.
    first = np.append(True, starts[1:] != (starts + sizes)[:-1])[: len(starts)]
    starts, stops = starts[first], (starts + sizes)[np.append(first[1:], True)[: len(starts)]]
    long = stops - starts >= _SHORT
    edges = np.r_[0, np.stack((starts[long], stops[long]), axis=1).ravel(), end]
    between = edges.astype(np.uint64).reshape(-1, 2)
    return np.stack((between[:, 0], between[:, 1] - between[:, 0]), axis=1)


def _foot(file: io.BufferedIOBase, end: int, ranges: Places) -> bytes:
    """Return the end of a seal."""
    count = len(ranges)
    checksum = zlib.crc32(ranges.astype(_PLACE).tobytes(), zlib.crc32(struct.pack("<Q", end)))
    for part in _parts(file, ranges):
        checksum = zlib.crc32(part, checksum)
    return _FOOT.pack(_SIGNATURE, end, count, checksum)


def _parts(file: io.BufferedIOBase, ranges: Places) -> Iterator[bytes]:
    for start, size in ranges.tolist():
        file.seek(start)
        while size > 0 and (part := file.read(min(size, 1 << 20))):
            yield part
            size -= len(part)
