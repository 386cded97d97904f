"""The data files that were used last, the newest first."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

MOST = 10


def remembered(kept: object) -> list[str]:
    """Return the list as it stands in the settings, where a list of one is a text.

    Args:
        kept: whatever the settings hold; what is no list of names is none at all.
    """
    if isinstance(kept, str):
        return [kept]
    return [each for each in kept if isinstance(each, str)] if isinstance(kept, list) else []


def with_newest(known: Iterable[str], path: Path) -> list[str]:
    """Return the list with one more file at its head, each file once."""
    newest = str(path.absolute())
    return [newest, *(each for each in known if each != newest)][:MOST]


def present(known: Iterable[str]) -> list[Path]:
    """Return those files that are still there."""
    return [path for each in known if os.path.isfile(path := Path(each))]
