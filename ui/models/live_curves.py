"""What the steps of the active site draw themselves, read from the growing file again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from seccm.plan.site import Site
from ui.models.curves import SiteCurve, SiteCurves
from ui.models.live import Live
from ui.models.run_file import RunFile
from ui.models.step_pages import has_pages

PAUSE = 1.0
"""Seconds from one reading to the next, at the least."""
SHARE = 3.0
"""A reading that took long is repeated after so many times as long."""
SOON = 0.2
"""Seconds until a site is read again that is closed, but was not yet in the file."""


class LiveCurves:
    """Reads the site whose measurement is shown, while it is measured and once more at its end.

    Args:
        clock: seconds on any steady clock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._live: Live | None = None
        self._curves: SiteCurves | None = None
        self._site: int | None = None
        self._state: tuple[int | None, bool] = (None, False)
        """The site in view, and whether it is closed."""
        self._left: int | None = None
        """A site that was left before it had been read at its end."""
        self._left_at = 0.0
        self._done: set[int] = set()
        """Sites that were read at their end."""
        self._of = -1
        """The site that is being read."""
        self._due, self._asked = 0.0, 0.0
        self._reading = False
        self._changed = False
        self.sites: Sequence[SiteCurve] = ()
        """What was read last: one site, or none."""

    def follow(self, live: Live | None, file: RunFile | None) -> None:
        """Turn to another run; without a file there is nothing to read."""
        if self._curves is not None:
            self._curves.close()
        self._live = live
        self._curves = SiteCurves(file) if file is not None and live is not None else None
        self._site = self._left = None
        self._reading, self._due, self._state = False, 0.0, (None, False)
        self._done = set()
        self.sites = ()

    def again(self) -> None:
        """Have what was read drawn once more: other panels are shown."""
        self._changed = bool(self.sites)

    def look(self) -> bool:
        """Take what has been read and ask for more; returns whether there is something to draw.

        Nothing here waits; called with every beat.
        """
        changed, self._changed = self._changed, False
        live, curves = self._live, self._curves
        if live is None or curves is None:
            return changed
        self._turn(live)
        if self._reading:
            return self._collect(live, curves) or changed
        number = self._next(live)
        if number is not None and self._clock() >= self._due:
            self._reading, self._asked, self._of = True, self._clock(), number
            curves.want((number,))
        return changed

    def _turn(self, live: Live) -> None:
        """Take note of another site, and of the end of one: both are read without a pause."""
        state = live.drawn, live.drawn in live.finished
        if state == self._state:
            return
        before, self._site = self._site, live.drawn
        self._state, self._due = state, 0.0
        if before not in (None, live.drawn, *self._done):
            self._left, self._left_at = before, self._clock()

    def _next(self, live: Live) -> int | None:
        """Return the site that is read next: one that was left before its end was read, first."""
        number = self._left if self._left is not None else self._site
        if number is None or number in self._done or not _draws(live.planned(number)):
            return None
        return number

    def _collect(self, live: Live, curves: SiteCurves) -> bool:
        curves.collect()
        if curves.reading:
            return False
        self._reading = False
        now = self._clock()
        late = self._of in live.finished or self._left is not None
        self._due = now + (SOON if late else max(PAUSE, SHARE * (now - self._asked)))
        found = curves.get(self._of)
        if self._of == self._left and self._asked > self._left_at:
            self._left = None
        if found is None:
            return False
        if found.closed:
            self._done.add(found.number)
        if not (found.own or found.counted):
            return False  # what there was at the site before stays until this one has its own
        self.sites = (found,)
        return True


def _draws(site: Site | None) -> bool:
    """Tell whether steps of a site have figures, or may be cycles of constant current."""
    return site is not None and (has_pages(site) or any(s.mode == "current" for s in site.segments))
