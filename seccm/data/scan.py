"""Reading data files: finished ones, growing ones, and those of programs that were killed."""

from __future__ import annotations

import math
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from seccm.data import guard, repair
from seccm.data.earlier import Earlier
from seccm.data.header import Header
from seccm.data.inspection import NEEDED, inspect
from seccm.data.layout import (
    DAMAGED,
    EVENT_COLUMNS,
    SITE_COLUMNS,
    Column,
    read_rows,
    row_type,
    sample_dataset,
)
from seccm.data.opening import open_file
from seccm.data.planned import PlannedSites
from seccm.data.raw import channel_names, claimed
from seccm.data.raw_trace import RawTrace, pieces_of
from seccm.data.readable import Readable, reading
from seccm.data.ruins import let_alone
from seccm.data.site_rows import as_written
from seccm.data.step_results import InFile, Source, StepArrays, StepResults
from seccm.data.table import Table
from seccm.data.tables import EVENTS, NOT_TOLD, step_finished
from seccm.data.trace import SiteRecord, SiteTrace, record_of
from seccm.errors import DamagedError, DataFileError
from seccm.events import Landing, Outcome, StepFinished
from seccm.plan.site import Site
from seccm.rig import Clock, ContactRecord, Signal
from seccm.units import show
from seccm.versions import FILE, UNNAMED, Version

if TYPE_CHECKING:
    import xarray as xr

