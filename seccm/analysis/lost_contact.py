"""Whether the meniscus was lost while a potential, or nothing, was imposed.

A galvanostat without a circuit goes into overload, which the rig sees. A potentiostat shows only
that the current is that of the approach before contact, within noise. So it may in the foot of a
wave; therefore one of these has to be seen, and current never again at this site:

* the current falls to nothing in a few data points. No electrode reaction stops within so few
  millivolts (the thermal width of a wave is 25 mV), and none that decays does so at once;
* nothing flows at potentials at which a current flowed in two sweeps before, at the end of the
  step before, or steadily in the hold after contact. (In one sweep before, it may have been what
  was stripped.) A surface that is blocked for good within a sweep looks the same.

At open circuit the potential jumps in a few data points and does not come back: no current flows
that could charge the double layer so fast.

Rows are looked at as they come, and what is kept of them does not grow: a site may last a day.
The scan asks before it closes a site, the analysis asks of its record, and both are told the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seccm.analysis.floating import PotentialWatch
from seccm.analysis.jumps import StuckWatch
from seccm.analysis.no_current import (
    BIN,
    BLOCK,
    CERTAIN,
    LASTING,
    QUIET,
    SHARP,
    SIDE,
    CurrentWatch,
    Nothing,
)
from seccm.arrays import BoolArray, FloatArray
from seccm.program.segment import Segment
from seccm.program.trace import CONTACT_ROWS, StepTrace
from seccm.rig import Flag

_HELD = 4
"""Rows of the hold after contact that show whether its current is steady."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Where the contact was lost."""

    number: int
    """Which of the steps that ran, from 0 on."""
    row: int
    """Its first row without contact."""
    segment: Segment


class ContactWatch:
    """Follows the steps of a site, each begun, fed and finished.

    Args:
        idle: shape (n,), A, the current of the approach before contact.
        held: potential against the reference and current after contact, before the first step.
    """

    def __init__(self, idle: FloatArray, held: tuple[FloatArray, FloatArray]) -> None:
        self._nothing = Nothing.of(idle)
        self._held = held
        self._number = -1
        self._step: _Step | None = None
        self._flowed: float | None = None
        """The potential at the end of the step before, where a current flowed until then."""
        self.lost: Lost | None = None
        """Where the contact was lost, as far as the steps that are finished tell."""
        self.told_by = 0
        """The step whose rows tell that, or that it was not or cannot be known."""

    def begin(self, segment: Segment, row: float) -> None:
        """Say that a step has begun.

        Args:
            segment: what is imposed.
            row: seconds from row to row.
        """
        self._number += 1
        at = float(np.median(self._held[0])) if self._number == 0 and self._held[0].size else None
        self._step = _Step(segment, self._nothing, row, at)

    def feed(
        self, t: FloatArray, e: FloatArray, i: FloatArray, gap: BoolArray, measured: BoolArray
    ) -> None:
        """Take the next rows of the step.

        Args:
            t: shape (n,), s since the start of the step.
            e: V against the reference.
            i: A, anodic positive.
            gap: rows without a number, or not in their place in time.
            measured: rows in which the rig is not at the end of what it can do.
        """
        if self._step is not None:
            self._step.feed(t, e, i, gap, measured)

    def finish(self) -> None:
        """Say that the step has ended; see what it tells of the contact."""
        step, self._step = self._step, None
        if step is None:
            return
        flowed, self._flowed = self._flowed, None
        step.finish()
        number, segment = self._number, step.segment
        if step.unclear:
            self.lost, self.told_by = None, number
        elif step.potential is not None:
            row = step.potential.floats
            if row is not None:
                self.lost, self.told_by = Lost(number, row, segment), number
        elif step.current is not None:
            watch = step.current
            if watch.stop.row > CONTACT_ROWS:
                self._stopped(watch, segment)
            elif number == 0:
                if step.comes_by and _steady(self._held[1], watch.nothing):
                    self.lost = Lost(0, 0, segment)
            elif flowed is not None and step.silent_at(flowed):
                self.lost, self.told_by = Lost(number, 0, segment), number - 1

    def _stopped(self, watch: CurrentWatch, segment: Segment) -> None:
        """Judge the last current of a step: whether the contact was lost there."""
        self.told_by, self.lost = self._number, None
        row = watch.fell_at()
        if row is None and watch.missed_where_it_flowed:
            # No row after the loss may pass for one in contact; a few before it can be spared.
            row = watch.stop.maybe
        if row is not None:
            self.lost = Lost(self._number, row, segment)
        elif watch.stop.row + BLOCK > watch.rows:
            potential, flowed = watch.last
            if flowed > CERTAIN * QUIET * watch.nothing.wander:
                self._flowed = potential


