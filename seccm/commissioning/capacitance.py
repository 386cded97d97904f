"""Stray capacitance of the leads from a triangle: what a sweep charges besides the droplet."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray
from seccm.commissioning.record import Record, record
from seccm.conductor.conductor import Conductor
from seccm.rig import Drive, Lines

SETTLE = 0.05
"""Seconds left out after each turn: outputs and amplifiers settle."""
EARLY = 0.01
"""Seconds left out before each turn: rows that straddle it, on a rig whose rows come late."""


@dataclass(frozen=True, slots=True)
class Triangle:
    """A sweep between two potentials, up and down, some times."""

    span: float = 0.5
    """Volts to either side of zero."""
    rate: float = 2.0
    """V/s."""
    cycles: int = 10

    def waveform(self) -> Lines:
        """Return the sweep: to the lower end first, then up and down."""
        leg, times, values = 2.0 * self.span / self.rate, [0.0], [0.0]
        times.append(self.span / self.rate)
        values.append(-self.span)
        for turn in range(2 * self.cycles):
            times.append(times[-1] + leg)
            values.append(self.span if turn % 2 == 0 else -self.span)
        return Lines(tuple(times), tuple(values))


@dataclass(frozen=True, slots=True)
class Capacitance:
    """What the triangle shows, with the standard errors of the mean of the cycles."""

    capacitance: float
    """F."""
    error: float
    leak: float
    """S: the slope of the current with the potential, after the charging."""
    leak_error: float
    offset: float
    """A at zero volts."""


def swept(conductor: Conductor, triangle: Triangle) -> Record:
    """Sweep the cell, tip away from the surface and at rest, and return what was measured.

    Raises:
        ValueError: the rig cannot impose a potential.
        LimitError: the sweep is out of the rig's range.
    """
    if "potential" not in conductor.info.modes:
        raise ValueError("the rig cannot impose a potential: there is no triangle")
    waveform = triangle.waveform()
    return record(conductor, Drive("potential", waveform), waveform.duration)


def judge_capacitance(found: Record, triangle: Triangle) -> Capacitance:
    """Return stray capacitance and leak: half the difference of the directions over the rate.

    Each cycle is judged alone, so that drift and hum show as scatter in the errors.

    Args:
        found: rows from the start of the triangle on.
        triangle: that was imposed.

    Raises:
        ValueError: rows at the end of a range, a dead current, fewer than two cycles, or legs too
            short.
    """
    if found.spoilt:
        raise ValueError(
            f"{found.spoilt} data points are at the end of a range; lower the scan rate"
        )
    found.refuse_dead()
    if triangle.cycles < 2:
        raise ValueError("the scatter needs at least two cycles")
    turns = triangle.waveform().times[1:]
    cycles = [
        _one_cycle(found, turns[2 * k], turns[2 * k + 1], turns[2 * k + 2])
        for k in range(triangle.cycles)
    ]
    table = np.array(cycles)
    mean = table.mean(axis=0)
    error = table.std(axis=0, ddof=1) / math.sqrt(len(table))
    return Capacitance(
        float(mean[0]), float(error[0]), float(mean[1]), float(error[1]), float(mean[2])
    )


def _one_cycle(found: Record, begin: float, turn: float, end: float) -> tuple[float, float, float]:
    """Return capacitance, leak and offset of an upward and a downward leg."""
    up, down = _leg(found, begin, turn), _leg(found, turn, end)
    # Least squares of i = offset + leak E + C dE/dt, the rates measured on each leg.
    rows = [
        np.column_stack([np.full(len(t), np.polyfit(t, e, 1)[0]), e, np.ones(len(t))])
        for t, e, _ in (up, down)
    ]
    current = np.concatenate([up[2], down[2]])
    fitted, *_ = np.linalg.lstsq(np.concatenate(rows), current, rcond=None)
    return float(fitted[0]), float(fitted[1]), float(fitted[2])


def _leg(found: Record, begin: float, end: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    period = found.clock.period
    inside = (found.time - period >= begin + SETTLE) & (found.time <= end - EARLY)
    if int(np.count_nonzero(inside)) < 8:
        raise ValueError("the sweeps of the triangle are too short; lower the scan rate")
    return found.time[inside], found.potential[inside], found.current[inside]
