"""What has been decided of the site table and is not in the file yet, column by column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import h5py
import numpy as np

from seccm.data.entries import Entries
from seccm.data.layout import SITE_CHECK
from seccm.data.site_rows import covered, packed, row_checksum


class SiteCells:
    """Collects cells of the site table and writes them, all outcomes after all the rest.

    Args:
        to: gives where to write into a dataset.
        data: the datasets of the file.
    """

    def __init__(self, to: Callable[[str], Entries], data: Mapping[str, h5py.Dataset]) -> None:
        self._to = to
        self._type = packed(data, covered(data))
        self._cells: dict[str, dict[int, Any]] = {}
        self._site = -1
        self._row: dict[str, Any] = {}

    def begin(self, site: int) -> None:
        """Say that the next cells are mostly of a site."""
        self._site, self._row = site, {}

    def set(self, site: int, **values: Any) -> None:
        """Decide cells of a site, by their columns."""
        if site == self._site:
            self._row |= values
        for name, value in values.items():
            self._cells.setdefault(name, {})[site] = value

    def close(self, site: int) -> None:
        """Give the row of the site that was begun last its checksum: all its cells are decided."""
        row = np.zeros((), self._type)
        for name in self._type.names or ():
            row[name] = self._row[name] if name in self._row else self._to(name).get(site)
        self.set(site, **{SITE_CHECK.name: row_checksum(row)})

    def write(self) -> bool:
        """Write all cells but outcomes; return whether there were any."""
        outcomes = self._cells.pop("status", None)
        written = self._cells
        for name, cells in written.items():
            self._fill(name, cells)
        self._cells = {} if outcomes is None else {"status": outcomes}
        return bool(written)

    def write_outcomes(self) -> bool:
        """Write what is left; return whether there was anything."""
        outcomes = self._cells.pop("status", None)
        if outcomes is not None:
            self._fill("status", outcomes)
        return outcomes is not None

    def _fill(self, name: str, cells: Mapping[int, Any]) -> None:
        """Write cells of one column, consecutive sites at once."""
        entries = self._to(name)
        if len(cells) == 1:
            ((site, value),) = cells.items()
            entries.put(site, np.array([value], entries.dtype))
            return
        sites = np.array(sorted(cells))
        for run in np.split(sites, np.flatnonzero(np.diff(sites) != 1) + 1):
            values = [cells[int(site)] for site in run]
            entries.put(int(run[0]), np.array(values, entries.dtype))
