"""The curves of the active site, the ones before it at the same condition, and their mean."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from seccm.analysis.repeats import Repeat, mean_of
from seccm.arrays import FloatArray
from seccm.events import Event, Outcome, SiteAnalysed, SiteFinished
from seccm.plan.site import Site
from seccm.remote import Trace
from seccm.rig import Signal
from ui.models.descent import Descent, descent_of
from ui.models.passage import POINTS, Curve, Passage, phases
from ui.models.trail import Trail

BEFORE = 8
"""Earlier sites of a condition that stay in view."""


class Live:
    """Follows the rows of a run, site by site.

    Args:
        sites: by number, for their conditions and contact rules.
        overload: what the potential reads while the galvanostat drives an anodic current and has
            no circuit, raw volts.
        turns: in which step and how many seconds after its beginning the curve of a site turns;
            None of one that does not, or where that is not known yet.
        signals: what the rig file adds to every row.
    """

    def __init__(
        self,
        sites: Mapping[int, Site],
        overload: float,
        turns: Callable[[int], tuple[int, float] | None] = lambda site: None,
        signals: tuple[Signal, ...] = (),
    ) -> None:
        self._sites = sites
        self._overload = overload
        self._turns = turns
        self.signals = signals
        self._passage = Passage([signal.name for signal in signals])
        self.site: int | None = None
        """The active site."""
        self.drawn: int | None = None
        """The site whose measurement is shown: the active one; until it lands, the one before."""
        self.finished: set[int] = set()
        """The sites that were closed."""
        self._before: dict[int, deque[Curve]] = {}
        self._complete: set[int] = set()
        """Sites that came to their regular end, and whose curves are not kept yet."""
        self._unsure: Curve | None = None
        """Of the site before, of which it is not known yet how it ended."""
        self.version = 0
        """Rises whenever there is something new to draw."""

    # ------------------------------------------------------------------------------ taking in

    def take(self, trace: Trace) -> None:
        """Take in labelled rows, in order."""
        if len(trace) == 0:
            return
        for rows in phases(trace):
            self._take(rows)
        self.version += 1

    def recall(self, curves: Sequence[Curve]) -> None:
        """Take in complete sites from before this window came, the newest last."""
        for curve in reversed(curves):
            stack = self._before.setdefault(self._condition(curve.site), deque(maxlen=BEFORE))
            if len(stack) < BEFORE and all(kept.site != curve.site for kept in stack):
                stack.appendleft(curve)
        self.version += 1

    def hear(self, event: Event) -> None:
        """Take in an event: only sites that came to their regular end are compared with."""
        if isinstance(event, SiteAnalysed):
            self.version += 1  # its curve may be drawn at another place of the mean from now on
        if not isinstance(event, SiteFinished):
            return
        self.finished.add(event.site)
        if event.outcome is Outcome.OK:
            self._complete.add(event.site)
        if self._unsure is not None and self._unsure.site == event.site:
            curve, self._unsure = self._unsure, None
            self._keep(curve)
            self.version += 1

    def _take(self, rows: Trace) -> None:
        """Take in rows of one site and one phase."""
        site = int(rows.site[0])
        if site in self._sites and site != self.site:
            self._begin(site)
        self._passage.take(rows)
        if self._passage.landed:
            self.drawn = self.site

    def _begin(self, site: int) -> None:
        """Keep the site before for comparison, and turn to another."""
        before = self._passage.curve(self.site) if self.site is not None else None
        # Rows and events come side by side: either may be a moment ahead.
        self._unsure = None
        if before is not None and before.site in self._complete:
            self._keep(before)
        else:
            self._unsure = before
        self.site = site
        self._passage.begin()

    def _keep(self, curve: Curve) -> None:
        """Keep the curve of a site that is closed, if it came to its regular end."""
        if curve.site in self._complete:
            self._complete.discard(curve.site)
            stack = self._before.setdefault(self._condition(curve.site), deque(maxlen=BEFORE))
            stack.append(curve)

    # ------------------------------------------------------------------------------ giving out

    @property
    def measured(self) -> Trail:
        """The measurement in view."""
        return self._passage.measured

    @property
    def descent(self) -> Trail:
        """The way down in view."""
        return self._passage.descent

    @property
    def ways(self) -> tuple[int, int | None]:
        """Another value whenever `watched` is another."""
        return self._passage.ways, self.site

    @property
    def watched(self) -> Descent:
        """The way down in view with its thresholds, thinned so that no peak is lost."""
        site = self._sites.get(self.site) if self.site is not None else None
        way = self._passage.way(-1)
        if site is None:
            return descent_of(way, None)
        # An open galvanostat reads the end that the sign of its current points to.
        overload = self._overload * math.copysign(1.0, site.approach.hold.value)
        return descent_of(way, site.approach.rule, overload)

    @property
    def before(self) -> Sequence[Curve]:
        """Complete sites of the same condition, oldest first, without the one that is drawn."""
        if self.drawn is None:
            return ()
        kept = self._before.get(self._condition(self.drawn), ())
        return tuple(c for c in kept if c.site != self.drawn)

    @property
    def compared(self) -> tuple[tuple[int, float], ...]:
        """Another value whenever `before` or `mean` is another: sites, and when they turned."""
        return tuple((c.site, self._turn(c)) for c in self.before)

    def mean(self) -> Curve | None:
        """Return the mean of the earlier sites, on one another where they turn; None without two.

        At each time it is that of the sites that were measured for so long, two at the least.
        It is the mean of the report's figures: see `seccm.analysis.repeats`.
        """
        repeats = [
            Repeat(c.t, {"E": c.E, "I": c.I, "Q": c.Q, **c.signals}, self._turn(c))
            for c in self.before
        ]
        found = mean_of(repeats, fewest=2)
        if found is None:
            return None
        signals = {signal.name: found.of(signal.name) for signal in self.signals}
        E, current, Q = (found.of(name) for name in ("E", "I", "Q"))
        return Curve(-1, found.t, E, current, Q, signals=signals)

    def _turn(self, curve: Curve) -> float:
        """Return when a curve turned, seconds since contact; infinite if it did not."""
        turn = self._turns(curve.site)
        start = curve.starts.get(turn[0]) if turn is not None else None
        return math.inf if turn is None or start is None else start + turn[1]

    def planned(self, number: int) -> Site | None:
        """Return what is done at a site."""
        return self._sites.get(number)

    def outline(self, telling: str) -> dict[str, FloatArray]:
        """Return the active site, thinned so that no peak of one column is lost."""
        kept = self.measured.outline(telling, POINTS)
        names = ("t", "E", "I", "Q", *(signal.name for signal in self.signals))
        return {name: self.measured[name][kept] for name in names}

    def _condition(self, number: int) -> int:
        site = self._sites.get(number)
        return site.condition if site is not None else -1
