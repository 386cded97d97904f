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
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from seccm.arrays import BoolArray, FloatArray
from seccm.program.trace import CONTACT_ROWS, StepTrace
from seccm.results import noise
from seccm.rig import Flag, Lines

_LONE = 8.0
"""Standard deviations by which a spike stands out of the data points beside it."""
_BLOCK = 16
"""Rows of one mean: 41 ms, two periods of the mains."""
_QUIET = 10.0
"""Standard deviations of such a mean within which there is no current: it wanders in minutes."""
_CERTAIN = 3.0
"""Times as much is a current that is surely missed where nothing flows later."""
_FALL = 3
"""Rows in which a circuit opens, with the filter of the electrometer: 8 ms."""
_SIDE = 12
"""Rows on each side of a fall that are compared."""
_COURSE = 48
"""Rows before a fall that say how the current went on: 0.12 s."""
_SHARP = 3e-3
"""Volts within which no reaction stops."""
_JUMP = 0.1
"""Volts that no potential jumps without a current."""
_LASTING, _CLEAR, _SHORT, _PLAIN = 40, 10.0, 3, 100.0
"""After a fall of 10 standard deviations nothing flows in 40 rows, or after one of 100 in 3 rows:
a step may end itself when its current has gone."""
_HELD = 4
"""Rows of the hold after contact that show whether its current is steady."""
_BIN = 0.02
"""Volts within which two currents are at the same potential."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """The current of an open circuit."""

    level: float
    """A."""
    sigma: float
    """Standard deviation of one row."""
    wander: float
    """Standard deviation of the mean of a block of rows: it contains hum and drift."""

    @classmethod
    def of(cls, idle: FloatArray) -> Nothing | None:
        """Measure it in rows without contact, shape (n,), A; None if they do not tell."""
        idle = idle[np.isfinite(idle)]
        if idle.size < 4 * _BLOCK:
            return None
        means = _means(idle)
        level, sigma = float(np.median(idle)), noise(idle)
        spread = 1.4826 * float(np.median(np.abs(means - level)))
        wander = max(spread, sigma / math.sqrt(_BLOCK))
        return cls(level, sigma, wander) if sigma > 0.0 else None

    def flows(self, current: FloatArray, times: float = 1.0) -> BoolArray:
        """Tell in which blocks of rows a current flows; some last rows are in none."""
        return np.abs(_means(current) - self.level) > times * _QUIET * self.wander

    def since(self, current: FloatArray) -> tuple[int, int]:
        """Return from which row on nothing may flow any more, and from which on nothing does.

        Where no single row stands out of the noise, the current may have stopped anywhere in the
        last block of rows whose mean does.
        """
        flows = np.flatnonzero(self.flows(current))
        first = _BLOCK * (int(flows[-1]) + 1) if flows.size else 0
        # Of the rows that fill no block, and of the block in which the current stopped, one by one.
        start = max(0, first - _BLOCK)
        alone = np.flatnonzero(np.abs(current[start:] - self.level) > 8.0 * self.sigma)
        if alone.size == 0:
            return start, first
        row = start + int(alone[-1]) + 1
        return row, row


def _without_spikes(current: FloatArray) -> FloatArray:
    """Replace single rows far beyond both neighbours: no current of a droplet lasts one row.

    The first rows stay, in which the double layer is charged.
    """
    sigma = noise(current[np.isfinite(current)])
    if not sigma > 0.0 or current.size <= CONTACT_ROWS + 2:
        return current
    left, here, right = current[:-2], current[1:-1], current[2:]
    least = np.minimum(np.abs(here - left), np.abs(here - right))
    lone = (least > _LONE * sigma) & ((here > left) == (here > right))
    lone[:CONTACT_ROWS] = False
    return np.concatenate([current[:1], np.where(lone, 0.5 * (left + right), here), current[-1:]])


def _means(y: FloatArray) -> FloatArray:
    blocks = y.size // _BLOCK
    means: FloatArray = y[: blocks * _BLOCK].reshape(blocks, _BLOCK).mean(axis=1)
    return means


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
    nothing: Nothing | None = None
    for number in reversed(range(len(traces))):
        trace = traces[number]
        if (trace.flaws & Flag.GAP).any() or trace.t.size == 0:
            return None
        if _without_current(trace):
            row = _floats(trace)
            if row is not None:
                return number, row
            continue
        if trace.segment.mode == "current":
            return None
        nothing = nothing or Nothing.of(idle)
        if nothing is None:
            return None
        trace = replace(trace, I=_without_spikes(trace.I))
        maybe, row = nothing.since(trace.I)
        if row > CONTACT_ROWS:
            then = traces[number + 1] if number + 1 < len(traces) else None
            return _stopped(number, trace, then, maybe, row, nothing)
        if number == 0:
            return (0, 0) if _held(trace, held, nothing) else None
    return None


def _stopped(
    number: int, trace: StepTrace, then: StepTrace | None, maybe: int, row: int, nothing: Nothing
) -> tuple[int, int] | None:
    """Judge where the last current at a site was: whether the contact was lost there.

    Args:
        number: of the step with the last current.
        trace: that step, without spikes.
        then: the step after it; None if it was the last.
        maybe: the row from which on nothing may flow any more.
        row: the row from which on surely nothing flows.
        nothing: the current of an open circuit.
    """
    fell = _fall(trace, row, nothing)
    if fell is not None:
        return number, fell
    if _flowed_before(trace, row, nothing):
        # No row after the loss may pass for one in contact; a few before it can be spared.
        return number, maybe
    if then is None or row + _BLOCK <= trace.t.size:
        return None
    last = slice(-_SIDE, None)
    flowed = abs(float(trace.I[last].mean()) - nothing.level)
    same = abs(float(trace.E[last].mean() - then.E.mean())) < _SHARP
    clear = flowed > _CERTAIN * _QUIET * nothing.wander
    missed = clear and same and then.segment.mode == "potential" and then.t.size >= _SIDE
    return (number + 1, 0) if missed else None


def _without_current(trace: StepTrace) -> bool:
    """Tell whether a step imposes no current."""
    mode, form = trace.segment.mode, trace.segment.waveform
    return mode == "open" or (mode == "current" and form.extremes == (0.0, 0.0))


def _floats(trace: StepTrace) -> int | None:
    """Return the row from which the potential of no current is that of an open input."""
    e = trace.E
    if e.size < CONTACT_ROWS + _SIDE:
        return None
    jump = np.abs(e[_FALL:] - e[:-_FALL])
    jump[:CONTACT_ROWS] = 0.0
    last, size = int(jump.argmax()), float(jump.max())
    before = e[max(0, last + 1 - _SIDE) : last + 1]
    away = np.abs(e - float(np.median(before)))
    row = last + 1 + int((away[last + 1 :] > 0.1 * size).argmax())
    stays = bool((away[row + _FALL :] > 0.5 * size).all()) and row + _FALL < e.size
    return row if size > _JUMP and stays and float(np.ptp(before)) < 0.2 * size else None


def _fall(trace: StepTrace, near: int, nothing: Nothing) -> int | None:
    """Return the row near one at which the current stops at once; None if it does not."""
    i = trace.I - nothing.level
    rows = np.arange(
        max(near - _BLOCK, CONTACT_ROWS + _SIDE), min(near + _SIDE, i.size - _FALL) + 1
    )
    if rows.size == 0:
        return None
    passed = np.concatenate([[0.0], np.cumsum(i)])
    levels = (passed[rows] - passed[rows - _SIDE]) / _SIDE
    ends = np.minimum(rows + _FALL - 1 + _SIDE, i.size)
    lefts = (passed[ends] - passed[rows + _FALL - 1]) / (ends - rows - _FALL + 1)
    best = int(np.abs(levels - lefts).argmax())
    row, level, left = int(rows[best]), float(levels[best]), float(lefts[best])
    course, after = i[max(CONTACT_ROWS, row - _COURSE) : row], i.size - row - _FALL + 1
    slope, end = np.polyfit(np.arange(1.0 - course.size, 1.0), course, 1)
    expected = float(end + slope * _FALL)
    sigma = nothing.sigma * math.sqrt(1.0 / _SIDE + 1.0 / min(_SIDE, after))
    drop = min(abs(level), abs(expected)) if level * expected > 0.0 else 0.0
    gone = abs(left) < min(_QUIET * nothing.wander, 0.2 * abs(level))
    clear = drop > sigma * (_CLEAR if after >= _LASTING else _PLAIN)
    sharp = _rate(trace, row) * _FALL * trace.row < _SHARP
    return row if clear and gone and sharp else None


def _rate(trace: StepTrace, row: int) -> float:
    """Return the rate of a sweep at a row, V/s, without a sign."""
    form = trace.segment.waveform
    if not isinstance(form, Lines):
        return 0.0
    ends = form.at(np.array([trace.t[row] - trace.row, trace.t[row]]))
    return abs(float(ends[1] - ends[0])) / trace.row


def _flowed_before(trace: StepTrace, row: int, nothing: Nothing) -> bool:
    """Tell whether in two sweeps before a row a current flowed where nothing does after it."""
    form = trace.segment.waveform
    if not isinstance(form, Lines):
        return False
    flowed: dict[int, int] = {}
    silent: set[int] = set()
    corners = np.searchsorted(trace.t, form.times, side="right")
    for first, stop in pairwise([int(k) for k in corners]):
        for begin, end in ((first, min(stop, row)), (max(first, row), stop)):
            if end - begin < 2 * _BLOCK:
                continue
            bins = np.floor(_means(trace.E[begin:end]) / _BIN).astype(int)
            if begin >= row:
                silent |= set(bins.tolist())
                continue
            weak = set(bins[~nothing.flows(trace.I[begin:end], _CERTAIN)].tolist())
            for place in set(bins.tolist()) - weak:
                flowed[place] = flowed.get(place, 0) + 1
    return any(flowed.get(place, 0) >= 2 for place in silent)


def _held(trace: StepTrace, held: tuple[FloatArray, FloatArray], nothing: Nothing) -> bool:
    """Tell whether a steady current after contact is missed where the first step comes by."""
    e, i = held[0], held[1] - nothing.level
    if i.size < _HELD or trace.I.size < _LASTING or not np.isfinite(i).all():
        return False
    early, late = (float(half.mean()) for half in np.array_split(i, 2))
    steady = late / early > 0.8 if early else False
    if not steady or abs(late) < _CERTAIN * _QUIET * nothing.wander:
        return False
    at = float(np.median(e))
    return bool((np.abs(trace.E[CONTACT_ROWS:] - at) < 0.25 * _BIN).sum() >= _BLOCK)
