"""Asking a planner, in a thread of its own, so that the rig is read on while it thinks."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Self

from seccm.errors import PlanError, PlannerError
from seccm.events import Approaching, Event, Landed, Landing, Outcome, SiteAnalysed, SiteFinished
from seccm.hopping.engine import Thinking
from seccm.plan.planner import Finished, Planner
from seccm.plan.site import Site
from seccm.results import Status, Value

RESULTS = 60.0
"""Seconds within which the results of a finished site must be there."""
THINKING = Thinking("The planner is thinking: tip up, cell off.")


class Asking(Iterator[Site | Thinking]):
    """The sites of a run with a planner: first those that are known, then those it asks for.

    Which rows of a simulated rig pass while the planner thinks does not depend on how long it
    takes: the answer is never there at once, and the rig stands still until it is.

    Args:
        planner: is told of what `hear` learns of, and asked.
        known: sites that the file has already and that are left.
        place: checks a site of the planner, and gives it its number.
        add: makes a site safe in the data file.
        told: sites that were finished in earlier sessions, in their order.
        patience: seconds within which the results of a finished site must be there.
    """

    def __init__(
        self,
        planner: Planner,
        known: Iterable[Site],
        place: Callable[[Site], Site],
        add: Callable[[Site], None],
        told: Iterable[Finished] = (),
        *,
        patience: float = RESULTS,
    ) -> None:
        self._planner, self._place, self._add = planner, place, add
        self._known = deque(known)
        self._sites: dict[int, Site] = {}
        self._patience = patience
        self._changed = threading.Condition()
        self._untold = deque(told)
        self._touched: set[int] = set()
        self._landings: dict[int, Landing] = {}
        self._awaited: set[int] = set()
        """Finished sites whose results have not come yet."""
        self._asked = self._answered = self._closed = False
        self._answer: Site | PlannerError | None = None
        self._thread: threading.Thread | None = None

    # The thread that runs the rig.

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Site | Thinking:
        """Return the next site, or that the planner is thinking.

        Raises:
            PlannerError: the planner failed, or asked for a site that cannot be visited.
            StopIteration: there is nothing more to do.
        """
        if self._known:
            return self._given(self._known.popleft())
        with self._changed:
            if not self._asked:
                self._asked = True
                self._changed.notify_all()
                self._start()
                return THINKING
            if not self._answered:
                return THINKING
            self._asked = self._answered = False
            answer = self._answer
        if isinstance(answer, PlannerError):
            raise answer
        if answer is None:
            raise StopIteration
        return self._given(answer)

    def hear(self, event: Event) -> None:
        """Take in what happened at a site."""
        with self._changed:
            match event:
                case Approaching():
                    self._touched.add(event.site)
                case Landed():
                    self._landings[event.site] = event.landing
                case SiteFinished():
                    # One to which the tip was only on its way stays planned.
                    if event.outcome is not Outcome.ABORTED or event.site in self._touched:
                        self._awaited.add(event.site)
                case SiteAnalysed() if event.site in self._awaited:
                    self._awaited.remove(event.site)
                    self._untold.append(self._finished(event))
                    self._changed.notify_all()
                case _:
                    pass

    def wait(self, seconds: float) -> bool:
        """Wait for an answer; return whether there is one, or none is due."""
        with self._changed:
            return self._changed.wait_for(lambda: self._answered or not self._asked, seconds)

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
        return Finished(self._sites.pop(number), event.outcome, landing, results)

    # The thread of the planner.

    def _run(self) -> None:
        while self._is_asked():
            answer = self._think()
            with self._changed:
                self._answer, self._answered = answer, True
                self._changed.notify_all()

    def _is_asked(self) -> bool:
        """Wait for a question; return False when there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or (self._asked and not self._answered))
            return not self._closed

    def _think(self) -> Site | PlannerError | None:
        """Tell the planner what it has not heard, ask it, and store the site that it gives."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._awaited, self._patience)
            if self._awaited:
                late = min(self._awaited)
                return PlannerError(
                    f"The results of site {late} were not there within {self._patience:g} s, so "
                    "that the planner cannot be told of it. Check the disk, then resume the file."
                )
            untold, self._untold = list(self._untold), deque()
        try:
            for finished in untold:
                self._planner.tell(finished)
            site = self._planner.ask()
        except BaseException as error:  # whatever it raises must not go unheard in this thread
            return PlannerError(
                f"The planner failed: {type(error).__name__}: {error}. Mend it, then resume the "
                "file."
            )
        if site is None or self._closed:
            return None
        try:
            placed = self._place(site)
        except PlanError as error:
            said = " ".join(map(str, error.problems))
            return PlannerError(
                f"The planner asked for a site that cannot be visited: {said} Nothing moved since "
                "the last site. Mend the planner, then resume the file."
            )
        return self._stored(placed)

    def _stored(self, site: Site) -> Site | PlannerError:
        try:
            self._add(site)
        except Exception as error:  # the rig's thread meets the same failure, and says what to do
            return PlannerError(f"The site of the planner could not be stored: {error}")
        return site
