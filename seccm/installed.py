"""What installed packages offer: their entry points, which are read from the disk once."""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib import metadata
from importlib.metadata import EntryPoints


def entry_points(group: str) -> EntryPoints:
    """Return the entry points of one group, as `importlib.metadata.entry_points`.

    That one reads a file of each package whenever it is asked, which takes longer than anything
    else there is to building a rig. Here it is asked again only where packages may lie elsewhere.
    """
    return _offered(tuple(sys.path)).select(group=group)


@lru_cache(maxsize=4)
def _offered(_: tuple[str, ...]) -> EntryPoints:
    """Return every entry point of the packages in these folders, those of `sys.path`."""
    return metadata.entry_points()
