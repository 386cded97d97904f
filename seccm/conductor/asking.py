"""Asking a planner, in a thread of its own, so that the rig is read on while it thinks.

A planner that fails, or thinks for too long, must not cost a scan: where it has another site to
offer meanwhile, that is visited; else the run pauses, and asks again when it is resumed.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Self

from seccm.conductor.instructed import Instructed
from seccm.errors import PlanError, PlannerError, Problem
from seccm.events import Approaching, Event, Landed, Landing, Outcome, SiteAnalysed, SiteFinished
from seccm.hopping.engine import Coming, Concluded, Thinking
from seccm.plan.decision import Decision
from seccm.plan.instruction import Instruction, Kind, is_instructed
from seccm.plan.planner import PATIENCE, Finished, Planner
from seccm.plan.site import Site
from seccm.results import Status, Value
from seccm.units import lasting

RESULTS = 60.0
"""Seconds within which the results of a finished site must be there."""
THINKING = Thinking("The planner is thinking: tip up, cell off.")
AGAIN = "Resume asks it again. Or stop the run, mend the planner, and resume the file."
_Answer = Site | Concluded | PlannerError


class Asking(Iterator[Coming]):
    """The sites of a run with a planner: first those that are known, then those it asks for.

    Which rows of a simulated rig pass while the planner thinks does not depend on how long it
    takes: the answer is never there at once, and the rig stands still until it is.

    Args:
        planner: is told of what `hear` learns of, and asked.
        known: sites that the file has already and that are left.
        place: checks a site of the planner, and gives it its number.
        add: makes a site safe in the data file.
        conclude: keeps why the planner asked for no more.
        told: sites that were finished in earlier sessions, in their order.
        patience: seconds within which the results of a finished site must be there.
        thinking: seconds that the planner may think about one site.
        instructed: what persons tell the run; None where nobody can.
        now: a clock in seconds.
        seconds: turns a row into seconds since the start of the run.
    """

    def __init__(
        self,
        planner: Planner,
        known: Iterable[Site],
        place: Callable[[Site], Site],
        add: Callable[[Site], None],
        conclude: Callable[[Decision], None] = lambda decision: None,
        told: Iterable[Finished] = (),
        *,
        patience: float = RESULTS,
        thinking: float = PATIENCE,
        instructed: Instructed | None = None,
        now: Callable[[], float] = time.monotonic,
        seconds: Callable[[int], float] = float,
    ) -> None:
        self._seconds, self._ended = seconds, dict[int, float]()
        self._planner, self._place, self._add = planner, place, add
        self._conclude = conclude
        self._known = deque(known)
        self._sites: dict[int, Site] = {}
        self._patience, self._thinking, self._now = patience, thinking, now
        self._changed = threading.Condition()
        self._untold = deque(told)
        self._told = 0
        """Sites that the planner was told of."""
        self._instructed = instructed
        self._placing = threading.Lock()
        """Sites come from the planner's thread, and from persons in that of the rig."""
        self._touched: set[int] = set()
        self._landings: dict[int, Landing] = {}
        self._awaited: set[int] = set()
        """Finished sites whose results have not come yet."""
        self._half: int | None = None
        """A site that was left half measured, with which a resumed file begins."""
        self._asked = self._answered = self._closed = False
        self._question = 0
        """Counts what was asked: who thinks for too long answers a question of the past."""
        self._since: float | None = None
        """When the planner began to think about the question; None while it does not."""
        self._answer: _Answer | None = None
        self._thread: threading.Thread | None = None

    # The thread that runs the rig.

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Coming:
        """Return the next site, or that the planner is thinking, or that it is done.

        Raises:
            PlannerError: the planner failed, thinks for too long, or asked for a site that cannot
                be visited. It is asked again when this is called again. Or a site was left half
                measured, of which it cannot be told.
        """
        with self._changed:
            asking = self._asked
        # What the planner is being asked for is visited first: it may have its number already.
        if not asking and (wanted := self._wanted("pin")) is not None:
            return wanted
        while self._known:
            site = self._known.popleft()
            if not self.withdrawn(site):
                return self._given(site)
        if not asking and (wanted := self._wanted("add")) is not None:
            return wanted
        with self._changed:
            if self._half is not None:
                raise PlannerError(
                    f"Site {self._half} is half measured, so that the planner cannot be told of "
                    "it. Stop the run and resume its file: it goes on there."
                )
            if not self._asked:
                self._asked = True
                self._question += 1
                self._changed.notify_all()
                self._start()
                return THINKING
            if not self._answered and not self._too_long():
                return THINKING
            late = not self._answered
            self._asked = self._answered = False
            self._since = None
            answer, self._answer = self._answer, None
        if late:
            what = f"The planner has not answered within {lasting(self._thinking)}."
            answer = PlannerError(f"{what} {AGAIN}")
        if isinstance(answer, PlannerError):
            return self._instead(answer)
        assert answer is not None
        return self._given(answer) if isinstance(answer, Site) else answer

    def _wanted(self, kind: Kind) -> Site | None:
        """Return a site that a person wants to be visited; None where there is none.

        Raises:
            PlannerError: it cannot be visited any more.
        """
        site = None if self._instructed is None else self._instructed.next(kind)
        if site is None:
            return None
        placed = self._placed(site)
        if isinstance(placed, PlannerError):
            raise placed
        return self._given(placed)

    def withdrawn(self, site: Site) -> bool:
        """Tell whether a person has forbidden the place of a site that was asked for before."""
        return self._instructed is not None and self._instructed.forbids(site) is not None

    def _too_long(self) -> bool:
        return self._since is not None and self._now() - self._since > self._thinking

    def _instead(self, error: PlannerError) -> Coming:
        """Return the site that is visited where the planner gave none, or that there is no more.

        Raises:
            PlannerError: there is none.
        """
        try:
            other = getattr(self._planner, "instead", lambda: None)()
        except Exception:  # of a planner that failed already
            other = None
        if isinstance(other, Decision):
            ended = self._concluded(other)
            if isinstance(ended, PlannerError):
                raise ended
            return ended
        if not isinstance(other, Site):
            raise error
        said = str(error).removesuffix(AGAIN).rstrip()
        reason = f"{said} This site is visited instead, as the plan says."
        placed = self._placed(replace(other, decision=Decision(reason)))
        if isinstance(placed, PlannerError):
            raise placed
        return self._given(placed)

    def instruct(self, instruction: Instruction) -> str:
        """Take what a person says of the sites to come; return what follows, as a sentence.

        Raises:
            PlanError: it cannot be followed; nothing changed.
        """
        if self._instructed is None:
            raise PlanError("instruction", [Problem("run", "takes no instructions.")])
        with self._placing:
            return self._instructed.take(instruction)

    def hear(self, event: Event) -> None:
        """Take in what happened at a site."""
        with self._changed:
            match event:
                case Approaching():
                    self._touched.add(event.site)
                case Landed():
                    self._landings[event.site] = event.landing
                case SiteFinished() if event.goes_on:
                    self._half = event.site
                case SiteFinished():
                    # One to which the tip was only on its way stays planned.
                    if event.outcome is not Outcome.ABORTED or event.site in self._touched:
                        self._awaited.add(event.site)
                        self._ended[event.site] = self._seconds(event.row)
                case SiteAnalysed() if event.site in self._awaited:
                    self._awaited.remove(event.site)
                    self._untold.append(self._finished(event))
                    self._changed.notify_all()
                case _:
                    pass

    def wait(self, seconds: float) -> bool:
        """Wait for an answer; return whether there is one, or none is to be waited for any more."""

        def over() -> bool:
            return self._answered or not self._asked or self._too_long()

        with self._changed:
            return self._changed.wait_for(over, seconds)

    def close(self) -> None:
        """Ask for nothing more; a planner that is still thinking is left alone."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _given(self, site: Site) -> Site:
        self._sites[site.number] = site
        return site

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="planner", daemon=True)
            self._thread.start()

    def _finished(self, event: SiteAnalysed) -> Finished:
        """Return what the planner is told of a site, which is then forgotten."""
        number = event.site
        self._touched.discard(number)
        results = {
            name: Value(value, event.errors.get(name, float("nan")), status)
            for name, value in sorted(event.features.items())
            for status in (Status.read(event.statuses.get(name, 0)),)
        }
        landing = self._landings.pop(number, None)
        ended = self._ended.pop(number)
        site = self._sites.pop(number)
        return Finished(
            site, event.outcome, landing, results, ended, instructed=is_instructed(site.decision)
        )

    # The thread of the planner.

    def _run(self) -> None:
        while (question := self._asked_for()) is not None:
            answer: _Answer | None
            try:
                answer = self._think(question)
            except Exception as error:  # this thread must go on, else nobody is ever asked again
                what = f"The planner could not be asked: {type(error).__name__}: {error}"
                answer = PlannerError(f"{what.rstrip('.: ')}. {AGAIN}")
            with self._changed:
                if answer is not None and question == self._question:
                    self._answer, self._answered = answer, True
                    self._changed.notify_all()

    def _asked_for(self) -> int | None:
        """Wait for a question and return its number; None when there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or (self._asked and not self._answered))
            return None if self._closed else self._question

    def _think(self, question: int) -> _Answer | None:
        """Tell the planner what it has not heard, ask it, and store the site that it gives.

        Returns:
            What it answered; None where nobody waits for that any more.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._awaited, self._patience)
            if self._awaited:
                late = min(self._awaited)
                return PlannerError(
                    f"The results of site {late} were not there within {self._patience:g} s, so "
                    "that the planner cannot be told of it. Check the disk, then resume."
                )
            self._since = self._now()
        try:
            while self._untold:
                self._heed(self._told)
                self._planner.tell(self._untold[0])
                self._untold.popleft()
                self._told += 1
            self._heed()
            given = self._ask()
            # Somebody may have forbidden the place while the planner thought of it.
            if isinstance(given, Site) and self.withdrawn(given) and self._heed():
                given = self._ask()
        except BaseException as error:  # whatever it raises must not go unheard in this thread
            what = f"The planner failed: {type(error).__name__}: {error}".rstrip(".: ")
            return PlannerError(f"{what}. {AGAIN}")
        with self._changed:
            if self._closed or question != self._question or not self._asked:
                return None
            self._since = None  # from here on the rig's thread waits for the answer
        if given is None or isinstance(given, Decision):
            return self._concluded(given)
        return self._placed(given)  # type: ignore[arg-type]  # what else it may be is refused

    def _ask(self) -> object:
        """Ask the planner; a copy of this process that it has made ends here.

        The copy has no thread that reads the rig, and the rig and the file are not its own.
        """
        own = os.getpid()
        given = self._planner.ask()
        if os.getpid() != own:
            os._exit(0)
        return given

    def _heed(self, told: int | None = None) -> bool:
        """Tell the planner where it may not choose, if it wants to know; whether there was news."""
        said = [] if self._instructed is None else self._instructed.unheeded(told)
        heed = getattr(self._planner, "heed", None)
        for instruction in said:
            if heed is not None:
                heed(instruction)
        return bool(said)

    def _concluded(self, decision: Decision | None) -> Concluded | PlannerError:
        if decision is None:
            return Concluded("The planner asks for no more sites.")
        try:
            Decision.read(decision.text)
            self._conclude(decision)
        except Exception as error:  # the rig's thread meets the same failure, and says what to do
            return PlannerError(f"The decision of the planner could not be stored: {error}")
        return Concluded(decision.reason)

    def _placed(self, site: Site) -> Site | PlannerError:
        """Check a site, number it, and store it."""
        decision = site.decision if isinstance(site, Site) else None
        who = "A person" if is_instructed(decision) else "The planner"
        with self._placing:
            try:
                if isinstance(site, Site) and self.withdrawn(site):
                    return PlannerError(
                        f"{who} asked for a site at a place that is forbidden. Nothing moved since "
                        f"the last site. {AGAIN}"
                    )
                placed = self._place(site)
            except PlanError as error:
                said = " ".join(map(str, error.problems))
                return PlannerError(
                    f"{who} asked for a site that cannot be visited: {said} Nothing moved since "
                    f"the last site. {AGAIN}"
                )
            except (
                Exception
            ) as error:  # whatever it gave, the thread goes on and can be asked again
                said = f"{type(error).__name__}: {error}".rstrip(".: ")
                return PlannerError(
                    f"{who} asked for something that is not a site: {said}. Nothing moved since "
                    f"the last site. {AGAIN}"
                )
            try:
                self._add(placed)
            except Exception as error:  # the rig's thread meets the same failure, and says what
                return PlannerError(f"The site of the planner could not be stored: {error}")
            return placed
