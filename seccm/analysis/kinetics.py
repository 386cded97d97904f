"""Kinetics read from a steady wave: what a wave lacks in steepness, electron transfer has cost.

At steady state, with mass transfer as fast for both forms, a wave of an oxidation is

    i / i_lim = 1 / (1 + exp(-f (E - E0)) + exp(-alpha f (E - E0)) / K),    K = k0 / m,

with f = F/RT at 25 degrees C, k0 and alpha of Butler and Volmer, and m the coefficient of mass
transfer (M. V. Mirkin, A. J. Bard, Anal. Chem. 64 (1992) 2293). A large K leaves the shape of
Nernst, which it no longer changes; a small one shifts the wave, as E0 does. Between these K is told
by the shape; beyond, there is a bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seccm.analysis.sweep import Sweep
from seccm.analysis.wave_shape import REVERSIBLE, Ascent, Shape, from_foot, taken_apart
from seccm.arrays import FloatArray
from seccm.constants import FARADAY, GAS
from seccm.results import Status, Value

F_RT = FARADAY / (GAS * 298.15)
"""F/RT at 25 degrees C, 1/V."""
SLOWEST, FASTEST = 0.05, 20.0
"""K between which a wave can tell it."""
_GRID = 31
_ALPHA = (0.3, 0.7)
"""Transfer coefficients that are allowed."""
_POINTS, _STEPS = 60, 12
"""Points that are compared; and steps of a fit."""
_REACH = 3.0
"""Widths of a wave around its middle that are compared."""
_LEAST = 0.003
"""Share of the limiting current by which a wave may differ from its model all along: background,
limit and the diffusion of a pipette are not known better."""
_FOLLOWED = 0.02
"""Share of the limiting current by which the best model may miss a wave."""


@dataclass(frozen=True, slots=True)
class Kinetics:
    """What the shape of a wave says."""

    ratio: Value
    """K; or a bound, with the status `AT_LEAST` or `AT_MOST`."""
    transfer: Value
    """Transfer coefficient alpha of the reaction that is driven."""
    formal: Value
    """V, E0; not of an irreversible wave."""


def kinetics(s: Sweep) -> Kinetics:
    """Fit a steady wave; without foot, plateau or a model that follows it there is nothing.

    Args:
        s: one sweep over a wave that is at steady state.
    """
    if not s.usable:
        return _nothing(Status.TOO_SHORT)
    a = from_foot(s)
    shape = taken_apart(a)
    if shape is None or not (shape.has_foot and shape.has_plateau):
        return _nothing(Status.NO_WAVE)
    e, y = _reduced(a, shape)
    grid = np.geomspace(SLOWEST / 5.0, FASTEST * 5.0, _GRID)
    fits = [_fitted(e, y, shape.half, float(ratio)) for ratio in grid]
    squares = np.array([fit.squares for fit in fits])
    least, noise = float(squares.min()), shape.white / shape.limit
    if math.sqrt(least / e.size) > max(_FOLLOWED, 3.0 * noise):
        return _nothing(Status.UNDEFINED)
    allowed = np.flatnonzero(squares <= least + e.size * _LEAST**2 + 4.0 * noise**2)
    low, high = (float(grid[allowed[k]]) for k in (0, -1))
    # The edges lie anywhere up to the next points of the grid.
    likely = fits[max(allowed[0] - 1, 0) : allowed[-1] + 2]
    formal = a.sign * np.array([fit.formal for fit in likely])
    transfer = np.array([fit.transfer for fit in likely])
    middle, spread = _range(formal)
    if low <= SLOWEST and high >= FASTEST:
        return _nothing(Status.NOT_DECIDED)
    if high >= FASTEST:
        ratio = Value.of(min(low, FASTEST), 0.0, Status.AT_LEAST)
        unknown = Value.none(Status.NOT_DECIDED)
        return Kinetics(ratio, unknown, Value.of(middle, spread))
    slope = Value.of(*_range(transfer))
    if low <= SLOWEST:
        ratio = Value.of(max(high, SLOWEST), 0.0, Status.AT_MOST)
        return Kinetics(ratio, slope, Value.none(Status.NOT_DECIDED))
    # The logarithm is what is known evenly.
    centre = math.sqrt(low * high)
    error = centre * math.log(high / low * grid[1] / grid[0]) / math.sqrt(12.0)
    return Kinetics(Value.of(centre, error), slope, Value.of(middle, spread))


def model(e: FloatArray, ratio: float, transfer: float, formal: float) -> FloatArray:
    """Return i / i_lim of the oxidation above."""
    x = np.clip(F_RT * (e - formal), -200.0, 200.0)
    share: FloatArray = 1.0 / (1.0 + np.exp(-x) + np.exp(-transfer * x) / ratio)
    return share


@dataclass(frozen=True, slots=True)
class _Fit:
    squares: float
    formal: float
    transfer: float


def _reduced(a: Ascent, shape: Shape) -> tuple[FloatArray, FloatArray]:
    """Return a wave without its background, over its limit."""
    near = np.abs(a.potential - shape.half) < _REACH * max(shape.width, REVERSIBLE)
    near[:2] = near[-2:] = False
    e = a.potential[near]
    y = (a.raw[near] - shape.base.at(e)) / shape.limit
    merge = max(1, e.size // _POINTS)
    count = e.size // merge * merge
    e, y = (v[:count].reshape(-1, merge).mean(axis=1) for v in (e, y))
    return e, y


def _fitted(e: FloatArray, y: FloatArray, half: float, ratio: float) -> _Fit:
    """Fit formal potential, transfer coefficient, height and background for a given K.

    By Gauss and Newton, from where the wave of this K has its middle.
    """
    formal, transfer = half - math.log1p(1.0 / ratio) / (0.5 * F_RT), 0.5
    squares = math.inf
    for _ in range(_STEPS):
        x = np.clip(F_RT * (e - formal), -200.0, 200.0)
        nernst, slow = np.exp(-x), np.exp(-transfer * x) / ratio
        share = 1.0 / (1.0 + nernst + slow)
        basis = np.column_stack([share, np.ones(e.size)])
        height, base = _least_squares(basis, y)
        rest = y - height * share - base
        last, squares = squares, float(rest @ rest)
        if last - squares <= 1e-6 * squares:
            break
        bend = height * share**2
        by_formal = -bend * F_RT * (nernst + transfer * slow)
        by_transfer = bend * x * slow
        step = _least_squares(np.column_stack([basis, by_formal, by_transfer]), rest)
        formal += float(np.clip(step[2], -0.05, 0.05))
        transfer = float(np.clip(transfer + np.clip(step[3], -0.1, 0.1), *_ALPHA))
    return _Fit(squares, formal, transfer)


def _least_squares(basis: FloatArray, y: FloatArray) -> FloatArray:
    found, *_ = np.linalg.lstsq(basis, y, rcond=1e-10)
    return np.asarray(found, np.float64)


def _range(values: FloatArray) -> tuple[float, float]:
    """Return the middle of a range, and its standard deviation if all of it is as likely."""
    low, high = float(values.min()), float(values.max())
    return 0.5 * (low + high), max((high - low) / math.sqrt(12.0), 1e-4)


def _nothing(status: Status) -> Kinetics:
    none = Value.none(status)
    return Kinetics(none, none, none)
