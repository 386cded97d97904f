"""Reads the sites of a file one by one, and compares their samples with what was written."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seccm.data.damage import Damage
from seccm.data.header import IMPORTED_FROM, Header
from seccm.data.landing_cells import landing_in, record_in
from seccm.data.layout import Column, read_rows, sample_dataset
from seccm.data.leads import leads_of, range_in, ranges_of, update_of
from seccm.data.raw_ranges import in_force
from seccm.data.raw_trace import InRange, RawOfSite, RawTrace
from seccm.data.readable import Readable
from seccm.data.step_results import StepResults
from seccm.data.table import Table
from seccm.data.tables import NOT_TOLD, step_finished
from seccm.data.trace import SiteRecord, SiteTrace, record_of
from seccm.errors import DamagedError
from seccm.events import Landing, Outcome, StepFinished
from seccm.rig import Clock, ContactRecord
from seccm.units import show

_MOST_ROWS = 1 << 62
"""Data points that no stream comes to."""


@dataclass(frozen=True)
class SiteReader:
    """Reads the sites of a file as they are now; what is damaged is told site by site."""

    path: Path
    data: Mapping[str, Readable]
    """The columns of the file."""
    sites: Table
    steps: StepResults
    damage: Damage
    """Is told what is found."""
    header: Header
    clock: Clock
    row: np.dtype[Any]
    """The type of a data point in this file."""
    factors: Sequence[Column]
    told: bool
    """Whether every step that ran has a row that tells how it ended."""
    packed: bool
    """Whether the file was compressed."""

    def site(self, number: int) -> SiteTrace:
        """Return one site, from contact on and against the reference; see `Scan.site`."""
        record = self.record(number)
        return SiteTrace(
            record=record,
            reference=self.header.reference,
            reference_offset=self.header.reference_offset,
            contact_record=self._contact_record(number),
            reason=str(self.sites.cell("reason", number)),
            condition=self._condition(number),
        )

    def record(self, number: int) -> SiteRecord:
        """Return one site as the live analysis had it; see `Scan.record`."""
        rows = self._extent(number)
        record = self._record(number, self._rows(number, rows), self._ends(number))
        if self.told and record.outcome > Outcome.RUNNING:
            told = set(self.steps.of_site(number)["step_number"].tolist())
            if lost := sorted(record.steps.keys() - told):
                raise self.damage.of(number, f"how its step {lost[0]} ended cannot be read")
        return record

    def pieces(self, number: int, size: int = 1 << 15) -> Iterator[SiteRecord]:
        """Yield the rows of one site piece by piece; see `Scan.pieces`."""
        rows, checksum = self._extent(number), 0
        for first in range(rows.start, rows.stop, size):
            stop = min(first + size, rows.stop)
            part = self._read(number, first, stop)
            checksum = zlib.crc32(part.tobytes(), checksum)
            if stop == rows.stop:
                self._check(number, checksum)
            yield self._record(number, part, ())

    def raw(self, number: int, step: int | None = None) -> RawTrace:
        """Return the raw samples of one site or step, where there are any; see `Scan.raw`."""
        record = self.record(number)
        if step is not None and step not in record.steps:
            ran = ", ".join(map(str, record.steps)) or "none"
            raise IndexError(f"no step {step} ran at site {number}; there ran: {ran}")
        t = record.t if step is None else record.t[record.steps[step]]
        offset = self.header.reference_offset
        if not len(t):
            return self._raw_of_site(0.0).trace(0, 0, offset=offset)
        first, last = (self._row(number, float(t[k])) for k in (0, -1))
        contact = float(self.sites.cell("t_contact", number))
        zero = contact if self.sites.cell("landed", number) else float(record.t[0])
        raw = self._raw_of_site(float(t[0]))
        ranges = [one for k, each in _ranges(raw, record) if step in (None, k) for one in each]
        return raw.trace(first, last + 1, zero=zero, offset=offset, ranges=ranges)

    def check(self) -> None:
        """Read the samples of every closed site."""
        closed = np.flatnonzero(self.sites["status"] > Outcome.RUNNING).tolist()
        for number in (number for number in closed if number not in self.damage.sites):
            try:
                for _ in self.pieces(number):
                    pass
            except DamagedError as error:
                self.damage.sites[number] = str(error).removeprefix(f"{self.path}: ")

    @property
    def samples(self) -> int:
        """How many samples there are, of every signal."""
        columns = [self.data[sample_dataset(name)] for name in self.row.names or ()]
        return min(min(len(column), column.most) for column in columns)

    def _extent(self, number: int) -> slice:
        """Return which rows of the file are a site's, as far as they have been written."""
        sites = self.sites
        if not isinstance(number, int | np.integer):
            raise TypeError(
                f"site {number!r}: give the number of a site, from 0 to {len(sites) - 1}"
            )
        if not 0 <= number < len(sites):
            raise IndexError(f"site {number}: the file has sites 0 to {len(sites) - 1}")
        start = int(sites.cell("row_start", number))
        stop = min(start + int(sites.cell("row_size", number)), self.samples)
        return slice(start, max(start, stop))

    def _rows(self, number: int, where: slice) -> npt.NDArray[Any]:
        """Read the rows of a site, and compare them with what was written if it is closed."""
        rows = self._read(number, where.start, where.stop)
        self._check(number, zlib.crc32(rows.tobytes()))
        return rows

    def _read(self, number: int, start: int, stop: int) -> npt.NDArray[Any]:
        try:
            return read_rows(self.data, start, stop, self.row)
        except DamagedError as error:
            raise self.damage.of(number, "some of its samples cannot be read") from error

    def _check(self, number: int, checksum: int) -> None:
        """Compare the rows of a closed site with what was written."""
        self.damage.refuse(number)
        sites = self.sites
        if sites.cell("status", number) <= Outcome.RUNNING:
            return
        size = len(range(*self._extent(number).indices(1 << 62)))
        if size < sites.cell("row_size", number):
            raise self.damage.of(number, "some of its samples are missing")
        if checksum != sites.cell("crc32", number):
            # The rows of a packed file have passed HDF5's own checksums: a program wrote them.
            if not self.packed:
                raise self.damage.of(number, "its samples are not those that were measured")
            self.damage.samples.add(number)
        if size and not np.isfinite(sites.cell("t_start", number)):
            raise self.damage.of(number, "it has samples, but no start time")

    def _record(
        self, number: int, rows: npt.NDArray[Any], ends: tuple[StepFinished, ...]
    ) -> SiteRecord:
        # Rows recorded before the tip set out, such as those of a pause, are not the site's story.
        departed = np.searchsorted(
            rows["t"], self.sites.cell("t_start", number) - 0.5 * self.clock.period
        )
        raw = self._raw_of_site(float(rows["t"][0])) if "raw" in self.data and len(rows) else None
        return record_of(
            rows[int(departed) :],
            number=number,
            outcome=Outcome(int(self.sites.cell("status", number))),
            landing=self.landing(number),
            t_contact=float(self.sites.cell("t_contact", number)),
            events=ends,
            raw=raw,
            leads=leads_of(self.header.rig_json),
            imported=IMPORTED_FROM in self.header.extra,
        )

    def _session(self, t: float) -> int:
        """Return the session that a row complete at a time is of."""
        return max(0, int(np.searchsorted(self.data["session_t_offset"][:], t)) - 1)

    def _row(self, number: int, t: float) -> int:
        """Return the number, since its stream opened, of the row of a site complete at a time."""
        row = (t - float(self.data["session_t_offset"][self._session(t)])) / self.clock.period
        if not abs(row) < _MOST_ROWS:
            raise self.damage.of(number, f"{t:g} s is not a possible time of a data point")
        return round(row) - 1

    def _raw_of_site(self, t: float) -> RawOfSite:
        """Return where the raw samples of the site are that has a row complete at a time."""
        session = self._session(t)
        opened = float(self.data["session_t_offset"][session])
        return RawOfSite(
            self.data,
            session,
            self.clock,
            opened,
            update_of(self.header.rig_json),
            ranges_of(self.header.rig_json),
        )

    def landing(self, number: int) -> Landing | None:
        """Return how contact with the surface went at a site; None where there was none.

        Raises:
            DamagedError: the tip landed, but the file does not say when.
        """
        sites = self.sites
        if not sites.cell("landed", number):
            return None
        if not math.isfinite(sites.cell("t_contact", number)):
            raise self.damage.of(number, "the tip landed there, but at no time")
        row = self._row(number, float(sites.cell("t_contact", number)))
        return landing_in(partial(self._cell, number), row)

    def _ends(self, number: int) -> tuple[StepFinished, ...]:
        rows = self.steps.of_site(number)
        try:
            return tuple(step_finished(row) for row in rows if row["step_ended_by"] != NOT_TOLD)
        except ValueError as error:
            raise self.damage.of(number, str(error)) from error

    def _condition(self, number: int) -> str:
        levels = ((c, float(self.sites.cell(f"factor_{c.name}", number))) for c in self.factors)
        return ", ".join(f"{column.name} = {show(level, column.unit)}" for column, level in levels)

    def _contact_record(self, number: int) -> ContactRecord | None:
        sites = self.sites
        size = int(sites.cell("contact_size", number))
        if size == 0:
            return None
        if size > self.data["contact_E"].shape[1]:
            raise self.damage.of(number, "its contact record is longer than the column")
        potential, current = (self.data[name][number, :size] for name in ("contact_E", "contact_I"))
        return record_in(partial(self._cell, number), potential, current)

    def _cell(self, number: int, name: str) -> Any:
        return self.sites.cell(name, number)


def _ranges(raw: RawOfSite, record: SiteRecord) -> Iterator[tuple[int | None, Iterator[InRange]]]:
    """Yield in which ranges samples were taken: of each step, then those after the last one."""
    asked, before, end = {one.step: range_in(one.resolved) for one in record.ends}, "", 0
    for number in sorted(record.steps):
        rows, name = record.steps[number], asked.get(number, "")
        if (name or before) and raw.at(float(record.t[rows][0])).session == raw.session:
            yield number, in_force(raw, raw.row(record.t[rows]), record.I[rows], name, before)
        before, end = name, rows.stop
    if before and end < record.t.size:
        rows = slice(end, None)
        yield None, in_force(raw, raw.row(record.t[rows]), record.I[rows], "", before)
