"""One visit of the tip as rows tell it: the way down and the measurement, in bounded memory.

The rows may come from a rig or from a file, in pieces of any size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from seccm.arrays import FloatArray, peaks
from seccm.events import Phase
from seccm.remote import Trace
from seccm.results import charge
from ui.models.descent import AFTER, Way, rows_to_rest
from ui.models.trail import Trail

COLUMNS = ("t", "E", "I", "z", "Q")
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
    starts: Mapping[int, float] = field(default_factory=dict)
    """When each step of the program began, seconds since contact."""
    signals: Mapping[str, FloatArray] = field(default_factory=dict)
    """What the rig file adds, by name."""

    @property
    def columns(self) -> dict[str, FloatArray]:
        """Every column, by name."""
        return {"t": self.t, "E": self.E, "I": self.I, "Q": self.Q, **self.signals}

    def of_step(self, step: int) -> Curve | None:
        """Return one step alone, its time and charge from its beginning; None if it did not run.

        Args:
            step: its number among those that ran.
        """
        if step not in self.starts:
            return None
        begin = self.starts[step]
        end = min((t for t in self.starts.values() if t > begin), default=math.inf)
        kept = (self.t >= begin) & (self.t < end)
        if not kept.any():
            return None
        t, E, current, Q = (column[kept] for column in (self.t, self.E, self.I, self.Q))
        signals = {name: values[kept] for name, values in self.signals.items()}
        return Curve(self.site, t - begin, E, current, Q - Q[0], {step: 0.0}, signals)

    def thinned(self, telling: str, bins: int) -> Curve:
        """Return it with fewer points, as one of many that are drawn over one another.

        Args:
            telling: the column whose peaks are kept.
            bins: stretches; the lowest and the highest value of each is kept.
        """
        kept = peaks(self.columns[telling], bins, self.t)
        t, E, current, Q = (column[kept] for column in (self.t, self.E, self.I, self.Q))
        signals = {name: values[kept] for name, values in self.signals.items()}
        return Curve(self.site, t, E, current, Q, self.starts, signals)


def phases(rows: Trace) -> Iterator[Trace]:
    """Cut rows where another site or another phase begins."""
    if len(rows) == 0:
        return
    changed = (np.diff(rows.site) != 0) | (np.diff(rows.phase) != 0)
    edges = [0, *(np.flatnonzero(changed) + 1).tolist(), len(rows)]
    for first, last in pairwise(edges):
        yield rows.where(slice(first, last))


class Passage:
    """Follows the rows of one site after the other.

    Args:
        added: names of the signals that the rig file adds.
    """

    def __init__(self, added: Sequence[str] = ()) -> None:
        self._added = tuple(added)
        self.measured = Trail((*COLUMNS, *added), ("E", "I", *added))
        self.descent = Trail((*COLUMNS, *added), ("E", "I", *added))
        self.landed = False
        """Whether the measurement is that of the active site."""
        self.ways = 0
        """Rises whenever there is more of the way down, or of the look before it."""
        self._phase = -1
        self._contact = 0.0
        self._starts: dict[int, float] = {}
        self._last = (0.0, 0.0)
        """Time, current and charge of the last row of the measurement."""
        self._baseline = (float("nan"), float("nan"))
        self._resting: dict[str, float] = {}
        self._speed = 0.0
        self._landing: Trace | None = None
        """The rows since contact, until the tip rests."""

    def begin(self) -> None:
        """Turn to another site; the curves of the one before stay until it has others."""
        self.landed = False
        self._phase = -1

    def take(self, rows: Trace) -> None:
        """Take in rows of one phase."""
        phase = int(rows.phase[0])
        self.ways += phase in (Phase.SETTLE, Phase.APPROACH)
        began = phase != self._phase
        self._phase = phase
        if phase == Phase.SETTLE:
            self._baseline = float(np.median(rows.potential)), float(np.median(rows.current))
            self._resting = {
                name: float(np.median(values)) for name, values in rows.signals.items()
            }
        elif phase == Phase.APPROACH:
            if began:
                self.descent.clear()
                self._landing = Trace.none()
            self._descend(rows)
        elif phase == Phase.STEP:
            if self._landing is not None:
                self._land(rows, self._landing)
            self._measure(rows)

    def curve(self, site: int) -> Curve | None:
        """Return the measurement, thinned so that no peak is lost; None if there is none."""
        if not self.landed or len(self.measured) < 2:
            return None
        telling = ("E", "I", *self._added)
        kept = np.unique(
            np.concatenate([self.measured.outline(name, POINTS // 2) for name in telling])
        )
        t, E, current, Q = (self.measured[name][kept] for name in ("t", "E", "I", "Q"))
        signals = {name: self.measured[name][kept] for name in self._added}
        return Curve(site, t, E, current, Q, dict(self._starts), signals)

    def way(self, site: int) -> Way:
        """Return the way down, thinned so that no peak is lost; without rows if there is none."""
        kept = np.unique(
            np.concatenate(
                [self.descent.outline(name, POINTS // 2) for name in ("E", "I", *self._added)]
            )
        )
        signals = {name: self.descent[name][kept] for name in self._added}
        z, E, current = (self.descent[name][kept] for name in ("z", "E", "I"))
        return Way(site, z, E, current, *self._baseline, signals, self._resting)

    def _descend(self, rows: Trace) -> None:
        columns = _columns(rows, rows.t, np.zeros(len(rows)))
        self.descent.append(columns | dict(rows.signals))

    def _land(self, rows: Trace, before: Trace) -> None:
        """Let the way down go on through the contact, until the tip rests."""
        if len(before) == 0 and len(self.descent) > 1:
            t, z = self.descent["t"], self.descent["z"]
            if t[-1] > t[0]:
                self._speed = float((z[0] - z[-1]) / (t[-1] - t[0]))
        since = Trace.joined([before, rows.where(slice(AFTER - len(before)))])
        count = rows_to_rest(since.t, since.z, self._speed)
        self._descend(since.where(slice(len(before), count)))
        self.ways += 1
        self._landing = since if count is None else None

    def _measure(self, rows: Trace) -> None:
        if not self.landed:
            # Until now the site before was left in view: it is what one looks at on the way.
            self.measured.clear()
            self.landed = True
            self._contact = float(rows.t[0])
            self._starts = {}
            self._last = (float(rows.t[0]), 0.0)
        t0, q0 = self._last
        passed = q0 + charge(rows.t, rows.current, since=t0)
        self._last = (float(rows.t[-1]), float(passed[-1]))
        since = rows.t - self._contact
        for step, first in zip(*np.unique(rows.step, return_index=True), strict=True):
            self._starts.setdefault(int(step), float(since[first]))
        self.measured.append(_columns(rows, since, passed) | dict(rows.signals))


def _columns(rows: Trace, t: FloatArray, passed: FloatArray) -> dict[str, FloatArray]:
    return {"t": t, "E": rows.potential, "I": rows.current, "z": rows.z, "Q": passed}
