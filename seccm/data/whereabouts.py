"""Where a data file is now: found by what it is, since its name may change while a run writes it.

A file that is open is known by its inode, wherever it is moved to and whatever it is called; a
copy that took its place, such as the compressed one, by the ID of its run. On Windows a file
cannot be renamed while it is written, so only its name is looked at.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from seccm.data.opening import open_file
from seccm.data.replacing import put_in_place
from seccm.errors import DataFileError

_GONE = " (deleted)"
"""What Linux adds to the name of a file that has none any more."""


class Whereabouts:
    """Follows a file.

    Args:
        path: the file, which is there.

    Raises:
        DataFileError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        """Where it was last seen."""
        self._descriptor = -1
        self._open()

    def look(self) -> Path | None:
        """Find the file; return its path, or None where it has been deleted or is not found."""
        if self._descriptor < 0:
            return self.path if os.path.exists(self.path) else None
        names = (self.path, self._name(), *self._neighbours())
        for name in names:
            if name is not None and self._is(name):
                self.path = name
                return name
        return None

    def look_for_copy(self, run_id: str) -> Path | None:
        """Find the copy of the file that took its place, and follow that from now on."""
        for name in (self.path, self._name()):
            if name is not None and run_id_of(name) == run_id:
                self.close()
                self.path = name
                self._open()
                return name
        return None

    def rescue(self, run_id: str) -> Path | None:
        """Give a name again to a file that was deleted; return it, or None if there is no need.

        Raises:
            DataFileError: there is no room for it.
        """
        if self._descriptor < 0 or os.fstat(self._descriptor).st_nlink > 0:
            return None
        path = self.path.absolute()
        spare = path.with_name(f"{path.stem}-{run_id[:8]}{path.suffix}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            target = path if not path.exists() else spare
            with os.fdopen(os.dup(self._descriptor), "rb") as old, target.open("xb") as new:
                old.seek(0)
                shutil.copyfileobj(old, new)
                new.flush()
                os.fsync(new.fileno())
        except OSError as error:
            raise DataFileError(
                f"{path}: the file was deleted during the run, and cannot be written again: "
                f"{error.strerror}."
            ) from error
        self.close()
        self.path = target
        self._open()
        return target

    def take_place(self, copy: Path) -> Path:
        """Put a copy in the place of the file, wherever that is now; return the path.

        Raises:
            DataFileError: the file is not found any more; another one may have its name.
        """
        path = self.look()
        if path is None:
            raise DataFileError(
                f"{self.path}: the file was moved, deleted or replaced meanwhile, and was left as "
                "it is. Do it again with the file where it is now."
            )
        self.close()
        put_in_place(copy, path)
        return path

    def close(self) -> None:
        """Follow the file no more."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        self.close()

    def _open(self) -> None:
        if sys.platform == "win32":
            return
        try:
            self._descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise DataFileError(f"{self.path}: cannot be read: {error.strerror}.") from error

    def _is(self, path: Path) -> bool:
        with suppress(OSError):
            return os.path.samestat(path.stat(), os.fstat(self._descriptor))
        return False

    def _name(self) -> Path | None:
        """Return what the system calls the file, or called it last."""
        if self._descriptor < 0:
            return None
        with suppress(OSError):
            if sys.platform == "darwin":
                import fcntl

                told = fcntl.fcntl(self._descriptor, fcntl.F_GETPATH, bytes(1024))
                return Path(os.fsdecode(told.rstrip(b"\0")))
            return Path(os.readlink(f"/proc/self/fd/{self._descriptor}").removesuffix(_GONE))
        return None

    def _neighbours(self) -> list[Path]:
        with suppress(OSError):
            return [path for path in self.path.parent.iterdir() if path.suffix == self.path.suffix]
        return []


def run_id_of(path: Path) -> str:
    """Return the ID of the run in a data file; empty where there is none to be read."""
    with suppress(DataFileError, OSError, RuntimeError, KeyError), open_file(path) as file:
        return str(file.attrs["scan_uuid"])
    return ""
