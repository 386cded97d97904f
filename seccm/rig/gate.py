"""Keeps rows back until an instrument has said what they were, and then lets them go.

Theory of operation. While a technique runs, potential and current of its rows are those of the
instrument, and come late: the card's rows wait here until they are known. Everything that
decides by rows, stores them or analyses them then needs to know nothing of instruments. Four rules
keep the order of things:

- Rows of a hold are not kept back: in a descent the card sees the contact, and at once.
- The row at which a technique ends, by its time or by a limit, is let go of only when the
  instrument has ended it; with it go all rows up to now. So whoever decides what comes next
  decides it at the newest row.
- The row in which a technique begins is its first, with what was before it as the card saw that;
  the one in which it ends stays the card's.
- What was broken off by another order keeps the rows waiting until its last points are there: they
  belong to it, and to nothing that came after.

A technique that ends though nobody asked for it, such as by a key at the instrument, is no end of a
step: its rows go, and then that is raised.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.errors import RigError
from seccm.rig.actions import Drive
from seccm.rig.block import Block, Clock, Flag, whole
from seccm.rig.late import Late
from seccm.rig.limits import LimitWatch
from seccm.rig.ordered import BEFORE, LOOKED_AT, REMEMBERED, Ordered, goes_on, is_open
from seccm.rig.technique import RunningCell, Runs
from seccm.rig.tie import by_edge
from seccm.units import show

_MARKS = np.uint8(Flag.OVERLOAD | Flag.SATURATED)


class Gate:
    """Between the rows of a card and whoever reads the rig.

    Args:
        cell: the instrument.
        runs: what it says of itself.
        name: of it, for messages.
        clock: of the rows.
    """

    def __init__(self, cell: RunningCell, runs: Runs, name: str, clock: Clock) -> None:
        self._cell, self._runs, self._name, self._clock = cell, runs, name, clock
        self._past: deque[Block] = deque()
        """Rows that were let go of, as long as they are remembered."""
        self._waiting: list[Block] = []
        self._orders: list[Ordered] = []
        """Those whose points may still come, oldest first."""
        self._count = 0
        self._watch: LimitWatch | None = None
        self._cut = math.inf
        """The row that is not let go of before the technique has ended."""
        self._merged = 0
        """The row after the last one that is the instrument's, or that was looked at."""
        self._trouble: RigError | None = None
        self.newest = 0
        """The row of the card that comes next."""

    # Orders.

    def order(self, drive: Drive) -> None:
        """Have a drive imposed.

        Raises:
            LimitError: the instrument cannot; nothing changed.
            RigError: it does not answer, or what ran before was cut short.
        """
        self._raise_trouble()
        if self._orders and self._orders[-1].hold:
            hold = self._orders[-1]
            if goes_on(hold.drive, drive, self.newest):
                self._adopt(hold, drive)
                return
        self._cell.impose(drive, self.newest)
        self._orders = [order for order in self._orders if not order.hold]
        for order in self._orders:
            order.stopping = True
        if not is_open(drive):
            self._orders.append(Ordered(self._count, drive, self.newest))
        self._count += 1

    def _adopt(self, hold: Ordered, drive: Drive) -> None:
        """Let a hold be the step that goes on with it."""
        hold.drive, hold.looked = drive, self.newest
        since = self.newest if drive.since is None else drive.since
        self._watch, self._merged = LimitWatch(drive.limits, since), self.newest
        self._cut = since + self._clock.rows(drive.waveform.duration) - 1
        for block in self._past:
            hit = self._watch.feed(block)
            self._cut = self._cut if hit is None else min(self._cut, hit[0])

    def forget(self) -> None:
        """Drop what runs: the cell was switched off."""
        self._orders, self._watch, self._cut = [], None, math.inf

    # Rows.

    def add(self, block: Block) -> None:
        """Take in rows of the card."""
        self._waiting.append(block)
        self.newest = block.stop

    def take(self) -> Block | None:
        """Return the rows that are known by now; None if there are none.

        Raises:
            RigError: the instrument is lost, or its points did not come in time; what the card has
                measured was delivered before.
        """
        self._raise_trouble()
        try:
            self._collect()
            return self._known()
        except RigError as error:
            self.forget()
            block = self._let_go(self.newest)
            if block is None:
                raise
            self._trouble = error
            return block

    def _raise_trouble(self) -> None:
        if self._trouble is not None:
            trouble, self._trouble = self._trouble, None
            raise trouble

    def _collect(self) -> None:
        """Ask the instrument for what is new."""
        if not self._orders:
            return
        known = {order.number: order for order in self._orders}
        for found in self._cell.collect():
            if found.order in known:
                known[found.order].take(found, self.newest)

    def _known(self) -> Block | None:
        """Let go of the rows of the oldest order."""
        order = self._orders[0] if self._orders else None
        if order is None:
            return self._let_go(self.newest)
        if order.hold:
            if order.ended:
                raise self._cut_short(order)
            self._expect_begin(order)
            order.look_for_edge(self._remembered(), self._clock, self._runs.edge)
            order.forget(order.points.until - REMEMBERED)
            return self._let_go(self.newest)
        if order.tie is None:
            if not order.ready(self._clock, self.newest):
                self._expect_begin(order)
                return None
            order.tie = order.find_tie(self._remembered(), self._clock, self._runs.edge)
            self._begin(order)
        self._merge(order)
        if not order.ended:
            self._expect_points(order, order.tie.begin)
            self._end_in_time(order)
        if order.ended:
            return self._finish(order)
        upto = min(order.known(self._clock), self._cut, self.newest)
        return self._let_go(int(upto), order)

    def _begin(self, order: Ordered) -> None:
        """Take note of the row in which a technique began."""
        if order.adopted:
            return
        first = order.first(self._clock)
        rows = self._remembered()
        rows = rows.part(max(rows.start, first - BEFORE), first)
        if rows.rows:
            order.before = (
                float(np.median(rows.data["potential"])),
                float(np.median(rows.data["current"])),
            )
        self._merged, self._watch = first, LimitWatch(order.drive.limits, first)
        self._cut = first + self._clock.rows(order.drive.waveform.duration) - 1

    def _merge(self, order: Ordered) -> None:
        """Put what the instrument says in the place of what the card saw; look for limits."""
        first, stop = self._merged, min(order.known(self._clock), self.newest)
        if stop <= first:
            return
        own = order.rows(first, stop, self._clock)
        self._waiting = [_merged(block, first, *own) for block in self._waiting]
        self._merged = stop
        if order.tie is not None:
            order.forget((stop - 1) * self._clock.period - order.tie.begin)
        if self._watch is None:
            return
        for block in self._waiting:
            hit = self._watch.feed(block.part(first, stop))
            if hit is not None:
                self._cut, self._watch = min(self._cut, hit[0]), None
                return

    def _end_in_time(self, order: Ordered) -> None:
        """End a technique at a limit that only the rows show, or a hold that was a step."""
        over = self._watch is None or (order.adopted and self._merged > self._cut)
        if over and not order.stopping:
            order.stopping = True
            self._cell.stop()
            self._collect()  # Its last points may be there already.
            self._merge(order)

    def _finish(self, order: Ordered) -> Block | None:
        """Let all rows go: the technique has ended, and whoever decides decides now."""
        self._trouble = self._wrong_end(order)
        if self._trouble is not None:
            self.forget()
            order.ended, order.limit = "stopped", None
            return self._let_go(min(order.known(self._clock), self.newest), order)
        self._orders.remove(order)
        self._watch, self._cut = None, math.inf
        return self._let_go(self.newest, order)

    def _wrong_end(self, order: Ordered) -> RigError | None:
        """Return what is wrong with how a technique ended; None if nothing is."""
        if order.ended == "stopped" and not order.stopping:
            return self._cut_short(order)
        limit, lasted = order.limit, order.points.until
        if limit is None or limit.quantity == "charge" or lasted >= limit.after:
            return None
        return RigError(
            "early-limit",
            self._name,
            f"{self._name} ended what it ran after {show(lasted, 's', 2)}, at a limit of the "
            f"{limit.quantity}: it watches limits while the cell is being charged, for the "
            f"{show(limit.after, 's')} in which they do not count.",
            "Begin the step where the one before ended, so that nothing jumps, or set a wider "
            "limit; then begin a new scan.",
        )

    def _cut_short(self, order: Ordered) -> RigError:
        return RigError(
            "cut-short",
            self._name,
            f"{self._name} ended what it ran after {show(order.points.until, 's', 3)}: nobody told "
            "it to, and none of its limits was reached.",
            "Look whether somebody ended it at the instrument or by another program, then resume "
            "the scan from its file.",
        )

    def _drift(self, order: Ordered) -> float:
        """Return by how much the instrument's clock was late at the end of a technique."""
        if order.tie is None or order.tie.by != "edge":
            return math.nan
        rows, period = self._remembered(), self._clock.period
        # From within it on: earlier rows have the edges of earlier techniques.
        rows = rows.part(max(rows.start, order.first(self._clock) + 1), rows.stop)
        if not rows.rows:
            return math.nan
        end = by_edge(rows.data[self._runs.edge], rows.start, period, rising=False)
        return math.nan if end is None else end.begin - order.tie.begin - order.points.until

    # Patience.

    def _expect_begin(self, order: Ordered) -> None:
        waited = (self.newest - order.row) * self._clock.period
        if order.said is not None:
            if not order.hold:
                self._expect_points(order, order.said * self._clock.period)
        elif waited > self._runs.start + self._runs.late:
            raise RigError(
                "not-begun",
                self._name,
                f"{self._name} was told to begin {show(waited, 's', 2)} ago and did not.",
                "Look whether another program uses it, then resume the scan from its file.",
            )

    def _expect_points(self, order: Ordered, begin: float) -> None:
        late = self.newest * self._clock.period - begin - order.points.until
        if late > self._runs.late + LOOKED_AT:
            raise RigError(
                "late-points",
                self._name,
                f"no points of {self._name} came for {show(late, 's', 2)}; it promises them "
                f"within {show(self._runs.late, 's', 2)}.",
                "Look at its cable and display, then resume the scan from its file.",
            )

    # What goes, and what stays.

    def _remembered(self) -> Block:
        """Return the newest rows, let go of or not."""
        return whole([block for block in (*self._past, *self._waiting) if block.rows])

    def _let_go(self, upto: int, order: Ordered | None = None) -> Block | None:
        """Return the rows up to one, with what is to be told of an order; None without rows."""
        going, staying = [], []
        for block in self._waiting:
            if block.stop <= upto:
                going.append(block)
            elif block.start >= upto:
                staying.append(block)
            else:
                going.append(block.part(block.start, upto))
                rest = block.part(upto, block.stop)
                staying.append(replace(rest, record=block.record, raw=block.raw, edges=block.edges))
        self._waiting = staying
        if not going:
            return None
        found = whole(going)
        self._past.append(found)
        oldest = found.stop - self._clock.rows(REMEMBERED)
        while len(self._past) > 1 and self._past[0].stop < oldest:
            self._past.popleft()
        return replace(found, late=None if order is None else self._late(order))

    def _late(self, order: Ordered) -> Late | None:
        drift = self._drift(order) if order.ended else math.nan
        return order.late(self._clock, drift)


def _merged(
    block: Block,
    first: int,
    potential: FloatArray,
    current: FloatArray,
    marks: npt.NDArray[np.uint8],
) -> Block:
    """Return a block in which some rows are the instrument's."""
    numbers = block.start + np.arange(block.rows) if block.numbers is None else block.numbers
    at = numbers - first
    own = (at >= 0) & (at < len(potential))
    own[own] = np.isfinite(potential[at[own]])
    if not own.any():
        return block
    data, flags = dict(block.data), block.flags.copy()
    for name, values in (("potential", potential), ("current", current)):
        data[name] = data[name].copy()
        data[name][own] = values[at[own]]
    flags[own] = (flags[own] & ~_MARKS) | marks[at[own]]
    return replace(block, data=data, flags=flags)
