"""Knowing whether a program is writing a file, or only was when it died.

The operating system drops a lock with the program that holds it. The lock is one that other
readers do not notice: shared on POSIX, and far behind the end of the file on Windows.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 62

    def hold(descriptor: int) -> None:
        """Say for as long as the descriptor stays open that this program writes the file."""
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

    def _try(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def hold(descriptor: int) -> None:
        """Say for as long as the descriptor stays open that this program writes the file."""
        # Waits for the instant that `is_held` of another program takes.
        fcntl.flock(descriptor, fcntl.LOCK_SH)

    def _try(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_held(path: Path) -> bool:
    """Tell whether a program writes the file, this one included."""
    mode = os.O_RDWR if os.access(path, os.W_OK) else os.O_RDONLY
    descriptor = os.open(path, mode | getattr(os, "O_BINARY", 0))
    try:
        _try(descriptor)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
