"""Charge and efficiency of each cycle of a voltammogram.

A cycle is the commanded one, cut at the commanded vertices and never at what the data look like.
Within it charge is sorted by the sign of the current over the whole cycle. Sorting by the
direction of the sweep is the tempting mistake: after nucleation, plating continues on the way
back (the nucleation loop), and that charge would be booked as stripping.

Features of single sweeps (peaks, waves, onsets) are in `seccm.analysis.sweep`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.arrays import FloatArray
from seccm.results import Status, Value, noise, spacing


@dataclass(frozen=True, slots=True)
class Baseline:
    """A current that is no reaction: stray capacitance times dE/dt, and a leak."""

    capacitance: float = 0.0
    """F, of cables and instrument to ground."""
    leak: float = 0.0
    """A."""
    error: float = 0.0
    """A, standard uncertainty of the whole baseline; grows into charge with time."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One commanded cycle."""

    start: float
    """s."""
    end: float
    """s."""
    q_cathodic: Value
    """C, positive."""
    q_anodic: Value
    """C, positive."""
    efficiency: Value
    """Anodic over cathodic charge."""


@dataclass(frozen=True, slots=True)
class Cycles:
    """All complete cycles of a record."""

    cycles: tuple[Cycle, ...]
    incomplete: bool
    """A cycle was begun and not finished; it is left out."""
    baseline: Baseline | None
    """What was subtracted; None for nothing."""
    noise: float
    """A, standard deviation of one row."""


def cycles(
    t: FloatArray,
    potential: FloatArray,
    current: FloatArray,
    bounds: FloatArray,
    baseline: Baseline | None = None,
) -> Cycles:
    """Add up the charge of each commanded cycle by the sign of the current.

    Also right for galvanostatic plating and stripping: the bounds are then the times at which
    plating begins and stripping reached its cut-off.

    Args:
        t: shape (n,), s, increasing.
        potential: shape (n,), V; used for the baseline only.
        current: shape (n,), A, anodic positive. Rows that are not finite are left out.
        bounds: shape (m + 1,), s, on the clock of `t`: where each commanded cycle begins, and
            where the last one ends. A record that ends more than a row and a half before a bound
            leaves that cycle incomplete.
        baseline: subtracted from the current if given.
    """
    keep = np.isfinite(t) & np.isfinite(current) & np.isfinite(potential)
    t, e, i = t[keep], potential[keep], current[keep]
    if t.size < 3:
        return Cycles((), bool(bounds.size > 1), baseline, math.nan)
    sigma = noise(i)
    row = spacing(t)
    if not row > 0.0:
        return Cycles((), bool(bounds.size > 1), baseline, sigma)
    if baseline is not None:
        i = i - baseline.leak - baseline.capacitance * _rate(e, row)
    whole = bounds <= t[-1] + 1.5 * row
    passed = _Passed(t, i, row, sigma, baseline.error if baseline else 0.0)
    done = tuple(
        passed.cycle(float(a), float(b))
        for a, b, complete in zip(bounds[:-1], bounds[1:], whole[1:], strict=True)
        if complete and b > a
    )
    incomplete = bool(np.any(~whole[1:] & (bounds[:-1] < t[-1])))
    return Cycles(done, incomplete, baseline, sigma)


def _rate(e: FloatArray, row: float) -> FloatArray:
    """Slope dE/dt over a quarter of a second: shorter, and its noise would pass for charge."""
    largest = e.size - 1 + e.size % 2
    width = min(max(3, int(0.25 / row) | 1), largest)
    rate: FloatArray = scipy.signal.savgol_filter(e, width, 1, deriv=1, delta=row)
    return rate


class _Passed:
    """Charge that passed each way, to be read at any time: a row's spreads evenly over it."""

    def __init__(
        self, t: FloatArray, i: FloatArray, row: float, sigma: float, baseline_error: float
    ) -> None:
        self._t, self._i, self._sigma, self._baseline_error = t, i, sigma, baseline_error
        # The first row, too, began a row before its stamp.
        self._edges = np.concatenate([[t[0] - row], t])
        lengths = np.diff(self._edges)
        self._cathodic, self._anodic = (
            np.concatenate([[0.0], np.cumsum(np.maximum(sign * i, 0.0) * lengths)])
            for sign in (-1.0, 1.0)
        )

    def cycle(self, start: float, end: float) -> Cycle:
        """Add up the charge between two times."""
        inside = self._i[(self._t > start) & (self._t < end)]
        if inside.size == 0:
            none = Value.none(Status.NOT_MEASURED)
            return Cycle(start, end, none, none, none)
        sigma, length, n = self._sigma, end - start, float(inside.size)
        # White noise adds up to sigma dt sqrt(n); the baseline's error for the whole length; and
        # noise about zero is sorted by sign too, 0.4 sigma of it to either side: without this
        # term a record of nothing would have an efficiency of one.
        sorted_noise = 0.4 * sigma * length * float(np.sum(np.abs(inside) < 2.0 * sigma)) / n
        error = math.hypot(
            sigma * length / math.sqrt(n), self._baseline_error * length, sorted_noise
        )
        q_c, q_a = (
            float(np.diff(np.interp((start, end), self._edges, q))[0])
            for q in (self._cathodic, self._anodic)
        )
        return Cycle(
            start, end, Value.of(q_c, error), Value.of(q_a, error), efficiency(q_c, q_a, error)
        )


def efficiency(q_cathodic: float, q_anodic: float, error: float) -> Value:
    """Divide the charge that came back by the charge that went in.

    Undefined if the cathodic charge is below ten times its error. Above one is possible (the
    first cycle on a fresh surface, a wrong baseline) and is marked, not hidden.
    """
    if not q_cathodic > 10.0 * error or q_cathodic <= 0.0:
        return Value.none(Status.UNDEFINED)
    ratio = q_anodic / q_cathodic
    status = Status.ABOVE_UNITY if ratio > 1.0 else Status.OK
    return Value.of(ratio, math.hypot(1.0, ratio) * error / q_cathodic, status)