_MOST_ROWS = 1 << 62
"""Data points that no stream comes to."""
_BELIEVED = 1 << 22
"""Entries of a column that may be left unwritten, because no memory is too small for them."""
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
        return f"<Scan {self.path}: {self.header.title}, {len(self._sites)} sites, {state}>"

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
        """Look again at a file that is growing, or was; take tables anew afterwards."""
        if repair.mark(self.path) and self._growing and self._file and self._is_same:
            # The states first: of a site that is closed, the rest is then seen as it was closed.
            for name in sorted(self._data, key=lambda name: name != "status"):
                self._data[name].refresh()
        else:
            # Closed since, and perhaps replaced by its packed copy; or resumed.
            self.close()
            self._file = open_file(self.path)
            self._list()
            return
        # While a file grows its datasets do, but there are no others.
        self._look()

    @property
    def _is_same(self) -> bool:
        """Whether the file at the path is the one that is open: a resumed one may be its copy."""
        return self._identity == _identity(self.path)

    @property
    def being_written(self) -> bool:
        """Whether a program is writing the file just now; not if somebody has removed it."""
        return self.path.exists() and guard.is_held(self.path)

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
        several rows; `path` says where it stands in the program.
        """
        return self._found.steps

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

    def remaining(self) -> tuple[int, ...]:
        """Return the sites that no tip has been lowered to."""
        return tuple(np.flatnonzero(self._sites["status"] == Outcome.PLANNED).tolist())

    def site(self, number: int) -> SiteTrace:
        """Return one site, from contact on and against the reference.

        Raises:
            TypeError: that is no number of a site.
            IndexError: there is no such site.
        """
        record = self.record(number)
        return SiteTrace(
            record=record,
            reference=self.header.reference,
            reference_offset=self.header.reference_offset,
            contact_record=self._contact_record(number),
            reason=str(self._sites.cell("reason", number)),
            condition=self._condition(number),
        )

    def record(self, number: int) -> SiteRecord:
        """Return one site as the live analysis had it: from departure on, potentials raw.

        Raises:
            TypeError: that is no number of a site.
            IndexError: there is no such site.
        """
        rows = self._extent(number)
        record = self._record(number, self._rows(number, rows), self._ends(number))
        if self.version > UNNAMED and record.outcome > Outcome.RUNNING:
            told = set(self._found.of_site(number)["step_number"].tolist())
            if lost := sorted(record.steps.keys() - told):
                raise self._spoilt(number, f"how its step {lost[0]} ended cannot be read")
        return record

    def pieces(self, number: int, size: int = 1 << 15) -> Iterator[SiteRecord]:
        """Yield the rows of one site piece by piece, for those who cannot wait for all of them.

        The pieces are those of `record`, without its events.

        Raises:
            TypeError: that is no number of a site.
            IndexError: there is no such site.
        """
        rows, checksum = self._extent(number), 0
        for first in range(rows.start, rows.stop, size):
            stop = min(first + size, rows.stop)
            part = self._read(number, first, stop)
            checksum = zlib.crc32(part.tobytes(), checksum)
            if stop == rows.stop:
                self._check(number, checksum)
            yield self._record(number, part, ())

    @property
    def changed(self) -> str:
        """Which sites read so far another program has changed since the run, in a sentence.

        What it wrote is used as it is: somebody meant it. What a disk has spoiled is damaged.
        Rows of the site table are compared by `check`. Empty where there are none.
        """
        found = {"Samples": self._changed, "Rows of the site table": self._changed_rows}
        return ". ".join(
            f"{what} changed by another program after the run: site {_few(sites)}"
            for what, sites in found.items()
            if sites
        )

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
            self._changed_rows |= set(np.flatnonzero(~as_written(self._data)).tolist())
        closed = np.flatnonzero(self._sites["status"] > Outcome.RUNNING).tolist()
        for number in (number for number in closed if number not in self._damage):
            try:
                for _ in self.pieces(number):
                    pass
            except DamagedError as error:
                self._damage[number] = str(error).removeprefix(f"{self.path}: ")
        return dict(sorted(self._damage.items()))

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
        return self._samples()

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
        record, period = self.record(number), self.clock.period
        if step is not None and step not in record.steps:
            ran = ", ".join(map(str, record.steps)) or "none"
            raise IndexError(f"no step {step} ran at site {number}; there ran: {ran}")
        t = record.t if step is None else record.t[record.steps[step]]
        if not len(t):
            return self._raw_trace(0, 0, 0, 0.0)
        first, last = (self._row(number, float(t[k])) for k in (0, -1))
        contact = float(self._sites.cell("t_contact", number))
        zero = contact if self._sites.cell("landed", number) else float(record.t[0])
        return self._raw_trace(
            self._session(float(t[0])),
            first * self.clock.spacing,
            (last + 1) * self.clock.spacing,
            float(t[0]) - (first + 1) * period - zero,
        )

    def to_xarray(self) -> xr.Dataset:
        """Return everything as an xarray data set, in the file's units; needs the extra analysis.

        Potentials are decoded: they are against the reference. Of a growing file it is what is
        there now; call it again for what has come since. `xr.open_dataset(path)` by itself opens
        closed files only; while a file grows, xarray needs it opened for reading along:
        `xr.open_dataset(h5py.File(path, "r", swmr=True), engine="h5netcdf")`.

        Values are read when they are used, and not compared with checksums: a damaged chunk ends
        in an OSError then, and only `site` and `check` know the sites that are damaged.
        """
        import xarray as xr

        for name, column in self._data.items():
            if math.prod(column.shape) > max(column.most, _BELIEVED):
                raise DamagedError(
                    f'{self.path}: the file is damaged or was changed: the column "{name}" has '
                    f"{column.shape} entries, but at most {column.most} of them in the file. Read "
                    "the other columns from .sites and .site(number)."
                )
        # A growing file has to be opened for it; a closed one it opens, and closes, by itself.
        source = open_file(self.path) if repair.mark(self.path) else self.path
        with reading(self.path, "what xarray asks for"):
            return xr.open_dataset(source, engine="h5netcdf")

    def _list(self) -> None:
        """Find out what is in the file."""
        found = inspect(self.path, self._file)
        self._data = found.data
        self._growing = bool(repair.mark(self.path)) and self.being_written
        self._identity = _identity(self.path)
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
        """Take tables anew: they show how things are now."""
        data = self._data
        self._damage = dict(self._impossible())
        self._changed: set[int] = set()
        self._changed_rows: set[int] = set()
        self._sites = Table(
            {name: data[name] for name in self._along},
            self._growing,
            unreadable=_unreadable(self.features),
            spoiled={n: _spoiled(self.features, self.factors) for n in self._damage},
        )
        self._events = self._planned = None
        self._found = StepResults(
            self._rows_of,
            data,
            self._sites,
            ("condition", *(f"factor_{factor.name}" for factor in self.factors)),
            self.header.reference_offset,
        )

    def _extent(self, number: int) -> slice:
        """Return which rows of the file are a site's, as far as they have been written."""
        sites = self._sites
        if not isinstance(number, int | np.integer):
            raise TypeError(
                f"site {number!r}: give the number of a site, from 0 to {len(sites) - 1}"
            )
        if not 0 <= number < len(sites):
            raise IndexError(f"site {number}: the file has sites 0 to {len(sites) - 1}")
        start = int(sites.cell("row_start", number))
        stop = min(start + int(sites.cell("row_size", number)), self._samples())
        return slice(start, max(start, stop))

    def _impossible(self) -> Iterator[tuple[int, str]]:
        """Yield the sites whose row is damaged or says what cannot be, and say what."""
        states, sizes = self._data["status"][:], self._data["row_size"][:]
        whole = np.ones(len(states), bool)
        if self.version > UNNAMED and not self.packed and not self._growing:
            right = as_written(self._data)
            whole[: len(right)] = right
        for number in np.flatnonzero(~whole).tolist():
            yield number, f"site {number}: its row in the site table is not as it was written"
        for number in np.flatnonzero((states > max(Outcome)) & whole).tolist():
            what = f"site {number}: its outcome has the code {states[number]}, which is not known"
            yield number, what
        # Of a row that is damaged it is not to be believed which samples are its own.
        count = min(len(sizes), len(whole))
        sizes = np.where(whole[:count], sizes[:count], 0)
        for number, other in overlapping(self._data["row_start"][:], sizes):
            yield number, f"site {number}: its samples are said to be those of site {other}, too"

    def _rows(self, number: int, where: slice) -> npt.NDArray[Any]:
        """Read the rows of a site, and compare them with what was written if it is closed."""
        rows = self._read(number, where.start, where.stop)
        self._check(number, zlib.crc32(rows.tobytes()))
        return rows

    def _read(self, number: int, start: int, stop: int) -> npt.NDArray[Any]:
        try:
            return read_rows(self._data, start, stop, self._row_type)
        except DamagedError as error:
            raise self._spoilt(number, "some of its samples cannot be read") from error

    def _check(self, number: int, checksum: int) -> None:
        """Compare the rows of a closed site with what was written."""
        if number in self._damage:
            raise DamagedError(f"{self.path}: {self._damage[number]}.")
        sites = self._sites
        if sites.cell("status", number) <= Outcome.RUNNING:
            return
        size = len(range(*self._extent(number).indices(1 << 62)))
        if size < sites.cell("row_size", number):
            raise self._spoilt(number, "some of its samples are missing")
        if checksum != sites.cell("crc32", number):
            # The rows of a packed file have passed HDF5's own checksums: a program wrote them.
            if not self.packed:
                raise self._spoilt(number, "its samples are not those that were measured")
            self._changed.add(number)
        if size and not np.isfinite(sites.cell("t_start", number)):
            raise self._spoilt(number, "it has samples, but no start time")

    def _spoilt(self, number: int, why: str) -> DamagedError:
        self._damage[number] = f"site {number}: {why}"
        return DamagedError(
            f"{self.path}: site {number}: {why}: the file is damaged there. The other sites can be "
            "used; take this one from a copy of the file, if there is one."
        )

    def _record(
        self, number: int, rows: npt.NDArray[Any], ends: tuple[StepFinished, ...]
    ) -> SiteRecord:
        # Rows recorded before the tip set out, such as those of a pause, are not the site's story.
        departed = np.searchsorted(
            rows["t"], self._sites.cell("t_start", number) - 0.5 * self.clock.period
        )
        return record_of(
            rows[int(departed) :],
            number=number,
            outcome=Outcome(int(self._sites.cell("status", number))),
            landing=self._landing(number),
            t_contact=float(self._sites.cell("t_contact", number)),
            events=ends,
        )

    def _samples(self) -> int:
        columns = [self._data[sample_dataset(name)] for name in self._row_type.names or ()]
        return min(min(len(column), column.most) for column in columns)

    def _session(self, t: float) -> int:
        """Return the session that a row complete at a time is of."""
        return max(0, int(np.searchsorted(self._data["session_t_offset"][:], t)) - 1)

    def _row(self, number: int, t: float) -> int:
        """Return the number, since its stream opened, of the row of a site complete at a time."""
        row = (t - float(self._data["session_t_offset"][self._session(t)])) / self.clock.period
        if not abs(row) < _MOST_ROWS:
            raise self._spoilt(number, f"{t:g} s is no possible time of a data point")
        return round(row) - 1

    def _raw_trace(self, session: int, first: int, stop: int, origin: float) -> RawTrace:
        return RawTrace(
            self._data,
            session,
            pieces_of(self._data, session, first, stop),
            rate=self.clock.rate,
            origin=origin,
            reference_offset=self.header.reference_offset,
        )

    def _landing(self, number: int) -> Landing | None:
        sites = self._sites
        if not sites.cell("landed", number):
            return None
        if not math.isfinite(sites.cell("t_contact", number)):
            raise self._spoilt(number, "the tip landed there, but at no time")
        return Landing(
            row=self._row(number, float(sites.cell("t_contact", number))),
            z=float(sites.cell("z_rest", number)),
            z_crossing=float(sites.cell("z_contact", number)),
            signal=float(sites.cell("contact_signal", number)),
            baseline=float(sites.cell("contact_baseline", number)),
            latency=float(sites.cell("latency", number)),
            overtravel=float(sites.cell("overtravel", number)),
            attempt=int(sites.cell("attempts", number)) - 1,
            x=float(sites.cell("x_cmd", number)),
            y=float(sites.cell("y_cmd", number)),
        )

    def _ends(self, number: int) -> tuple[StepFinished, ...]:
        rows = self._found.of_site(number)
        try:
            return tuple(step_finished(row) for row in rows if row["step_ended_by"] != NOT_TOLD)
        except ValueError as error:
            raise self._spoilt(number, str(error)) from error

    def _condition(self, number: int) -> str:
        levels = ((c, float(self._sites.cell(f"factor_{c.name}", number))) for c in self.factors)
        return ", ".join(f"{column.name} = {show(level, column.unit)}" for column, level in levels)

    def _contact_record(self, number: int) -> ContactRecord | None:
        sites = self._sites
        size = int(sites.cell("contact_size", number))
        if size == 0:
            return None
        if size > self._data["contact_E"].shape[1]:
            raise self._spoilt(number, "its contact record is longer than the column")
        crossing, stopped = (
            int(sites.cell(f"contact_{w}", number)) for w in ("crossing", "stopped")
        )
        return ContactRecord(
            start=int(sites.cell("contact_start", number)),
            potential=self._data["contact_E"][number, :size].astype(np.float64),
            current=self._data["contact_I"][number, :size].astype(np.float64),
            crossing=None if crossing < 0 else crossing,
            stopped=None if stopped < 0 else stopped,
        )


