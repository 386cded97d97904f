"""Blocks and events become rows of the file; no thread and no waiting in here.

What a killed program leaves is ordered: samples first, then the site's row, then its status. A
status in the file therefore never speaks of samples that are not there. What a power cut leaves is
not; therefore everything is told to the redo log too, before a status is seen, and to the disk.
"""

from __future__ import annotations

import errno
import math
import os
import shutil
import sys
import zlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

from seccm.data import guard, journal, repair, seal
from seccm.data.broken import broken_site
from seccm.data.changes import Changes
from seccm.data.decisions import decision_rows
from seccm.data.entries import Entries
from seccm.data.filmed import Filmed
from seccm.data.filming import Film
from seccm.data.header import IMPORTED_FROM
from seccm.data.instructions import instruction_rows
from seccm.data.landing_cells import cells_of as cells_of_landing
from seccm.data.landing_cells import cells_of_record
from seccm.data.late import LateWriter
from seccm.data.layout import (
    SITE_COLUMNS,
    UM,
    Columns,
    add_sites,
    added_signals,
    datasets,
    read_rows,
    row_type,
    sample_dataset,
    text,
)
from seccm.data.leads import leads_of, ranges_of, update_of
from seccm.data.live_analysis import LiveAnalysis
from seccm.data.live_analysis import cells_of as cells_found
from seccm.data.packing import along
from seccm.data.planned import Recipes
from seccm.data.raw import RawWriter
from seccm.data.raw_choice import RawChoice
from seccm.data.raw_trace import RawOfSite
from seccm.data.redo import RedoLog
from seccm.data.site_cells import SiteCells
from seccm.data.step_tables import StepWriter, append
from seccm.data.tables import DECISIONS, EVENTS, INSTRUCTIONS, PLANNED, RECIPES, read
from seccm.data.tail import Tail
from seccm.data.trace import Analyse, SiteRecord, record_of, step_rows
from seccm.data.trouble import SPARE, abandon
from seccm.events import (
    Approaching,
    Event,
    Fault,
    Landed,
    Landing,
    Note,
    Outcome,
    Paused,
    Phase,
    PhaseBegan,
    RunStatus,
    RunStopped,
    SiteAnalysed,
    SiteFinished,
    SiteStarted,
    StepFinished,
)
from seccm.plan.decision import Decision
from seccm.plan.instruction import Instruction
from seccm.plan.site import Site
from seccm.rig import Block, Clock, ContactRecord, RawSamples

KEPT = 4096
"""Rows kept back because their labels may still change: ten seconds of the reference system."""
COMMIT_ROWS = 16 * KEPT
"""Rows of a long site after which it is made safe although nothing has happened."""
_REASON = next(c for c in SITE_COLUMNS if c.name == "reason")
_URGENT = (Approaching, Landed, SiteFinished, Paused, Fault, RunStopped)


@dataclass(slots=True)
class _Visit:
    """The site that the tip is at or on its way to."""

    number: int
    first: int
    """Sample with which the way to the site began."""
    goes_on: bool = False
    """Whether a later session goes on inside of it, where this one breaks off."""
    touched: bool = False
    landing: Landing | None = None
    t_contact: float = math.nan
    events: list[Event] = field(default_factory=list)


