"""The thread that writes the data file, so that the one that runs the rig never waits for a disk.

The real-time thread hands over blocks and events and goes on. This thread takes all that waits
at once, applies it, and makes it safe once: the slower the disk, the larger the bites. What does
not fit the queue within the store's patience is a fault of the run, never a gap in the data. The
queue is bounded in messages, and in bytes where blocks bring raw samples.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple, Self

import h5py

from seccm.data import resume as resuming
from seccm.data.filming import Film
from seccm.data.header import Header
from seccm.data.layout import CACHE, LIBVER, Columns
from seccm.data.making import make
from seccm.data.redo import RedoLog
from seccm.data.repair import redo_log
from seccm.data.trace import Analyse
from seccm.data.trouble import discard, is_full, said, todo
from seccm.data.writer import Writer
from seccm.errors import DataFileError, RigError, SeccmError
from seccm.events import Event, RunStatus, SiteAnalysed
from seccm.plan.decision import Decision
from seccm.plan.instruction import Instruction
from seccm.plan.site import Site
from seccm.rig import Block, Clock, RawChannel

CONTACT_SAMPLES = 512
CLOSING = 60.0
"""Seconds within which a file must have closed."""
HEAVIEST = 128_000_000
"""Bytes of raw samples that may wait: a minute of nine inputs."""
SOON = 5.0
"""Seconds after which the disk is told of what a later session would need in order to go on."""
LATEST = 30.0
"""Seconds after which the disk is told of any row: all of a long step, and of a long pause, is
never in a power cut's reach."""
GRACE = 0.25
"""Seconds within which the disk is told of a finished site when no barrier asks for it."""


