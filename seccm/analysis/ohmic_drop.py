"""A fast sweep as it would be without the resistance of the solution.

Theory of operation. Through a resistance R the interface sees E - I R, and no longer a straight
ramp: at 10 V/s a peak of 10 uA through 20 kohm comes 180 mV late, and a third too low. For a
reaction that is reversible the concentration at the electrode follows the potential of the
interface at once, however that came about. It is found from the current by semi-integration,

    n F A sqrt(D) (c - c_s)(t) = [1 / (sqrt(s) + k)] I(s),    k = sqrt(D) g / 2,

where g is the relative growth of the cross-section with the distance from the electrode, 2 / a for
a disk of radius a: the edge. Past the peak c_s is nothing, and the left side is level: k is where
it is. Read on a straight ramp of potentials, and semi-differentiated, it is the voltammogram
without resistance, and without the edge: that of planar diffusion (Oldham and Spanier, J.
Electroanal. Chem. 26 (1970) 331; Imbeaux and Saveant, J. Electroanal. Chem. 44 (1973) 169). The
charge of the double layer is taken for current of the reaction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.arrays import BoolArray, FloatArray
from seccm.results import Status, Value, noise

_FEWEST = 20
"""Rows of a sweep that has a peak."""
_BEYOND = 0.12
"""Volts past the peak from which on nothing is left of the ion at the electrode: 1 % of it."""
_LEVEL = 0.06
"""Volts of plateau, at least, that show whether it is level."""
_NARROW, _WIDEST = 1.0, 3.0
"""Widest layer of diffusion, in lengths 2 / g, for which the edge is a correction; and that is
looked for."""
_SECOND = 0.1
"""Share of the correction for the edge that is uncertain."""
_TOP, _SMOOTH = 0.85, 5
"""Share of the largest current above which rows tell the height and place of the peak; rows whose
mean is the largest current."""


@dataclass(frozen=True, slots=True)
class Straight:
    """A sweep as it would be without resistance, for planar diffusion."""

    potential: FloatArray
    """V, equally spaced in the direction of the sweep, shape (n,)."""
    current: FloatArray
    """A, shape (n,)."""
    peak: Value
    """V: where the current is largest."""
    height: Value
    """A: how large it is there, with its sign."""


def without_resistance(
    potential: FloatArray, current: FloatArray, row: float, resistance: float, change: float
) -> Straight | None:
    """Take the ohmic drop off a sweep that began at rest.

    Args:
        potential: that is imposed, V, in the middle of each row, shape (n,).
        current: mean of each row, A, shape (n,).
        row: seconds from row to row.
        resistance: ohm.
        change: of the potential from row to row, V, with its sign.

    Returns:
        None where there are too few rows. Without a plateau after the peak the edge is not known:
        peak and height say so.
    """
    if current.size < _FEWEST or not np.isfinite(current).all():
        return None
    passed = (potential - current * resistance - potential[0]) / change + 0.5
    grid = np.arange(math.floor(max(passed[-1], 0.0)) + 1.0)
    straight = _straightened(current, row, passed, grid, 0.0)
    if straight.size < _FEWEST // 2:
        return None
    at = potential[0] + change * (grid[1:] - 1.0)
    peak, height = _top(at, straight)
    status = Status.NO_PLATEAU
    beyond = passed > int(np.argmax(np.abs(straight))) + _BEYOND / abs(change)
    if np.count_nonzero(beyond) >= max(_FEWEST // 2, _LEVEL / abs(change)):
        edge = _edge(current, row, beyond)
        if edge is not None:
            straight = _straightened(current, row, passed, grid, edge)
            # What the edge adds is known to first order.
            doubt = height.value
            peak, height = _top(at, straight)
            doubt = _SECOND * abs(height.value - doubt)
            height = Value.of(height.value, math.hypot(height.error, doubt), height.status)
            planar = abs(edge) * math.sqrt(row * current.size) <= _NARROW
            status = Status.OK if planar else Status.NOT_PLANAR
    if height.status.has_value:
        peak, height = (Value.of(v.value, v.error, status) for v in (peak, height))
    return Straight(at, straight, peak, height)


def semi_integral(current: FloatArray, row: float, edge: float = 0.0) -> FloatArray:
    """Integrate a current of order one half, or 1 / (sqrt(s) + k) with an edge k in s^-1/2.

    Args:
        current: mean of each row, A, shape (n,); zero before.
        row: seconds from row to row.
        edge: k.

    Returns:
        A s^1/2 at the end of each row, shape (n,).
    """
    t = row * np.arange(current.size + 1)
    # The integral of exp(k^2 t) erfc(k sqrt t), of which the kernel is a part; its limit at k = 0.
    x = edge * np.sqrt(t)
    if abs(edge) * math.sqrt(t[-1]) < 1e-3:
        response = 2.0 * np.sqrt(t / math.pi) - edge * t
    else:
        response = (1.0 - scipy.special.erfcx(x)) / edge
    found: FloatArray = scipy.signal.fftconvolve(current, np.diff(response))[: current.size]
    return found


def _straightened(
    current: FloatArray, row: float, passed: FloatArray, grid: FloatArray, edge: float
) -> FloatArray:
    """Return the current of a straight ramp, in the middle of the rows of a grid but the first."""
    m = semi_integral(current, row, edge)
    middle = (m + np.concatenate([[0.0], m[:-1]])) / 2.0
    order = np.argsort(passed, kind="stable")
    on_grid = np.interp(
        grid, np.concatenate([[0.0], passed[order]]), np.concatenate([[0.0], middle[order]])
    )
    return semi_integral(np.diff(on_grid) / row, row)


def _edge(current: FloatArray, row: float, beyond: BoolArray) -> float | None:
    """Return the edge k with which the plateau of the semi-integral is level; None if none is."""

    def slope(edge: float) -> float:
        m = semi_integral(current, row, edge)[beyond]
        return float(np.polyfit(np.arange(m.size), m, 1)[0]) / float(np.mean(m))

    most = _WIDEST / math.sqrt(row * current.size)
    if slope(-most) * slope(most) > 0.0:
        return None
    return float(scipy.optimize.brentq(slope, -most, most, xtol=1e-4 * most))


def _top(potential: FloatArray, current: FloatArray) -> tuple[Value, Value]:
    """Return where a current is largest, and how large.

    A cubic goes through the top of the peak, over the root of the distance from the start of the
    sweep: a metal begins to be deposited with a vertical tangent, and its peak is even over it.
    """
    none = Value.none(Status.NOT_FOUND)
    sign = math.copysign(1.0, float(current[np.argmax(np.abs(current))]))
    i = sign * current
    largest = int(np.argmax(scipy.ndimage.uniform_filter1d(i, _SMOOTH)))
    low = i < _TOP * np.mean(i[max(0, largest - _SMOOTH // 2) : largest + _SMOOTH // 2 + 1])
    before, after = np.flatnonzero(low[:largest]), np.flatnonzero(low[largest:])
    if after.size == 0:
        return none, none
    near = slice(int(before[-1]) + 1 if before.size else 0, largest + int(after[0]))
    y, u = i[near], np.sqrt(np.abs(potential[near] - potential[0]) + 1e-9)
    if y.size < 6:
        return none, none
    cubic = np.polynomial.Polynomial.fit(u, y, 3)
    fine = np.linspace(float(u.min()), float(u.max()), 400)
    found = cubic(fine)
    best = int(np.argmax(found))
    if best in (0, fine.size - 1):
        return none, none
    left = max(float(np.std(y - cubic(u), ddof=4)), noise(y))
    error = left * math.sqrt(4.0 / y.size)
    slope = abs(float(cubic.deriv(2)(fine[best])))
    at = math.copysign(float(fine[best]) ** 2, float(potential[-1] - potential[0]))
    off = 2.0 * float(fine[best]) * math.sqrt(2.0 * error / slope) if slope else math.nan
    return Value.of(float(potential[0]) + at, off), Value.of(sign * float(found[best]), error)
