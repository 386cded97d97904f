"""The redo log of a growing file: all that is needed to make the file again after a power cut.

A killed program leaves what it wrote; a power cut leaves any part of what the disk had not been
told to keep. HDF5 changes its indexes in place, so that such a part may be unreadable, finished
sites included. Beside a growing file there is therefore a file to which is only appended: first
an image of the data file without samples, and where in the data file its samples lie; then, for
each commit, what was changed. A record that was cut off is known by its length or its checksum,
and nothing before it can be hurt (write-ahead logging; Mohan et al., ACM Trans. Database Syst. 17
(1992) 94). A file that is closed has no redo log.
"""

from __future__ import annotations

import io
import json
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Self

import h5py
import numpy as np

from seccm.data import guard
from seccm.data.changes import Applied
from seccm.data.layout import LIBVER, datasets
from seccm.data.opening import open_file
from seccm.data.packing import copy, is_bulk
from seccm.data.readable import FAILURES
from seccm.data.repair import redo_log
from seccm.data.replacing import put_in_place
from seccm.data.trouble import discard, said, written
from seccm.errors import DataFileError

_SIGNATURE = b"SECCM redo log 1\n"
_FRAME = struct.Struct("<QI")
"""Bytes in a record; CRC-32 of them and of all records before.

So neither zeros nor what the disk held before, another log perhaps, count as a record.
"""
_END = b"closed"
"""The record that says that the data file was closed, complete and on the disk."""
_PLACE = np.dtype([("name", "S16"), ("row", "<u8"), ("start", "<u8"), ("at", "<u8")])
"""Where a chunk lies: its dataset, its place in that, its address in the file."""


class RedoLog:
    """The redo log of a file that is written: only ever appended to."""

    def __init__(self, path: Path, descriptor: int, checksum: int) -> None:
        self.path = path
        self._descriptor, self._checksum = descriptor, checksum

    @classmethod
    def begin(cls, path: Path) -> Self:
        """Begin the redo log of a closed file, before anything is written into that.

        Raises:
            OSError: it cannot be written.
        """
        log = redo_log(path)
        part = log.with_name(log.name + ".part")
        _put_aside(path)
        try:
            with part.open("wb") as file, h5py.File(path, "r") as source:
                file.write(_SIGNATURE)
                checksum = zlib.crc32(_SIGNATURE)
                for record in _base(path, source):
                    checksum = zlib.crc32(record, checksum)
                    file.write(_FRAME.pack(len(record), checksum) + record)
            put_in_place(part, log)
        finally:
            discard(part)
        descriptor = os.open(log, os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0))
        return cls(log, descriptor, checksum)

    def append(self, changes: bytes) -> None:
        """Append what was changed; a killed program has written it, a power cut may take it.

        Raises:
            OSError: there is no room.
        """
        self._checksum = zlib.crc32(changes, self._checksum)
        record = memoryview(_FRAME.pack(len(changes), self._checksum) + changes)
        while record:
            record = record[os.write(self._descriptor, record) :]

    def sync(self) -> None:
        """Wait until the disk has everything."""
        # There is no fdatasync on Windows; fsync is FlushFileBuffers there.
        getattr(os, "fdatasync", os.fsync)(self._descriptor)

    def close(self) -> None:
        """Let go of the log, which stays."""
        os.close(self._descriptor)

    def end(self) -> None:
        """Remove the log: the data file is closed and on the disk."""
        with suppress(OSError):
            # The data file is whole, whatever becomes of this.
            self.append(_END)
            self.sync()
        mine = os.fstat(self._descriptor)
        self.close()
        with suppress(OSError):
            # Another run may have this name by now, if its data file was moved away.
            if os.path.samestat(self.path.stat(), mine):
                discard(self.path)


def rebuild(path: Path, part: Path) -> bool:
    """Write a data file again, as it was at the last commit that is whole.

    Args:
        path: the data file, of which a redo log was left behind.
        part: the new file.

    Returns:
        Whether the data file was shorter than it says.

    Raises:
        OSError: it cannot be read or written.
    """
    records = _records(redo_log(path))
    next(records)
    part.write_bytes(next(records))
    places = np.frombuffer(next(records), _PLACE)
    with path.open("rb") as source, written(part, "r+") as file:
        short = [_fill(file, place, source) for place in places]
        applied = Applied(file)
        for record in records:
            applied.apply(record)
    return any(short)


