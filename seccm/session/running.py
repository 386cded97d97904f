"""A run that is ready: carried out by iterating over it, and steered meanwhile."""

from __future__ import annotations

import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from seccm.conductor.asking import Asking
from seccm.conductor.scan import Runner
from seccm.data import (
    Scan,
    Store,
    Unsaved,
    finish_apart,
    open_scan,
)
from seccm.data.whereabouts import Whereabouts
from seccm.errors import DataFileError, NotNow, PlanError, Problem
from seccm.events import Event, Outcome, RunStopped
from seccm.filming.film import Filming
from seccm.hopping.before import Before
from seccm.hopping.carrying import Carrying
from seccm.hopping.doubts import Budget
from seccm.hopping.engine import Engine
from seccm.hopping.life import Request, State
from seccm.hopping.status import Status
from seccm.hopping.suspension import Suspension
from seccm.hopping.terrain import Terrain
from seccm.interruption import FROM_KEYBOARD, SUSPEND, Interruption, are_taken, name_of, told
from seccm.plan import Plan
from seccm.plan.instruction import Instruction
from seccm.plan.planner import Listed
from seccm.plan.site import Site
from seccm.plan.waiting import rules_of
from seccm.rig import Block, Rig, RigInfo, SafeReport
from seccm.session.filmed import describe_movie
from seccm.session.followers import judges

Events = Generator[Event, None, None]
LOOK = 0.1
"""Seconds from one look at what was left to do in the end to the next."""


