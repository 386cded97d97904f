"""Kinetics from steady currents at several potentials, on both sides of equilibrium.

By Butler and Volmer i = i0 (exp(alpha f eta) - exp(-(1 - alpha) f eta)); by Marcus, Hush and
Chidsey the two rates are those of `seccm.analysis.marcus`. Both are fitted. Where they describe the
points alike, the reorganization energy has a bound only. Transport to the electrode is in neither
of them: a current that it limits contradicts both.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seccm.analysis.marcus import tabulated
from seccm.arrays import FloatArray
from seccm.results import Status, Value

F_RT = 96485.33212 / (8.314462618 * 298.15)
"""F/RT at 25 degrees C, 1/V."""
FEWEST = 5
"""Points that a fit needs."""
_LEAST, _MOST, _GRID = 0.05, 50.0, 58
"""Reorganization energies that are tried, in V, and how many."""
_RELATIVE = 0.01
"""Share of a current that is uncertain beside its noise."""
_CLEAR = 5.0
"""Standard uncertainties that a current is above on either side of equilibrium."""
_FOLLOWED = 0.1
"""Share of a current by which the best model may miss the points."""
_BETTER = 9.0
"""Sum of squares, in those of one point, by which a model is better than another one."""
_STEPS = 40
_ALPHA = (0.1, 0.9)


@dataclass(frozen=True, slots=True)
class Polarization:
    """What currents at several potentials say."""

    exchange: Value
    """A, positive: i0."""
    transfer: Value
    """Alpha of the oxidation, by Butler and Volmer."""
    equilibrium: Value
    """V: where no current flows."""
    reorganization: Value
    """V, lambda over the elementary charge; or a bound."""
    line: FloatArray
    """A: what the better model gives at each potential; NaN where there is none."""


def polarization(e: FloatArray, i: FloatArray, error: FloatArray) -> Polarization:
    """Fit currents at several potentials.

    Args:
        e: V, shape (n,), in any order.
        i: A, anodic positive.
        error: A, standard uncertainties of the currents; NaN where unknown.
    """
    known = np.isfinite(e) & np.isfinite(i)
    none = np.full(e.size, math.nan)
    if np.unique(e[known]).size < FEWEST:
        return _nothing(Status.TOO_FEW, none)
    x, y = e[known], i[known]
    noise = np.nan_to_num(error[known])
    clear = np.abs(y) > _CLEAR * noise
    if not ((y[clear] > 0.0).any() and (y[clear] < 0.0).any()):
        return _nothing(Status.NOT_REACHED, none)
    start = _start(x, y)
    if start is None:
        return _nothing(Status.UNDEFINED, none)
    size = np.hypot(noise, _RELATIVE * np.abs(y))
    size = np.maximum(size, 1e-6 * float(np.max(np.abs(y))))
    classic = _fitted(x, y, size, (*start, 0.5), butler_volmer)
    variance = max(1.0, classic.squares / max(x.size - 3, 1))
    grid = np.geomspace(_LEAST, _MOST, _GRID)
    models = [marcus(float(F_RT * one)) for one in grid]
    fits = [_fitted(x, y, size, start, model) for model in models]
    squares = np.array([fit.squares for fit in fits])
    best = fits[int(np.argmin(squares))]
    variance = min(variance, max(1.0, best.squares / max(x.size - 3, 1)))
    bent = best.squares + _BETTER * variance < classic.squares
    better, model = (best, models[int(np.argmin(squares))]) if bent else (classic, butler_volmer)
    if math.sqrt(better.squares / x.size) * _RELATIVE > _FOLLOWED:
        return _nothing(Status.NOT_IDENTIFIED, none)
    spread = math.sqrt(variance)
    exchange, equilibrium = better.value(0, spread), better.value(1, spread)
    energy = _energy(grid, squares, classic.squares, variance)
    if bent and energy.status is Status.OK:
        # The exchange current goes with the energy, which lies between those of the grid.
        heights = np.array([fit.at[0] for fit in fits])
        ends = np.log(energy.value) + np.array([-1.0, 0.0, 1.0]) * energy.error / energy.value
        low, middle, high = np.interp(ends, np.log(grid), heights).tolist()
        exchange = Value.of(middle, math.hypot(exchange.error, 0.5 * (high - low)))
    i0 = math.exp(exchange.value)
    return Polarization(
        Value.of(i0, i0 * exchange.error),
        Value.none(Status.UNDEFINED) if bent else classic.value(2, spread),
        equilibrium,
        energy,
        model(e, better.at),
    )


Model = Callable[[FloatArray, FloatArray], FloatArray]
"""Returns currents at some potentials, of ln i0, the equilibrium potential and alpha."""


def butler_volmer(e: FloatArray, p: FloatArray) -> FloatArray:
    """Return currents of Butler and Volmer; p is ln i0, the equilibrium potential and alpha."""
    x = np.clip(F_RT * (e - p[1]), -200.0, 200.0)
    found: FloatArray = np.exp(p[0]) * (np.exp(p[2] * x) - np.exp((p[2] - 1.0) * x))
    return found


def marcus(reorganization: float) -> Model:
    """Return the currents of one reorganization energy, over kT; p is ln i0 and the equilibrium."""

    def currents(e: FloatArray, p: FloatArray) -> FloatArray:
        x = np.clip(F_RT * (e - p[1]), -60.0, 60.0)
        there = tabulated(x, reorganization)
        found: FloatArray = np.exp(p[0] + there) * -np.expm1(-x)
        return found

    return currents


@dataclass(frozen=True, slots=True)
class _Fit:
    at: FloatArray
    squares: float
    covariance: FloatArray

    def value(self, k: int, spread: float) -> Value:
        return Value.of(
            float(self.at[k]), spread * math.sqrt(max(float(self.covariance[k, k]), 0.0))
        )


def _start(e: FloatArray, i: FloatArray) -> tuple[float, float] | None:
    """Return a guess of ln i0 and of the equilibrium potential, where the currents pass zero."""
    order = np.argsort(e, kind="stable")
    x, y = e[order], i[order]
    passed = np.flatnonzero((y[:-1] <= 0.0) & (y[1:] > 0.0))
    if passed.size != 1:
        return None
    k = int(passed[0])
    zero = float(np.interp(0.0, y[k : k + 2], x[k : k + 2]))
    far = np.abs(x - zero) > 1e-3
    logs = np.log(np.abs(y[far]) / (2.0 * np.sinh(0.5 * F_RT * np.abs(x[far] - zero))) + 1e-300)
    return (float(np.median(logs)), zero) if far.any() else None


def _fitted(
    e: FloatArray, i: FloatArray, size: FloatArray, start: tuple[float, ...], model: Model
) -> _Fit:
    """Fit by Levenberg and Marquardt, with derivatives by differences."""
    p, damping = np.array(start), 1e-3
    rest = (i - model(e, p)) / size
    squares = float(rest @ rest)
    steps = np.array([1e-5, 1e-6, 1e-5])[: p.size]
    jacobian = np.zeros((e.size, p.size))
    for _ in range(_STEPS):
        for k, step in enumerate(steps):
            moved = p.copy()
            moved[k] += step
            jacobian[:, k] = (model(e, moved) - model(e, p)) / step / size
        normal = jacobian.T @ jacobian
        change = np.linalg.lstsq(
            normal + damping * np.diag(np.diag(normal)), jacobian.T @ rest, rcond=None
        )[0]
        change = np.clip(change, -1.0, 1.0)
        change[1] = np.clip(change[1], -0.02, 0.02)
        tried = p + change
        if p.size == 3:
            tried[2] = np.clip(tried[2], *_ALPHA)
        left = (i - model(e, tried)) / size
        now = float(left @ left)
        if now < squares:
            done = squares - now < 1e-9 * squares
            p, rest, squares, damping = tried, left, now, 0.2 * damping
            if done:
                break
        else:
            damping *= 8.0
            if damping > 1e9:
                break
    covariance: FloatArray = np.asarray(np.linalg.pinv(jacobian.T @ jacobian), np.float64)
    return _Fit(p, squares, covariance)


def _energy(grid: FloatArray, squares: FloatArray, classic: float, variance: float) -> Value:
    """Return the reorganization energy, or a bound, from how the fits of a grid are."""
    least = float(squares.min())
    if classic + _BETTER * variance < least:
        return Value.none(Status.UNDEFINED)  # as with a transfer coefficient far from one half
    allowed = np.flatnonzero(squares <= least + 4.0 * variance)
    low, high = (float(grid[k]) for k in (allowed[0], allowed[-1]))
    step = math.log(grid[1] / grid[0])
    if allowed[-1] == grid.size - 1:
        if allowed[0] == 0:
            return Value.none(Status.NOT_IDENTIFIED)
        return Value.of(low * math.exp(-step), 0.0, Status.AT_LEAST)
    if allowed[0] == 0:
        return Value.of(high * math.exp(step), 0.0, Status.AT_MOST)
    middle, logs = int(np.argmin(squares)), np.log(grid)
    near = slice(max(middle - 1, 0), middle + 2)
    a, b, _ = np.polyfit(logs[near] - logs[middle], squares[near], 2)
    at = logs[middle] - (b / (2.0 * a) if a > 0.0 else 0.0)
    # Two standard deviations to either side are allowed; the edges lie within a step of the grid.
    error = max((math.log(high / low) + step) / 4.0, step / math.sqrt(12.0))
    return Value.of(math.exp(at), math.exp(at) * error)


def _nothing(status: Status, line: FloatArray) -> Polarization:
    none = Value.none(status)
    return Polarization(none, none, none, none, line)
