"""Numbers that any step has: its charge, what ended it, and where it had come to."""

from __future__ import annotations

import math

import numpy as np

from seccm.arrays import FloatArray
from seccm.program.any_results import ENDED_BY, REASONS, Q
from seccm.program.measured import NO_ROWS, WHOLE, Measured, Numbers
from seccm.program.trace import StepTrace
from seccm.results import Status, Value, noise

_LAST = 0.1
"""Share of a step, in time, at whose end its last value is taken."""
_FEWEST = 5
"""Rows of which it is the median, at least."""


def of_any_step(trace: StepTrace) -> Numbers:
    """Return net charge per area, and the code of what ended a step."""
    end = Value.none(Status.INCOMPLETE)
    if trace.reason is not None:
        end = Value.of(REASONS.index(trace.reason), 0.0)
    charge = net_charge(trace)
    density = Measured(trace.area.density(charge.value), charge.rows)
    return {Q.name: density, ENDED_BY.name: Measured(end, NO_ROWS)}


def net_charge(trace: StepTrace) -> Measured:
    """Add up the rows, each a mean over its length; of a few rows the noise is not known."""
    i, row = trace.passed, trace.row
    if i.size < 1:
        return Measured(Value.none(Status.TOO_SHORT), WHOLE)
    q = Value.of(row * float(i.sum()), row * trace.scatter * math.sqrt(i.size))
    return Measured(q, (trace.own,))


def level(trace: StepTrace, y: FloatArray) -> Measured:
    """Return the median of a signal over the last tenth of a step."""
    # Rows that are missing elsewhere do not make the last tenth another one.
    since = trace.t[-1] - _LAST * (trace.t[-1] - trace.t[0] + trace.row) if trace.t.size else 0.0
    first = int(np.searchsorted(trace.t, since + 0.01 * trace.row, side="right"))
    rows = slice(max(0, min(first, trace.t.size - _FEWEST)), None)
    last = y[rows]
    last = last[np.isfinite(last)]
    if last.size < _FEWEST:
        return Measured(Value.none(Status.TOO_SHORT), (rows,))
    error = 1.2533 * noise(last) / math.sqrt(last.size)
    return Measured(Value.of(float(np.median(last)), error), (rows,))


def half_way(trace: StepTrace) -> Measured:
    """Return the potential when half of the charge of a step had passed.

    From a straight line through the data points around it, two hundredths of the charge wide at
    either side. Where that is, all data points of the step decide.
    """
    passed = np.cumsum(np.nan_to_num(trace.passed))
    if passed.size < 5 or passed[-1] == 0.0:
        return Measured(Value.none(Status.TOO_SHORT), (trace.own,))
    share = passed / passed[-1]
    middle = int(np.argmax(share >= 0.5))
    low, high = np.searchsorted(share, (0.48, 0.52)) if np.all(np.diff(share) >= 0) else (0, 0)
    low, high = min(low, middle - 2), max(high, middle + 3)
    first = trace.own.start + max(low, 0)
    rows = slice(first, trace.own.start + min(high, passed.size))
    e, x = trace.E[rows], share[max(low, 0) : min(high, passed.size)] - 0.5
    known = np.isfinite(e)
    if known.sum() < 3 or np.ptp(x[known]) == 0.0:
        return Measured(Value.none(Status.TOO_SHORT), (rows,))
    slope, there = np.polyfit(x[known], e[known], 1)
    scatter = float(np.std(e[known] - slope * x[known] - there))
    value = Value.of(float(there), scatter / math.sqrt(int(known.sum())))
    return Measured(value, (trace.own, rows))