def restore(path: Path) -> bool:
    """Make a data file again from its redo log; return False where it has none.

    Raises:
        DataFileError: a program is writing it, or it cannot be made again.
    """
    if not is_left_behind(path):
        return False
    if guard.is_held(path):
        raise DataFileError(f"{path}: a program is writing this file. End it, then try again.")
    part = path.with_name(path.name + ".part")
    try:
        rebuild(path, part)
        put_in_place(part, path)
    except FAILURES as error:
        raise DataFileError(
            f"{path}: cannot be made again from {redo_log(path).name}: {said(error)}. It is as it "
            "was; it takes a folder that can be written, and room for a copy."
        ) from error
    finally:
        discard(part)
    discard(redo_log(path))
    return True


def is_left_behind(path: Path) -> bool:
    """Tell whether there is a redo log with which a file can be made again.

    That of another run, of an earlier session, or of a file that was closed does not count.
    """
    identity = _identity(redo_log(path))
    if identity is None or not os.path.isfile(path):
        return False
    with suppress(DataFileError, *FAILURES), open_file(path) as file:
        return bool(_identity_of(file) == identity)
    # A file that cannot be read is what a redo log is for.
    return True


def _put_aside(path: Path) -> None:
    """Keep the redo log of another file that had this name: its data file may be elsewhere."""
    log = redo_log(path)
    identity = _identity(log)
    if identity is None:
        return
    with h5py.File(path, "r") as file:
        run = str(identity["run"])
        if run != _identity_of(file)["run"]:
            log.replace(log.with_name(f"{log.name}-{run[:8]}"))


def _identity_of(file: h5py.File) -> dict[str, Any]:
    return {"run": str(file.attrs["scan_uuid"]), "sessions": len(file["session"])}


def _identity(log: Path) -> dict[str, Any] | None:
    """Return of what a redo log is; None where it is none, or its data file was closed."""
    try:
        records = _records(log)
        identity: dict[str, Any] = json.loads(next(records))
        following = 0
        for record in records:
            if record == _END:
                return None
            following += 1
    except (OSError, ValueError, StopIteration):
        return None
    return identity if following >= 2 else None


def _base(path: Path, source: h5py.File) -> Iterator[bytes]:
    """Yield of what the log is, the file without samples, and where its samples lie."""
    yield json.dumps(_identity_of(source)).encode()
    found = datasets(source)
    bulk = (dataset for name, dataset in found.items() if is_bulk(name, found))
    places = [place for dataset in bulk for place in _places(dataset)]
    if places:
        image = io.BytesIO()
        with h5py.File(image, "w", libver=LIBVER) as target:
            copy(source, target, packed=False, path=path, bulk=False)
        yield image.getvalue()
    else:
        yield path.read_bytes()
    yield np.array(places, _PLACE).tobytes()


def _places(dataset: h5py.Dataset) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield where the chunks of a dataset lie."""
    found: list[int] = []
    dataset.id.chunk_iter(lambda chunk: found.append(chunk.byte_offset))
    # Of two dimensions HDF5, to 2.0 at least, tells the order but wrong places.
    rows = dataset.shape[0] if dataset.ndim > 1 else 1
    for k, at in enumerate(found):
        yield dataset.name.lstrip("/").encode(), k % rows, k // rows * dataset.chunks[-1], at


def _fill(file: h5py.File, place: np.void, source: BinaryIO) -> bool:
    """Copy a chunk of samples; return whether some of it was missing."""
    dataset = file[place["name"].decode()]
    row, start, at = (int(place[name]) for name in ("row", "start", "at"))
    size: int = int(np.prod(dataset.chunks)) * dataset.dtype.itemsize
    source.seek(at)
    data = source.read(size)
    offset = (row, start) if dataset.ndim > 1 else (start,)
    # What is missing of a file that was cut short becomes zero: the sites' checksums tell.
    dataset.id.write_direct_chunk(offset, data + bytes(size - len(data)))
    return len(data) < size


def _records(log: Path) -> Iterator[bytes]:
    """Yield the records that are whole, up to the first one that is not.

    Raises:
        ValueError: it is no redo log.
    """
    with log.open("rb") as file:
        if file.read(len(_SIGNATURE)) != _SIGNATURE:
            raise ValueError(f"{log}: no redo log.")
        yield from _whole(file, log.stat().st_size)


def _whole(file: BinaryIO, end: int) -> Iterator[bytes]:
    total = zlib.crc32(_SIGNATURE)
    while len(head := file.read(_FRAME.size)) == _FRAME.size:
        size, checksum = _FRAME.unpack(head)
        if size > end - file.tell():
            return
        record = file.read(size)
        total = zlib.crc32(record, total)
        if total != checksum:
            return
        yield record
