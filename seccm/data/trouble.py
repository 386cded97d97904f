"""Files that could not be written to the end: what to say of it, and how to let go of them."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import h5py

from seccm.data.layout import LIBVER

SPARE = 64_000_000
"""Bytes that must stay free on the disk while a run writes its file."""
_FULL = (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC,)


def said(error: BaseException) -> str:
    """Return what the system said, which HDF5 packs into a long text of its own."""
    found = re.search(r"error message = '([^']+)'", str(error))
    return found[1] if found else getattr(error, "strerror", None) or str(error)


def is_full(error: BaseException) -> bool:
    """Tell whether there was no room: on the disk, or of what the user may have of it."""
    strings = [os.strerror(code) for code in _FULL]
    return getattr(error, "errno", None) in _FULL or said(error) in strings


def todo(error: BaseException, otherwise: str) -> str:
    """Return what to do where a file cannot be made: a sentence.

    Args:
        error: that the system raised.
        otherwise: what to do unless the name is the reason; files beside it have longer ones.
    """
    too_long = getattr(error, "errno", None) == errno.ENAMETOOLONG
    return "Choose a shorter name." if too_long else otherwise


def abandon(file: h5py.File) -> None:
    """Let go of a file that could not be written; on the disk it stays as it is.

    HDF5 tries again to write what it could not, when it closes the file and at the end of the
    program, and then crashes (h5py issue 914). Where that can be done, it therefore writes to
    where nothing is kept, and nothing is ever too large, from now on.
    """
    with suppress(OSError, RuntimeError, ValueError):
        # The failure itself has been reported already.
        if os.name == "posix":
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, file.id.get_vfd_handle())
            os.close(nowhere)
        file.close()


@contextmanager
def written(path: Path, mode: str) -> Iterator[h5py.File]:
    """Open a file to write something into it; if that fails, it is left as it is then."""
    file = h5py.File(path, mode, libver=LIBVER, locking=False)
    try:
        yield file
        # Here and not as it is closed: what fails there can no longer be let go of.
        file.flush()
    except BaseException:
        abandon(file)
        raise
    file.close()


def discard(path: Path) -> None:
    """Remove a file that was begun, if there is one and the folder lets us."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
