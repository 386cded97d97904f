"""The data file of one run, found again whatever it is called by now."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from threading import Lock

from seccm.data import Scan, open_scan
from seccm.data.whereabouts import Whereabouts, run_id_of
from seccm.errors import DataFileError


class RunFile:
    """Finds one run's file; may be asked from any thread.

    Args:
        path: where the file is, or will be in a moment.
        run_id: of the run; found in the file if it is not given.
    """

    def __init__(self, path: Path, run_id: str = "") -> None:
        self.path = path
        """Where it was last seen."""
        self._run_id = run_id
        self._place: Whereabouts | None = None
        self._lock = Lock()
        with suppress(DataFileError):
            self.where()

    def where(self) -> Path:
        """Find the file by what it is: it may have been renamed, or replaced by a packed copy.

        Raises:
            DataFileError: it is not found any more; what has its name now is another file.
        """
        with self._lock:
            if self._place is None:
                self._follow()
            assert self._place is not None
            found = self._place.look() or self._place.look_for_copy(self._run_id)
            if found is None:
                raise DataFileError(
                    f"{self.path.name}: the file was moved, deleted or replaced. "
                    "Open it again where it is now."
                )
            self.path = found
            return found

    def open(self) -> Scan:
        """Open the file.

        Raises:
            DataFileError: it is not found, or cannot be read.
        """
        scan = open_scan(self.where())
        if self._run_id and scan.header.uuid != self._run_id:
            scan.close()
            raise DataFileError(f"{self.path}: this is the file of another run.")
        return scan

    def close(self) -> None:
        """Follow the file no more; whoever asks for it again finds it by its last name."""
        with self._lock:
            if self._place is not None:
                self._place.close()
                self._place = None

    def _follow(self) -> None:
        place = Whereabouts(self.path)
        run_id = run_id_of(self.path)
        if self._run_id and run_id and run_id != self._run_id:
            place.close()
            raise DataFileError(f"{self.path}: this is the file of another run.")
        self._run_id = self._run_id or run_id
        self._place = place
