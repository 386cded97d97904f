"""What a step was, told from its data points: the walk of the potential, and its numbers.

A plan says what was imposed; a recording has only what was measured. Sweeps are found from their
turning points, and what is imposed in them from the potentials that were measured there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.readers.recording import Trace
from seccm.typography import counted
from seccm.units import show

_LEAST = 2e-3
"""Volts: less than this is no sweep."""
_PART = 0.03
"""Part of the span of a sweep by which the potential must come back to have turned."""
_SAME = 0.02
"""Part of the span by which turning points of one vertex may differ."""

FEWEST = 3
"""Data points of a step; fewer belong to the one after."""


class Unclear(ValueError):
    """What a step was cannot be told from its data points."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of step with its numbers in SI, as a plan has them."""

    kind: str
    numbers: dict[str, Any]
    words: str

    @property
    def table(self) -> dict[str, Any]:
        """The step as a plan's table."""
        return {"step": self.kind, **self.numbers}


def shape_of(trace: Trace, kind: str = "") -> Shape:
    """Return what a step was.

    Args:
        trace: its data points.
        kind: of the step, where that is known; told from the walk of the potential otherwise.

    Raises:
        Unclear: its data points do not tell, or contradict what is known.
    """
    e, t = trace.potential, trace.t
    duration = _duration(t)
    if kind == "open circuit":
        return Shape(kind, {"duration": duration}, f"open circuit for {show(duration, 's')}")
    if kind == "constant current":
        return _held(kind, "current", trace.current, "A", duration)
    corners = turning_points(e)
    if kind == "constant potential" or (not kind and corners.size < 2):
        return _held("constant potential", "potential", e, "V", duration)
    if corners.size < 2:
        raise Unclear(f"is said to be a {kind}, but its potential does not change")
    if kind == "lsv" and corners.size > 2:
        raise Unclear(
            f"is said to be an lsv, but its potential turns round {corners.size - 2} times"
        )
    rate = _rate(e, t, corners, known=bool(kind))
    at = [round(float(e[k]), 4) for k in corners]
    if corners.size == 2 and kind != "cv":
        numbers: dict[str, Any] = {"start": at[0], "stop": at[1], "scan_rate": rate}
        return Shape("lsv", numbers, f"lsv from {at[0]:g} to {at[1]:g} V at {show(rate, 'V/s')}")
    vertices, cycles = _cycle(at)
    numbers = {"start": at[0], "vertices": vertices, "cycles": cycles, "scan_rate": rate}
    way = " V to ".join(f"{vertex:g}" for vertex in vertices)
    times = counted(cycles, "cycle")
    words = f"cv from {at[0]:g} V to {way} V and back at {show(rate, 'V/s')}, {times}"
    return Shape("cv", numbers, words)


def turning_points(potential: FloatArray) -> FloatArray:
    """Return the rows of the first and last data point and of those at which a sweep turns.

    Fewer than two where the potential is constant.
    """
    e = potential
    if e.size < 3:
        return np.zeros(0, np.int64)
    noise = float(np.median(np.abs(np.diff(e, 2)))) if e.size > 4 else 0.0
    span = float(e.max() - e.min())
    if span <= max(_LEAST, 8 * noise):
        return np.zeros(0, np.int64)
    back = max(_PART * span, 4 * noise)
    corners, low, high, rising = [0], 0, 0, None
    for k in range(1, e.size):
        if e[k] > e[high]:
            high = k
        if e[k] < e[low]:
            low = k
        if rising is None:
            if e[k] - e[low] > back or e[high] - e[k] > back:
                rising = bool(e[k] - e[low] > back)
        elif rising and e[high] - e[k] > back:
            corners.append(high)
            rising, low = False, k
        elif not rising and e[k] - e[low] > back:
            corners.append(low)
            rising, high = True, k
        if rising:
            low = k
        elif rising is False:
            high = k
    return np.array([*corners, e.size - 1])


def pieces(potential: FloatArray, cuts: npt.NDArray[Any]) -> list[slice]:
    """Divide a stream of potentials, cut already, into holds and sweeps that belong together.

    Args:
        potential: volts, shape (rows,).
        cuts: rows with which another line of the program begins, rising.

    Returns:
        Rows of each step: sweeps that follow one another are one, and so are holds of one level.
    """
    edges = [0, *cuts.tolist(), potential.size]
    found: list[tuple[bool, float, slice]] = []
    for first, stop in pairwise(edges):
        if first == stop:
            continue
        part = potential[first:stop]
        # The first data point of a line is of the line before, too.
        inner = part[1:] if part.size > 2 else part
        swept = float(inner.max() - inner.min()) > _LEAST
        level = float(np.median(inner))
        if found:
            before, at, rows = found[-1]
            if before == swept and (swept or abs(level - at) <= _LEAST):
                found[-1] = (swept, level, slice(rows.start, stop))
                continue
        found.append((swept, level, slice(first, stop)))
    return _joined([rows for _, _, rows in found])


def _joined(found: list[slice]) -> list[slice]:
    """Join what is too short to be a step with what comes after it; at the end, before it."""
    kept: list[slice] = []
    first: int | None = None
    for rows in found:
        start = rows.start if first is None else first
        first = None
        if rows.stop - start < FEWEST and rows is not found[-1]:
            first = start
        elif rows.stop - start < FEWEST and kept:
            kept[-1] = slice(kept[-1].start, rows.stop)
        else:
            kept.append(slice(start, rows.stop))
    return kept


def _duration(t: FloatArray) -> float:
    if t.size < 2:
        return 1e-3
    return float(f"{(t[-1] - t[0]) * t.size / (t.size - 1):.6g}")


def _held(kind: str, key: str, values: FloatArray, unit: str, duration: float) -> Shape:
    level = float(f"{float(np.median(values)):.4g}")
    words = f"{kind}, {show(level, unit)} for {show(duration, 's')}"
    return Shape(kind, {key: level, "duration": duration}, words)


def _rate(e: FloatArray, t: FloatArray, corners: FloatArray, *, known: bool) -> float:
    path = np.abs(np.diff(e[corners]))
    seconds = np.diff(t[corners])
    if not (seconds > 0).all():
        raise Unclear("has sweeps that take no time")
    long = path > 0.2 * path.max()
    rates = path[long] / seconds[long]
    if rates.max() > 1.25 * rates.min() and not known:
        raise Unclear(
            f"has sweeps at {show(float(rates.min()), 'V/s')} to {show(float(rates.max()), 'V/s')}"
        )
    return float(f"{float(path[long].sum() / seconds[long].sum()):.4g}")


def _cycle(at: list[float]) -> tuple[list[float], int]:
    """Return vertices and number of cycles of a walk from its corners."""
    same = _SAME * (max(at) - min(at))
    inner = at[1:-1]
    if not inner:
        return [at[-1]], 1
    odd, even = inner[0::2], inner[1::2]
    if not (_alike(odd, same) and _alike(even, same)):
        return inner, 1
    first = round(float(np.median(odd)), 4)
    if not even:
        return [first], 1
    second = round(float(np.median(even)), 4)
    if abs(second - at[0]) <= same:
        return [first], math.ceil((len(at) - 1) / 2)
    return [first, second], math.ceil(len(inner) / 2)


def _alike(values: list[float], same: float) -> bool:
    return not values or max(values) - min(values) <= same
