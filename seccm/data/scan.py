"""Reading data files: finished ones, growing ones, and those of programs that were killed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from seccm.arrays import BoolArray
from seccm.data import guard, repair
from seccm.data.by_xarray import open_by_xarray
from seccm.data.damage import Damage, impossible, spoiled, unreadable
from seccm.data.decisions import Decisions
from seccm.data.earlier import Earlier
from seccm.data.footage import Footage
from seccm.data.header import Header
from seccm.data.inspection import inspect
from seccm.data.instructions import read_instructions
from seccm.data.late import Techniques
from seccm.data.layout import (
    EVENT_COLUMNS,
    Column,
    row_type,
)
from seccm.data.opening import open_file
from seccm.data.planned import PlannedSites
from seccm.data.raw import channel_names, claimed
from seccm.data.raw_trace import RawTrace
from seccm.data.readable import Readable
from seccm.data.ruins import let_alone
from seccm.data.site_reader import SiteReader
from seccm.data.site_rows import as_written, begun_last, unlike
from seccm.data.step_results import InFile, Source, StepArrays, StepResults
from seccm.data.table import Table
from seccm.data.tables import EVENTS
from seccm.data.trace import SiteRecord, SiteTrace
from seccm.errors import DataFileError
from seccm.events import Landing, Outcome
from seccm.plan.decision import Decision
from seccm.plan.instruction import Instruction
from seccm.plan.site import Site
from seccm.rig import Clock, Signal
from seccm.typography import counted
from seccm.versions import FILE, UNNAMED, Version

if TYPE_CHECKING:
    import xarray as xr

_MOST_ROWS = 1 << 62
"""Data points that no stream comes to."""
_NO_EVENT: Mapping[str, Any] = {"site": -1, "code": 0, "msg": b"(cannot be read)"}


def open_scan(path: Path | str) -> Scan:
    """Open a data file for reading, whoever may be writing it; nothing is changed.

    Raises:
        DataFileError: missing, empty, damaged, or not a file of ours.
    """
    return Scan(Path(path))


class Scan:
    """A scan as its data file tells it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = open_file(path)
        self._data: Mapping[str, Readable] = {}
        self._events: Table | None = None
        self._planned: PlannedSites | None = None
        self._decisions: Decisions | None = None
        self._instructions: Mapping[int, Instruction] | None = None
        try:
            self._list()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = self.state if self._file else "closed"
        return (
            f"<Scan {self.path}: {self.header.title}, {counted(len(self._sites), 'site')}, {state}>"
        )

    def close(self) -> None:
        """Let go of the file."""
        if any(column.ruined for column in self._data.values()):
            let_alone(self._file)
        else:
            try:
                self._file.close()
            except RuntimeError:
                # What could be read has been read; HDF5 fails over what it has of the rest.
                let_alone(self._file)
        self._data = {}

    def refresh(self) -> None:
        """Look again at a file that is growing, or was; take tables again afterwards."""
        if repair.mark(self.path) and self._growing and self._file and self.is_same:
            self._look_again()
        else:
            # Closed since, and perhaps replaced by its packed copy; or resumed.
            self.close()
            self._file = open_file(self.path)
            self._list()
            return
        # While a file grows its datasets do, but there are no others.
        self._look()

    @property
    def is_same(self) -> bool:
        """Whether the file at the path is the one that is open: a resumed one may be its copy."""
        return self._identity == _identity(self.path)

    @property
    def being_written(self) -> bool:
        """Whether a program is writing the file just now; not if somebody has removed it."""
        return os.path.exists(self.path) and guard.is_held(self.path)

    @property
    def plan_json(self) -> str:
        """The plan, as it was when the run began."""
        return self.header.plan_json

    @property
    def state(self) -> str:
        """What became of the run, or "running", or "interrupted" if its program died."""
        state = bytes(self._data["state"][0]).decode(errors="replace")
        return "interrupted" if state == "running" and not self.being_written else state

    @property
    def packed(self) -> bool:
        """Whether the file has been checked and compressed."""
        return bool(self._file.attrs.get("packed", 0))

    @property
    def sites(self) -> Table:
        """One row for each planned site, in visiting order."""
        return self._sites

    @property
    def events(self) -> Table:
        """One row for each event: t, row, site, code and msg.

        What is damaged in a file that was never compressed has the code 0 and says so.
        """
        if self._events is None:
            columns = {
                c.name.removeprefix(EVENTS.prefix): self._data[c.name] for c in EVENT_COLUMNS
            }
            damaged: list[int] = []
            if self.version > UNNAMED and not self.packed and not self._growing:
                damaged = np.flatnonzero(~self._rows_of.table(EVENTS)[1]).tolist()
            self._events = Table(columns, spoiled=dict.fromkeys(damaged, _NO_EVENT))
        return self._events

    @property
    def steps(self) -> Table:
        """One row for each step that ran: its site, what was imposed, how it ended, its charge.

        Imposed potentials are against the reference. A step that ran several times at a site has
        several rows; `path` says where it stands in the programme.
        """
        return self._found.steps

    @property
    def cycles(self) -> Table:
        """One row for each cycle of constant current: charges, efficiency, retention, potentials.

        It is made from the table of steps, so that cycles are there as soon as their steps have
        ended; the potentials at half of the charge come with the results of the site. See
        `seccm.data.cycles`.
        """
        return self._found.cycles

    def cycles_with(self, middles: Mapping[tuple[int, int], float]) -> Table:
        """Return `cycles` with potentials at half of the charge that are known already.

        Args:
            middles: volts, by the numbers of site and step; of sites that are still being measured.
        """
        return self._found.cycles_with(middles)

    def steps_of(self, number: int) -> Mapping[int, int]:
        """Return the rows in `steps` of a site, by the number of the step at the site."""
        return self._found.places(number)

    def results(self, name: str = "") -> Table:
        """Return one row for each number that was determined of a step, with its site and step.

        Args:
            name: of a quantity, such as "CE"; all of them unless given.

        Raises:
            KeyError: there is no such quantity.
        """
        return self._found.results(name)

    def arrays(self, name: str) -> StepArrays:
        """Return what was determined of steps as arrays, such as one number for each cycle.

        Args:
            name: of a quantity.

        Raises:
            KeyError: there is no such quantity.
        """
        return self._found.arrays(name)

    @property
    def quantities(self) -> tuple[Column, ...]:
        """What there may be results of: name, unit, meaning and the dimensions of arrays."""
        found = self._found.quantities.items()
        return tuple(Column(name, unit, words, dims) for name, (unit, words, dims) in found)

    @property
    def planned(self) -> Mapping[int, Site]:
        """The sites as they were meant to be, by number, with what is done at each of them.

        Sites are missing of which the file does not tell, or tells of a kind of step, contact or
        way that is not installed.
        """
        if self._planned is None:
            self._planned = PlannedSites(self._rows_of, self._sites)
        return self._planned

    @property
    def decisions(self) -> Mapping[int, Decision]:
        """Why a planner asked for its sites, by their numbers.

        That of the number behind the last site says why it asked for no more. Empty for a plan
        that lists its sites, and for a planner that gave no reasons.
        """
        if self._decisions is None:
            self._decisions = Decisions(self._rows_of)
        return self._decisions

    @property
    def instructions(self) -> Mapping[int, Instruction]:
        """What persons told a run with a planner, by number: who, when, why, and which place."""
        if self._instructions is None:
            self._instructions = read_instructions(self._rows_of)
        return self._instructions

    def remaining(self) -> tuple[int, ...]:
        """Return the sites that are left: first one that broke off and goes on, if there is one.

        The others are those that no tip has been lowered to.
        """
        planned = self._sites["status"] == Outcome.PLANNED
        if self.version > UNNAMED:
            begun = np.flatnonzero(begun_last(self._data))
            planned[begun[begun < len(planned)]] = False
        left = np.flatnonzero(planned).tolist()
        broken = self.broken_off
        return tuple(left if broken is None else [broken, *left])

    @property
    def broken_off(self) -> int | None:
        """The site that the run left half measured, where a resumed one goes on."""
        if self.version <= UNNAMED or self.state == "running":
            return None
        begun = self._sites["status"] == Outcome.RUNNING
        last = np.flatnonzero(begun_last(self._data))
        begun[last[last < len(begun)]] = True
        going_on = (
            number
            for number in np.flatnonzero(begun).tolist()
            if number in self.planned and self.planned[number].goes_on
        )
        return next(going_on, None)

    def site(self, number: int) -> SiteTrace:
        """Return one site, from contact on and against the reference.

        Raises:
            TypeError: that is not a number of a site.
            IndexError: there is no such site.
            DamagedError: the site is damaged in the file.
        """
        return self._reader.site(number)

    def record(self, number: int) -> SiteRecord:
        """Return one site as the live analysis had it: from departure on, potentials raw.

        Raises:
            TypeError: that is not a number of a site.
            IndexError: there is no such site.
            DamagedError: the site is damaged in the file.
        """
        return self._reader.record(number)

    def landing(self, number: int) -> Landing | None:
        """Return how contact with the surface went at a site; None where there was none.

        Raises:
            DamagedError: the tip landed, but the file does not say when.
        """
        return self._reader.landing(number)

    def pieces(self, number: int, size: int = 1 << 15) -> Iterator[SiteRecord]:
        """Yield the rows of one site piece by piece, for those who cannot wait for all of them.

        The pieces are those of `record`, without its events.

        Raises:
            TypeError: that is not a number of a site.
            IndexError: there is no such site.
            DamagedError: the site is damaged in the file.
        """
        return self._reader.pieces(number, size)

    @property
    def changed(self) -> str:
        """Which sites read so far another program has changed since the run, in a sentence.

        What it wrote is used as it is: somebody meant it. What a disk has spoiled is damaged.
        Rows of the site table are compared by `check`. Empty where there are none.
        """
        return self._damage.changed

    @property
    def newer(self) -> str:
        """What is to be said of a file that was written by a newer program; usually empty."""
        if self.version <= FILE:
            return ""
        return (
            f"Written in format {self.version}, newer than this program's ({FILE}): what was added "
            "since is not shown. Update this program to see everything"
        )

    def check(self) -> Mapping[int, str]:
        """Read the samples of every closed site; return what is wrong, by site, in sentences.

        Takes as long as reading the file. Sites that are not named are as they were written.
        """
        if self.version > UNNAMED and self.packed:
            # The columns have passed HDF5's own checksums: a program wrote them.
            self._damage.rows |= set(np.flatnonzero(~as_written(self._data)).tolist())
        self._reader.check()
        return dict(sorted(self._damage.sites.items()))

    def check_structure(self) -> None:
        """Have HDF5 read everything in the file that leads it elsewhere; samples do not.

        Raises:
            DamagedError: it cannot.
        """
        for column in self._data.values():
            column.check_structure()

    @property
    def samples(self) -> int:
        """How many samples (rows) there are."""
        return self._reader.samples

    @property
    def raw_channels(self) -> tuple[str, ...]:
        """The inputs of which raw samples were recorded; none unless the plan said so."""
        return channel_names(self._data)

    @property
    def raw_samples(self) -> int:
        """How many raw samples there are of each input."""
        return claimed(self._data) if self.raw_channels else 0

    @property
    def raw_bytes(self) -> int:
        """What the raw samples take in the file, compressed if it is."""
        return self._data["raw"].stored_bytes if self.raw_channels else 0

    def raw(self, number: int, step: int | None = None) -> RawTrace:
        """Return the raw samples of one site, over the rows of `record`, to be read from.

        Currents are of the range in which each sample was taken, NaN where that is not known:
        around the sample at which the lines of a card switched. `codes` are there in any case.

        Args:
            number: of the site.
            step: only those of one of its steps, numbered from 0 in the order in which they ran.

        Raises:
            DataFileError: no raw samples were recorded.
            IndexError: there is no such site, or no such step ran there.
        """
        if not self.raw_channels:
            said = "no raw samples were recorded; the plan must say raw = true in [record]"
            raise DataFileError(f"{self.path}: {said}, or in the steps of interest.")
        return self._reader.raw(number, step)

    @property
    def techniques(self) -> Techniques:
        """What an instrument ran by itself, and its points as it had them; none without one."""
        return Techniques(self._data)

    @property
    def frames(self) -> Footage:
        """The frames of the camera: when they were taken, and their pixels; none without one."""
        return Footage(self.path, self._data, self._sites)

    def to_xarray(self) -> xr.Dataset:
        """Return everything as an xarray data set, in the file's units; needs the extra analysis.

        Potentials are decoded: they are against the reference. Of a growing file it is what is
        there now; call it again for what has come since. `xr.open_dataset(path)` by itself opens
        closed files only; while a file grows, xarray needs it opened for reading along:
        `xr.open_dataset(h5py.File(path, "r", swmr=True), engine="h5netcdf")`.

        Values are read when they are used, and not compared with checksums: a damaged chunk ends
        in an OSError then, and only `site` and `check` know the sites that are damaged.
        """
        return open_by_xarray(self.path, self._data)

    def _list(self) -> None:
        """Find out what is in the file."""
        found = inspect(self.path, self._file)
        self._data = found.data
        self._growing = bool(repair.mark(self.path)) and self.being_written
        self._identity = _identity(self.path)
        self._judged = np.zeros(0, np.int64)
        """Closed sites of a growing file whose rows are as they were written."""
        self._along = found.along_sites
        self.header: Header = found.header
        self.clock: Clock = found.clock
        self._rows_of: Source = (
            Earlier(self._data, self.header.plan_json, self.clock.period)
            if found.version == UNNAMED
            else InFile(self._data, closed=not repair.mark(self.path))
        )
        self.version: Version = found.version
        """The version of the file's format."""
        self.features: tuple[Column, ...] = found.features
        """The features there are columns for."""
        self.factors: tuple[Column, ...] = found.factors
        """The factors of the plan; their columns are called `factor_<name>`."""
        self.signals: tuple[Signal, ...] = found.signals
        """What the rig measured in every sample beyond what every rig measures."""
        self._row_type = row_type(signal.name for signal in found.signals)
        self._look()

    def _look(self) -> None:
        """Take tables again: they show how things are now."""
        data = self._data
        self._damage = Damage(self.path, impossible(data, self._right()))
        self._sites = Table(
            {name: data[name] for name in self._along},
            self._growing,
            unreadable=unreadable(self.features),
            spoiled={n: spoiled(self.features, self.factors) for n in self._damage.sites},
        )
        self._events = self._planned = self._decisions = self._instructions = None
        self._found = StepResults(
            self._rows_of,
            data,
            self._sites,
            ("condition", *(f"factor_{factor.name}" for factor in self.factors)),
            self.header.reference_offset,
        )
        self._reader = SiteReader(
            self.path,
            data,
            self._sites,
            self._found,
            self._damage,
            header=self.header,
            clock=self.clock,
            row=self._row_type,
            factors=self.factors,
            told=self.version > UNNAMED,
            packed=self.packed,
        )

    def _right(self) -> BoolArray:
        """Return which rows of the site table are as they were written, as far as that is judged.

        Returns:
            Shape (sites,); rows beyond count as right.
        """
        if self.version <= UNNAMED or self.packed:
            return np.ones(0, bool)
        if not self._growing:
            return as_written(self._data, whole=True)
        # The rest of a row is in the file before its outcome is. So what was closed when the
        # outcomes were read has to be right if it is read after them, which HDF5 may not have done.
        states = self._data["status"][:]
        sites = np.flatnonzero(states > Outcome.RUNNING)
        new = np.setdiff1d(sites, self._judged, assume_unique=True)
        wrong = unlike(self._data, new)
        if wrong.size:
            self._look_again()
            wrong = unlike(self._data, wrong)
        self._judged = np.setdiff1d(sites, wrong, assume_unique=True)
        right = np.ones(len(states), bool)
        right[wrong] = False
        return right

    def _look_again(self) -> None:
        """Have HDF5 read again what another program is writing."""
        # The outcomes first: of a site that is closed, the rest is then seen as it was closed.
        for name in sorted(self._data, key=lambda name: name != "status"):
            self._data[name].refresh()


def _identity(path: Path) -> tuple[int, int]:
    """Return what tells a file from another that takes its place."""
    found = path.stat()
    return found.st_dev, found.st_ino
