"""Opening data files for reading: finished ones, growing ones, and those that were left behind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py

from seccm.data import guard, repair
from seccm.data.layout import LIBVER
from seccm.data.readable import FAILURES
from seccm.data.trouble import said
from seccm.errors import DataFileError


def open_file(path: Path) -> h5py.File:
    """Open a file of ours, as it is, for reading.

    Raises:
        DataFileError: missing, empty, damaged, or not a file of ours.
    """
    mark = repair.mark(path)
    if mark == 1:
        return _left_behind(path)
    growing = {"swmr": True, "libver": LIBVER} if mark else {}
    try:
        file = _alike(path, growing)
        conventions = str(file.attrs.get("Conventions", ""))
        laid_out = "SECCM" not in conventions or _laid_out(file)
    except FAILURES as error:
        raise DataFileError(
            f"{path}: the file is damaged: {said(error).rstrip('.')}. "
            "If it is a copy, copy it again once the run is over."
        ) from error
    if "SECCM" not in conventions:
        file.close()
        raise DataFileError(f"{path}: an HDF5 file, but not one of seccm.")
    if not laid_out:
        file.close()
        raise _half(path)
    return file


def _alike(path: Path, options: Mapping[str, Any]) -> h5py.File:
    """Open a file with the locking with which this process may have it open already.

    HDF5 shares a file between all of a process, who must agree on it: a run that writes it does
    without, and everybody else, such as xarray, takes the default.
    """
    try:
        return h5py.File(path, "r", **options)
    except OSError as error:
        if "locking flag" not in str(error):
            raise
    return h5py.File(path, "r", locking=False, **options)


def _laid_out(file: h5py.File) -> bool:
    """Tell whether the layout was finished: its first session is the last there is to it."""
    session = file.get("session")
    return isinstance(session, h5py.Dataset) and session.ndim == 1 and len(session) > 0


def _half(path: Path) -> DataFileError:
    return DataFileError(
        f"{path}: its program died while it laid the file out, before anything had moved. "
        "Delete it and run the plan again."
    )


def _left_behind(path: Path) -> h5py.File:
    """Open a file whose program died before it had made it readable for others.

    That is while it was laid out, or in the moment in which a scan was resumed.
    """
    if guard.is_held(path):
        raise DataFileError(f"{path}: a program is laying it out right now. Try again.")
    unmarked = repair.Unmarked(path)
    try:
        file = h5py.File(unmarked, "r")
        if "SECCM" in str(file.attrs["Conventions"]) and _laid_out(file):
            return file
        file.close()
    except FAILURES:
        pass
    unmarked.close()
    raise _half(path)
