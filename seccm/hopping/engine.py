"""The engine: the life of a run, and the one place that decides what happens next.

Theory of operation. The engine does no I/O and knows no clock. It is fed blocks of rows and
answers with actions and events; requests arrive in between. What a request does depends on
the state of the run: see the table in `seccm.hopping.life`.

Within a site, a hop (`seccm.hopping.hop`) tells the story; the engine starts hops, passes blocks
on, and throws `GivenUp` into a hop that is to be left. A hop that is lifting the tip is first
left to finish that. After a halt the generator is dropped: outputs are frozen, the cell is
switched off, nothing else is touched. After an emergency it is dropped, too, and the runner has
the rig lift the tip at once: see `lift`.

The next site is asked for one block after the last one was closed, and without the lock. Where a
planner is still thinking, `Thinking` comes instead of a site: the engine asks again with every
block, tip up and cell off, while requests keep coming in.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from seccm.errors import NotNow, PlannerError, RigError, StreamError
from seccm.events import (
    Approaching,
    Event,
    Fault,
    Note,
    Outcome,
    Paused,
    Phase,
    PhaseBegan,
    Resumed,
    RunStarted,
    RunStatus,
    RunStopped,
    SiteFinished,
)
from seccm.hopping.course import OFF, Course, GivenUp, Out, Steps
from seccm.hopping.hop import hop
from seccm.hopping.judge import Judge, Judges
from seccm.hopping.leave import clear_distance
from seccm.hopping.life import MOVES, State
from seccm.hopping.life import Request as Request
from seccm.hopping.terrain import Terrain
from seccm.plan.added import told
from seccm.plan.site import Site
from seccm.rig import Action, Block, Flag, Freeze, RigInfo, Wake

_GAP = int(Flag.GAP)


@dataclass(frozen=True, slots=True)
class Budget:
    """How many sites may fail before the scan pauses and asks for a human."""

    consecutive: int = 5
    total: int = 15


@dataclass(frozen=True, slots=True)
class Thinking:
    """Comes in place of a site while nobody can say yet which one is next."""

    words: str
    """Whom the run waits for, as a sentence."""


@dataclass(frozen=True, slots=True)
class Status:
    """A snapshot of a run, safe to pass to any thread."""

    state: State
    row: int
    """The sample clock."""
    site: int | None
    """Number of the active site."""
    phase: Phase
    step: int
    finished: int
    """Sites closed in this run."""
    counts: Mapping[Outcome, int] = field(default_factory=dict)
    waiting: str = ""
    """That the run is paused, and why, in a sentence; empty when it is not."""
    thinking: str = ""
    """That the run waits for its planner, in a sentence; empty when it does not."""


class Engine:
    """Runs the sites of a plan one after the other. See the theory of operation above.

    Args:
        sites: what to visit, in order; may be a live iterator that looks at what came before, and
            may raise `PlannerError`, which stops the run.
        info: the rig's limits and latencies.
        title: the plan's title, for the first event.
        total: how many sites there will be; None where nobody knows.
        known: how many sites the file has; those with higher numbers are told as added.
        budget: how many failures pause the run.
        terrain: what is known of the surface from before, on the clock of this run.
        judges: gives for each site who is asked before it is closed as one that went well.
    """

    def __init__(
        self,
        sites: Iterable[Site | Thinking],
        info: RigInfo,
        *,
        title: str,
        total: int | None,
        budget: Budget,
        known: int | None = None,
        terrain: Terrain | None = None,
        judges: Judges | None = None,
    ) -> None:
        self._judges = judges
        self._judge: Judge | None = None
        self._sites: Iterator[Site | Thinking] = iter(sites)
        self._info = info
        self._title = title
        self._total, self._known = total, known
        self._budget = budget
        self._terrain = Terrain() if terrain is None else terrain
        # Reentrant, and what ends the run at once has a place of its own: it may come from a
        # signal handler in the midst of this very thread's work on the state.
        self._lock = threading.RLock()
        self._at_once: tuple[Request, str] | None = None
        self._emergencies = 0
        self._newest: Site | None = None
        """The site that is visited, or was visited last."""
        self._state = State.IDLE
        self._give_up: GivenUp | None = None
        self._ending: tuple[RunStatus, str] = ("complete", "All sites were visited.")
        self._started = False
        self._stopped = False
        self._hop: Steps[SiteFinished] | None = None
        self._course: Course | None = None
        self._site: Site | None = None
        self._touched = False
        self._spare, self._clear, self._wet = 0.0, False, False
        self._upcoming: Site | None = None
        self._thinking = ""
        self._phase, self._step, self._row = Phase.IDLE, 0, 0
        self._expected: int | None = None
        self._counts: dict[Outcome, int] = {}
        self._failures = (0, 0)
        self._waiting = ""
        self._resumed = False

    @property
    def status(self) -> Status:
        """A snapshot of the run."""
        with self._lock:
            return Status(
                state=self._state,
                row=self._row,
                site=self._site.number if self._site else None,
                phase=self._phase,
                step=self._step,
                finished=sum(self._counts.values()),
                counts=dict(self._counts),
                waiting=self._waiting,
                thinking=self._thinking if self._state is State.RUNNING else "",
            )

    @property
    def paused(self) -> bool:
        """Whether the run waits, tip up, for somebody to ask for something."""
        return self._state is State.PAUSED

    @property
    def thinking(self) -> bool:
        """Whether the run waits for its planner, and nobody asked for anything meanwhile."""
        return self._state is State.RUNNING and bool(self._thinking)

    @property
    def finished(self) -> bool:
        """Whether the last event has been given out."""
        return self._stopped

    @property
    def halted(self) -> bool:
        """Whether a halt was asked for; the tip must then stay where it is."""
        return self._at_once is not None and self._at_once[0] is Request.HALT

    @property
    def emergency(self) -> bool:
        """Whether an emergency retract was asked for."""
        return self._emergencies > 0

    @property
    def newest(self) -> Site | None:
        """The site that is visited, or was visited last; None before the first."""
        return self._newest

    @property
    def lift(self) -> float:
        """Metres by which an emergency lifts the tip: clear of the surface.

        To the top if it was asked for twice, or where no site says what is clear.
        """
        if self._newest is None or self._emergencies > 1:
            return math.inf
        return clear_distance(self._newest, self._info)

    def ask(self, request: Request, reason: str = "asked by the operator") -> None:
        """Ask for something; it takes effect with the next block. May be called from any thread.

        A skip gives up the active site; between two sites there is none to give up.

        Raises:
            NotNow: the request makes no sense in the present state; nothing changed.
        """
        with self._lock:
            allowed = {} if self._stopped else MOVES[self._state]
            if request not in allowed:
                raise NotNow(request, self._state, allowed)
            self._resumed |= self._state is State.PAUSED and request is Request.RESUME
            self._state = allowed[request]
            if request is Request.SKIP:
                self._give_up = GivenUp(Outcome.SKIPPED, f"Skipped: {reason}.")
            elif request is Request.STOP:
                self._give_up = GivenUp(Outcome.ABORTED, f"Stopped: {reason}.")
                self._ending = ("stopped", f"Stopped: {reason}.")
            elif request is Request.HALT:
                self._at_once = request, f"Halted: {reason}."
            elif request is Request.EMERGENCY:
                self._at_once = request, "Stopped: emergency retract."
                self._emergencies += 1

    def feed(self, block: Block) -> Out:
        """Take the next rows; return what is to be done and what is to be said, in order.

        Raises:
            RigError: the rows show that the rig failed; pass it to `fail`.
        """
        out: list[Action | Event] = list(self._follow_clock(block))
        with self._lock:
            resumed, self._resumed = self._resumed, False
            if self._at_once is not None:
                self._state = State.DONE
        if self._stopped or self._state is State.IDLE:
            return ()
        if not self._started:
            self._started = True
            info = self._info
            out.insert(0, RunStarted(block.stop, self._title, self._total, info.name, info.virtual))
        if resumed:
            self._waiting = ""
            out.append(Resumed(block.stop))
        if self._hop is not None and self._state is not State.DONE:
            out += self._advance(block)
        else:
            out += self._between(block)
        self._follow(out)
        return tuple(out)

    def fail(self, error: RigError) -> tuple[Event, ...]:
        """End the run because the rig failed; return the last events.

        The runner makes the rig safe: an engine has no say in a rig that does not answer.
        """
        site = self._site.number if self._site else -1
        text = f"{error.where}: {error.what}"
        fault = Fault(self._row, site, error.code, text, error.remedy)
        # A site to which the tip was only on its way has no fault: it is to be visited again.
        outcome = Outcome.FAULT if self._touched else Outcome.ABORTED
        return self._abandon("fault", str(error), outcome, fault)

    def abandon(self, status: RunStatus, reason: str) -> tuple[Event, ...]:
        """End the run at once, without another block; return the last events."""
        return self._abandon(status, reason, Outcome.ABORTED)

    def _follow_clock(self, block: Block) -> list[Note]:
        """Check that the rows follow on those before them; say so when the rig missed some.

        Raises:
            StreamError: there are none, or others than the ones that were due.
        """
        expected = block.start if self._expected is None else self._expected
        gap = (block.flags & _GAP) != 0
        if block.rows == 0 or block.start < expected or (block.start > expected and not gap.any()):
            raise StreamError(
                "lost-rows",
                "stream",
                f"data points from {expected} on were expected; {block.rows} from "
                f"{block.start} on were received.",
                "Data points without a number have no time: read the stream more often.",
            )
        with self._lock:
            self._row = self._expected = block.stop
        if not gap.any():
            return []
        row = block.start + int(gap.argmax())
        missing = str(row - expected) if block.start > expected else "some"
        site = self._site.number if self._site else -1
        return [Note(row, site, f"Data points are missing: {missing} before data point {row}.")]

    def _abandon(
        self, status: RunStatus, reason: str, outcome: Outcome, *facts: Event
    ) -> tuple[Event, ...]:
        if self._stopped:
            return ()
        closing = self._drop_hop(outcome, reason)
        with self._lock:
            self._state = State.FAULT if status == "fault" else State.DONE
        self._stopped = True
        return (*closing, *facts, RunStopped(self._row, status, reason))

    def _advance(self, block: Block) -> list[Action | Event]:
        """Pass the rows to the hop, or the request to leave."""
        assert self._hop is not None
        assert self._course is not None
        if self._judge is not None:
            self._judge.feed(block)
        give_up = None
        if self._phase is not Phase.RETRACT:
            with self._lock:
                give_up, self._give_up = self._give_up, None
        try:
            if give_up is not None:
                self._course.block = block
                return list(self._hop.throw(give_up))
            return list(self._hop.send(block))
        except StopIteration as end:
            told = self._course.untold()
            finished = self._close_site(self._judged(end.value))
            return [*told, finished, Wake(block.stop + 1)]

    def _judged(self, finished: SiteFinished) -> SiteFinished:
        """Have a site judged that went well as far as the hop knows."""
        if self._judge is None or finished.outcome is not Outcome.OK:
            return finished
        why = self._judge.verdict()
        return replace(finished, outcome=Outcome.FAULT, reason=why) if why else finished

    def _between(self, block: Block) -> list[Action | Event]:
        """Decide what comes after a site, with the tip up."""
        before, self._thinking = self._thinking, ""
        if self._state is State.RUNNING and self._upcoming is None:
            self._upcoming = self._next_site()
        site = self._upcoming
        with self._lock:
            running = self._state is State.RUNNING and site is not None
            doubts = (self._still_wet(), self._surface_in_doubt(), self._spent_budget())
            spent = " ".join(filter(None, doubts)) if running else ""
            if spent or self._state is State.PAUSING:
                self._state = State.PAUSED
                paused = Paused(block.stop, spent, by_operator=not spent)
                self._waiting = str(paused)
                return [paused, PhaseBegan(block.stop, -1, Phase.IDLE)]
            if self._state is State.PAUSED:
                return []
            if self.thinking:
                return [] if before else [PhaseBegan(block.stop, -1, Phase.IDLE)]
            if running:
                self._give_up = None
            else:
                self._state = State.DONE
        if site is None or not running:
            return self._end(block)
        self._upcoming = None
        self._site = self._newest = site
        self._judge = None if self._judges is None else self._judges(site)
        self._course, self._touched = Course(block, self._spare, clear=self._clear), False
        self._hop = hop(site, self._info, self._course, self._terrain, self._judge)
        return [*self._added(site, block.stop), *next(self._hop)]

    def _next_site(self) -> Site | None:
        """Return the site that comes next; None if there is none, or a planner is thinking."""
        try:
            given = next(self._sites, None)
        except PlannerError as error:
            with self._lock:
                if self._state in (State.RUNNING, State.PAUSING):
                    self._state = State.STOPPING
                    self._ending = ("stopped", str(error))
            return None
        if isinstance(given, Thinking):
            self._thinking = given.words
            return None
        return given

    def _added(self, site: Site, row: int) -> list[Event]:
        """Tell of a site that the file did not have when the run began."""
        if self._known is None or site.number < self._known or site.recipe is None:
            return []
        self._known = site.number + 1
        return [told(site, site.recipe, row)]

    def _end(self, block: Block) -> list[Action | Event]:
        """Say the last words of the run; what ends it at once freezes everything where it is."""
        status, reason = self._ending
        self._waiting = ""
        out: list[Action | Event] = []
        if self._at_once is not None:
            request, reason = self._at_once
            status = "halted" if request is Request.HALT else "stopped"
            out += [Freeze(reason), OFF, *self._drop_hop(Outcome.ABORTED, reason)]
        self._stopped = True
        return [*out, RunStopped(block.stop, status, reason)]

    def _drop_hop(self, outcome: Outcome, reason: str) -> list[Event]:
        """Leave a hop where it stands and close its site."""
        if self._hop is None or self._site is None:
            return []
        self._hop.close()
        return [self._close_site(SiteFinished(self._row, self._site.number, outcome, reason))]

    def _close_site(self, finished: SiteFinished) -> SiteFinished:
        stops = self._site is not None and self._site.no_contact.then == "stop"
        if self._course is not None:
            self._spare, self._clear = self._course.spare, self._course.clear
            self._wet = not self._clear and self._touched and not self._course.stays
        self._hop = self._course = self._site = self._judge = None
        self._phase = Phase.IDLE
        if finished.outcome.failed:
            self._failures = (self._failures[0] + 1, self._failures[1] + 1)
        elif finished.outcome is Outcome.OK:
            self._failures = (0, self._failures[1])
        refusal = finished.outcome.no_contact and stops
        with self._lock:
            self._counts[finished.outcome] = self._counts.get(finished.outcome, 0) + 1
            if refusal and self._state in (State.RUNNING, State.PAUSING):
                self._state = State.STOPPING
                self._ending = ("stopped", "Stopped: no contact; on_no_contact.then is stop.")
        return finished

    def _still_wet(self) -> str:
        """Return why the tip must not travel after a site whose circuit never opened, or nothing.

        The next site looks at the circuit again before the tip travels to it.
        """
        wet, self._wet = self._wet, False
        if not wet:
            return ""
        return (
            "The circuit is closed even with the tip at the top. Look for liquid on the pipette. "
            "Resume looks again, and travels only with an open circuit."
        )

    def _surface_in_doubt(self) -> str:
        """Return why the scan must pause after descents that missed the surface, or nothing."""
        terrain = self._terrain
        if not terrain.in_doubt:
            return ""
        missed = terrain.missed
        terrain.asked()
        if not terrain.known:
            return (
                f"{missed} descents without contact, no surface known yet: clogged, dry, wrong "
                "polarity, or too high? Check the pipette. "
                "Resume uses the full travel once more."
            )
        return (
            f"No contact at the known surface, {missed} times: clogged, dry, or wrong polarity? "
            "Resume goes no deeper. Stepped sample: start a run with a larger surface_margin."
        )

    def _spent_budget(self) -> str:
        """Return why the scan must pause after too many failures, or nothing; resets it."""
        consecutive, total = self._failures
        if consecutive < self._budget.consecutive and total < self._budget.total:
            return ""
        self._failures = (0, 0)
        return (
            f"{consecutive} sites in succession and {total} in total have failed; the plan allows "
            f"{self._budget.consecutive} and {self._budget.total}. Check the tip."
        )

    def _follow(self, out: list[Action | Event]) -> None:
        """Keep the status in step with what is said."""
        for item in out:
            if isinstance(item, PhaseBegan):
                self._phase, self._step = item.phase, item.step
            elif isinstance(item, Approaching):
                self._touched = True
