"""Knowing whether a program is writing a file, or only was when it died.

The operating system drops a lock with the program that holds it. The lock lies on a byte far
behind the end of the file, where it and the locks of those who read, HDF5's among them, do not
meet: a notebook that has the file open is no writer, and the writer does not keep it out.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_FAR = 1 << 62

if sys.platform == "win32":
    import msvcrt

    def hold(descriptor: int) -> None:
        """Say for as long as the descriptor stays open that this program writes the file."""
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

    def _is_held(descriptor: int) -> bool:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return True
        return False
elif sys.platform == "linux":
    import fcntl
    import struct

    # Of the open file, not of the process: another descriptor that this process closes, such as
    # a reader's, does not drop it, and this process, too, can ask whether there is one.
    _LOCK = "hhqqi0q"

    def _record(kind: int) -> bytes:
        return struct.pack(_LOCK, kind, os.SEEK_SET, _FAR, 1, 0)

    def hold(descriptor: int) -> None:
        """Say for as long as the descriptor stays open that this program writes the file."""
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _record(fcntl.F_WRLCK))

    def _is_held(descriptor: int) -> bool:
        answer = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _record(fcntl.F_WRLCK))
        return bool(struct.unpack(_LOCK, answer)[0] != fcntl.F_UNLCK)
else:
    import fcntl

    def hold(descriptor: int) -> None:
        """Say for as long as the descriptor stays open that this program writes the file."""
        # There are only locks of the whole file here. A shared one lets others read; the price
        # is that a reader with a lock of its own cannot be told from a writer.
        fcntl.flock(descriptor, fcntl.LOCK_SH)

    def _is_held(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        return False


def is_held(path: Path) -> bool:
    """Tell whether a program writes the file, this one included."""
    mode = os.O_RDWR if os.access(path, os.W_OK) else os.O_RDONLY
    descriptor = os.open(path, mode | getattr(os, "O_BINARY", 0))
    try:
        return _is_held(descriptor)
    finally:
        os.close(descriptor)
