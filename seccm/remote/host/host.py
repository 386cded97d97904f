"""The host: has the rig do what its clients ask, and tells all who follow.

It outlives its clients: a run goes on to its end whether anybody looks or not. One client at a
time holds the controls; anybody may halt or call for an emergency retract.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from seccm.errors import NotNow, SeccmError
from seccm.events import Event
from seccm.remote.channel.line import LONGEST_REQUEST, Line, Pipe
from seccm.remote.host.connection import Connection
from seccm.remote.host.feed import Feed
from seccm.remote.host.rig_work import Announce, RigWork, unannounced
from seccm.remote.messages.job import Job, Prepare
from seccm.remote.messages.news import Progress
from seccm.remote.messages.overview import Overview
from seccm.remote.messages.requests import (
    Act,
    ApproachCoarsely,
    Begin,
    Commission,
    Emergency,
    Halt,
    Here,
    Instruct,
    Keep,
    OpenRig,
    Quit,
    Release,
    Reply,
    Request,
    Steer,
    StopStep,
    TakeControl,
)
from seccm.rig import Block
from seccm.session import Run

BEAT = 1.0 / 30.0
"""Seconds between two looks at what came: the pace of a window."""
ABSENT = 3.0
"""Seconds without a sign of life after which the controls of a client may be taken over."""
UNHEARD = 10.0
"""Seconds without a sign of life after which what must be attended is stopped."""
DISK_LOOK = 2.0
"""Seconds from one look at the free space on the disk to the next."""
WELCOME = 10.0
"""Seconds for which a new host waits for its first client at least."""


class Host:
    """Does what clients ask with the rig, one thing after the other, and tells all of them.

    Args:
        prepare: makes a run of a job.
        feed: for tests that want a small one.
        now: a clock in seconds.
        announce: is told what runs here, whenever a run begins.
    """

    def __init__(
        self,
        prepare: Prepare = Job.prepare,
        feed: Feed | None = None,
        now: Callable[[], float] = time.monotonic,
        announce: Announce = unannounced,
    ) -> None:
        self._feed = feed or Feed()
        self._work = RigWork(prepare, self._feed, announce, self._rested)
        self._now = now
        self._lock = threading.RLock()
        self._connections: list[Connection] = []
        self._holder: Connection | None = None
        self._wake = threading.Event()
        self._ending = self._visited = False
        self._alone_since = now()
        self._disk_free, self._looked = -1, float("-inf")

    # For those who keep the host.

    def serve(self, linger: float = 30.0) -> None:
        """Keep the beat until told to quit, or until idle and alone for some seconds."""
        while not self._ending:
            self._wake.wait(BEAT)
            self._wake.clear()
            self._beat()
            patience = linger if self._visited else max(linger, WELCOME)
            if not self._connections and self._now() - self._alone_since > patience:
                self._work.leave_manual()
                if self.idle:
                    break
        self.close()

    def admit(self, pipe: Pipe) -> None:
        """Serve a client that has proved itself, until it leaves."""
        connection = Connection(
            Line(pipe, LONGEST_REQUEST), self._feed, self._grant, self._left, self._now
        )
        with self._lock:
            self._connections.append(connection)
            self._visited = True
            if self._holder is None:
                self._holder = connection
        connection.start(self.progress)

    def begin(self, job: Job, *, manual: bool = False) -> None:
        """Begin a run, or open the rig for manual control.

        Raises:
            NotNow: the rig is in use.
        """
        self._work.begin(job, manual=manual)

    def attend(self, run: Run, overview: Overview) -> None:
        """Let clients follow and steer a run that somebody else carries out, who tells of it."""
        self._work.attend(run, overview)

    def look(self, block: Block) -> None:
        """Take rows of the run that is attended."""
        self._feed.look(block)

    def tell(self, event: Event) -> None:
        """Take an event of the run that is attended."""
        self._feed.tell(event)

    def interrupt(self, number: int) -> str:
        """End the run because of a signal, or the host where there is none; return words for it.

        Args:
            number: of the signal.
        """
        words = self._work.interrupt(number)
        if words:
            return words
        self.quit()
        return "The host ends; first it brings the rig to a safe state."

    def quit(self) -> None:
        """End `serve` with the next beat. May be called from a signal handler: takes no lock."""
        self._ending = True

    def close(self) -> None:
        """Stop a run and wait for its end; let go of the rig and of all clients."""
        self._ending = True
        self._work.close()
        self._beat()
        for connection in list(self._connections):
            connection.close()

    @property
    def idle(self) -> bool:
        """Whether the rig is free."""
        return self._work.idle

    def progress(self, connection: Connection) -> tuple[Progress, bool]:
        """Return how things are, and whether a client holds the controls."""
        progress = self._work.progress(len(self._connections), self._disk_free)
        return progress, connection is self._holder

    def _rested(self) -> None:
        """Take in that the rig is free again."""
        with self._lock:
            self._alone_since = self._now()
        self._wake.set()

    # The thread that keeps the beat.

    def _beat(self) -> None:
        self._feed.beat()
        self._look_at_disk()
        if self._work.bench.attended and self._unattended:
            with suppress(NotNow):
                self._work.bench.stop("no window had the controls")
        for connection in list(self._connections):
            connection.nudge()

    @property
    def _unattended(self) -> bool:
        """Whether whoever held the controls has left, or is not heard of any more."""
        holder = self._holder
        return holder is None or self._now() - holder.heard > UNHEARD

    def _look_at_disk(self) -> None:
        run = self._work.run
        if run is None or self._now() - self._looked < DISK_LOOK:
            return
        self._looked = self._now()
        with suppress(OSError):
            self._disk_free = shutil.disk_usage(run.path.parent).free

    # The threads of the clients.

    def _left(self, connection: Connection) -> None:
        with self._lock:
            if connection in self._connections:
                self._connections.remove(connection)
            if self._holder is connection:
                self._holder = None
            self._alone_since = self._now()

    def _grant(self, connection: Connection, request: Request) -> None:
        """Carry out a request.

        Raises:
            SeccmError: it is not granted; the text says why.
        """
        match request:
            case Here():
                return
            case Halt():
                self._work.make_safe(urgent=False)
                return
            case Emergency():
                self._work.make_safe(urgent=True)
                return
            case TakeControl():
                self._hand_over(connection, force=request.force)
                return
            case _ if connection is not self._holder:
                raise SeccmError("Another window has the controls. Take the controls first.")
            case Release():
                with self._lock:
                    self._holder = None
            case Steer():
                self._work.steer(request)
            case Instruct():
                self._work.instruct(request)
            case Begin():
                self._work.begin(request.job)
            case OpenRig():
                self._work.begin(request.job, manual=True)
            case Act():
                self._work.act(request)
            case Commission() | ApproachCoarsely():
                self._work.commission(request.order)
            case Reply():
                self._work.bench.reply(request.question, yes=request.yes)
            case StopStep():
                self._work.bench.stop("stopped by the operator")
            case Keep():
                self._work.bench.keep(request.step, calibrate=request.calibrate)
            case Quit():
                if not self.idle:
                    raise NotNow("quit", self._work.doing, ())
                self.quit()

    def _hand_over(self, connection: Connection, *, force: bool) -> None:
        with self._lock:
            holder = self._holder
            if holder not in (None, connection) and holder is not None:
                quiet = self._now() - holder.heard
                if not force and quiet < ABSENT:
                    raise SeccmError(
                        "Another window has the controls and is in use. Release the controls there."
                    )
            self._holder = connection