class _Happened(NamedTuple):
    block: Block | None
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What a power cut would take now."""

    rows: int = 0
    """Recorded since the disk was last told to keep what it has."""
    seconds: float = 0.0
    """Age of the oldest of them."""
    waiting: float = 0.0
    """Seconds for which the thread that writes has not come back for more."""


class _Planned(NamedTuple):
    sites: tuple[Site, ...]


class _Decided(NamedTuple):
    site: int
    decision: Decision


class _Instructed(NamedTuple):
    number: int
    instruction: Instruction


_Message = _Happened | _Planned | _Decided | _Instructed


class Store:
    """Keeps everything a run produces in one file, from a thread of its own.

    Args:
        path: a file that does not exist yet.
        header: what is said once.
        sites: the plan's sites, in visiting order.
        columns: factors of the plan and features of the analysis.
        clock: that of the rig.
        analyse: called in this thread with every finished site; None for no live features.
        queue_blocks: how many recorded messages may wait.
        patience: seconds to wait for room before the run is at fault.
        contact_samples: raw samples expected in a contact record.
        raw: the channels of which blocks will bring raw samples, none unless these are recorded.
        raw_of_steps: keep the raw samples of steps that ask for it, not of the whole scan.
        film: gives frames of a camera; None without one.

    Raises:
        DataFileError: the file exists, or cannot be made.
    """

    def __init__(
        self,
        path: Path | str,
        header: Header,
        sites: Sequence[Site],
        columns: Columns,
        clock: Clock,
        analyse: Analyse | None = None,
        *,
        queue_blocks: int = 4096,
        patience: float = 5.0,
        contact_samples: int = CONTACT_SAMPLES,
        raw: Sequence[RawChannel] = (),
        raw_of_steps: bool = False,
        film: Film | None = None,
    ) -> None:
        self.path = Path(path)
        facts = None if film is None else film.facts
        make(self.path, header, sites, columns, clock, contact_samples, raw, facts)
        try:
            self._begin(
                sites, columns, clock, 0.0, analyse, queue_blocks, patience, raw_of_steps, film
            )
        except BaseException:
            discard(self.path)
            discard(redo_log(self.path))
            raise

    @classmethod
    def resume(
        cls,
        path: Path | str,
        sites: Sequence[Site],
        columns: Columns,
        clock: Clock,
        analyse: Analyse | None = None,
        *,
        started_at: str | None = None,
        queue_blocks: int = 4096,
        patience: float = 5.0,
        raw: Sequence[RawChannel] = (),
        raw_of_steps: bool = False,
        goes_on: int | None = None,
        film: Film | None = None,
    ) -> Self:
        """Continue the file of a run that was stopped, halted or killed.

        A site whose descent had begun counts as touched and becomes aborted, unless it is the one
        that goes on. What had not been made safe is cut off. `Scan.remaining` says which sites are
        left.

        Raises:
            DataFileError: no such file, not one of ours, or of another clock or raw channels.
        """
        store = cls.__new__(cls)
        store.path = Path(path)
        pages = None if film is None else film.pages
        offset = resuming.prepare(store.path, clock, columns, started_at, raw, goes_on, pages=pages)
        store._begin(  # noqa: SLF001, it is this class
            sites, columns, clock, offset, analyse, queue_blocks, patience, raw_of_steps, film
        )
        return store

    def _begin(
        self,
        sites: Sequence[Site],
        columns: Columns,
        clock: Clock,
        offset: float,
        analyse: Analyse | None,
        queue_blocks: int,
        patience: float,
        raw_of_steps: bool,
        film: Film | None,
    ) -> None:
        self.begins_at = offset
        """Time in the file, in seconds, at which the rows of this session begin."""
        try:
            redo = RedoLog.begin(self.path)
            file = h5py.File(self.path, "r+", libver=LIBVER, locking=False, rdcc_nbytes=CACHE)
            # From here on others can read along, and a crash can only cut the file, not break
            # it. No group, dataset or attribute may be added any more.
            file.swmr_mode = True
            self._writer = Writer(
                file,
                redo,
                sites=sites,
                columns=columns,
                clock=clock,
                offset=offset,
                analyse=analyse,
                raw_of_steps=raw_of_steps,
                film=film,
            )
        except (OSError, RuntimeError) as error:
            remedy = todo(error, "Check the disk, or write elsewhere.")
            raise DataFileError(
                f"{self.path}: the file cannot be written: {said(error)}. Nothing moved. {remedy}"
            ) from error
        self._limit, self._patience = queue_blocks, patience
        self._changed = threading.Condition()
        self._waiting: list[_Message] = []
        self._raw_bytes = 0
        self._sent = self._safe = self._wanted = 0
        self._rows_sent = self._rows_taken = self._rows_safe = 0
        self._unsaved_since = self._waiting_since = math.inf
        self._status: RunStatus | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Literal[False]:
        """Close the file; unless it was closed, the run counts as one that failed."""
        if error is None:
            self.close("fault")
            return False
        try:
            self.close("fault")
        except SeccmError as second:
            error.add_note(str(second))
        return False

    def record(self, block: Block | None, events: Sequence[Event] = ()) -> None:
        """Hand over what happened; returns at once unless the disk is far behind.

        Raises:
            RigError: there was no room for longer than the patience, or writing failed.
        """
        self._send(_Happened(block, tuple(events)))

    def extend(self, sites: Sequence[Site]) -> None:
        """Add sites to a running scan, before they start.

        May be called from any thread. A `barrier` after it returns when they are on the disk.

        Args:
            sites: numbered on from the last one.

        Raises:
            RigError: there was no room for longer than the patience, or writing failed.
        """
        self._send(_Planned(tuple(sites)))

    def decide(self, site: int, decision: Decision) -> None:
        """Keep why a planner asked for no more; as `extend`.

        Args:
            site: the number that the next site would have had.
            decision: of the planner.

        Raises:
            RigError: there was no room for longer than the patience, or writing failed.
        """
        self._send(_Decided(site, decision))

    def instruct(self, number: int, instruction: Instruction) -> None:
        """Keep what a person told the run; as `extend`.

        Args:
            number: of the instruction, from 0 on.
            instruction: as it was given.

        Raises:
            RigError: there was no room for longer than the patience, or writing failed.
        """
        self._send(_Instructed(number, instruction))

    def barrier(self, timeout: float = 10.0) -> None:
        """Return when every event recorded so far is on the disk.

        The analysis of a large site that goes on meanwhile is no fault of the disk: it is waited
        for.

        Raises:
            RigError: it took longer than the timeout in seconds, or writing failed.
        """
        with self._changed:
            target = self._wanted = self._sent
            self._changed.notify_all()
            done: object = False
            while not done:
                busy = self._writer.analysing
                done = self._changed.wait_for(lambda: self._error or self._safe >= target, timeout)
                self._check()
                if done or busy or self._writer.analysing:
                    continue
                raise RigError(
                    "store-stalled",
                    str(self.path),
                    f"the disk has not confirmed the last record within {timeout:g} s.",
                    "Write to a local disk.",
                )

    def analysed(self) -> tuple[SiteAnalysed, ...]:
        """Return the features determined since this was last asked."""
        found: list[SiteAnalysed] = []
        while self._writer.analysed:
            found.append(self._writer.analysed.popleft())
        return tuple(found)

    def close(self, status: RunStatus) -> None:
        """Store all that waits, say what became of the run and end the thread; once is enough.

        Raises:
            RigError: writing failed; what had been made safe stays so.
        """
        with self._changed:
            if self._status is not None:
                return
            self._status = status
            self._changed.notify_all()
        self._thread.join(CLOSING)
        if self._thread.is_alive():
            raise RigError(
                "store-stalled",
                str(self.path),
                f"the file has not closed within {CLOSING:g} s.",
                "Check the disk; the finished sites are safe and the file can be resumed.",
            )
        with self._changed:
            self._check()

    @property
    def unsaved(self) -> Unsaved:
        """What is not safe on the disk yet, at a glance.

        May be asked for from any thread; takes no lock, so that nobody holds up the rig's thread.
        """
        now = time.monotonic()
        return Unsaved(
            self._rows_sent - self._rows_safe,
            max(0.0, now - self._unsaved_since),
            max(0.0, now - self._waiting_since),
        )

    def _send(self, message: _Message) -> None:
        with self._changed:
            room = self._changed.wait_for(lambda: self._error or self._has_room(), self._patience)
            self._check()
            if not room:
                raise RigError(
                    "store-overflow",
                    str(self.path),
                    f"{len(self._waiting)} blocks of data have been waiting for the disk for "
                    f"{self._patience:g} s.",
                    "Write to a faster, local disk. The finished sites are safe; resume the file.",
                )
            if self._status is not None:
                raise RigError("store-closed", str(self.path), "the file is closed already.")
            if isinstance(message, _Happened) and message.block is not None:
                self._rows_sent += message.block.rows
                self._raw_bytes += sum(piece.codes.nbytes for piece in message.block.raw)
            now = time.monotonic()
            self._unsaved_since = min(self._unsaved_since, now)
            self._waiting_since = min(self._waiting_since, now)
            self._waiting.append(message)
            self._sent += 1
            self._changed.notify_all()

    def _has_room(self) -> bool:
        return len(self._waiting) < self._limit and self._raw_bytes < HEAVIEST

    def _check(self) -> None:
        """Raise what ended the thread, if anything did."""
        if self._error is not None:
            raise _failure(self.path, self._error) from self._error

    def _run(self) -> None:
        """Write until the run is over; the body of the thread."""
        try:
            applied, owed = 0, math.inf
            while (batch := self._take(owed)) is not None:
                urgent = False
                for message in batch:
                    urgent |= self._apply(message)
                applied += len(batch)
                if self._rows_taken > self._rows_safe:
                    delay = SOON if self._writer.must_last else LATEST
                    owed = min(owed, time.monotonic() + delay)
                if self._wanted > self._safe or time.monotonic() >= owed:
                    self._writer.commit()
                    owed = math.inf
                    with self._changed:
                        self._safe = applied
                        self._rows_safe = self._rows_taken
                        # What has come meanwhile is what is not safe now.
                        self._unsaved_since = self._waiting_since
                        self._changed.notify_all()
                elif urgent:
                    # Safe from a killed program at once; from a power cut with the next
                    # barrier, which is near while sites follow one another.
                    self._writer.commit(durable=False)
                    owed = min(owed, time.monotonic() + GRACE)
            self._writer.close(self._status or "fault")
            with self._changed:
                self._safe, self._rows_safe = self._sent, self._rows_sent
                self._unsaved_since = self._waiting_since = math.inf
                self._changed.notify_all()
        except Exception as error:
            # Whatever it is, it is raised again in the thread that runs the rig.
            try:
                self._writer.abandon()
            finally:
                with self._changed:
                    self._error = error
                    self._waiting.clear()
                    self._changed.notify_all()

    def _take(self, owed: float) -> list[_Message] | None:
        """Wait for messages, a barrier, or the moment when the disk must be told at last.

        Returns:
            All messages there are; None when the run is over.
        """
        patience = None if owed == math.inf else max(0.0, owed - time.monotonic())
        with self._changed:
            self._changed.wait_for(
                lambda: self._waiting or self._status or self._wanted > self._safe, patience
            )
            batch, self._waiting, self._raw_bytes = self._waiting, [], 0
            self._rows_taken, self._waiting_since = self._rows_sent, math.inf
            self._changed.notify_all()
            return None if not batch and self._status else batch

    def _apply(self, message: _Message) -> bool:
        if isinstance(message, _Planned):
            self._writer.extend(message.sites)
            return True
        if isinstance(message, _Decided):
            self._writer.decide([message])
            return True
        if isinstance(message, _Instructed):
            self._writer.instruct(message.number, message.instruction)
            return True
        return self._writer.take(message.block, message.events)


def _failure(path: Path, error: Exception) -> RigError:
    """Put into a sentence what ended the writing."""
    what = "the disk is full" if is_full(error) else f"the file cannot be written: {said(error)}"
    return RigError(
        "store-failed",
        str(path),
        f"{what}.",
        "Free some space or repair the disk, then resume the file: its finished sites are safe.",
    )