class Writer:
    """The one who writes a data file that has been laid out and is in SWMR mode."""

    def __init__(
        self,
        file: h5py.File,
        redo: RedoLog,
        *,
        sites: Sequence[Site],
        columns: Columns,
        clock: Clock,
        offset: float,
        analyse: Analyse | None,
        raw_of_steps: bool,
        film: Film | None = None,
    ) -> None:
        self._file, self._clock, self._offset = file, clock, offset
        self._columns = columns
        # Held open: HDF5 flushes a dataset that is closed, which costs time, and where that
        # fails it leaves a ruin behind that crashes the program when it ends.
        self._data: dict[str, h5py.Dataset] = datasets(file)
        self._entries: dict[str, Entries] = {}
        self._along = [name for name in self._data if along(name, self._data)[:1] == ("site",)]
        self._cells = SiteCells(self._to, self._data)
        self._redo, self._changes = redo, Changes()
        known = (raw.decode(errors="replace") for raw in self._data["quantity_name"][:].tolist())
        self._steps = StepWriter(self._to, clock.period, self._time, known)
        self._steps.declare(columns.quantities)
        features = (feature.name for feature in columns.features)
        self._analysis = LiveAnalysis(analyse, features, self._steps.quantities, sites)
        self._recipes = Recipes(*read(self._data, RECIPES))
        added = added_signals(self._data)
        self._row = row_type(added)
        self._tail = Tail(clock, offset, added)
        # Without raw samples nobody would ever ask what was chosen.
        chosen = raw_of_steps and "raw" in self._data
        self._choice = RawChoice(clock.spacing, every=not chosen)
        rig = str(file.attrs["rig_json"])
        self._leads, self._said = leads_of(rig), (update_of(rig), ranges_of(rig))
        self._imported = IMPORTED_FROM in file.attrs
        self._raw = RawWriter(self._data, self._changes, self._choice)
        self._late = LateWriter(self._to, self._data, self._time, clock.period)
        self._written = len(file["sample"])
        self._claimed = self._written
        self._checksum = 0
        self._resumable = {site.number for site in sites if site.goes_on}
        broken = np.flatnonzero(self._data["status"][:] == Outcome.RUNNING).tolist()
        self._broken: int | None = broken[0] if broken else None
        """The site that an earlier session broke off, until it goes on."""
        if self._broken is not None:
            self._claimed = int(self._data["row_start"][self._broken])
            self._checksum = int(self._data["crc32"][self._broken])
        self._uncommitted = 0
        self._visit: _Visit | None = None
        self._listed: list[tuple[Event, str]] = []
        self._path = Path(file.filename)
        self._filmed = Filmed(film, self._to, self._data, self._path, clock, offset)
        self._descriptor = os.open(self._path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            guard.hold(self._descriptor)
        except OSError:
            os.close(self._descriptor)
            raise
        self.analysed: deque[SiteAnalysed] = deque()
        """Features computed so far, for someone else to take away."""

    def take(self, block: Block | None, events: Sequence[Event]) -> bool:
        """Apply what happened; return whether it must be made safe soon."""
        whole = self._visit is not None and self._visit.goes_on
        if block is not None:
            if whole:
                self._write(len(self._tail))  # nothing more will be said of earlier rows
            self._tail.append(block)
            self._take_raw(self._choice.certain(block.start, block.stop), block.raw)
            self._filmed.take_edges(block)
            self._late.take(block.late)
        for event in events:
            self._apply(event)
        spare = len(self._tail) - KEPT
        if spare >= KEPT:
            self._write(spare)
        urgent = self._uncommitted >= COMMIT_ROWS or any(isinstance(e, _URGENT) for e in events)
        urgent |= whole and any(isinstance(event, StepFinished) for event in events)
        urgent |= self._filmed.take(urgent=urgent)
        if urgent or self._raw.due:
            self._raw.flush()
            return True
        return False

    @property
    def must_last(self) -> bool:
        """Whether there are rows that a later session would need in order to go on."""
        return self._visit is not None and self._visit.goes_on and self._uncommitted > 0

    def extend(self, sites: Sequence[Site]) -> None:
        """Add sites that a planner thought of while the scan runs."""
        self._resumable |= {site.number for site in sites if site.goes_on}
        self._entries = {}
        start = len(self._file["site"])
        add_sites(self._file, sites, self._columns, self._along)
        for table, rows in zip((PLANNED, RECIPES), self._recipes.rows(sites), strict=True):
            append(self._to, table, rows)
        reasons = [(site.number, site.decision) for site in sites]
        self.decide([(number, why) for number, why in reasons if why is not None])
        for name in self._along:
            dataset = self._data[name]
            self._changes.resize(name, dataset.shape)
            self._changes.put(name, start, dataset[start:])
        self._analysis.add(sites)

    def decide(self, decisions: Sequence[tuple[int, Decision]]) -> None:
        """Write down why a planner asked for sites, or for no more."""
        append(self._to, DECISIONS, decision_rows(decisions))

    def instruct(self, number: int, instruction: Instruction) -> None:
        """Write down what a person told the run."""
        append(self._to, INSTRUCTIONS, instruction_rows(number, instruction))

    def commit(self, *, durable: bool = True) -> None:
        """Bring everything decided so far to the file, in the order that a crash may cut.

        Args:
            durable: also wait for the disk; without it, a power cut may still undo this.
        """
        if self._visit is not None and self._visit.touched:
            self._claim(self._visit.number)
        self._list_events()
        self._steps.flush()
        self._file.flush()
        if self._cells.write():
            self._file.flush()
        outcomes = self._cells.write_outcomes()
        if changes := self._changes.taken():
            self._redo.append(changes)
        if outcomes:
            self._file.flush()
        if not durable:
            return
        # Not the data file: the redo log has all of it, and what is appended takes least time.
        self._redo.sync()
        self._uncommitted = 0
        if self._free() < SPARE:
            # Ending the run in time is better than finding out how HDF5 bears a full disk.
            raise OSError(errno.ENOSPC, f"less than {SPARE / 1e6:.0f} MB are free")

    def _free(self) -> int:
        """Return the bytes that are free on the disk, wherever the file lies by now."""
        return shutil.disk_usage(self._path.parent if os.name == "nt" else self._descriptor).free

    def close(self, status: RunStatus) -> None:
        """Commit, say what became of the run, and close the file."""
        if self._visit is not None and self._visit.touched:
            self._write(len(self._tail))
        self._take_raw(sys.maxsize, ())
        self._raw.flush()
        self._filmed.close()
        self.commit()
        self._to("state").put(0, np.array([status.encode()], self._data["state"].dtype))
        self._redo.append(self._changes.taken())
        self._file.flush()
        numbers = seal.places_of_numbers(self._data.values())
        self._data, self._entries = {}, {}
        self._file.close()
        # HDF5 leaves the mark on while a reader in this same process has the file open.
        repair.clear_open(self._descriptor)
        seal.append(self._descriptor, numbers)
        os.close(self._descriptor)
        self._redo.end()

    def abandon(self) -> None:
        """Let go of the file after a failure; it stays as the last commit left it."""
        os.close(self._descriptor)
        self._redo.close()
        abandon(self._file)
        self._data, self._entries = {}, {}

    def _apply(self, event: Event) -> None:
        if journal.is_listed(event):
            self._listed.append((event, journal.words(event)))
        match event:
            case SiteStarted():
                self._start(event.site, event.row)
            case PhaseBegan():
                self._label(event)
            case Approaching():
                self._at(event).touched = True
                self._cells.set(event.site, status=Outcome.RUNNING, attempts=event.attempt + 1)
            case Landed():
                self._land(event)
            case StepFinished():
                self._steps.end(event, self._written + self._tail.upto(event.row))
                if self._visit is not None and self._visit.goes_on:
                    self._write(self._tail.upto(event.row))  # no step without its rows
            case SiteFinished():
                self._finish(event)
            case Fault() | RunStopped() if self._visit is not None and self._visit.touched:
                self._take_raw(event.row + 1, ())
                self._write(len(self._tail))
            case _:
                pass
        if self._visit is not None and journal.site(event) == self._visit.number:
            self._visit.events.append(event)

    def _start(self, site: int, row: int) -> _Visit:
        if site == self._broken:
            return self._go_on(site)
        first = self._written + self._tail.upto(row - 1)
        self._visit = _Visit(site, first, goes_on=site in self._resumable)
        self._cells.begin(site)
        self._cells.set(site, t_start=self._time(row), row_start=self._claimed)
        return self._visit

    def _go_on(self, site: int) -> _Visit:
        """Go on with a site that an earlier session broke off."""
        self._broken = None
        found = broken_site(self._data, site, self._clock.period)
        self._steps.go_on(site, found.rows, found.parts)
        self._visit = _Visit(
            site,
            found.first,
            goes_on=True,
            touched=True,
            landing=found.landing,
            t_contact=found.t_contact,
            events=list(found.ends),
        )
        self._cells.begin(site)
        return self._visit

    def _at(self, event: Approaching | Landed | SiteFinished) -> _Visit:
        """Return the visit that an event is about, begun here if its start was never told."""
        if self._visit is None or self._visit.number != event.site:
            return self._start(event.site, event.row)
        return self._visit

    def _label(self, event: PhaseBegan) -> None:
        if event.phase is Phase.STEP:
            first = self._written + self._tail.upto(event.row - 1)
            self._steps.begin(event.site, event.step, event.kind, first)
        late = self._tail.mark(event.row, event.phase, event.step)
        if late:
            note = (
                f"{late} data points were stored before their phase ({event.phase.name}) was known"
            )
            self._note(event.row, event.site, note)
        dropped = self._choice.mark(event.row, keep=event.raw)
        if dropped:
            note = f"{dropped} raw samples of the step were dropped before it was known to begin"
            self._note(event.row, event.site, note)

    def _take_raw(self, row: int, pieces: Sequence[RawSamples]) -> None:
        """Take samples; whether they are kept is certain for those of the rows before this one."""
        self._choice.settle(row)
        for said in self._raw.append(pieces):
            self._note(self._tail.newest, -1, said)

    def _land(self, event: Landed) -> None:
        visit, landing = self._at(event), event.landing
        visit.touched = True
        if visit.landing is not None and visit.goes_on:
            return  # it goes on; that of the first session stays
        visit.landing, visit.t_contact = landing, self._time(landing.row)
        self._filmed.land(visit.t_contact)
        self._cells.set(event.site, **cells_of_landing(landing, visit.t_contact))
        if event.record is not None:
            self._keep(event.site, event.record)

    def _keep(self, site: int, record: ContactRecord) -> None:
        """Store the raw samples around contact."""
        width = max(len(record.potential), len(self._to("contact_sample")))
        self._to("contact_sample").resize(width)
        for name, samples in (("contact_E", record.potential), ("contact_I", record.current)):
            self._to(name).resize(len(self._to(name)), width)
            self._to(name).put(site, samples[np.newaxis])
        self._cells.set(site, **cells_of_record(record))

    def _finish(self, event: SiteFinished) -> None:
        """Close a site for good: its rows, their place and checksum, its features."""
        visit = self._at(event)
        if event.outcome is Outcome.ABORTED and not visit.touched:
            self._forget(event.site)
            return
        if event.goes_on:
            self._leave_open(event)
            return
        visit.events.append(event)
        self._take_raw(event.row + 1, ())
        if "raw" in self._data:
            for said in self._choice.missing(min(event.row, self._tail.newest) + 1):
                self._note(event.row, event.site, said)
        self._raw.flush()
        self._write(self._tail.upto(event.row))
        rows = read_rows(self._data, visit.first, self._written, self._row)
        found = step_rows(rows["phase"], rows["step"])
        stops = {step: visit.first + where.stop for step, where in found.items()}
        record = record_of(
            rows,
            number=event.site,
            outcome=event.outcome,
            landing=visit.landing,
            t_contact=visit.t_contact,
            events=tuple(visit.events),
            raw=self._raw_of_site,
            leads=self._leads,
            imported=self._imported,
        )
        self._steps.close(event.site, event.row, stops)
        self._cells.set(event.site, t_end=self._time(event.row), reason=text(event.reason, _REASON))
        measured = record.phase == Phase.STEP
        # Where nothing moves, what stands beside says nothing of where the site is.
        if visit.landing and math.isfinite(visit.landing.z) and measured.any():
            x, y = (float(axis[measured].mean()) for axis in (record.x, record.y))
            self._cells.set(event.site, x=x * UM, y=y * UM)
        self._measure(event, record)
        self._filmed.settle()
        self._claim(event.site)
        self._cells.set(event.site, status=event.outcome)
        self._cells.close(event.site)
        self._claimed, self._checksum = self._written, 0
        self._visit = None

    def _leave_open(self, event: SiteFinished) -> None:
        """Keep a site as far as it came; a later session goes on with it."""
        self._take_raw(event.row + 1, ())
        self._raw.flush()
        self._write(self._tail.upto(event.row))
        self._claim(event.site)
        self._cells.set(event.site, status=Outcome.RUNNING)
        self._claimed, self._checksum = self._written, 0
        self._visit = None

    @property
    def _raw_of_site(self) -> RawOfSite | None:
        """Where the raw samples of the site are; None where none are kept."""
        if "raw" not in self._data:
            return None
        session = len(self._data["session"]) - 1
        return RawOfSite(self._data, session, self._clock, self._offset, *self._said)

    @property
    def analysing(self) -> bool:
        """Whether a finished site is being analysed just now."""
        return self._analysis.busy

    def _forget(self, site: int) -> None:
        """Leave a site to which the tip was only on its way as it was planned, without rows."""
        self._cells.set(site, t_start=math.nan, row_start=0, status=Outcome.PLANNED)
        self._visit = None

    def _measure(self, event: SiteFinished, record: SiteRecord) -> None:
        """Have the features of a finished site determined, and keep them."""
        found, failed = self._analysis.of(record)
        if failed:
            self._note(event.row, event.site, failed)
        if found is not None:
            self._steps.find(event.site, found.results, found.arrays)
            self._cells.set(event.site, **cells_found(found.features, found.quality))
            self.analysed.append(self._analysis.told(event.site, found, event.outcome))

    def _note(self, row: int, site: int, said: str) -> None:
        note = Note(row, site, said)
        self._listed.append((note, journal.words(note)))

    def _claim(self, site: int) -> None:
        """Say which samples in the file are a site's, as far as they are there."""
        self._cells.set(
            site,
            row_start=self._claimed,
            row_size=self._written - self._claimed,
            crc32=self._checksum,
        )

    def _write(self, count: int) -> None:
        """Append the oldest rows of the tail to the file."""
        if count == 0:
            return
        rows = self._tail.take(count)
        start, stop = self._written, self._written + count
        self._to("sample").resize(stop)
        for name in self._row.names or ():
            column = self._to(sample_dataset(name))
            column.resize(stop)
            column.put(start, rows[name])
        self._checksum = zlib.crc32(rows.tobytes(), self._checksum)
        self._written = stop
        self._uncommitted += count

    def _list_events(self) -> None:
        if not self._listed:
            return
        rows = [
            {
                "t": self._time(int(getattr(event, "row", 0))),
                "row": int(getattr(event, "row", 0)),
                "site": journal.site(event),
                "code": journal.code(event),
                "msg": said,
            }
            for event, said in self._listed
        ]
        append(self._to, EVENTS, EVENTS.rows(rows))
        self._listed = []

    def _to(self, name: str) -> Entries:
        """Return where to write into a dataset."""
        if name not in self._entries:
            self._entries[name] = Entries(self._data[name], self._changes)
        return self._entries[name]

    def _time(self, row: int) -> float:
        return self._clock.time(row) + self._offset
