"""Opening a growing file so that HDF5 gives up on what is damaged in it.

Of a file that another program writes, HDF5 reads again what it does not understand, because the
writer may be in the middle of it: a hundred times, and waits twice as long each time, which is
hours in the end. A part that was written whole is understood at once; one that is not understood
after two seconds is damaged.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import h5py
from h5py._hl.files import make_fapl  # what is open in one process must be opened in one way
from h5py._objects import phil  # one thread at a time in HDF5

from seccm.data.layout import LIBVER

ATTEMPTS = 31
"""The waits are 1 ns, 2 ns, 4 ns and so on: about two seconds in all."""


def open_growing(path: Path, *, locking: bool | None = None) -> h5py.File:
    """Open a file that a program may be writing, for reading along.

    Args:
        path: of the file.
        locking: as h5py takes it; None is HDF5's default.

    Raises:
        OSError, RuntimeError: HDF5 cannot open it.
    """
    access = make_fapl(None, libver=LIBVER, locking=locking)
    # h5py has no function of its own for it. HDF5 is found through h5py, or by its name on Windows.
    hdf5 = ctypes.CDLL("hdf5" if sys.platform == "win32" else h5py.h5p.__file__)
    with phil:  # ctypes lets other threads run meanwhile, and two of them in HDF5 end the program
        hdf5.H5Pset_metadata_read_attempts(ctypes.c_int64(access.id), ctypes.c_uint(ATTEMPTS))
    flags = h5py.h5f.ACC_RDONLY | h5py.h5f.ACC_SWMR_READ
    return h5py.File(h5py.h5f.open(os.fsencode(path), flags, fapl=access))
