"""Seeing what HDF5 writes, inside of this process: its calls of the C library are diverted.

Only for Linux. HDF5 writes by `pwrite64` and `ftruncate64` of the C library, through a table of
addresses that belongs to HDF5 alone and lies in writable memory; see the "System V ABI", chapter
5, "Procedure Linkage Table". No compiler and no other program is needed for it.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py  # noqa: F401, what is looked for must be loaded

_DYNAMIC = 2
_STRINGS, _SYMBOLS, _RELOCATIONS, _RELOCATIONS_SIZE = 5, 6, 23, 2
_SIZE = 24
"""Bytes of an entry of the symbol table and of the relocations, on 64-bit systems."""
_WRITE = ctypes.CFUNCTYPE(
    ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64
)
_TRUNCATE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int64)


@contextmanager
def seen(
    wrote: Callable[[Path, int, bytes], None], cut: Callable[[Path, int], None]
) -> Iterator[None]:
    """Have every write and every change of length of HDF5 told after it was done.

    Args:
        wrote: takes the path, the place and the bytes.
        cut: takes the path and the length.
    """
    libc = ctypes.CDLL(None, use_errno=True)

    @_WRITE
    def write(descriptor: int, buffer: int, size: int, offset: int) -> int:
        done = int(libc.pwrite64(descriptor, ctypes.c_void_p(buffer), size, ctypes.c_int64(offset)))
        if done > 0:
            wrote(_path(descriptor), offset, ctypes.string_at(buffer, done))
        return done

    @_TRUNCATE
    def truncate(descriptor: int, size: int) -> int:
        done = int(libc.ftruncate64(descriptor, ctypes.c_int64(size)))
        if done == 0:
            cut(_path(descriptor), size)
        return done

    libc.pwrite64.restype = ctypes.c_ssize_t
    libc.pwrite64.argtypes = _WRITE._argtypes_
    slots = _slots("pwrite64", "ftruncate64")
    before = [slot.value for slot in slots]
    for slot, diverted in zip(slots, (write, truncate), strict=True):
        slot.value = ctypes.cast(diverted, ctypes.c_void_p).value
    try:
        yield
    finally:
        for slot, original in zip(slots, before, strict=True):
            slot.value = original


def _path(descriptor: int) -> Path:
    return Path(os.readlink(f"/proc/self/fd/{descriptor}"))


def _slots(*names: str) -> list[ctypes.c_void_p]:
    """Return where HDF5 keeps the addresses of some functions of the C library."""
    base = _base()
    dynamic = _dynamic(base)
    strings, symbols = dynamic[_STRINGS], dynamic[_SYMBOLS]
    found = {}
    for k in range(0, dynamic[_RELOCATIONS_SIZE], _SIZE):
        entry = ctypes.string_at(dynamic[_RELOCATIONS] + k, _SIZE)
        place, info = struct.unpack_from("<QQ", entry)
        (name,) = struct.unpack("<I", ctypes.string_at(symbols + (info >> 32) * _SIZE, 4))
        found[ctypes.string_at(strings + name).decode()] = base + place
    return [ctypes.c_void_p.from_address(found[name]) for name in names]


def _base() -> int:
    """Return where HDF5 lies in memory."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        if Path(line.split()[-1]).name.startswith(("libhdf5-", "libhdf5.so")):
            return int(line.partition("-")[0], 16)
    raise LookupError("HDF5 is not loaded")


def _dynamic(base: int) -> dict[int, int]:
    """Return the entries of the dynamic section, addresses in memory."""
    (headers,) = struct.unpack("<Q", ctypes.string_at(base + 32, 8))
    size, count = struct.unpack("<HH", ctypes.string_at(base + 54, 4))
    for k in range(count):
        header = ctypes.string_at(base + headers + k * size, size)
        kind, _, _, address, _, _, length, _ = struct.unpack("<IIQQQQQQ", header)
        if kind == _DYNAMIC:
            pairs = struct.iter_unpack("<QQ", ctypes.string_at(base + address, length))
            values = dict(pairs)
            # The loader has turned some of the addresses into those of memory already.
            for tag in (_STRINGS, _SYMBOLS, _RELOCATIONS):
                values[tag] += base if values[tag] < base else 0
            return values
    raise LookupError("no dynamic section")
