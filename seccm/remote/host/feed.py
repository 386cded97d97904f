"""Between the thread that runs the rig and those that talk to clients.

The rig's thread only appends to a deque, which takes no lock. Everything that costs time is done
by the thread that calls `beat`. Facts are numbered; the last `FACTS` of them are kept, and the
last `CHUNKS` pieces of trace. A reader holds a cursor into both.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from itertools import islice

from seccm.events import Event, PhaseBegan, SiteStarted
from seccm.remote.messages.commissioning import Found
from seccm.remote.messages.job import Failure
from seccm.remote.messages.news import Snapshot
from seccm.remote.messages.trace import Labeller, Trace
from seccm.rig import Block

FACTS = 5_000
"""Events kept for slow clients: some 400 sites, 10 kB each. Slower ones get a snapshot."""
CHUNKS = 300
"""Pieces of trace kept for slow clients: ten seconds."""
RECENT = 200
"""Events that a new client is told of."""
BLOCKS = 50_000
"""Blocks and events that may wait for a beat; beyond these, blocks are not shown to anybody."""
SITE_ROWS = 4000
"""Rows of the active site that a new client is shown, about."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a reader has come."""

    run: int = -1
    """Which run of this host it follows."""
    fact: int = 0
    chunk: int = 0
    failure: int = 0
    found: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """What a reader has not seen yet."""

    cursor: Cursor
    snapshot: Snapshot | None
    """Given when a run began, or when the reader was left behind."""
    events: tuple[Event, ...]
    trace: Trace
    failure: Failure | None
    found: tuple[Found, ...] = ()
    """Findings of commissioning that are new to the reader."""


