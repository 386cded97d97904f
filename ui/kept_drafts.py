"""Plans that were edited and not saved, kept beside the window's settings until somebody decides.

Each window writes to a file of its own, with a lock that ends with the window; what has no such
lock was left behind: by a window that was closed, or killed.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from PySide6.QtCore import QLockFile, QSettings, QStandardPaths

from seccm.errors import PlanError
from seccm.text_files import Unreadable, read_text
from ui.models.draft import Draft
from ui.models.whole_files import whole

_HEAD = "# Unsaved changes of a plan, kept by the window of seccm: "


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan that was left behind."""

    file: Path
    draft: Draft
    when: str
    """When it was edited last."""


class KeptDrafts:
    """Keeps one window's unsaved plan, and finds those that others left behind.

    Args:
        folder: where they are kept; made when there is something to keep.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / f"{datetime.now():%Y-%m-%d-%H%M%S}-{uuid4().hex[:6]}.toml"
        self._locks: dict[Path, QLockFile] = {}

    def keep(self, draft: Draft) -> None:
        """Write a plan down, in the place of what this window kept before.

        Raises:
            OSError: it cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock(self._file)
        told = json.dumps({"path": str(draft.path or ""), "as_read": draft.as_read,
                           "when": f"{datetime.now():%d %b, %H:%M}"})  # fmt: skip
        with whole(self._file) as stream:
            stream.write(f"{_HEAD}{told}\n{draft.text}")

    def forget(self) -> None:
        """Forget what this window kept: it is saved, or given up."""
        self.drop(self._file)

    def left_behind(self) -> list[Kept]:
        """Return what others left, the newest first; it is this window's to decide from now on."""
        found = []
        for file in sorted(self._folder.glob("*.toml"), reverse=True):
            if file != self._file and self._lock(file):
                kept = _read(file)
                if kept is not None:
                    found.append(kept)
        return found

    def drop(self, file: Path) -> None:
        """Forget what was left behind."""
        file.unlink(missing_ok=True)
        lock = self._locks.pop(file, None)
        if lock is not None:
            lock.unlock()

    def close(self) -> None:
        """Leave what is undecided to the next window."""
        for lock in self._locks.values():
            lock.unlock()
        self._locks.clear()

    def _lock(self, file: Path) -> bool:
        """Tell whether a file is this window's alone."""
        if file not in self._locks:
            lock = QLockFile(f"{file}.lock")
            lock.setStaleLockTime(0)  # it ends with its process, not with time
            if not lock.tryLock(0):
                return False
            self._locks[file] = lock
        return True


def folder_of(settings: QSettings) -> Path:
    """Return the folder of unsaved plans: beside the settings, where these are a file."""
    file = Path(settings.fileName())
    if file.is_absolute() and os.path.isdir(file.parent):
        return file.parent / f"{file.stem}-unsaved"
    place = QStandardPaths.StandardLocation.AppConfigLocation
    return Path(QStandardPaths.writableLocation(place)) / "unsaved"


def _read(file: Path) -> Kept | None:
    """Read what was kept; None if it makes no sense."""
    try:
        head, _, text = read_text(file).partition("\n")
        told = json.loads(head.removeprefix(_HEAD))
        path = Path(told["path"]) if told["path"] else None
        return Kept(file, Draft.unsaved(text, path, str(told["as_read"])), str(told["when"]))
    except (Unreadable, ValueError, RecursionError, KeyError, TypeError, PlanError):
        return None
