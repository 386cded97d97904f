"""The mark that a killed program leaves in its file, and how to take it off.

HDF5 marks a file in byte 11 of its superblock while somebody writes it; a program that is killed
leaves the mark, and the file then refuses to be opened. Taking it off needs no tool of HDF5: the
byte is set to zero and the checksum of the first 44 bytes computed again. The hash is lookup3 of
Bob Jenkins (public domain, 2006), as in the "HDF5 File Format Specification", section II.A.
"""

from __future__ import annotations

import io
import os
import struct
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from seccm.data import guard
from seccm.errors import DataFileError, shown
from seccm.shell import command
from seccm.text_files import not_a_file

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SIZE = 48
_CHECKED = 44
_VERSION, _FLAGS, _END = 8, 11, 28
_WRITING, _GROWING = 1, 4


def mark(path: Path) -> int:
    """Return the mark of a file: 0 closed, 1 being written, 5 growing (or killed so).

    Raises:
        DataFileError: the file is missing, empty, or no HDF5 file.
    """
    head = _superblock(path)
    return head[_FLAGS] & (_WRITING | _GROWING) if head[_VERSION] >= 3 else 0


def redo_log(path: Path) -> Path:
    """Return where the redo log of a growing file is."""
    return path.with_name(path.name + ".redo")


def remedy(path: Path, otherwise: str) -> str:
    """Return what to do about a file that cannot be read, a sentence or two.

    Args:
        path: the file.
        otherwise: what to do where its redo log is of no help.
    """
    log = redo_log(path)
    if os.path.exists(log):
        again = command("python", "-m", "seccm.data", "repair", path)
        return f"After a power cut, first run: {again}"
    with suppress(DataFileError):
        if mark(path):
            otherwise += f" After a power cut, it can be repaired with {log.name} beside it."
    return otherwise


def clear(path: Path) -> bool:
    """Take the mark off a file whose program has died; return whether there was one.

    Nobody may be writing the file: two writers destroy it.
    """
    if not mark(path):
        return False
    with path.open("r+b") as file:
        clear_open(file.fileno())
    return True


def clear_open(descriptor: int) -> None:
    """Take the mark off a file that is open, whatever it is called by now."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    head = os.read(descriptor, _SIZE)
    if head[_VERSION] >= 3 and head[_FLAGS] & (_WRITING | _GROWING):
        size = os.fstat(descriptor).st_size
        head = _unmarked(head, size)
        (end,) = struct.unpack_from("<Q", head, _END)
        if end > size:
            # A full disk: nothing that was made safe lies there, but HDF5 wants it to exist.
            os.ftruncate(descriptor, end)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, head)
    os.fsync(descriptor)


class Unmarked(io.FileIO):
    """A file to read as if it had no mark; the file itself is left as it is.

    Where the disk was full the head may speak of an end that was never reached; HDF5 refuses such
    a file, although nothing that was made safe lies there. It is read as zeros; in a copy that
    was cut short, there may have been more.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "r")
        size = self._end = path.stat().st_size
        self._head = _unmarked(_superblock(path), size)
        if self._head[_VERSION] >= 3:
            (self._end,) = struct.unpack_from("<Q", self._head, _END)
        self.short = self._end > size
        """Whether there is less than the head says."""

    def __del__(self) -> None:
        # HDF5 lets go of it when its file is closed, but does not close it.
        self.close()

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place; the end is where the head says, or beyond."""
        if whence == os.SEEK_END:
            return super().seek(self._end + offset)
        return super().seek(offset, whence)

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read like any file, but for the first bytes and what is missing at the end."""
        start = self.tell()
        view = memoryview(buffer).cast("B")
        count = super().readinto(view)
        missing = min(len(view), self._end - start) - count
        if missing > 0 and start + count >= os.fstat(self.fileno()).st_size:
            view[count : count + missing] = bytes(missing)
            count = super().seek(start + count + missing) - start
        if start < _SIZE and count:
            stop = min(_SIZE, start + count)
            view[: stop - start] = self._head[start:stop]
        return count


def _unmarked(head: bytes, size: int) -> bytes:
    """Return the first bytes of a file without the mark, their checksum made to fit.

    The end that a growing file states falls behind what is written: HDF5 refuses to read beyond
    it, and would write over it. Everything that is there belongs to the file.
    """
    if head[_VERSION] < 3:
        return head
    end = struct.pack("<Q", max(size, *struct.unpack_from("<Q", head, _END)))
    checked = head[:_FLAGS] + bytes(1) + head[_FLAGS + 1 : _END] + end + head[_END + 8 : _CHECKED]
    return checked + struct.pack("<I", lookup3(checked))


def _superblock(path: Path) -> bytes:
    try:
        # Opening a pipe would wait for somebody to write into it.
        if kind := not_a_file(path.stat().st_mode):
            raise DataFileError(f"{path}: is {kind}. A data file of seccm ends in .h5.")
        with path.open("rb") as file:
            head = file.read(_SIZE)
    except FileNotFoundError:
        raise DataFileError(f"{path}: there is no such file. Check the path.") from None
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read: {error.strerror}.") from error
    except ValueError:  # A path with a NUL in it.
        raise DataFileError(f"{shown(str(path))}: this is not a valid file name.") from None
    if not head and guard.is_held(path):
        raise DataFileError(f"{path}: a program is creating it right now. Try again.")
    if not head:
        raise DataFileError(
            f"{path}: the file is empty. The program that made it ended before anything moved; "
            "delete it and start again."
        )
    if not head.startswith(SIGNATURE) or len(head) < _SIZE:
        raise DataFileError(f"{path}: this is not an HDF5 file. A data file of seccm ends in .h5.")
    if head[_VERSION] >= 3 and lookup3(head[:_CHECKED]) != struct.unpack("<I", head[_CHECKED:])[0]:
        raise DataFileError(
            f"{path}: the file is damaged: its first bytes are not those that were written. Use a "
            "copy of the file, if there is one."
        )
    return head


def lookup3(data: bytes) -> int:
    """Return the 32-bit hash of some bytes, as HDF5 computes its metadata checksums."""
    a = b = c = (0xDEADBEEF + len(data)) & 0xFFFFFFFF
    words: tuple[int, ...] = struct.unpack(
        f"<{-(-len(data) // 12) * 3}I", data + bytes(-len(data) % 12)
    )
    for k in range(0, len(words) - 3, 3):
        a, b, c = (v + w & 0xFFFFFFFF for v, w in zip((a, b, c), words[k : k + 3], strict=True))
        for turn in (4, 6, 8, 16, 19, 4):
            # Each line of the original's mix(), with the three variables trading places.
            a = (a - c & 0xFFFFFFFF) ^ _rotated(c, turn)
            c = c + b & 0xFFFFFFFF
            a, b, c = b, c, a
    if not data:
        return c
    a, b, c = (v + w & 0xFFFFFFFF for v, w in zip((a, b, c), words[-3:], strict=True))
    for turn in (14, 11, 25, 16, 4, 14, 24):
        # And of final(): c ^= b, c -= rot(b); then a from c, b from a, c from b and so on.
        c = (c ^ b) - _rotated(b, turn) & 0xFFFFFFFF
        a, b, c = b, c, a
    # After seven turns the variable that was changed last stands in b.
    return int(b)


def _rotated(word: int, by: int) -> int:
    return (word << by | word >> (32 - by)) & 0xFFFFFFFF