class Feed:
    """Collects what happens and hands it out to readers that come when they can.

    Args:
        points: rows of trace in a beat, about; more are thinned out.
        facts: events kept.
    """

    def __init__(self, points: int = 70, facts: int = FACTS) -> None:
        self._points = points
        self._pending: deque[Block | Event] = deque()
        self._lock = threading.Lock()
        self._run = self._fact = self._chunk = self._failures = 0
        self._snapshot: Snapshot | None = None
        self._begun: Snapshot | None = None
        self._start = Cursor()
        self._facts: deque[Event] = deque(maxlen=facts)
        self._told_at: deque[float] = deque(maxlen=RECENT)
        self._chunks: deque[Trace] = deque(maxlen=CHUNKS)
        self._site_trace = Trace.none()
        self._labeller: Labeller | None = None
        self._failure: Failure | None = None
        self._found: dict[str, tuple[int, Found]] = {}
        """The newest finding of each step, and its number."""
        self._finds = 0
        self._now: dict[str, float] = {}
        self._seen = time.monotonic()
        self.missed_rows = 0

    # From the thread that runs the rig.

    def look(self, block: Block) -> None:
        """Take rows; they are left out where too many wait already."""
        if len(self._pending) < BLOCKS:
            self._pending.append(block)
        else:
            self.missed_rows += block.rows

    def tell(self, event: Event) -> None:
        """Take an event; none is ever left out."""
        self._pending.append(event)

    def begin(self, snapshot: Snapshot) -> None:
        """Begin with another run."""
        self.beat(everything=True)
        with self._lock:
            self._snapshot = snapshot
            self._begun = snapshot.apart()
            self._run += 1
            self._facts.clear()
            self._told_at.clear()
            self._chunks.clear()
            self._start = Cursor(self._run, self._fact, self._chunk)
            self._site_trace, self._labeller = Trace.none(), Labeller.of(snapshot.info)
            self._failure, self._seen = None, time.monotonic()

    def glance(self, block: Block) -> None:
        """Take the newest of some rows that belong to no run."""
        self._seen = time.monotonic()
        if block.rows:
            self._now = {name: float(values[-1]) for name, values in block.data.items()}

    def find(self, found: Found) -> None:
        """Take what a commissioning step found, in place of what it found before."""
        with self._lock:
            self._finds += 1
            self._found[found.finding.procedure] = self._finds, found

    def fail(self, error: Exception) -> None:
        """Say why a run could not begin, or what ended it."""
        with self._lock:
            self._failure = Failure.of(error)
            self._failures += 1

    # From the thread that keeps the beat.

    def beat(self, *, everything: bool = False) -> None:
        """Sort out what came since the last time.

        Args:
            everything: keep no rows back for better labels: there will be no more.
        """
        with self._lock:
            for _ in range(len(self._pending)):
                item = self._pending.popleft()
                if isinstance(item, Block):
                    self._take(item)
                else:
                    self._hear(item)
            if self._labeller is None:
                return
            rows = self._labeller.take(everything=everything)
            if len(rows):
                thin = rows.thinned(self._points)
                self._chunks.append(thin)
                self._chunk += 1
                self._keep_site(thin)

    # From any thread.

    def arrive(self) -> Cursor:
        """Return the cursor of a reader that has just come."""
        with self._lock:
            # Findings are not many, and whoever comes is shown all of them.
            if self._snapshot is not None:
                return Cursor()
            return Cursor(self._run, self._fact, self._chunk, self._failures)

    @property
    def silence(self) -> float:
        """Seconds since the last rows came; as fine as the beat."""
        return time.monotonic() - self._seen

    @property
    def now(self) -> dict[str, float]:
        """The newest row."""
        return self._now

    def since(self, cursor: Cursor) -> Batch:
        """Return what came after a cursor: the news, or a snapshot if that is too long ago."""
        with self._lock:
            here = Cursor(self._run, self._fact, self._chunk, self._failures, self._finds)
            new_finds = [one for one in self._found.values() if one[0] > cursor.found]
            found = tuple(each for _, each in sorted(new_finds, key=lambda one: one[0]))
            failure = self._failure if self._failures != cursor.failure else None
            begun: Snapshot | None = None
            if cursor.run == self._run - 1 and self._begun is not None:
                # A reader that was there before the run began follows it from its beginning.
                begun, cursor = self._begun.apart(), self._start
            unread = self._fact - cursor.fact
            behind = cursor.run != self._run or unread > len(self._facts)
            if behind and self._snapshot is not None:
                current = self._current(self._snapshot)
                return Batch(here, current, (), Trace.none(), failure, found)
            events = tuple(islice(self._facts, len(self._facts) - unread, None))
            new = min(self._chunk - cursor.chunk, len(self._chunks))
            trace = Trace.joined(list(islice(self._chunks, len(self._chunks) - new, None)))
            return Batch(here, begun, events, trace, failure, found)

    def _current(self, begun: Snapshot) -> Snapshot:
        """Return the snapshot of now."""
        recent = tuple(islice(self._facts, max(0, len(self._facts) - RECENT), None))
        told_at = tuple(self._told_at)[len(self._told_at) - len(recent) :]
        return replace(begun.apart(), recent=recent, told_at=told_at, trace=self._site_trace)

    def _take(self, block: Block) -> None:
        self._seen = time.monotonic()
        if self._labeller is not None and block.rows:
            self._labeller.see(block)
            self._now = {name: float(values[-1]) for name, values in block.data.items()}

    def _hear(self, event: Event) -> None:
        self._facts.append(event)
        self._told_at.append(time.time())
        self._fact += 1
        if self._labeller is not None and isinstance(event, SiteStarted | PhaseBegan):
            self._labeller.hear(event)
        if self._snapshot is not None:
            self._snapshot.hear(event)

    def _keep_site(self, rows: Trace) -> None:
        """Add rows to those of the active site, or begin with those of another."""
        both = Trace.joined([self._site_trace, rows])
        mine = both.where(both.site == both.site[-1])
        self._site_trace = mine.thinned(SITE_ROWS // 2) if len(mine) > SITE_ROWS else mine
