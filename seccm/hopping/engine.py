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
block, tip up and cell off, while requests keep coming in. Where it fails, the run pauses; who
resumes it has it asked again.

Where a signal of the rig is past a limit of the plan or of the rig, the run is suspended between
two sites, as in a pause, until the signal is back; see `seccm.hopping.suspension`. Only a site
that asks for it is left for that, by the same way as one that is skipped.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from seccm.errors import NotNow, PlannerError, RigError
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
from seccm.hopping.before import Before
from seccm.hopping.carrying import Carrying, NotClearError
from seccm.hopping.course import OFF, Course, GivenUp, Out, Steps
from seccm.hopping.doubts import Budget, Doubts
from seccm.hopping.hop import hop
from seccm.hopping.judge import Judge, Judges
from seccm.hopping.leave import clear_distance
from seccm.hopping.life import MOVES, State
from seccm.hopping.life import Request as Request
from seccm.hopping.row_order import RowOrder
from seccm.hopping.status import Status
from seccm.hopping.suspension import Suspension
from seccm.hopping.terrain import Terrain
from seccm.plan.added import told
from seccm.plan.site import Site
from seccm.plan.way_words import TIP, WayWords
from seccm.plan.ways import asked_of
from seccm.rig import Action, Block, Freeze, RigInfo, Wake

PATIENCE = 3600.0
"""Seconds of rows after which nobody knows how long a suspended run will wait."""


@dataclass(frozen=True, slots=True)
class Thinking:
    """Comes in place of a site while nobody can say yet which one is next."""

    words: str
    """Whom the run waits for, as a sentence."""


@dataclass(frozen=True, slots=True)
class Concluded:
    """Comes in place of a site when there is nothing more to do, for a reason."""

    words: str
    """The reason, in sentences."""


Coming = Site | Thinking | Concluded
"""What may come where a site is asked for."""


