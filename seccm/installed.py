"""What installed packages offer: their entry points, which are read from the disk once."""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib import metadata
from importlib.metadata import EntryPoints


def entry_points(group: str) -> EntryPoints:
    """Return the entry points of one group, as `importlib.metadata.entry_points`.

    That one reads a file of each package whenever it is asked, which takes longer than all else
    there is to building a rig. Here it is asked again only where packages may lie elsewhere.
    """
    return _offered(group, tuple(sys.path))


@lru_cache(maxsize=64)
def _offered(group: str, _: tuple[str, ...]) -> EntryPoints:
    """Return the entry points of the packages in these folders, those of `sys.path`."""
    return metadata.entry_points(group=group)
