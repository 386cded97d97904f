"""The data files that were used last, the newest first."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

MOST = 10


def with_newest(known: Iterable[str], path: Path) -> list[str]:
    """Return the list with one more file at its head, each file once."""
    newest = str(path.absolute())
    return [newest, *(each for each in known if each != newest)][:MOST]


def present(known: Iterable[str]) -> list[Path]:
    """Return those files that are still there."""
    return [path for each in known if os.path.isfile(path := Path(each))]
