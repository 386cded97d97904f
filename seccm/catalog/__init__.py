"""The catalogue: which scans there are below some folders, and what was found in them."""

from __future__ import annotations

from seccm.catalog.catalog import Catalog, Changes
from seccm.catalog.entry import Entry, Spread
from seccm.catalog.search import Search

__all__ = ["Catalog", "Changes", "Entry", "Search", "Spread"]
