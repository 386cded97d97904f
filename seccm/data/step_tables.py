"""Writes down which steps ran at each site, and what was found at them."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import h5py
import numpy as np

from seccm.arrays import FloatArray
from seccm.data.entries import Entries
from seccm.data.layout import Column
from seccm.data.tables import (
    ARRAYS,
    ENDS,
    NOT_TOLD,
    NUMBER,
    NUMBERS,
    QUANTITIES,
    RESULTS,
    STEPS,
    Grown,
    Rows,
    checksums,
    declaration,
    replace_found,
    step_row,
)
from seccm.data.tables import append as append_rows
from seccm.data.trace import Analysed, StepArray, StepResult
from seccm.events import StepFinished


@dataclass(slots=True)
class Found:
    """Rows of the tables of results, in the order in which they come into a file."""

    results: list[dict[str, Any]] = field(default_factory=list)
    arrays: list[dict[str, Any]] = field(default_factory=list)
    numbers: list[FloatArray] = field(default_factory=list)
    """Values and uncertainties of each array, shape (2, size)."""

    def add(
        self,
        site: int,
        results: Iterable[StepResult],
        arrays: Iterable[StepArray],
        *,
        steps: Mapping[int, int],
        quantities: Mapping[str, int],
        start: int,
    ) -> None:
        """Add what was found at a site.

        Args:
            site: its number.
            results: the numbers.
            arrays: the arrays.
            steps: the row of each step of the site in the table of steps.
            quantities: the row of each quantity in the table of quantities.
            start: where in the file the first number of the first array of all comes to lie.
        """
        for result in results:
            row = {"value": result.value, "err": result.error, "status": result.status}
            self.results.append(self._of(site, result, steps, quantities) | row)
        for array in arrays:
            both = np.array([array.values, array.errors], np.float64)
            shape = "x".join(map(str, both.shape[1:]))
            both = both.reshape(2, -1)
            placed: dict[str, Any] = {
                "shape": shape,
                "start": start + sum(part.shape[1] for part in self.numbers),
                "size": both.shape[1],
                "status": array.status,
                "values_crc": zlib.crc32(both.tobytes()),
            }
            self.arrays.append(self._of(site, array, steps, quantities) | placed)
            self.numbers.append(both)

    @staticmethod
    def _of(
        site: int,
        found: StepResult | StepArray,
        steps: Mapping[int, int],
        quantities: Mapping[str, int],
    ) -> dict[str, Any]:
        step = steps.get(found.step, -1)
        return {"site": site, "step": step, "quantity": quantities[found.name]}

    @property
    def columns(self) -> tuple[tuple[Grown, Rows], ...]:
        """The packed rows of the tables of results and of arrays."""
        return (RESULTS, RESULTS.rows(self.results)), (ARRAYS, ARRAYS.rows(self.arrays))

    @property
    def flat(self) -> FloatArray:
        """All values and all uncertainties, shape (2, numbers)."""
        return np.concatenate([np.empty((2, 0)), *self.numbers], axis=1)


class Refound:
    """What was found again at the sites of a file.

    Args:
        stored: the quantities that the file knows, in its order.
        declared: what is determined now.
    """

    def __init__(self, stored: Sequence[Column], declared: Iterable[Column]) -> None:
        known = {column.name for column in stored}
        self.quantities = (*stored, *(c for c in declared if c.name not in known))
        """Those of the file first."""
        self._places = {column.name: k for k, column in enumerate(self.quantities)}
        self.sites: list[int] = []
        self._results: list[Rows] = [np.empty(0, RESULTS.row)]
        self._arrays: list[Rows] = [np.empty(0, ARRAYS.row)]
        self._numbers: list[FloatArray] = [np.empty((2, 0))]
        self._count = 0

    def add(self, site: int, found: Analysed, steps: Mapping[int, int]) -> None:
        """Take in what was found at a site; for `steps` see `Found.add`."""
        rows = Found()
        rows.add(
            site,
            found.results,
            found.arrays,
            steps=steps,
            quantities=self._places,
            start=self._count,
        )
        (_, results), (_, arrays) = rows.columns
        self.sites.append(site)
        self._results.append(results)
        self._arrays.append(arrays)
        self._numbers.append(rows.flat)
        self._count += rows.flat.shape[1]

    def store(self, file: h5py.File) -> None:
        """Put it in the place of what was found at these sites before.

        Args:
            file: of this format, open for writing, not in SWMR mode.
        """
        new = self.quantities[len(file[QUANTITIES.dimension]) :]
        append_rows(file, QUANTITIES, QUANTITIES.rows([declaration(column) for column in new]))
        replace_found(
            file,
            self.sites,
            np.concatenate(self._results),
            np.concatenate(self._arrays),
            np.concatenate(self._numbers, axis=1),
        )


class StepWriter:
    """Appends to the tables of steps and results of a growing file.

    Args:
        to: gives where to write into a dataset.
        period: seconds from one row to the next.
        time: gives the time in the file of a row of the stream, in seconds.
        quantities: the names in the file's table of quantities, in its order.
    """

    def __init__(
        self,
        to: Callable[[str], Entries],
        period: float,
        time: Callable[[int], float],
        quantities: Iterable[str],
    ) -> None:
        self._to, self._period, self._time = to, period, time
        self._quantities = {name: k for k, name in enumerate(quantities)}
        self._count = len(to(STEPS.dimension))
        self._numbers = len(to(NUMBER))
        self._site = -1
        self._parts: dict[int, tuple[int, int, float]] = {}
        """Steps that an earlier session began: their first sample, how many there are of that
        session, and the time of the first."""
        self._skipped: dict[int, int] = {}
        """Samples between the parts of a step."""
        self._began: dict[int, int] = {}
        self._kinds: dict[int, str] = {}
        self._rows: dict[int, int] = {}
        self._steps: list[dict[str, Any]] = []
        self._found = Found()

    @property
    def quantities(self) -> Collection[str]:
        """The names of the quantities that the file knows by now."""
        return self._quantities.keys()

    def declare(self, columns: Iterable[Column]) -> None:
        """Have the names of quantities in the file, those that are not there yet."""
        new = [column for column in columns if column.name not in self._quantities]
        if new:
            append(self._to, QUANTITIES, QUANTITIES.rows([declaration(column) for column in new]))
            for column in new:
                self._quantities[column.name] = len(self._quantities)

    def go_on(
        self, site: int, rows: Mapping[int, int], parts: Mapping[int, tuple[int, int, float]]
    ) -> None:
        """Take note of what an earlier session wrote of a site that goes on.

        Args:
            site: its number.
            rows: the row in the table of each step that ended.
            parts: of each step that did not: its first sample, how many there are, and when the
                first one was complete, in seconds.
        """
        self._site, self._began, self._kinds, self._rows = site, {}, {}, dict(rows)
        self._parts, self._skipped = dict(parts), {}

    def begin(self, site: int, step: int, kind: str, sample: int) -> None:
        """Take note that a step of a kind begins with a sample."""
        if site != self._site:
            self._site, self._began, self._kinds, self._rows = site, {}, {}, {}
            self._parts, self._skipped = {}, {}
        if step in self._parts:
            start, size, _ = self._parts[step]
            self._skipped[step], sample = sample - start - size, start
        self._began[step], self._kinds[step] = sample, kind

    def end(self, event: StepFinished, stop: int) -> None:
        """Write a step down that ended before a sample."""
        if event.site != self._site or event.step not in self._began:
            self.begin(event.site, event.step, event.kind, stop)
        self._write(event, ENDS.index(event.reason), stop)

    def close(self, site: int, row: int, stops: Mapping[int, int]) -> None:
        """Write those steps of a site down of which nobody told how they ended.

        Args:
            site: its number.
            row: the last row of the stream.
            stops: the sample after the last one of each step that is not told of.
        """
        if site != self._site:
            return
        for step in sorted(self._began.keys() - self._rows.keys()):
            # What ended it is not in the table, so that it does not matter what it says here.
            event = StepFinished(row, site, step, "time", math.nan, kind=self._kinds[step])
            self._write(event, NOT_TOLD, stops.get(step, self._began[step]))

    def find(self, site: int, results: Iterable[StepResult], arrays: Iterable[StepArray]) -> None:
        """Write down what was found at a site, all of it of quantities that were declared."""
        self._found.add(
            site,
            results,
            arrays,
            steps=self._rows if site == self._site else {},
            quantities=self._quantities,
            start=self._numbers,
        )

    def flush(self) -> None:
        """Bring to the file what there is."""
        if self._steps:
            append(self._to, STEPS, STEPS.rows(self._steps))
            self._steps = []
        found, self._found = self._found, Found()
        if found.numbers:
            flat = found.flat
            stop = self._numbers + flat.shape[1]
            self._to(NUMBER).resize(stop)
            for column, part in zip(NUMBERS, flat, strict=True):
                self._to(column.name).resize(stop)
                self._to(column.name).put(self._numbers, part)
            self._numbers = stop
        for table, rows in found.columns:
            if len(rows):
                append(self._to, table, rows)

    def _write(self, event: StepFinished, code: int, stop: int) -> None:
        start = self._began[event.step]
        size = max(0, stop - start - self._skipped.get(event.step, 0))
        first = event.first if event.first >= 0 else event.row - size + 1
        self._rows[event.step] = self._count
        t = self._parts[event.step][2] if event.step in self._parts else self._time(first)
        # Data points that were imported at times of their own leave most rows out.
        spanned = event.row - first
        apart = spanned / (size - 1) if size > 1 and spanned >= 2 * size else 1.0
        row = step_row(event, code, start, size, t, apart * self._period)
        self._steps.append(row)
        self._count += 1


def append(to: Callable[[str], Entries], table: Grown, rows: Rows) -> None:
    """Append packed rows to a table of a growing file."""
    start = len(to(table.dimension))
    columns = {name: rows[name] for name in table.row.names or ()}
    columns[table.check.name] = checksums(rows)
    for name in (table.dimension, *columns):
        to(name).resize(start + len(rows))
    for name, values in columns.items():
        to(name).put(start, values)
