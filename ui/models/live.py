"""The curves of the site in hand, the ones before it at the same condition, and their mean."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from seccm.events import Event, Outcome, Phase, SiteFinished
from seccm.plan.site import Site
from seccm.remote import Trace
from seccm.rig import ContactRule
from ui.models.descent import AFTER, Descent, lines_of, quantity_of, rows_to_rest
from ui.models.trail import Trail, peaks

FloatArray = npt.NDArray[np.float64]

COLUMNS = ("t", "E", "I", "z", "Q")
BEFORE = 8
"""Earlier sites of a condition that stay in view."""
POINTS = 1000
"""Stretches of a curve that are drawn, each with its lowest and its highest value."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One site's measurement, thinned for drawing; arrays of shape (n,), SI, potentials raw."""

    site: int
    t: FloatArray
    """Seconds since contact."""
    E: FloatArray
    I: FloatArray  # noqa: E741
    Q: FloatArray
    """Coulombs since contact."""


class Live:
    """Follows the rows of a run, site by site.

    Args:
        sites: by number, for their conditions and contact rules.
        overload: what the potential reads while the galvanostat has no circuit, raw volts.
    """

    def __init__(self, sites: Mapping[int, Site], overload: float) -> None:
        self._sites = sites
        self._overload = overload
        self.measured = Trail(COLUMNS, ("E", "I"))
        self.descent = Trail(COLUMNS, ("E", "I"))
        self.site: int | None = None
        """The site in hand."""
        self.drawn: int | None = None
        """The site whose measurement is in view: that in hand, or the one before until it lands."""
        self._phase = -1
        self._contact = 0.0
        self._last: tuple[float, float, float] | None = None
        """Time, current and charge of the last row of the measurement."""
        self._baseline: float | None = None
        self._landing: Trace | None = None
        """The rows since contact, until the tip rests."""
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
        changed = (np.diff(trace.site) != 0) | (np.diff(trace.phase) != 0)
        edges = [0, *(np.flatnonzero(changed) + 1).tolist(), len(trace)]
        for begin, end in pairwise(edges):
            self._take(trace.where(slice(begin, end)))
        self.version += 1

    def hear(self, event: Event) -> None:
        """Take in an event: only sites that came to their regular end are compared with."""
        if not isinstance(event, SiteFinished):
            return
        if event.outcome is Outcome.OK:
            self._complete.add(event.site)
        if self._unsure is not None and self._unsure.site == event.site:
            curve, self._unsure = self._unsure, None
            self._keep(curve)
            self.version += 1

    def _take(self, rows: Trace) -> None:
        """Take in rows of one site and one phase."""
        site, phase = int(rows.site[0]), int(rows.phase[0])
        if site in self._sites and site != self.site:
            self._begin(site)
        began = phase != self._phase
        self._phase = phase
        if phase == Phase.SETTLE:
            rule = self._rule
            watches_potential = rule is not None and quantity_of(rule) == "E"
            signal = rows.potential if watches_potential else rows.current
            self._baseline = float(np.median(signal))
        elif phase == Phase.APPROACH:
            if began:
                self.descent.clear()
                self._landing = Trace.none()
            self._descend(rows)
        elif phase == Phase.STEP:
            if self._landing is not None:
                self._land(rows, self._landing)
            self._measure(rows)

    def _descend(self, rows: Trace) -> None:
        self.descent.append(_columns(rows, rows.t, np.zeros(len(rows))))

    def _land(self, rows: Trace, before: Trace) -> None:
        """Let the way down go on through the contact, until the tip rests."""
        since = Trace.joined([before, rows.where(slice(AFTER - len(before)))])
        site = self._sites.get(self.site) if self.site is not None else None
        count = rows_to_rest(since.t, since.z, site.approach.speed if site is not None else 0.0)
        self._descend(since.where(slice(len(before), count)))
        self._landing = since if count is None else None

    def _begin(self, site: int) -> None:
        """Keep the site before for comparison, and turn to another."""
        before = self._curve()
        # Rows and events come side by side: either may be a moment ahead.
        self._unsure = None
        if before is not None and before.site in self._complete:
            self._keep(before)
        else:
            self._unsure = before
        self.site = site
        self._last = None
        self._phase = -1

    def _measure(self, rows: Trace) -> None:
        if self._last is None:
            # Until now the site before was left in view: it is what one looks at on the way.
            self.measured.clear()
            self.drawn = self.site
            self._contact = float(rows.t[0])
            self._last = (float(rows.t[0]), float(rows.current[0]), 0.0)
        t0, i0, q0 = self._last
        t, current = np.append(t0, rows.t), np.append(i0, rows.current)
        charge = q0 + np.cumsum(0.5 * (current[1:] + current[:-1]) * np.diff(t))
        self._last = (float(t[-1]), float(current[-1]), float(charge[-1]))
        self.measured.append(_columns(rows, rows.t - self._contact, charge))

    def _curve(self) -> Curve | None:
        """Return the measurement at the site in hand, thinned; None if there is none."""
        if self.drawn is None or self.drawn != self.site or len(self.measured) < 2:
            return None
        kept = np.unique(
            np.concatenate([peaks(self.measured[name], POINTS // 2) for name in ("E", "I")])
        )
        t, E, current, Q = (self.measured[name][kept] for name in ("t", "E", "I", "Q"))
        return Curve(self.drawn, t, E, current, Q)

    def _keep(self, curve: Curve) -> None:
        """Keep the curve of a site that is closed, if it came to its regular end."""
        if curve.site in self._complete:
            self._complete.discard(curve.site)
            stack = self._before.setdefault(self._condition(curve.site), deque(maxlen=BEFORE))
            stack.append(curve)

    # ------------------------------------------------------------------------------ giving out

    @property
    def watched(self) -> Descent:
        """The way down in view with its thresholds, thinned so that no peak is lost."""
        rule = self._rule
        if rule is None:
            return Descent("I", np.empty(0), np.empty(0), ())
        quantity = quantity_of(rule)
        # Before the first look, a galvanostat without a circuit is known to be in overload.
        guess = self._overload if quantity == "E" else float("nan")
        base = guess if self._baseline is None else self._baseline
        kept = self.descent.outline(quantity, POINTS)
        z, signal = self.descent["z"][kept], self.descent[quantity][kept]
        return Descent(quantity, z, signal, lines_of(rule, base))

    @property
    def _rule(self) -> ContactRule | None:
        """How contact is known at the site in hand."""
        site = self._sites.get(self.site) if self.site is not None else None
        return site.approach.rule if site is not None else None

    @property
    def before(self) -> Sequence[Curve]:
        """Complete sites of the same condition, oldest first, without the one that is drawn."""
        if self.drawn is None:
            return ()
        kept = self._before.get(self._condition(self.drawn), ())
        return tuple(c for c in kept if c.site != self.drawn)

    def mean(self, points: int = 400) -> Curve | None:
        """Return the mean of the earlier sites over time; None for fewer than two.

        At each time it is that of the sites that were measured for so long, two at the least.
        """
        curves = self.before
        if len(curves) < 2:
            return None
        t = np.linspace(0.0, sorted(float(c.t[-1]) for c in curves)[-2], points)
        lasting = np.array([t <= c.t[-1] for c in curves])
        means = {
            name: np.mean(
                [np.interp(t, c.t, getattr(c, name)) for c in curves], axis=0, where=lasting
            )
            for name in "EIQ"
        }
        return Curve(-1, t, **means)

    def outline(self, telling: str) -> dict[str, FloatArray]:
        """Return the site in hand, thinned so that no peak of one column is lost."""
        kept = self.measured.outline(telling, POINTS)
        return {name: self.measured[name][kept] for name in ("t", "E", "I", "Q")}

    def _condition(self, number: int) -> int:
        site = self._sites.get(number)
        return site.condition if site is not None else -1


def _columns(rows: Trace, t: FloatArray, charge: FloatArray) -> dict[str, FloatArray]:
    return {"t": t, "E": rows.potential, "I": rows.current, "z": rows.z, "Q": charge}
