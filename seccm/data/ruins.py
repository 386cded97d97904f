"""Files that HDF5 could not read: they are let alone, because closing them may end the program.

What HDF5 has of a dataset when it stumbles over a damaged index stays half made. Closing it, or
the file, prints errors past this program at best and crashes it at worst (h5py issue 914 is of
this kind). Nothing is written to a file that is open for reading, so it stays open until the end
of the program, which costs a handle.
"""

from __future__ import annotations

import atexit
import ctypes
import sys

import h5py

_read_by_python: list[h5py.Dataset | h5py.File] = []


def let_alone(part: h5py.Dataset | h5py.File) -> None:
    """Close a dataset or a file as late as possible, not when Python has forgotten it."""
    if part.file.driver == "fileobj":
        # HDF5 closes what is left when Python, by which it reads this file, is no more.
        _read_by_python.append(part)
    else:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(part.id))


@atexit.register
def _end() -> None:
    """Close what must not be left to HDF5; nobody can do anything about its complaints now."""
    if _read_by_python:
        sys.excepthook = lambda *_: None
        sys.unraisablehook = lambda _: None
        _read_by_python.clear()
