"""Opening data files for reading: finished ones, growing ones, and those that were left behind."""

from __future__ import annotations

from pathlib import Path

import h5py

from seccm.data import guard, repair, vetting
from seccm.data.attempts import open_growing
from seccm.data.header import read_version
from seccm.data.readable import FAILURES
from seccm.data.trouble import said
from seccm.errors import DataFileError


def open_file(path: Path) -> h5py.File:
    """Open a file of ours, as it is, for reading.

    Raises:
        DataFileError: missing, empty, damaged, or not a file of ours.
    """
    mark = repair.mark(path)
    if mark and not (mark > 1 and guard.is_held(path)):
        return _left_behind(path)
    if not mark:
        vetting.vet(path)
    try:
        return _ours(path, _alike(path, growing=bool(mark)))
    except FAILURES as error:
        raise _unreadable(path, error) from error


def _ours(path: Path, file: h5py.File) -> h5py.File:
    """Return a file that was opened if it is one of ours, laid out to the end; else close it."""
    try:
        if "SECCM" not in str(file.attrs.get("Conventions", "")):
            raise DataFileError(f"{path}: an HDF5 file, but not made by seccm.")
        read_version(file, path)  # what is newer may be laid out otherwise
        if not _laid_out(file):
            raise DataFileError(
                f"{path}: the program that made it ended while it created the file, before "
                "anything moved. Delete it and run the plan again."
            )
    except BaseException:
        file.close()
        raise
    return file


def _unreadable(path: Path, error: BaseException) -> DataFileError:
    todo = repair.remedy(path, "If it is a copy, copy it again once the run is over.")
    return DataFileError(f"{path}: the file is damaged: {said(error).rstrip('.')}. {todo}")


def _alike(path: Path, *, growing: bool) -> h5py.File:
    """Open a file with the locking with which this process may have it open already.

    HDF5 shares a file between all of a process, who must agree on it: a run that writes it does
    without, and everybody else, such as xarray, takes the default.
    """
    opened = open_growing if growing else _open_closed
    try:
        return opened(path, locking=None)
    except OSError as error:
        if "locking flag" not in str(error):
            raise
    return opened(path, locking=False)


def _open_closed(path: Path, *, locking: bool | None) -> h5py.File:
    return h5py.File(path, "r", locking=locking)


def _laid_out(file: h5py.File) -> bool:
    """Tell whether the layout was finished: its first session is the last there is to it."""
    session = file.get("session")
    return isinstance(session, h5py.Dataset) and session.ndim == 1 and len(session) > 0


def _left_behind(path: Path) -> h5py.File:
    """Open a file whose program died.

    Not as one that grows: of such a one, HDF5 reads again and again what it does not understand,
    for hours if need be, because the writer might put it right.
    """
    if guard.is_held(path):
        raise DataFileError(f"{path}: a program is creating it right now. Try again.")
    vetting.vet(path)
    unmarked = repair.Unmarked(path)
    try:
        return _ours(path, h5py.File(unmarked, "r"))
    except FAILURES as error:
        unmarked.close()
        raise _unreadable(path, error) from error
    except DataFileError:
        unmarked.close()
        raise
