"""Nano-impacts: single particles that hit an electrode, each a spike of the current.

Chronoamperometry in a dilute suspension (Xiao and Bard, J. Am. Chem. Soc. 2007, 129, 9610; for
particles of batteries Zampardi et al., Angew. Chem. 2017, 129, 656). The charge of a spike says how
large the particle is, by Faraday's law:

    Q = n F rho pi d^3 / (6 M),    d = (6 |Q| M / (pi n F rho))^(1/3).

Spikes come at random, so that their number is of a Poisson distribution; its interval is the exact
one (Garwood, Biometrika 1936, 28, 437).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.analysis.impact_noise import baseline, hum
from seccm.analysis.impact_search import Spike, filters, find_spikes, scatter, threshold, widths
from seccm.analysis.impact_shape import Impact, measure
from seccm.analysis.impact_steps import Step, find_steps
from seccm.arrays import BoolArray, FloatArray
from seccm.constants import FARADAY
from seccm.results import Value, noise

FALSE_ALARMS = 1.0 / 3600.0
"""Per second, of white noise: one in an hour."""
_PASSES = 2
"""The first with the spikes in the noise, the second without them."""
_FEWEST = 50
"""Rows below which nothing is told from noise."""
_CLEAR = 2.0
"""Height of a spike, in units of the noise of a row, that would move a median. What is lower may be
a step that the baseline has rounded."""
_EDGE = 3
"""Rows within which a jump of the current may look like a spike of its own."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a record of impacts shows."""

    events: tuple[Impact, ...]
    steps: tuple[Step, ...]
    level: FloatArray
    """A, shape (n,): baseline, hum and steps, on which the spikes stand."""
    noise: float
    """A, standard deviation of a row between the spikes."""
    seconds: float
    """How long there was something to be seen: rows with a number."""


def find_impacts(
    current: FloatArray, row: float, widest: float, rate: float = FALSE_ALARMS
) -> Found:
    """Find and measure the spikes and steps of a current.

    Args:
        current: shape (n,), A; NaN where it is not known.
        row: s from row to row.
        widest: s, the widest spike that is expected.
        rate: false alarms per second, at most.
    """
    known = np.isfinite(current)
    y = np.where(known, current, 0.0)
    rows = max(1, round(widest / row))
    if known.sum() < _FEWEST:
        return Found((), (), np.full(y.size, np.nan), math.nan, float(known.sum()) * row)
    z = threshold(rate, row, len(widths(rows)))
    level = baseline(y, known, rows)
    mains = hum(np.where(known, y - level, 0.0), known, row)
    steps = find_steps(y - mains, known, rows, z, noise((y - mains)[known]), spiky=True)
    quiet = known
    for turn in range(_PASSES):
        stairs = _stairs(steps, y.size)
        level = baseline(y - stairs - mains, quiet, rows)
        mains = hum(np.where(quiet, y - stairs - level, 0.0), quiet, row)
        rest = np.where(known, y - stairs - level - mains, 0.0)
        banks = filters(rest, quiet, rows)
        spikes = tuple(
            spike
            for spike in find_spikes(rest, banks, z)
            if not (_edge(spike, steps) or _settling(spike, rest, level))
        )
        quiet = known & ~_covered(spikes, y.size)
        if turn == 0:
            # Now that spikes are known, steps that are smaller than the noise of a row.
            clear = [s for s in spikes if _height(s, rest) > _CLEAR * scatter(banks, 1, s.top)]
            calm = known & ~_covered(clear, y.size)
            more = find_steps(y - mains - stairs, calm, rows, z, 0.0, spiky=False)
            steps = tuple(sorted((*steps, *more), key=lambda step: step.row))
    measured = measure(rest, row, spikes, partial(scatter, banks))
    return Found(
        measured, steps, level + mains + stairs, scatter(banks, 1, 0), float(known.sum()) * row
    )


def _covered(spikes: Sequence[Spike], n: int) -> BoolArray:
    """Tell which rows are of a spike, shape (n,)."""
    covered = np.zeros(n, bool)
    for spike in spikes:
        covered[max(0, spike.first - spike.smooth) : spike.stop] = True
    return covered


def _stairs(steps: Sequence[Step], n: int) -> FloatArray:
    """Return the sum of all steps so far, shape (n,)."""
    stairs = np.zeros(n)
    for step in steps:
        stairs[step.row :] += step.height
    return stairs


def _height(spike: Spike, rest: FloatArray) -> float:
    """Return about how high a spike is, A: the mean of a few rows at its top."""
    half = spike.smooth // 2
    return abs(float(rest[max(0, spike.top - half) : spike.top + half + 1].mean()))


def _edge(spike: Spike, steps: Sequence[Step]) -> bool:
    """Tell whether a spike is nothing but the row in which a step rises."""
    short = spike.smooth == 1 and spike.stop - spike.first <= 2 * _EDGE
    return short and any(abs(spike.first - step.row) <= _EDGE for step in steps)


def _settling(spike: Spike, rest: FloatArray, level: FloatArray) -> bool:
    """Tell whether the baseline itself changes by as much as a spike is high.

    So it does when a potential was just set: what is left of that is no spike.
    """
    rows = slice(spike.first, spike.stop)
    return float(np.ptp(level[rows])) > float(np.abs(rest[rows]).max())


def interval(count: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of the mean of a Poisson distribution.

    Args:
        count: what was counted.
        level: how often the interval holds the truth, at the least.
    """
    tail = 0.5 * (1.0 - level)
    low = float(scipy.special.gammaincinv(count, tail)) if count else 0.0
    return low, float(scipy.special.gammainccinv(count + 1, tail))


@dataclass(frozen=True, slots=True)
class Material:
    """What a particle is made of, and how many electrons each formula unit takes or gives."""

    molar_mass: float
    """kg/mol."""
    density: float
    """kg/m3."""
    electrons: float = 1.0

    @property
    def charge_density(self) -> float:
        """The charge of a volume, n F rho / M, in C/m3."""
        return self.electrons * FARADAY * self.density / self.molar_mass

    def diameter(self, charge: Value) -> Value:
        """Return the diameter of the ball that has a charge, in m."""
        if not charge.status.has_value:
            return charge
        d = (6.0 * abs(charge.value) / (math.pi * self.charge_density)) ** (1.0 / 3.0)
        relative = charge.error / abs(charge.value) if charge.value else math.nan
        return Value.of(d, d * relative / 3.0, charge.status)

    def charge(self, diameter: float) -> float:
        """Return the charge of a ball, in C."""
        return self.charge_density * math.pi * diameter**3 / 6.0
