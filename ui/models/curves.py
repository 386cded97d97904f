"""Curves of single sites, read from a data file when somebody asks for them.

A thread of its own reads, so that the window lives on however long a site was measured. It opens
the file for itself. One that is not packed yet it lets go of after each turn: whoever writes or
packs it finds it free.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from seccm.analysis.step_features import Drawn
from seccm.data import Scan
from seccm.data.trace import SiteRecord
from seccm.errors import DamagedError, DataFileError
from seccm.events import Outcome
from seccm.remote import Trace
from seccm.rig import Signal
from ui.models.descent import Way
from ui.models.fine_curve import with_fine_steps
from ui.models.galvanic_cycles import cycles_drawn
from ui.models.passage import Curve, Passage, phases
from ui.models.run_file import RunFile
from ui.models.step_pages import (
    Counted,
    OfSteps,
    StepRan,
    half_ways,
    has_pages,
    pages_of,
    ran_at,
    steps_of,
)
from ui.models.worker import Worker

KEPT = 256
"""Sites remembered, so that going back to one costs nothing."""
TURN = 0.05
"""Seconds after which a reading that takes longer shows what it has so far."""
AGAIN = 0.5
"""Seconds until a file that cannot be read just now is tried again."""


@dataclass(frozen=True, slots=True)
class SiteCurve:
    """What is drawn of one site; potentials are raw, like those of a live curve."""

    number: int
    measured: Curve | None
    """None where nothing was measured."""
    way: Way | None
    """None where the tip never came down."""
    closed: bool
    """Whether there is no more to come."""
    damage: str = ""
    """Why there is nothing, of a site that is damaged in the file."""
    signals: tuple[Signal, ...] = ()
    """What the rig file adds to every row."""
    own: tuple[Drawn, ...] = ()
    """What the kinds of its steps work out themselves."""
    counted: tuple[Counted, ...] = ()
    """Numbers of it for the histograms of its steps."""
    steps: tuple[StepRan, ...] = ()
    """The steps that ran and have ended."""


@dataclass(slots=True)
class _Found:
    """What one turn of reading brought."""

    sites: list[SiteCurve] = field(default_factory=list)
    trouble: str = ""


class SiteCurves:
    """Reads sites of one data file, which may be growing; nothing here waits.

    Args:
        file: the data file.
    """

    def __init__(self, file: RunFile) -> None:
        self._file = file
        self._worker = Worker("curves")
        self._kept: OrderedDict[int, SiteCurve] = OrderedDict()
        self._wanted: tuple[int, ...] = ()
        self._reading: Future[_Found] | None = None
        self._scan: Scan | None = None
        """Touched by the thread only."""
        self.trouble = ""
        """Why nothing could be read just now; it is tried again."""
        self._worker.do(self._make_ready)

    def want(self, numbers: Sequence[int]) -> None:
        """Ask for some sites, in this order, and for no others any more."""
        self._wanted = tuple(numbers)
        self._read_on()

    def collect(self) -> bool:
        """Take what has been read by now; returns whether that is anything.

        The next turn of reading begins with the next call: what was read is painted before, and
        nobody holds that up.
        """
        if self._reading is None:
            self._read_on()
            return False
        if not self._reading.done():
            return False
        found, self._reading = self._reading.result(), None
        self.trouble = found.trouble
        for site in found.sites:
            self._kept[site.number] = site
            self._kept.move_to_end(site.number)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        # One that is measured right now is read once for each wish, not for ever.
        read = {site.number for site in found.sites}
        self._wanted = tuple(number for number in self._wanted if number not in read)
        return bool(found.sites or found.trouble)

    def get(self, number: int) -> SiteCurve | None:
        """Return what has been read of a site, None while it has not been."""
        return self._kept.get(number)

    @property
    def reading(self) -> bool:
        """Whether the thread is reading just now."""
        return self._reading is not None

    @property
    def busy(self) -> bool:
        """Whether there is more to come."""
        return self._reading is not None or bool(self._left)

    def close(self) -> None:
        """Let go of the file, as soon as the thread has; nobody waits for it."""
        self._wanted = ()
        self._kept.clear()
        self._worker.end(self._let_go)

    @property
    def _left(self) -> tuple[int, ...]:
        """What is wanted and has not been read, or was still being measured."""
        kept = {number: self._kept.get(number) for number in self._wanted}
        return tuple(n for n, site in kept.items() if site is None or not site.closed)

    def _read_on(self) -> None:
        left = self._left
        if left and self._reading is None and not self._worker.over.is_set():
            self._reading = self._worker.do(partial(self._turn, left))

    # ------------------------------------------------------------------------------ in the thread

    def _turn(self, numbers: tuple[int, ...]) -> _Found:
        """Read sites until they are read, the turn is over, or others are wanted."""
        found, late = _Found(), time.monotonic() + TURN
        try:
            scan = self._open()
            for number in numbers:
                site = read_site(scan, number, partial(self._is_wanted, number))
                if site is None:
                    break
                found.sites.append(site)
                found.trouble = site.damage or found.trouble
                if time.monotonic() > late:
                    break
        except Exception as error:  # whatever it is, the window must be told, and go on
            found.trouble = str(error) or repr(error)
            self._let_go()
            self._worker.over.wait(AGAIN)
        if self._scan is not None and not self._scan.packed:
            self._let_go()
        return found

    def _make_ready(self) -> None:
        """Read what the first click would have to wait for: the columns of the table of sites."""
        once = iter((True,))
        try:
            scan = self._open()
            if scan.packed and len(scan.sites):
                read_site(scan, 0, lambda: next(once, False))
            else:
                self._let_go()
        except DataFileError:
            self._let_go()  # who clicks a site is told

    def _is_wanted(self, number: int) -> bool:
        return number in self._wanted and not self._worker.over.is_set()

    def _open(self) -> Scan:
        if self._scan is None:
            self._scan = self._file.open()
        return self._scan

    def _let_go(self) -> None:
        if self._scan is not None:
            self._scan.close()
            self._scan = None


def read_site(
    scan: Scan, number: int, goes_on: Callable[[], bool] = lambda: True
) -> SiteCurve | None:
    """Read what is drawn of a site, piece by piece.

    Args:
        scan: an open data file.
        number: of the site.
        goes_on: asked before every piece.

    Returns:
        None if it did not go on.
    """
    passage = Passage([signal.name for signal in scan.signals])
    closed = bool(scan.sites.cell("status", number) > Outcome.RUNNING)
    try:
        for piece in scan.pieces(number):
            if not goes_on():
                return None
            for rows in phases(_rows(piece)):
                passage.take(rows)
        measured = with_fine_steps(scan, passage.curve(number))
        found = of_steps(scan, number, closed=closed)
    except DamagedError as error:
        return SiteCurve(number, None, None, closed=True, damage=str(error))
    way = passage.way(number)
    came_down = way if way.z.size else None
    return SiteCurve(
        number, measured, came_down, closed, signals=scan.signals,
        own=found.drawn, counted=found.counted, steps=found.steps,
    )  # fmt: skip


def of_steps(scan: Scan, number: int, *, closed: bool) -> OfSteps:
    """Return what the steps of a site have to show; little is read where none has a figure.

    Raises:
        DamagedError: the site is damaged in the file.
    """
    steps = steps_of(scan, number)
    cycled = bool((scan.cycles["site"] == number).any())
    pages = has_pages(scan.planned.get(number))
    ran = ran_at(scan, number) if pages or (cycled and not closed) else ()
    middles = half_ways(ran) if cycled and not closed else {}
    found = pages_of(ran) if pages else OfSteps()
    return replace(found, steps=steps, drawn=found.drawn + cycles_drawn(scan, number, middles))


def _rows(record: SiteRecord) -> Trace:
    """Return a record as rows like those that a rig sends."""
    site = np.full(len(record.t), record.number, np.int32)
    labels = (site, record.phase, record.step)
    return Trace(record.t, record.E, record.I, record.z, *labels, signals=record.signals)
