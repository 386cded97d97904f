"""The folder of what a user keeps for all scans: plans of one's own, notes, queues."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "SECCM_HOME"
"""An environment variable that names another folder, such as one on a shared drive."""


def own_folder(*parts: str) -> Path:
    """Return the folder, or a place in it; nothing is made."""
    return _base().joinpath(*parts)


def _base() -> Path:
    if given := os.environ.get(VARIABLE):
        return Path(given)
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming") / "seccm"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "seccm"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "seccm"
