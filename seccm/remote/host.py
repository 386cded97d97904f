"""The host: carries out a run in a thread of its own, and serves whoever follows it.

It outlives its clients: a run goes on to its end whether anybody looks or not. One client at a
time holds the controls; anybody may halt or call for an emergency retract.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from seccm.conductor.manual import Manual
from seccm.conductor.opening import lift_to_top
from seccm.conductor.safety import EMERGENCY
from seccm.data import Unsaved
from seccm.errors import NotNow, SeccmError
from seccm.events import Event
from seccm.hopping.circuit import Circuit
from seccm.remote.channel import LONGEST_REQUEST, Line, Pipe
from seccm.remote.commissioning import Task, Workbench
from seccm.remote.connection import Connection
from seccm.remote.feed import Feed
from seccm.remote.job import Job, Prepare
from seccm.remote.news import Doing, Progress, Snapshot
from seccm.remote.overview import Overview
from seccm.remote.requests import (
    Act,
    Action,
    ApproachCoarsely,
    Begin,
    Commission,
    Emergency,
    Halt,
    Here,
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
from seccm.remote.trace import Trace
from seccm.rig import Block, Rig, SafeReport
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


Announce = Callable[[str, str, str, str], None]


class Host:
    """Runs jobs, one after the other, and tells its clients.

    Args:
        prepare: makes a run of a job.
        feed: for tests that want a small one.
        now: a clock in seconds.
    """

    def __init__(
        self,
        prepare: Prepare = Job.prepare,
        feed: Feed | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._prepare = prepare
        self._feed = feed or Feed()
        self._now = now
        self._lock = threading.RLock()
        self._connections: list[Connection] = []
        self._holder: Connection | None = None
        self._run: Run | None = None
        self._manual: Manual | None = None
        self._bench = Workbench(self._feed.glance, self._feed.find, self._told_lifted)
        self._build: Callable[[], Rig] | None = None
        """Builds the rig that was used last anew."""
        self._lifted: SafeReport | None = None
        self._emergencies = 0
        self._owed = False
        """Whether an emergency was asked for, and nobody has told yet what it achieved."""
        self._rig_thread: threading.Thread | None = None
        self._doing: Doing = "idle"
        self._wake = threading.Event()
        self._ending = self._visited = False
        self._alone_since = now()
        self._disk_free, self._looked = -1, float("-inf")
        self._called_off = ""
        """Why what is being prepared shall not begin; empty while it shall."""
        self.announce: Announce = lambda title, path, rig, run_id: None
        """Told the title, the data file, the rig file and the ID of each run that begins."""

    # For those who keep the host.

    def serve(self, linger: float = 30.0) -> None:
        """Keep the beat until told to quit, or until idle and alone for some seconds."""
        while not self._ending:
            self._wake.wait(BEAT)
            self._wake.clear()
            self._beat()
            patience = linger if self._visited else max(linger, WELCOME)
            if not self._connections and self._now() - self._alone_since > patience:
                if self._manual is not None:
                    self._manual.close()
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
        work = self._control_manually if manual else self._carry_out
        with self._lock:
            self._refuse_busy()
            self._build = job.build
            self._occupy("preparing", work, job)

    def attend(self, run: Run, overview: Overview) -> None:
        """Let clients follow and steer a run that somebody else carries out, who tells of it."""
        with self._lock:
            self._run, self._doing = run, "scan"
        run.on_lifted(self._told_lifted)
        self._feed.begin(_snapshot(run, overview))
        self.announce(run.plan.title, str(run.path.absolute()), "", run.run_id)

    def look(self, block: Block) -> None:
        """Take rows of the run that is attended."""
        self._feed.look(block)

    def tell(self, event: Event) -> None:
        """Take an event of the run that is attended."""
        self._feed.tell(event)

    def commission(self, task: Task) -> None:
        """Carry out a commissioning step, or a coarse approach.

        Raises:
            SeccmError: the rig is in use, or there is no such step.
        """
        with self._lock:
            self._refuse_busy()
            self._bench.expect(task)
            self._build = task.build
            self._occupy("commissioning", self._run_task, task)

    def interrupt(self, number: int) -> str:
        """End the run because of a signal, or the host where there is none; return words for it.

        Args:
            number: of the signal.
        """
        run = self._run
        if run is not None and self._doing == "scan":
            return run.interrupt(number)
        self.quit()
        return "The host ends; first it brings the rig to a safe state."

    def _refuse_busy(self) -> None:
        if not self.idle:
            raise NotNow("begin", f"the rig is in use ({self._doing})", ())

    def _occupy(self, doing: Doing, work: Callable[[Any], None], what: Any) -> None:
        """Do something with the rig in a thread of its own."""
        self._doing, self._called_off = doing, ""
        self._rig_thread = threading.Thread(target=work, args=(what,), name="rig")
        self._rig_thread.start()

    def quit(self) -> None:
        """End `serve` with the next beat. May be called from a signal handler: takes no lock."""
        self._ending = True

    def close(self) -> None:
        """Stop a run and wait for its end; let go of the rig and of all clients."""
        with suppress(NotNow):
            self._ending = True
            if self._run is not None:
                self._run.ask("stop", "the host is closed")
        if self._manual is not None:
            self._manual.close()
        with suppress(NotNow):
            self._bench.stop("the host is closed")
        if self._rig_thread is not None:
            self._rig_thread.join()
        self._beat()
        for connection in list(self._connections):
            connection.close()

    @property
    def idle(self) -> bool:
        """Whether the rig is free."""
        return self._doing == "idle"

    def progress(self, connection: Connection) -> tuple[Progress, bool]:
        """Return how things are, and whether a client holds the controls."""
        run, doing = self._run, self._doing
        silent = self._feed.silence if doing in ("scan", "manual") else 0.0
        manual = self._manual
        progress = Progress(
            doing=doing,
            status=run.status if run is not None else None,
            silent=silent,
            now=self._feed.now,
            watchers=len(self._connections),
            virtual=self._virtual,
            hand=manual.doing if manual is not None else "",
            commanded=manual.commanded if manual is not None else {},
            circuit=manual.circuit if manual is not None else Circuit.UNKNOWN,
            emergencies=self._emergencies,
            lifted=self._lifted,
            missed_rows=self._feed.missed_rows,
            unsaved=run.unsaved if run is not None and doing == "scan" else Unsaved(),
            disk_free=self._disk_free,
            step=self._bench.doing,
            done=self._bench.done,
            words=self._bench.words,
            question=self._bench.question,
        )
        return progress, connection is self._holder

    @property
    def _virtual(self) -> bool:
        """Whether what is driven just now is a virtual rig."""
        run, manual = self._run, self._manual
        if self._doing == "scan":
            return run is not None and run.info.virtual
        return manual.virtual if manual is not None else self._bench.virtual

    # The thread that runs the rig.

    def _carry_out(self, job: Job) -> None:
        run: Run | None = None
        try:
            overview = None if job.plan else Overview.of_file(Path(job.path))
            run = self._prepare(job)
            self.announce(run.plan.title, str(run.path), job.rig_file, run.run_id)
            self._feed.begin(_snapshot(run, overview or Overview.planned(run.total)))
            run.watch(self._feed.look)
            run.on_lifted(self._told_lifted)
            with self._lock:
                self._run, self._doing = run, "scan"
                called_off = "the host is closed" if self._ending else self._called_off
            if called_off == EMERGENCY:
                run.emergency()
            elif called_off:
                run.ask("stop", called_off)
            for event in run:
                self._feed.tell(event)
        except Exception as error:  # whatever it is, an operator must hear of it
            self._feed.fail(error)
        finally:
            if run is not None:
                run.close()
            self._rest()

    def _control_manually(self, job: Job) -> None:
        rig: Rig | None = None
        try:
            rig, plan, doubts = job.open_rig()
            site = plan.sites()[0]
            manual = Manual(rig, site, self._feed.look, self._feed.tell, self._told_lifted)
            overview = Overview.planned(0)
            self.announce("manual control", "", job.rig_file, "")
            warnings = tuple(str(problem) for problem in doubts)
            self._feed.begin(
                Snapshot("", job.plan, rig.info, 0, warnings, overview, (), Trace.none())
            )
            with self._lock:
                self._run, self._manual, self._doing = None, manual, "manual"
                called_off = "the host is closed" if self._ending else self._called_off
            if called_off == EMERGENCY:
                manual.make_safe(retract=True)
            if called_off:
                manual.close()
            manual.run()
        except Exception as error:  # whatever it is, an operator must hear of it
            self._feed.fail(error)
        finally:
            self._manual = None
            if rig is not None:
                rig.close()
            self._rest()

    def _run_task(self, task: Task) -> None:
        try:
            self._bench.carry_out(task)
        except Exception as error:  # whatever it is, an operator must hear of it
            self._feed.fail(error)
        finally:
            self._rest()

    def _lift_again(self, build: Callable[[], Rig]) -> None:
        """Open the rig that was used last, lift the tip to the top, and let go of it."""
        try:
            self._told_lifted(lift_to_top(build(), EMERGENCY))
        except Exception as error:  # whatever it is, an operator must hear of it
            what = f"The rig could not be opened: {error}"
            self._told_lifted(SafeReport(True, False, False, what))
        finally:
            self._owed = False
            self._rest()

    def _told_lifted(self, report: SafeReport) -> None:
        """Take in what an emergency retract achieved."""
        with self._lock:
            self._lifted, self._owed = report, False
            self._emergencies += 1

    def _rest(self) -> None:
        """Be ready for something else."""
        if self._owed:
            what = "Nothing moved: the run ended before a rig was open."
            self._told_lifted(SafeReport(True, False, False, what))
        self._feed.beat(everything=True)
        with self._lock:
            self._doing = "idle"
            self._alone_since = self._now()
        self._wake.set()

    # The thread that keeps the beat.

    def _beat(self) -> None:
        self._feed.beat()
        self._look_at_disk()
        if self._bench.attended and self._unattended:
            with suppress(NotNow):
                self._bench.stop("no window had the controls")
        for connection in list(self._connections):
            connection.nudge()

    @property
    def _unattended(self) -> bool:
        """Whether whoever held the controls has left, or is not heard of any more."""
        holder = self._holder
        return holder is None or self._now() - holder.heard > UNHEARD

    def _look_at_disk(self) -> None:
        run = self._run
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
                self._make_safe("halt")
                return
            case Emergency():
                self._make_safe("emergency")
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
                self._steer(request)
            case Begin():
                self.begin(request.job)
            case OpenRig():
                self.begin(request.job, manual=True)
            case Act():
                self._act(request)
            case Commission() | ApproachCoarsely():
                self.commission(request.order)
            case Reply():
                self._bench.reply(request.question, yes=request.yes)
            case StopStep():
                self._bench.stop("stopped by the operator")
            case Keep():
                self._bench.keep(request.step, calibrate=request.calibrate)
            case Quit():
                if not self.idle:
                    raise NotNow("quit", self._doing, ())
                self.quit()

    def _call_off(self, why: str) -> bool:
        """Let what is being prepared end before it begins; returns whether anything is."""
        with self._lock:
            if self._doing != "preparing":
                return False
            self._called_off = why
            return True

    def _make_safe(self, what: str) -> None:
        """Halt, or lift the tip; on an idle host, the rig that was used last is opened for it.

        Raises:
            SeccmError: there is no rig.
        """
        urgent = what == "emergency"
        with self._lock:
            if urgent and self.idle and self._build is not None:
                self._owed = True
                self._occupy("preparing", self._lift_again, self._build)
                return
        try:
            self._owed |= urgent
            self._make_safe_what_goes_on(urgent)
        except SeccmError:
            self._owed &= not urgent
            raise

    def _make_safe_what_goes_on(self, urgent: bool) -> None:
        """Halt it, or lift its tip.

        Raises:
            SeccmError: nothing goes on, or nothing any more.
        """
        words = EMERGENCY if urgent else "halted"
        if self._call_off(words):
            return
        run, manual = self._run, self._manual
        if self._doing == "commissioning":
            self._bench.stop(words, retract=urgent)
        elif manual is not None:
            manual.make_safe(retract=urgent)
        elif run is None or self.idle:
            raise NotNow("emergency" if urgent else "halt", self._doing, ())
        elif not urgent:
            run.halt()
        else:
            try:
                run.emergency()
            except NotNow:
                what = "The run has just ended and its file is being finished."
                remedy = "Press EMERGENCY RETRACT again when that is done."
                raise SeccmError(f"{what} {remedy}") from None

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

    def _steer(self, request: Steer) -> None:
        if request.verb == "stop" and self._call_off(request.reason):
            return
        run = self._run
        if run is None or self.idle:
            raise NotNow(request.verb, self._doing, ())
        run.ask(request.verb, request.reason)

    def _act(self, request: Act) -> None:
        manual, action = self._manual, request.action
        if manual is None:
            raise NotNow(action, f"not under manual control ({self._doing})", ())
        if action is Action.CLOSE:
            manual.close()
        else:
            manual.ask(action.value, **request.how)


def _snapshot(run: Run, overview: Overview) -> Snapshot:
    """Return how things are before a run begins."""
    return Snapshot(
        path=str(run.path.absolute()),
        plan_json=run.plan.to_json(),
        info=run.info,
        total=run.total,
        warnings=tuple(str(problem) for problem in run.warnings),
        overview=overview,
        recent=(),
        trace=Trace.none(),
    )