class _Step:
    """Follows one step.

    Args:
        segment: what is imposed.
        nothing: the current of an open circuit; None where it is not known.
        row: seconds from row to row.
        at: the potential of the hold after contact; None where it does not matter.
    """

    def __init__(
        self, segment: Segment, nothing: Nothing | None, row: float, at: float | None
    ) -> None:
        self.segment = segment
        self.current: CurrentWatch | None = None
        self.potential: PotentialWatch | None = None
        without = segment.mode == "open" or (
            segment.mode == "current" and segment.waveform.extremes == (0.0, 0.0)
        )
        if without:
            self.potential = PotentialWatch()
        elif segment.mode == "potential" and nothing is not None:
            self.current = CurrentWatch(segment, nothing, row)
        self._stuck = StuckWatch(), StuckWatch()
        self._gap = False
        self._at, self._near = at, 0
        self._rows, self._sum = 0, 0.0

    @property
    def unclear(self) -> bool:
        """Whether its rows tell nothing of the contact."""
        watched = self.potential is not None or self.current is not None
        stuck = any(one.within for one in self._stuck)
        return not watched or self._gap or stuck or self._rows == 0

    @property
    def comes_by(self) -> bool:
        """Whether the step stays long enough at the potential of the hold after contact."""
        return self._rows >= LASTING and self._near >= BLOCK

    def silent_at(self, potential: float) -> bool:
        """Tell whether it stays at a potential, and long enough to see a current there."""
        return self._rows >= SIDE and abs(potential - self._sum / self._rows) < SHARP

    def feed(
        self, t: FloatArray, e: FloatArray, i: FloatArray, gap: BoolArray, measured: BoolArray
    ) -> None:
        self._gap |= bool(gap.any())
        if self._gap:
            return
        for stuck, y in zip(self._stuck, (e, i), strict=True):
            stuck.feed(y, measured)
        if self._at is not None:
            settled = e[max(0, CONTACT_ROWS - self._rows) :]
            self._near += int((np.abs(settled - self._at) < 0.25 * BIN).sum())
        self._rows += e.size
        self._sum += float(e.sum())
        if self.current is not None:
            self.current.feed(t, e, i)
        if self.potential is not None:
            self.potential.feed(e)

    def finish(self) -> None:
        for stuck in self._stuck:
            stuck.finish()
        if self.current is not None:
            self.current.finish()


def _steady(held: FloatArray, nothing: Nothing) -> bool:
    """Tell whether there was a steady current in the hold after contact."""
    i = held - nothing.level
    if i.size < _HELD or not np.isfinite(i).all():
        return False
    early, late = (float(half.mean()) for half in np.array_split(i, 2))
    steady = late / early > 0.8 if early else False
    return steady and abs(late) >= CERTAIN * QUIET * nothing.wander


def lost_at(
    traces: Sequence[StepTrace], idle: FloatArray, held: tuple[FloatArray, FloatArray]
) -> tuple[int, int] | None:
    """Find where the contact was lost under an imposed potential.

    Args:
        traces: the steps of a site, in their order.
        idle: shape (n,), A, the current of the approach before contact.
        held: potential against the reference and current after contact, before the first step.

    Returns:
        Which of the traces, and its first row without contact; None if it was kept, or if that
        cannot be told.
    """
    watch = ContactWatch(idle, held)
    for trace in traces:
        watch.begin(trace.segment, trace.row)
        gap, over = (trace.flag & Flag.GAP) != 0, trace.overload
        watch.feed(trace.t, trace.E, trace.I, gap, ~over)
        watch.finish()
    return None if watch.lost is None else (watch.lost.number, watch.lost.row)
