"""What a host does with the rig: one thing at a time, in a thread of its own, until it is done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from seccm.conductor.manual import Manual
from seccm.conductor.opening import make_safe_alone
from seccm.conductor.safety import EMERGENCY
from seccm.data import Unsaved
from seccm.errors import NotNow, SeccmError
from seccm.hopping.circuit import Circuit
from seccm.plan.instruction import Instruction
from seccm.plan.way_words import ELECTRODE
from seccm.remote.host.feed import Feed
from seccm.remote.host.workbench import Workbench
from seccm.remote.messages.job import Job, Prepare
from seccm.remote.messages.news import Doing, Progress, Snapshot
from seccm.remote.messages.overview import Overview
from seccm.remote.messages.requests import Act, Action, Instruct, Steer
from seccm.remote.messages.site_list import SiteList
from seccm.remote.messages.task import Task
from seccm.remote.messages.trace import Trace
from seccm.rig import Rig, SafeReport
from seccm.session import Run

CLOSED = "the host is closed"

Announce = Callable[[str, str, str, str], None]
"""Told the title, the data file, the rig file and the ID of each run that begins."""


def unannounced(title: str, path: str, rig: str, run_id: str) -> None:
    """Announce to nobody."""


class RigWork:
    """Runs, manual control, commissioning: what is done with the rig, and how it is ended.

    Args:
        prepare: makes a run of a job.
        feed: is told what comes of it.
        announce: is told what runs, whenever a run begins.
        rested: called by the thread that used the rig, just before the rig is free again.
    """

    def __init__(
        self, prepare: Prepare, feed: Feed, announce: Announce, rested: Callable[[], None]
    ) -> None:
        self._prepare, self._feed, self._announce, self._rested = prepare, feed, announce, rested
        self.bench = Workbench(feed.glance, feed.find, self._told_lifted)
        """Where commissioning is carried out."""
        self.run: Run | None = None
        """The run that goes on, or else the last one."""
        self.doing: Doing = "idle"
        self._lock = threading.RLock()
        self._manual: Manual | None = None
        self._build: Callable[[], Rig] | None = None
        """Builds the rig that was used last again."""
        self._moves = True
        """Whether what it was used for moves a tip."""
        self._lifted: SafeReport | None = None
        self._emergencies = 0
        self._owed = False
        """Whether an emergency was asked for, and nobody has told yet what it achieved."""
        self._thread: threading.Thread | None = None
        self._closing = False
        self._called_off = ""
        """Why what is being prepared must not begin; empty while it may."""

    # What can begin while the rig is free.

    def begin(self, job: Job, *, manual: bool = False) -> None:
        """Begin a run, or open the rig for manual control.

        Raises:
            NotNow: the rig is in use.
        """
        work = self._control_manually if manual else self._carry_out
        with self._lock:
            self._refuse_busy()
            self._build, self._moves = job.build, manual or job.moves
            self._occupy("preparing", work, job)

    def attend(self, run: Run, overview: Overview) -> None:
        """Take in a run that somebody else carries out, who tells of it."""
        with self._lock:
            self.run, self.doing, self._moves = run, "scan", run.plan.moves
        run.on_lifted(self._told_lifted)
        self._feed.begin(_snapshot(run, overview))
        self._announce(run.plan.title, str(run.path.absolute()), "", run.run_id)

    def commission(self, task: Task) -> None:
        """Carry out a commissioning step, or a coarse approach.

        Raises:
            SeccmError: the rig is in use, or there is no such step.
        """
        with self._lock:
            self._refuse_busy()
            self.bench.expect(task)
            self._build, self._moves = task.build, True
            self._occupy("commissioning", self._run_task, task)

    def _refuse_busy(self) -> None:
        if not self.idle:
            raise NotNow("begin", f"the rig is in use ({self.doing})", ())

    def _occupy(self, doing: Doing, work: Callable[[Any], None], what: Any) -> None:
        """Do something with the rig in a thread of its own."""
        self.doing, self._called_off = doing, ""
        self._thread = threading.Thread(target=work, args=(what,), name="rig")
        self._thread.start()

    # How it goes.

    @property
    def idle(self) -> bool:
        """Whether the rig is free."""
        return self.doing == "idle"

    def progress(self, watchers: int, disk_free: int) -> Progress:
        """Return how things are.

        Args:
            watchers: the number of clients.
            disk_free: bytes; -1 where it is not known.
        """
        run, doing, manual = self.run, self.doing, self._manual
        return Progress(
            doing=doing,
            status=run.status if run is not None else None,
            silent=self._feed.silence if doing in ("scan", "manual") else 0.0,
            now=self._feed.now,
            watchers=watchers,
            virtual=self._virtual,
            hand=manual.doing if manual is not None else "",
            commanded=manual.commanded if manual is not None else {},
            circuit=manual.circuit if manual is not None else Circuit.UNKNOWN,
            emergencies=self._emergencies,
            lifted=self._lifted,
            missed_rows=self._feed.missed_rows,
            unsaved=run.unsaved if run is not None and doing == "scan" else Unsaved(),
            disk_free=disk_free,
            camera=run.film.state if run is not None and run.film is not None else None,
            step=self.bench.doing,
            done=self.bench.done,
            words=self.bench.words,
            question=self.bench.question,
        )

    @property
    def _virtual(self) -> bool:
        """Whether what is driven just now is a virtual rig."""
        run, manual = self.run, self._manual
        if self.doing == "scan":
            return run is not None and run.info.virtual
        return manual.virtual if manual is not None else self.bench.virtual

    # How it is steered and ended. Any thread may call these.

    def interrupt(self, number: int) -> str:
        """End a run that goes on because of a signal; return words for it, empty without a run.

        Args:
            number: of the signal.
        """
        run = self.run
        return run.interrupt(number) if run is not None and self.doing == "scan" else ""

    def leave_manual(self) -> None:
        """End manual control, if the rig is under it."""
        if self._manual is not None:
            self._manual.close()

    def close(self) -> None:
        """End what goes on, safely, and wait for its end."""
        with self._lock:
            self._closing = True
            run = self.run
        with suppress(NotNow):
            if run is not None:
                run.ask("stop", CLOSED)
        self.leave_manual()
        with suppress(NotNow):
            self.bench.stop(CLOSED)
        if self._thread is not None:
            self._thread.join()

    def _call_off(self, why: str) -> bool:
        """Let what is being prepared end before it begins; returns whether anything is."""
        with self._lock:
            if self.doing != "preparing":
                return False
            self._called_off = why
            return True

    def make_safe(self, *, urgent: bool) -> None:
        """Halt, or lift the tip; where the rig is free, the one used last is opened for it.

        Args:
            urgent: whether the tip is lifted.

        Raises:
            SeccmError: there is no rig.
        """
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
        run, manual = self.run, self._manual
        if self.doing == "commissioning":
            self.bench.stop(words, retract=urgent)
        elif manual is not None:
            manual.make_safe(retract=urgent)
        elif run is None or self.idle:
            raise NotNow("emergency" if urgent else "halt", self.doing, ())
        elif not urgent:
            run.halt()
        else:
            try:
                run.emergency()
            except NotNow:
                what = "The run has just ended and its file is being finished."
                remedy = f"Press {run.plan.way_words.emergency} again when that is done."
                raise SeccmError(f"{what} {remedy}") from None

    def steer(self, request: Steer) -> None:
        """Ask the run for what is requested.

        Raises:
            NotNow: no run goes on, or it cannot do this now.
        """
        if request.verb == "stop" and self._call_off(request.reason):
            return
        run = self.run
        if run is None or self.idle:
            raise NotNow(request.verb, self.doing, ())
        run.ask(request.verb, request.reason)

    def instruct(self, request: Instruct) -> None:
        """Tell the run what a person wants of the sites to come.

        Raises:
            NotNow: no run goes on.
            PlanError: it cannot be followed; nothing changed.
        """
        instruction = Instruction.read(request.instruction)
        run = self.run
        if run is None or self.idle:
            raise NotNow(instruction.kind, self.doing, ())
        run.instruct(instruction)

    def act(self, request: Act) -> None:
        """Do what is requested under manual control.

        Raises:
            NotNow: the rig is not under manual control, or cannot do this now.
        """
        manual, action = self._manual, request.action
        if manual is None:
            raise NotNow(action, f"not under manual control ({self.doing})", ())
        if action is Action.CLOSE:
            manual.close()
        else:
            manual.ask(action.value, **request.how)

    # The thread that runs the rig.

    def _carry_out(self, job: Job) -> None:
        run: Run | None = None
        try:
            overview = None if job.plan else Overview.of_file(Path(job.path))
            run = self._prepare(job)
            self._announce(run.plan.title, str(run.path), job.rig_file, run.run_id)
            self._feed.begin(_snapshot(run, overview or Overview.planned(run.known)))
            run.watch(self._feed.look)
            run.on_lifted(self._told_lifted)
            with self._lock:
                self.run, self.doing, self._moves = run, "scan", run.plan.moves
                called_off = CLOSED if self._closing else self._called_off
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
            self._announce("manual control", "", job.rig_file, "")
            warnings = tuple(str(problem) for problem in doubts)
            self._feed.begin(
                Snapshot("", job.plan, rig.info, 0, warnings, overview, (), Trace.none())
            )
            with self._lock:
                self.run, self._manual, self.doing, self._moves = None, manual, "manual", True
                called_off = CLOSED if self._closing else self._called_off
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
            self.bench.carry_out(task)
        except Exception as error:  # whatever it is, an operator must hear of it
            self._feed.fail(error)
        finally:
            self._rest()

    def _lift_again(self, build: Callable[[], Rig]) -> None:
        """Open the rig that was used last, make it safe, the tip at the top, and let go of it.

        Where nothing moved in the last run, nothing does now.
        """
        try:
            why = EMERGENCY if self._moves else ELECTRODE.urgent
            self._told_lifted(make_safe_alone(build(), why, lifts=self._moves))
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
        self._rested()
        with self._lock:
            self.doing = "idle"


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
        sites=SiteList.of(run.planned),
    )
