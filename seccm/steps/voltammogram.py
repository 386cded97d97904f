"""The numbers of a voltammogram, each with the rows that it comes from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from seccm.analysis.charging import charging_rows
from seccm.analysis.jumps import NOISE, steps
from seccm.analysis.legs import cycles_of, legs_of
from seccm.analysis.peak_shape import shapes
from seccm.analysis.sweep import Peak, Sweep, anodic_peaks, current_at
from seccm.analysis.sweep_hum import humming_sweep
from seccm.analysis.voltammetry import Cycle, Cycles
from seccm.analysis.wave import both_ways, one_way, wave
from seccm.analysis.wave_shape import REVERSIBLE
from seccm.arrays import BoolArray, FloatArray
from seccm.program.measured import WHOLE, Measured, Numbers
from seccm.program.trace import StepTrace
from seccm.results import Status, Value, Values, noise

_INCOMPLETE = Value.none(Status.INCOMPLETE)
_END = 0.1
"""Share of a sweep at its end that the current at its vertex comes from."""
_FINE = 1.5e-3
"""V from point to point of a sweep that is not coarse: its ends do not move it noticeably."""
_SMOOTHED = 10
"""Rows of a coarse sweep that are smoothed together: five points of two rows."""
_JUMP = 0.05
"""Share of a wave, of its height or of its width, by which it does not change in a row."""
_SIGNIFICANT = 8.0
"""Standard deviations of a jump that is no noise."""

_CHARGES = ("CE", "Q_c", "Q_a")
_OF_SWEEPS = (
    "E_half", "dE_half", "i_lim", "tomes", "i_vertex", "E_pa", "j_pa", "E_pc", "j_pc",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Leg:
    """One sweep of a voltammogram from vertex to vertex, without the charging at its start."""

    rows: slice
    potential: FloatArray
    """V, shape (rows,)."""
    sweep: Sweep

    @property
    def grid(self) -> float:
        """V from point to point of the sweep."""
        return float(np.diff(self.sweep.potential[:2])[0]) if self.sweep.usable else 0.0

    @property
    def span(self) -> float:
        """V from its lowest to its highest potential."""
        return float(np.ptp(self.sweep.potential)) if self.sweep.usable else 0.0


def of_sweep(trace: StepTrace, leg: Leg, rows: slice) -> tuple[slice]:
    """Return the rows that a part of a sweep comes from; all of them where its grid is in doubt.

    Without rows that are missing the sweep has another grid and other noise, all along. Both ends
    of a coarse one, such as of stairs, say where all of its few points are.
    """
    return (leg.rows if trace.misses(leg.rows) or _askew(trace, leg) else rows,)


def _askew(trace: StepTrace, leg: Leg) -> bool:
    """Tell whether an end of a coarse sweep is not to be trusted."""
    ends = trace.flaws[[leg.rows.start, leg.rows.stop - 1]]
    return bool(ends.any()) and leg.grid > _FINE


def settled_legs(trace: StepTrace, cycle: int) -> tuple[Leg, ...]:
    """Return the complete sweeps of a cycle, from 0, without the charging at their starts.

    Where rows are missing at a start, nobody knows what of it is charging.
    """
    found = []
    for rows in legs_of(trace, cycle):
        settled = slice(rows.start + charging_rows(trace.I[rows]), rows.stop)
        if trace.misses(slice(rows.start, settled.start)):
            settled = rows
        found.append(leg_of(trace, settled))
    return tuple(found)


def leg_of(trace: StepTrace, rows: slice) -> Leg:
    """Average one sweep onto a grid of potentials.

    Rows that something is wrong with are as far along the grid as between their neighbours: what
    an input reads at the end of its range would stretch it.
    """
    e = _going_on(trace.E[rows], trace.flaws[rows] != 0)
    return Leg(rows, e, humming_sweep(e, trace.I[rows], trace.row))


def _going_on(potential: FloatArray, wrong: BoolArray) -> FloatArray:
    """Return the potentials of a straight sweep with those that are wrong replaced.

    Args:
        potential: V, shape (n,).
        wrong: which of them; shape (n,).
    """
    right = np.flatnonzero(~wrong & np.isfinite(potential))
    if right.size < 2 or right.size == potential.size:
        return potential
    first, last = right[0], right[-1]
    slope = (potential[last] - potential[first]) / (last - first)
    at = np.arange(potential.size)
    between = np.interp(at, right, potential[right])
    beyond = slope * (np.minimum(at - first, 0) + np.maximum(at - last, 0))
    found: FloatArray = np.where(wrong, between + beyond, potential)
    return found


def cycle_numbers(trace: StepTrace) -> Numbers:
    """Count the complete cycles, and measure the charges of the first and of the last one."""
    done = cycles_of(trace)
    count = len(done.cycles)
    found = {"cycles": Measured(Value.of(count, 0.0), WHOLE)}
    nothing = Value.none(Status.INCOMPLETE if done.incomplete else Status.TOO_SHORT)
    for which, place in (("first", 0), ("last", -1)):
        if count == 0:
            found |= {f"{n}_{which}": Measured(nothing, WHOLE) for n in _CHARGES}
            continue
        found |= _charges(trace, done.cycles[place], which)
    return _to_the_last(trace, done, found)


def last_sweeps(trace: StepTrace) -> Numbers:
    """Measure wave and peaks of the last complete cycle."""
    done = cycles_of(trace)
    return _to_the_last(trace, done, sweeps(trace, max(len(done.cycles) - 1, 0)))


def _to_the_last(trace: StepTrace, done: Cycles, found: Numbers) -> Numbers:
    """Let rows that are missing after the last complete cycle reach what is said of it.

    It may not be the last one.
    """
    later = slice(int(np.searchsorted(trace.t, done.cycles[-1].end)) if done.cycles else 0, None)
    if not trace.misses(later):
        return found
    ever = {"cycles", *(f"{name}_first" for name in _CHARGES)}
    return {
        name: each if name in ever else replace(each, rows=(*each.rows, later))
        for name, each in found.items()
    }


EACH_CYCLE = ("CE_of_cycles", "Q_c_of_cycles", "Q_a_of_cycles")
"""What is determined of every complete cycle."""


def each_cycle(trace: StepTrace) -> Mapping[str, Values]:
    """Measure efficiency and charges of every complete cycle, shape (cycles,)."""
    measured = [_charges(trace, cycle, "of_cycles") for cycle in cycles_of(trace).cycles]
    return {name: Values.of([m[name].checked(trace) for m in measured]) for name in EACH_CYCLE}


def _charges(trace: StepTrace, cycle: Cycle, which: str) -> dict[str, Measured]:
    rows = (trace.between(cycle.start, cycle.end),)
    return {
        f"CE_{which}": Measured(cycle.efficiency, rows),
        f"Q_c_{which}": Measured(trace.area.density(cycle.q_cathodic), rows),
        f"Q_a_{which}": Measured(trace.area.density(cycle.q_anodic), rows),
    }


def sweeps(trace: StepTrace, cycle: int = 0) -> Numbers:
    """Measure wave and peaks of one cycle, from 0: on the longest sweep each way."""
    legs = settled_legs(trace, cycle)
    if not legs:
        return dict.fromkeys(_OF_SWEEPS, Measured(_INCOMPLETE, WHOLE))
    up = max((leg for leg in legs if leg.sweep.anodic), key=_span, default=None)
    down = max((leg for leg in legs if not leg.sweep.anodic), key=_span, default=None)
    both = sorted((leg for leg in (up, down) if leg), key=lambda leg: leg.rows.start)
    return {
        **_wave(trace, *both),
        "i_vertex": _vertex(trace, legs[0]),
        **_largest(trace, up, "pa", 1.0),
        **_largest(trace, down, "pc", -1.0),
    }


def _span(leg: Leg) -> float:
    return leg.span


def _wave(trace: StepTrace, first: Leg, back: Leg | None = None) -> dict[str, Measured]:
    """Measure the wave on the first of two sweeps over it and on its return, or on one alone."""
    rows = tuple(leg.rows for leg in (first, back) if leg)
    w = wave(first.sweep)
    # A current that decays with time is a rising one on the way back.
    if back is None:
        w = one_way(w)
    else:
        peaked = not w.half_wave.status.has_value and bool(shapes(first.sweep))
        w = both_ways(w, wave(back.sweep, most_slope=math.inf))
        w = w.doubted(Status.NOT_STEADY) if peaked else w
    if any(_jumps(trace, leg, w.limiting_current) for leg in (first, back) if leg):
        w = w.doubted(Status.JUMP)
    return {
        "E_half": Measured(w.half_wave, rows),
        "dE_half": Measured(w.hysteresis, rows),
        "i_lim": Measured(w.limiting_current, rows),
        "tomes": Measured(w.tomes, rows),
    }


def _jumps(trace: StepTrace, leg: Leg, limit: Value) -> bool:
    """Tell whether current or potential change within a sweep as no wave and no ramp does.

    Rows that are flagged are not looked at: their flag says better what is wrong with them.
    """
    if trace.flaws[leg.rows].any():
        return False
    for y, least in ((trace.I, _JUMP * abs(limit.value)), (trace.E, _JUMP * REVERSIBLE)):
        found = np.abs(steps(y[leg.rows]))
        if not found.size:
            continue
        # Hum brings about steps all along, of which the noise from row to row says little.
        usual = max(NOISE * noise(y[leg.rows]), 1.4826 * float(np.median(found)))
        if float(found.max()) > max(_SIGNIFICANT * usual, least):
            return True
    return False


def _vertex(trace: StepTrace, leg: Leg) -> Measured:
    """Read the current where a sweep ends."""
    s, size = leg.sweep, leg.rows.stop - leg.rows.start
    rows = of_sweep(
        trace, leg, slice(leg.rows.stop - max(_SMOOTHED, int(_END * size)), leg.rows.stop)
    )
    if not s.usable:
        return Measured(Value.none(Status.TOO_SHORT), rows)
    return Measured(current_at(s, float(s.potential[-1 if s.anodic else 0])), rows)


def _largest(trace: StepTrace, leg: Leg | None, name: str, sign: float) -> dict[str, Measured]:
    """Potential and current density of the peak that stands out most; sign -1 for cathodic."""
    if leg is None or not leg.sweep.usable:
        return dict.fromkeys((f"E_{name}", f"j_{name}"), Measured(_INCOMPLETE, WHOLE))
    s, rows = leg.sweep, (leg.rows,)
    seen = Sweep(s.potential, sign * s.current, sign * s.raw, s.sigma, s.anodic)
    peaks = [p for p in anodic_peaks(seen) if p.current.value > 0.0]
    if not peaks:
        none = Measured(Value.none(Status.NOT_FOUND), rows)
        return {f"E_{name}": none, f"j_{name}": none}
    best: Peak = max(peaks, key=lambda p: p.prominence)
    height = Value.of(sign * best.current.value, best.current.error, best.current.status)
    return {
        f"E_{name}": Measured(best.potential, rows),
        f"j_{name}": Measured(trace.area.density(height), rows),
    }
