"""Putting a new file in the place of an old one, so that no power cut can take both."""

from __future__ import annotations

import os
from pathlib import Path


def put_in_place(new: Path, path: Path) -> None:
    """Give a file that is complete the name of another, which is replaced or did not exist.

    The contents are on the disk before the name is changed, and the name is on the disk when
    this returns: what is made safe in the new file later cannot disappear behind the old one.

    Raises:
        OSError: the file cannot be written, or has another owner; the old one is as it was.
    """
    with new.open("r+b") as whole:
        os.fsync(whole.fileno())
    new.replace(path)
    if os.name == "posix":
        # Windows writes names by itself and cannot open a folder.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
