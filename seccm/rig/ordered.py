"""A technique that was ordered of an instrument: its points so far, and when it began."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.rig.actions import Drive
from seccm.rig.block import Block, Clock
from seccm.rig.late import Begun, EndedBy, Late, Over
from seccm.rig.technique import Collected, Ending, Points
from seccm.rig.tie import Seen, Tie, by_edge, by_step, means
from seccm.rig.waveform import Constant, Limit

LOOKED_AT = 0.25
"""Seconds of a technique that are looked at in order to tie its time to that of the rows."""
REMEMBERED = 4.0
"""Seconds of rows by which a hold that becomes a step is tied: the step that both see is then the
contact."""
BEFORE = 8
"""Rows before a technique whose median is what was there before it."""


@dataclass
class Ordered:
    """A technique that was ordered."""

    number: int
    """Of the order, from 0."""
    drive: Drive
    row: int
    """That was to come when it was ordered."""
    points: Points = field(default_factory=Points)
    """Those that are still needed."""
    since: float = 0.0
    """When the first of them begins, in seconds since the technique began."""
    said: int | None = None
    """Row that was to come when the instrument said that it runs; None until then."""
    before: tuple[float, float] = (math.nan, math.nan)
    """Potential and current just before it, as rows have them; NaN where there are none."""
    tie: Tie | None = None
    edge: Tie | None = None
    """By the edge with which it began, once that was seen."""
    ended: Ending = ""
    limit: Limit | None = None
    looked: int = 0
    """Row from which on it has to be looked at: where a hold became a step, that of the step."""
    stopping: bool = False
    """Whether it was told to end."""
    _fresh: list[Points] = field(default_factory=list)
    _delivered: int = 0
    _told: bool = False

    @property
    def hold(self) -> bool:
        """Whether it goes on until something else is ordered."""
        return math.isinf(self.drive.waveform.duration)

    @property
    def adopted(self) -> bool:
        """Whether it is a hold that became a step."""
        return self.drive.since is not None and self.drive.since > self.row

    def take(self, found: Collected, newest: int) -> None:
        """Take in what has come of it."""
        if (found.begun or found.ended) and self.said is None:
            self.said = newest
        self.points = self.points.then(found.points)
        self._fresh.append(found.points)
        if found.ended and not self.ended:
            self.ended, self.limit = found.ended, found.limit

    def forget(self, before: float) -> None:
        """Drop points that end before a time, in seconds since it began."""
        gone = int(np.searchsorted(self.points.t, before, side="left"))
        if gone > 0:
            self.since = float(self.points.t[gone - 1])
            self.points = self.points.part(gone)

    # When it began.

    def look_for_edge(self, rows: Block, clock: Clock, edge: str) -> None:
        """Look once more for the edge with which it began: a hold outlives the rows that have it.

        Args:
            rows: of the card, as far back as they are remembered.
            clock: of the rows.
            edge: the signal that is high while it runs; empty if there is none.
        """
        if self.edge is not None or not edge:
            return
        # Earlier rows have the edges of earlier techniques.
        rows = rows.part(max(self.row, rows.start), rows.stop)
        found = by_edge(rows.data[edge], rows.start, clock.period) if rows.rows else None
        # Of a row in which it rises nobody knows how high it will be.
        if found is not None and found.begin < (rows.stop - 2) * clock.period:
            self.edge = found

    def ready(self, clock: Clock, newest: int) -> bool:
        """Tell whether enough is known of it to say when it began."""
        if self.said is None:
            return False
        earliest = self.row * clock.period + self.points.until
        looked = max(self.said, self.looked) * clock.period
        covered = min(earliest, newest * clock.period) - looked
        return bool(self.ended) or covered >= LOOKED_AT

    def find_tie(self, rows: Block, clock: Clock, edge: str) -> Tie:
        """Find out when it began.

        Args:
            rows: of the card, as far back as they are remembered.
            clock: of the rows.
            edge: the signal that is high while it runs; empty if there is none.
        """
        period = clock.period
        said = rows.stop if self.said is None else self.said
        window = self.row * period, max(said, self.row + 1) * period
        self.look_for_edge(rows, clock, edge)
        if self.edge is not None:
            return self.edge
        own = rows.part(max(self.row, rows.stop - clock.rows(REMEMBERED)), rows.stop)
        if not len(self.points) or own.rows < 2:
            middle, width = 0.5 * sum(window), window[1] - window[0]
            return Tie(middle, width / math.sqrt(12.0), "order")
        earlier = rows.part(rows.start, self.row)
        seen = tuple(
            Seen(
                own.start,
                own.data[name],
                getattr(self.points, name),
                float(np.median((earlier if earlier.rows else own).data[name][-BEFORE:])),
            )
            for name in ("potential", "current")
        )
        return by_step(seen, self.points, period, window, self.since)

    # Its rows.

    def first(self, clock: Clock) -> int:
        """Return the row in which it begins; its tie is known."""
        begin = math.nan if self.tie is None else self.tie.begin
        return math.floor(begin / clock.period + 1e-6)

    def known(self, clock: Clock) -> int:
        """Return the row after the last one that its points cover; its tie is known."""
        begin = math.nan if self.tie is None else self.tie.begin
        return math.floor((begin + self.points.until) / clock.period + 1e-6)

    def rows(
        self, first: int, stop: int, clock: Clock
    ) -> tuple[FloatArray, FloatArray, npt.NDArray[np.uint8]]:
        """Return potential, current and flags of rows, NaN where the points do not reach.

        The row in which it begins has both what was before it and its own first points: a jump
        charges the cell within a fraction of a row, faster than a card follows.
        """
        begin = math.nan if self.tie is None else self.tie.begin
        edges = np.arange(first, stop + 1, dtype=np.float64) * clock.period - begin
        points = self.points
        where = np.searchsorted(edges, points.t, side="left") - 1
        inside = (where >= 0) & (where < stop - first)
        flags = np.zeros(stop - first, np.uint8)
        np.bitwise_or.at(flags, where[inside], points.flags[inside])
        potential, current = (
            self._means(values, edges, earlier)
            for values, earlier in zip((points.potential, points.current), self.before, strict=True)
        )
        return potential, current, flags

    def _means(self, values: FloatArray, edges: FloatArray, before: float) -> FloatArray:
        """Return the means of points between edges, one with what was before them; see `rows`."""
        found = means(self.points.t, values, edges, self.since)
        k = int(np.searchsorted(edges, 0.0)) - 1
        if self.since == 0.0 and 0 <= k < len(edges) - 1 and edges[k] < 0.0 < edges[k + 1]:
            own = means(self.points.t, values, np.array([0.0, edges[k + 1]]))[0]
            share = -edges[k] / (edges[k + 1] - edges[k])
            found[k] = own if math.isnan(before) else share * before + (1.0 - share) * own
        return found

    # What is told of it.

    def late(self, clock: Clock, drift: float = math.nan) -> Late | None:
        """Return what has not been told yet; None if there is nothing.

        Args:
            clock: of the rows.
            drift: how late its clock was found at the end, in seconds; NaN if nobody saw it.
        """
        begun = over = None
        if self.tie is not None and not self._told:
            begun, self._told = Begun(self.first(clock), self.tie), True
        if self.tie is not None and self.ended:
            by: EndedBy = self.ended
            over = Over(self.known(clock) - 1, by, self.limit, drift)
        points = Points()
        for piece in self._fresh:
            points = points.then(piece)
        if not self._told or (not len(points) and begun is None and over is None):
            return None
        self._fresh = []
        first, self._delivered = self._delivered, self._delivered + len(points)
        return Late(self.number, points, begun, over, first)


def is_open(drive: Drive) -> bool:
    """Tell whether a drive opens the circuit for good, which is no technique."""
    return drive.mode == "open" and math.isinf(drive.waveform.duration)


def goes_on(hold: Drive, drive: Drive, newest: int) -> bool:
    """Tell whether a drive goes on with a hold, and began in a row that has passed."""
    held, wanted = hold.waveform, drive.waveform
    return (
        drive.since is not None
        and drive.since < newest
        and isinstance(held, Constant)
        and isinstance(wanted, Constant)
        and hold.mode == drive.mode
        and held.value == wanted.value
        and hold.range == drive.range
    )
