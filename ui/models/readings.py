"""What the table of sites does not hold: currents at a potential, and charges, read site by site.

They are read from the data file, finished or growing, in a thread. The rows that a live window
holds would not do: they are thinned out for the eye, and those of the sites before it came are
not there. The file has every row, the engine never notices who reads it, and a scan that runs
and one that is over are treated alike.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from seccm.analysis.signal_means import mean_of, mean_result
from seccm.arrays import BoolArray, FloatArray
from seccm.data import Scan, SiteTrace
from seccm.errors import DamagedError
from seccm.events import Outcome, Phase
from seccm.program.measured import flawed
from seccm.results import Result, Status, Value
from seccm.rig import Flag, Signal
from ui.models.quantity import Quantity
from ui.models.run_file import RunFile
from ui.models.site_map import NET_CHARGE, SiteMap
from ui.models.worker import Worker

Read = Callable[[SiteTrace], Value]

TURN = 0.25
"""Seconds after which a reading that takes longer shows what it has so far."""


@dataclass(slots=True)
class _Wanted:
    """A quantity that somebody asked for."""

    result: Result
    read: Read
    done: npt.NDArray[np.bool_]

    def grow(self, count: int) -> None:
        """Make room for as many sites: a planner has added some."""
        self.done = np.append(self.done, np.zeros(count - self.done.size, bool))


@dataclass(slots=True)
class _Found:
    """What one turn of reading brought."""

    name: str
    numbers: list[int] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    trouble: str = ""


class Readings:
    """Keeps quantities of one data file up to date, as its sites finish.

    Args:
        file: the data file.
    """

    def __init__(self, file: RunFile) -> None:
        self._file = file
        self._wanted: dict[str, _Wanted] = {}
        self._reading: Future[_Found] | None = None
        self._worker = Worker("readings")
        self.trouble = ""
        """Why nothing could be read just now; it is tried again."""

    def current_at(self, sites: SiteMap, raw: float, name: str) -> None:
        """Want the current at a raw potential, under a name."""
        result = Result(name, "A", "current at the first crossing of a potential", signed=True)
        self._want(sites, _Wanted(result, lambda t: current_of(t, raw), _none(sites)))

    def charges(self, sites: SiteMap) -> None:
        """Want the net charge of every site."""
        self._want(sites, _Wanted(NET_CHARGE, charge_of, _none(sites)))

    def means(self, sites: SiteMap, signal: Signal) -> None:
        """Want the mean of a signal over the steps of every site."""
        read = partial(_mean_of, signal)
        self._want(sites, _Wanted(mean_result(signal), read, _none(sites)))

    def follow(self, sites: SiteMap) -> bool:
        """Take what has been read and ask for what has not; returns whether there is more.

        Costs next to nothing; called a few times a second by whoever draws the map.
        """
        if self._reading is not None and self._reading.done():
            found, self._reading = self._reading.result(), None
            self._take(sites, found)
        if self._reading is None:
            for name, wanted in self._wanted.items():
                wanted.grow(sites.x.size)
                left = np.flatnonzero((sites.outcome > Outcome.RUNNING) & ~wanted.done)
                if left.size:
                    asked = partial(self._read, name, wanted.read, left.tolist())
                    self._reading = self._worker.do(asked)
                    break
        return self._reading is not None

    def share(self, sites: SiteMap, name: str) -> float:
        """Return how much of a quantity has been read, from 0 to 1."""
        closed = sites.outcome > Outcome.RUNNING
        wanted = self._wanted.get(name)
        if wanted is None or not closed.any():
            return 1.0
        return float(wanted.done[closed].mean())

    def close(self) -> None:
        """Let go of the thread, which lets go of the file after the site that it reads."""
        self._wanted.clear()
        self._worker.end()

    def _read(self, name: str, read: Read, numbers: list[int]) -> _Found:
        """Read sites until they are done, the turn is over, or nobody waits; in the thread."""
        found, late = _Found(name), time.monotonic() + TURN
        try:
            with self._file.open() as scan:
                for number in numbers:
                    if not _closed(scan, number):
                        continue  # the file is a moment behind the event
                    found.numbers.append(number)
                    found.values.append(_number(scan, number, read))
                    if time.monotonic() > late or self._worker.over.is_set():
                        break
        except Exception as error:  # whatever it is, the window must be told, and go on
            found.trouble = str(error) or repr(error)
        return found

    def _want(self, sites: SiteMap, wanted: _Wanted) -> None:
        name = wanted.result.name
        self._wanted[name] = wanted
        if name not in sites.quantities:
            values = np.full(sites.x.size, np.nan)
            sites.add(Quantity.of(wanted.result, values))

    def _take(self, sites: SiteMap, found: _Found) -> None:
        self.trouble = found.trouble
        wanted = self._wanted.get(found.name)
        if wanted is None or not found.numbers:
            return
        quantity = sites.quantities[found.name]
        quantity.values[found.numbers] = [value.value for value in found.values]
        quantity.statuses[found.numbers] = [int(value.status) for value in found.values]
        quantity.errors[found.numbers] = [value.error for value in found.values]
        wanted.done[found.numbers] = True
        sites.version += 1


def current_of(trace: SiteTrace, raw: float) -> Value:
    """Return the current of a site at a raw potential after contact, in amperes.

    The first row is left out: it is the mean of a time in which the current was switched on, and
    its potential one that the cell may never have had.
    """
    measured = _measured(trace)
    measured[np.flatnonzero(measured)[:1]] = False
    found = current_at(trace.record.E[measured], trace.I[measured], raw)
    if found is None:
        return Value.none(Status.NOT_MEASURED if not measured.any() else Status.NOT_REACHED)
    current, row = found
    return Value(current, math.nan, _status(trace.flag[measured][row : row + 2]))


def current_at(E: FloatArray, current: FloatArray, raw: float) -> tuple[float, int] | None:
    """Return the current at the first crossing of a potential, between the two rows around it.

    Args:
        E: volts, shape (n,), in the order of time.
        current: amperes, shape (n,).
        raw: volts.

    Returns:
        Amperes, and the row before the crossing; None if the potential is not crossed.
    """
    above = raw <= E
    crossings = np.flatnonzero(above[1:] != above[:-1])
    if crossings.size == 0:
        return None
    k = int(crossings[0])
    share = (raw - E[k]) / (E[k + 1] - E[k])
    return float(current[k] + share * (current[k + 1] - current[k])), k


def charge_of(trace: SiteTrace) -> Value:
    """Return the net charge of all steps in coulombs; none where no step ended."""
    ends = trace.record.ends
    if not ends:
        return Value.none(Status.NOT_MEASURED)
    passed = sum(end.charge for end in ends)
    return Value(passed, math.nan, _status(trace.flag[_measured(trace)]))


def _mean_of(signal: Signal, trace: SiteTrace) -> Value:
    record, rows = trace.record, trace.record.in_steps
    if not rows.any():
        return Value.none(Status.NOT_MEASURED)
    # Only the potential of the cell is against the reference.
    offset = trace.reference_offset if signal.name == "potential" else 0.0
    return mean_of(record.signal(signal.name)[rows] + offset, record.flag[rows])


def _measured(trace: SiteTrace) -> BoolArray:
    """Return the rows of the steps, without those at the start in which the circuit was open."""
    if trace.landing is None:
        return np.zeros(trace.t.size, bool)
    rows: BoolArray = (trace.phase == Phase.STEP) & (trace.t >= -1e-9)
    over = (trace.flag & Flag.OVERLOAD) != 0
    closed = np.flatnonzero(rows & ~over)
    if closed.size:
        rows[: closed[0]] = False
    return rows


def _status(flags: npt.NDArray[np.uint8]) -> Status:
    return flawed(Status.OK, int(np.bitwise_or.reduce(flags, initial=0)))


def _number(scan: Scan, number: int, read: Read) -> Value:
    """Read a number of one site; none where it is damaged in the file."""
    try:
        return read(scan.site(number))
    except DamagedError:
        return Value.none(Status.DAMAGED)


def _closed(scan: Scan, number: int) -> bool:
    return bool(scan.sites["status"][number] > Outcome.RUNNING)


def _none(sites: SiteMap) -> npt.NDArray[np.bool_]:
    return np.zeros(sites.x.size, bool)