def overlapping(
    starts: npt.NDArray[np.uint64], sizes: npt.NDArray[np.uint32]
) -> Iterator[tuple[int, int]]:
    """Yield each site that shares samples with another one, and that one.

    Args:
        starts: first sample of each site, shape (sites,).
        sizes: samples of each site, shape (sites,).
    """
    count = min(len(starts), len(sizes))
    starts, long = starts[:count], sizes[:count].astype(np.uint64)
    # The largest number there is, where the sum would be beyond it.
    stops = starts + np.minimum(long, ~starts)
    order = np.flatnonzero(long)
    order = order[np.argsort(starts[order], kind="stable")]
    reached = np.maximum.accumulate(stops[order])
    for place in (np.flatnonzero(starts[order[1:]] < reached[:-1]) + 1).tolist():
        number = int(order[place])
        other = int(order[np.argmax(stops[order[:place]])])
        yield number, other
        yield other, number


def _few(sites: Collection[int]) -> str:
    some = ", ".join(map(str, sorted(sites)[:10]))
    return some + (f" and {len(sites) - 10} more" if len(sites) > 10 else "")


def _unreadable(features: Sequence[Column]) -> dict[str, Any]:
    """Return what stands for entries of the site table that cannot be read: no number."""
    plain = {c.name: np.nan for c in SITE_COLUMNS if c.dtype == "f8" and c.name not in NEEDED}
    return {**plain, "reason": b"(cannot be read)", **_without(features)}


def _spoiled(features: Sequence[Column], factors: Sequence[Column]) -> dict[str, Any]:
    """Return what stands in the row of a site of which nothing is to be believed."""
    levels = {f"factor_{factor.name}": np.nan for factor in factors}
    # Not planned: it may have been touched, and is not landed on again.
    return {**_unreadable(features), **levels, "status": int(Outcome.ABORTED)}


def _without(features: Sequence[Column]) -> dict[str, Any]:
    values = {name: np.nan for c in features for name in (c.name, f"{c.name}_err")}
    return {**values, **{f"{c.name}_status": DAMAGED for c in features}}


def _identity(path: Path) -> tuple[int, int]:
    """Return what tells a file from another that takes its place."""
    found = path.stat()
    return found.st_dev, found.st_ino