class Run:
    """A run that is ready: checked, its rig connected, its file laid out, nothing moved yet.

    Iterate over it to carry it out; each item is an event. The rig is safe and the file closed
    when the iteration ends, however it ends.
    """

    def __init__(
        self,
        plan: Plan,
        rig: Rig,
        store: Store,
        sites: Sequence[Site],
        *,
        raw: bool,
        planned: Sequence[Site],
        path: Path,
        run_id: str,
        known: int,
        total: int | None,
        warnings: Sequence[Problem],
        asking: Asking | None = None,
        terrain: Terrain | None = None,
        before: Mapping[int, Before] | None = None,
        region: str = "",
        film: Filming | None = None,
    ) -> None:
        self.plan = plan
        self.run_id = run_id
        """Names the run, in its file too, whatever the file is called."""
        self.info: RigInfo = rig.info
        self.sites = tuple(sites)
        """The sites that this run begins with; fewer than the file's when it was resumed. Those
        of a planner come as `SiteAdded`."""
        self.planned = tuple(planned)
        """All sites that the file has when this run begins, as far as they can be read."""
        self.known = known
        """How many sites the file has when this run begins."""
        self.total = total
        """How many sites there will be in the end; None where a planner decides as it goes."""
        self.warnings = tuple(warnings)
        """What the check of the plan found worth saying."""
        self.packing = ""
        """How checking and compressing the file went, in a sentence, once a run is complete."""
        self.moved = ""
        """What became of the file where it was renamed, moved or deleted during the run."""
        self.alone = ""
        """Why other programs cannot find this run, if they cannot."""
        self.company: Callable[[Events], Events] = lambda events: events
        """Whoever hears every event on its way, and may steer meanwhile."""
        budget = Budget(plan.budget.consecutive, plan.budget.total)
        self._engine = Engine(
            iter(Listed(sites).ask, None) if asking is None else asking,
            rig.info,
            title=plan.title,
            total=total,
            known=known,
            budget=budget,
            terrain=terrain,
            judges=judges(plan, rig.info.clock),
            before=before,
            withdrawn=(lambda site: False) if asking is None else asking.withdrawn,
            words=plan.way_words,
            suspension=Suspension(rules_of(plan, rig.info)),
            carrying=Carrying(plan.regions, rig.info, region),
        )
        self._asking = asking
        self._runner = Runner(
            rig,
            self._engine,
            store,
            asking=asking,
            raw=raw,
            moves=plan.moves,
            film=film,
            film_required=plan.record.camera == "required",
        )
        self.film = film
        """The camera that films the run, for whoever looks on; None without one."""
        self._store = store
        self._file = Whereabouts(path)
        self._left = threading.Event()

    @property
    def path(self) -> Path:
        """The data file, where it was seen last."""
        return self._file.path

    @property
    def status(self) -> Status:
        """A snapshot of the run; may be taken from any thread."""
        return self._engine.status

    @property
    def kept(self) -> Mapping[Outcome, int]:
        """How many sites of the plan the file has of each outcome, once the run is over.

        They are fewer than what the events told where the file could not be written.
        """
        with self.open() as scan:
            counted = Counter(scan.sites["status"].tolist())
        return {Outcome(code): count for code, count in sorted(counted.items())}

    def open(self) -> Scan:
        """Open the data file of this run, wherever it is by now.

        Raises:
            DataFileError: it cannot be read, or is not found: another one may have its name.
        """
        scan = open_scan(self.path)
        if scan.header.uuid != self.run_id:
            scan.close()
            raise DataFileError(
                f"{self.path}: holds another run by now; where run {self.run_id} is, is not known."
            )
        return scan

    @property
    def unsaved(self) -> Unsaved:
        """What of the record is not safe on the disk yet; may be asked from any thread."""
        return self._store.unsaved

    def ask(self, request: Request | str, reason: str = "asked by the operator") -> None:
        """Ask for pause, resume, skip, stop, halt or emergency; may be called from any thread.

        Raises:
            NotNow: the request makes no sense at present; nothing changed.
        """
        request = Request(request)
        if request is Request.HALT:
            self.halt()
        elif request is Request.EMERGENCY:
            self.emergency()
        else:
            self._engine.ask(request, reason)

    def instruct(self, instruction: Instruction) -> str:
        """Pin, add, forbid or allow a place; return what follows from it, as a sentence.

        May be called from any thread. It is in the data file when this returns.

        Raises:
            NotNow: the run is over, or nobody is asked for its sites: they are those of its plan.
            PlanError: the place cannot be visited, is used, or there is nothing to take back;
                nothing changed.
            RigError: it cannot be stored.
        """
        if self.status.state in (State.DONE, State.FAULT, State.STOPPING):
            raise NotNow(instruction.kind, self.status.state.value, ())
        if self._asking is None:
            what = "is for runs with a planner; this one visits the sites of its plan in order."
            remedy = "Skip a site while it is measured, or give the plan a table [planner]."
            raise PlanError(self.plan.title, [Problem(instruction.kind, what, remedy)])
        return self._asking.instruct(instruction)

    def halt(self) -> None:
        """Freeze outputs and switch the cell off with the next block, or without it.

        Raises:
            NotNow: the run is over.
        """
        self._runner.halt()

    def emergency(self) -> None:
        """Leave the surface and end the run, with the next block or without it.

        Raises:
            NotNow: the run is over.
        """
        self._runner.emergency()

    def on_lifted(self, told: Callable[[SafeReport], None]) -> None:
        """Have somebody told, beside those who are told already, what an emergency achieved.

        Args:
            told: called from any thread: must return at once, never raise.
        """
        self._runner.on_lifted(told)

    def interrupt(self, number: int) -> str:
        """End the run because of a signal; return what was done about it, in words.

        The run is stopped: the tip goes up, and the file can be continued. A second signal from
        the keyboard halts it instead.

        Args:
            number: of the signal.
        """
        stopping = self.status.state is State.STOPPING
        ending = self.plan.way_words.ending
        try:
            if stopping and number in FROM_KEYBOARD:
                self.halt()
                return self.plan.way_words.asked["halt"]
            self.ask("stop", name_of(number))
        except NotNow:
            if stopping:
                return f"The run is being stopped already: {ending}."
            self._left.set()
            return "The run has ended already."
        return f"Stopping: {ending}. Ctrl-C once more to halt."

    def watch(self, watcher: Callable[[Block], None]) -> None:
        """Have every block of rows shown to someone as it comes, before the events it brings.

        Args:
            watcher: called in the thread that runs the rig: must return at once, never raise.
        """
        self._runner.watcher = watcher

    def close(self) -> None:
        """Let go of a run that was not carried out; one that was is closed already."""
        self._runner.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Event]:
        """Carry the run out.

        Yields:
            Every event as it becomes known, `RunStopped` last.

        Raises:
            RigError: the rig or the record failed; the last events said so.
        """
        if are_taken():
            yield from self.company(self._carry_out())
        else:
            yield from self._taking_signals(self.company(self._carry_out()))

    def _taking_signals(self, events: Events) -> Events:
        """Carry the run out in a script that takes no signals itself.

        A signal stops the run, or ends whatever the script does with an event; in either case the
        script hears of it when the rig is safe.

        Raises:
            Interruption: a signal came.
        """
        came: list[int] = []
        inside = False

        def remember(number: int, _: object) -> None:
            if number == SUSPEND:
                return
            came.append(number)
            if not inside:
                raise Interruption(name_of(number))

        with told(self.interrupt, lambda words: None, also=remember):
            try:
                while True:
                    inside = True
                    event = next(events, None)
                    inside = False
                    if event is None:
                        break
                    yield event
            finally:
                inside = True
                events.close()
        if came:
            raise Interruption(name_of(came[0]))

    def _carry_out(self) -> Events:
        """Run, and have the file of a complete run compressed and checked."""
        packing: subprocess.Popen[str] | None = None
        try:
            for event in self._runner.run():
                if isinstance(event, RunStopped):
                    self._find_file()
                    if self.film is not None and self._file.look() is not None:
                        describe_movie(self.path)
                    if event.status == "complete" and self._file.look() is not None:
                        # A file that may be resumed stays as it is: filters hurt while it grows.
                        packing = finish_apart(self.path, self.run_id)
                yield event
            if packing is not None:
                self._await(packing)
        finally:
            self._file.close()

    def _find_file(self) -> None:
        """Find the file at the end of a run, wherever it is by now."""
        before = self.path
        try:
            rescued = self._file.rescue(self.run_id)
        except DataFileError as error:
            self.moved = str(error)
            return
        now = self._file.look()
        if rescued is not None:
            self.moved = f"The file was deleted during the run, and was written again: {rescued}."
        elif now is None:
            self.moved = f"{before}: the file was moved during the run; where to is not known."
        elif now != before:
            self.moved = f"The file was renamed or moved during the run: it is {now} now."

    def _await(self, packing: subprocess.Popen[str]) -> None:
        """Wait for the end of packing, or until a signal says that nobody wants to wait."""
        while not self._left.is_set():
            with suppress(subprocess.TimeoutExpired):
                self.packing = packing.communicate(timeout=LOOK)[0].strip()
                self._file.look_for_copy(self.run_id)
                return
        # It belongs to a session of its own, and goes on; nobody complains of it.
        packing.returncode = 0
        self.packing = "The file is complete; it is still being compressed and checked."