class Engine:
    """Runs the sites of a plan one after the other. See the theory of operation above.

    Args:
        sites: what to visit, in order; may be a live iterator that looks at what came before, and
            may raise `PlannerError`, which pauses the run.
        info: the rig's limits and latencies.
        title: the plan's title, for the first event.
        total: how many sites there will be; None where nobody knows.
        known: how many sites the file has; those with higher numbers are told as added.
        budget: how many failures pause the run.
        terrain: what is known of the surface from before, on the clock of this run.
        judges: gives for each site who is asked before it is closed as one that went well.
        before: what an earlier session did at sites that it left half measured.
        withdrawn: tells whether a site that came, and was not begun, is not to be visited any more.
        words: how this run is spoken of.
        suspension: the signals that the run waits for.
        carrying: brings the region of each site below the tip, in a plan that has regions.
    """

    def __init__(
        self,
        sites: Iterable[Coming],
        info: RigInfo,
        *,
        title: str,
        total: int | None,
        budget: Budget,
        known: int | None = None,
        terrain: Terrain | None = None,
        judges: Judges | None = None,
        before: Mapping[int, Before] | None = None,
        withdrawn: Callable[[Site], bool] = lambda site: False,
        words: WayWords = TIP,
        suspension: Suspension | None = None,
        carrying: Carrying | None = None,
    ) -> None:
        self._carrying = Carrying(None, info) if carrying is None else carrying
        self._carry: Steps[None] | None = None
        """What is done between two sites of different regions, as long as it goes on."""
        self._stuck = ""
        """Why that could not be done, as a sentence."""
        self._withdrawn = withdrawn
        self.words = words
        self._judges = judges
        self._suspension = Suspension() if suspension is None else suspension
        self._suspended_at = 0
        self._before = dict(before or {})
        self._judge: Judge | None = None
        self._sites: Iterator[Coming] = iter(sites)
        self._info = info
        self._title = title
        self._total, self._known = total, known
        self._terrain = Terrain() if terrain is None else terrain
        self._doubts = Doubts(budget, self._terrain, words.look)
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
        self._spare, self._clear = 0.0, False
        self._upcoming: Site | None = None
        self._asked: Site | None = None
        """The site before which a person was asked to do something."""
        self._thinking = self._refused = ""
        self._phase, self._step, self._row = Phase.IDLE, 0, 0
        self._order = RowOrder()
        self._counts: dict[Outcome, int] = {}
        self._waiting = ""
        self._pause_for = ""
        """Why the run pauses after the active site, where no operator has asked for that."""
        self._resumed = self._overruled = False

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
        """Whether the run waits, tip up, nobody knows for how long."""
        waited = (self._row - self._suspended_at) * self._info.clock.period
        return self._state is State.PAUSED or (self._state is State.SUSPENDED and waited > PATIENCE)

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
            waited = self._state in (State.PAUSED, State.SUSPENDED)
            self._resumed |= waited and request is Request.RESUME
            self._overruled |= self._state is State.SUSPENDED and request is Request.RESUME
            self._state = allowed[request]
            if request is Request.SKIP:
                self._give_up = GivenUp(Outcome.SKIPPED, f"Skipped: {reason}.")
            elif request is Request.STOP:
                self._give_up = GivenUp(Outcome.ABORTED, f"Stopped: {reason}.")
                self._ending = ("stopped", f"Stopped: {reason}.")
            elif request is Request.HALT:
                self._at_once = request, f"Halted: {reason}."
            elif request is Request.EMERGENCY:
                self._at_once = request, f"Stopped: {self.words.urgent}."
                self._emergencies += 1

    def pause_for(self, why: str) -> None:
        """Pause after the active site for a reason that is no operator's.

        Args:
            why: a sentence.

        Raises:
            NotNow: as `ask`.
        """
        self.ask(Request.PAUSE)
        self._pause_for = why

    def feed(self, block: Block) -> Out:
        """Take the next rows; return what is to be done and what is to be said, in order.

        Raises:
            RigError: the rows show that the rig failed; pass it to `fail`.
        """
        missing = self._order.follow(block)
        site = self._site.number if self._site else -1
        out: list[Action | Event] = [] if missing is None else [Note(missing[0], site, missing[1])]
        with self._lock:
            self._row = block.stop
            resumed, self._resumed = self._resumed, False
            overruled, self._overruled = self._overruled, False
            if self._at_once is not None:
                self._state = State.DONE
        if self._stopped or self._state is State.IDLE:
            return ()
        if not self._started:
            self._started = True
            info = self._info
            out.insert(0, RunStarted(block.stop, self._title, self._total, info.name, info.virtual))
        tripped = self._suspension.feed(block)
        if overruled:
            self._suspension.ignore()
        if resumed:
            self._waiting = ""
            why = "The signal is still past its limit." if overruled else ""
            out.append(Resumed(block.stop, why))
        if tripped and self._hop is not None:
            out.append(self._suspending(block, tripped))
        if self._hop is not None and self._state is not State.DONE:
            out += self._advance(block)
        elif self._carry is not None and self._state is not State.DONE:
            out += self._carry_on(block)
        else:
            out += self._between(block)
        self._follow(out)
        return tuple(out)

    def _suspending(self, block: Block, tripped: tuple[str, ...]) -> Note:
        """Say that the run has to wait once the site is over, and whether the site is left."""
        assert self._site is not None
        why = "; ".join(tripped)
        words = f"{why[:1].upper()}{why[1:]}: the run is suspended "
        if not self._suspension.leaves:
            return Note(block.stop, self._site.number, f"{words}when this site is finished.")
        with self._lock:
            if self._state is State.RUNNING and self._phase is not Phase.RETRACT:
                again = not self._touched or self._site.goes_on
                outcome = Outcome.ABORTED if again else Outcome.SKIPPED
                self._give_up = GivenUp(outcome, f"Suspended: {why}.")
        return Note(block.stop, self._site.number, f"{words}now, and the site is left.")

    def fail(self, error: RigError) -> tuple[Event, ...]:
        """End the run because the rig failed; return the last events.

        The runner makes the rig safe: an engine has no say in a rig that does not answer.
        """
        site = self._site.number if self._site else -1
        text = f"{error.where}: {error.what}"
        fault = Fault(self._row, site, error.code, text, error.remedy)
        # A site to which the tip was only on its way has no fault: it is to be visited again.
        final = self._touched and (self._site is None or not self._site.goes_on)
        outcome = Outcome.FAULT if final else Outcome.ABORTED
        return self._abandon("fault", str(error), outcome, fault)

    def abandon(self, status: RunStatus, reason: str) -> tuple[Event, ...]:
        """End the run at once, without another block; return the last events.

        Whoever asked for a halt before is told that the run was halted: the tip is held, not up.
        """
        if self.halted:
            status, reason = "halted", f"{self._end_at_once()[1]} {reason}"
        return self._abandon(status, reason, Outcome.ABORTED)

    def _end_at_once(self) -> tuple[RunStatus, str]:
        """Return what becomes of a run that somebody has ended at once, and why."""
        assert self._at_once is not None
        request, reason = self._at_once
        return ("halted" if request is Request.HALT else "stopped"), reason

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
        before, self._thinking, self._refused = self._thinking, "", ""
        if self._upcoming is not None and self._withdrawn(self._upcoming):
            self._upcoming = None
        if self._state is State.RUNNING and self._upcoming is None:
            self._upcoming = self._next_site()
        site = self._upcoming
        with self._lock:
            running = self._state is State.RUNNING and site is not None
            spent = self._doubts.words() if running else ""
            asked = "" if site is None or site is self._asked or not running else asked_of(site)
            moves = site is not None and running and self._carrying.needed(site)
            if moves and site is not None and site is not self._asked:
                asked = self._carrying.asked(site) if self._carrying.lifted(site) else ""
            refused = self._refused if self._state in (State.RUNNING, State.PAUSING) else ""
            refused, stuck = refused or self._stuck, self._stuck
            self._stuck = ""
            if refused or spent or asked or self._state is State.PAUSING:
                self._state = State.PAUSED
                # Another doubt first: whoever resumes is then asked what to do.
                self._asked = site if asked and not spent else None
                why = refused or spent or asked or self._pause_for
                self._pause_for = ""
                asks = bool(asked) and not spent
                paused = Paused(
                    block.stop, why, not why, asks=asks, by_planner=bool(refused and not stuck)
                )
                self._waiting = str(paused)
                return [paused, PhaseBegan(block.stop, -1, Phase.IDLE)]
            if self._state is State.PAUSED:
                return []
            if (waits := self._wait(block, left=site is not None)) is not None:
                return waits
            if self.thinking:
                return [] if before else [PhaseBegan(block.stop, -1, Phase.IDLE)]
            if running:
                self._give_up = None
            else:
                self._state = State.DONE
        if site is None or not running:
            return self._end(block)
        if moves:
            return self._begin_carrying(site, block)
        self._upcoming = None
        self._site = self._newest = site
        self._judge = None if self._judges is None else self._judges(site)
        earlier = self._before.pop(site.number, None)
        self._course = Course(
            block, self._spare, clear=self._clear, moves=site.moves, before=earlier
        )
        self._touched = earlier is not None
        self._hop = hop(site, self._info, self._course, self._terrain, self._judge)
        return [*self._added(site, block.stop), *next(self._hop)]

    def _begin_carrying(self, site: Site, block: Block) -> list[Action | Event]:
        """Begin to lift the tip for another region, or to have it below the tip."""
        self._course = Course(block)
        if not self._carrying.lifted(site):
            self._carry = self._carrying.lift(self._course, site)
        else:
            self._carry = self._carrying.carry(self._course, site, self._terrain)
            self._spare, self._clear = 0.0, False
        return list(next(self._carry))

    def _carry_on(self, block: Block) -> list[Action | Event]:
        """Pass the rows to what is done between two regions."""
        assert self._carry is not None
        assert self._course is not None
        told: list[Action | Event] = []
        try:
            return list(self._carry.send(block))
        except StopIteration:
            told += self._course.untold()
        except NotClearError as error:
            told += self._course.untold()
            self._stuck = str(error)
        self._carry = self._course = None
        return [*told, *self._between(block)]

    def _wait(self, block: Block, *, left: bool) -> list[Action | Event] | None:
        """Suspend the run, or have it go on; None where it goes on with what comes next."""
        if left and self._state is State.RUNNING and self._suspension.waits:
            self._state, self._suspended_at = State.SUSPENDED, block.stop
            paused = Paused(block.stop, self._suspension.words, suspended=True)
            self._waiting = str(paused)
            return [paused, PhaseBegan(block.stop, -1, Phase.IDLE)]
        if self._state is not State.SUSPENDED:
            return None
        if self._suspension.waits:
            return []
        self._state, self._waiting = State.RUNNING, ""
        return [Resumed(block.stop, self._suspension.back)]

    def _next_site(self) -> Site | None:
        """Return the site that comes next; None if there is none now, or none any more."""
        try:
            given = next(self._sites, None)
        except PlannerError as error:
            self._refused = str(error)
            return None
        match given:
            case Thinking():
                self._thinking = given.words
            case Concluded():
                self._ending = ("complete", given.words)
            case _:
                return given
        return None

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
            status, reason = self._end_at_once()
            out += [Freeze(reason), OFF, *self._drop_hop(Outcome.ABORTED, reason)]
        self._stopped = True
        return [*out, RunStopped(block.stop, status, reason)]

    def _drop_hop(self, outcome: Outcome, reason: str) -> list[Event]:
        """Leave a hop where it stands and close its site."""
        if self._carry is not None:
            self._carry.close()
            self._carry = self._course = None
        if self._hop is None or self._site is None:
            return []
        self._hop.close()
        return [self._close_site(SiteFinished(self._row, self._site.number, outcome, reason))]

    def _close_site(self, finished: SiteFinished) -> SiteFinished:
        stops, wet = self._site is not None and self._site.no_contact.then == "stop", False
        if self._course is not None:
            self._spare, self._clear = self._course.spare, self._course.clear
            wet = not self._clear and self._touched and not self._course.stays
        if self._site is not None and self._touched and finished.outcome is Outcome.ABORTED:
            finished = replace(finished, goes_on=self._site.goes_on)
        if self._site is not None and finished.outcome.no_contact and not self._terrain.known:
            self._carrying.not_found(self._site)
        if again := self._to_come_back(finished):
            self._upcoming = self._site
        self._hop = self._course = self._site = self._judge = None
        self._phase = Phase.IDLE
        self._doubts.note(finished.outcome, wet=wet)
        refusal = finished.outcome.no_contact and stops
        with self._lock:
            if not again:
                self._counts[finished.outcome] = self._counts.get(finished.outcome, 0) + 1
            if refusal and self._state in (State.RUNNING, State.PAUSING):
                self._state = State.STOPPING
                self._ending = ("stopped", "Stopped: no contact; on_no_contact.then is stop.")
        return finished

    def _to_come_back(self, finished: SiteFinished) -> bool:
        """Tell whether a site was left before the tip came near it, because the run has to wait."""
        left = finished.outcome is Outcome.ABORTED and not self._touched
        return left and self._state is State.RUNNING and self._suspension.waits

    def _follow(self, out: list[Action | Event]) -> None:
        """Keep the status in step with what is said."""
        for item in out:
            if isinstance(item, PhaseBegan):
                self._phase, self._step = item.phase, item.step
            elif isinstance(item, Approaching):
                self._touched = True
