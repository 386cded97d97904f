"""The numbers of a voltammogram, each with the rows that it comes from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seccm.analysis.charging import charging_rows
from seccm.analysis.jumps import NOISE, steps
from seccm.analysis.legs import cycles_of, legs_of
from seccm.analysis.peak_shape import shapes
from seccm.analysis.sweep import Peak, Sweep, anodic_peaks, current_at, sweep
from seccm.analysis.voltammetry import Cycle
from seccm.analysis.wave import both_ways, one_way, wave
from seccm.analysis.wave_shape import REVERSIBLE
from seccm.program.measured import WHOLE, Measured, Numbers
from seccm.program.trace import StepTrace
from seccm.results import Status, Value, Values, noise

_INCOMPLETE = Value.none(Status.INCOMPLETE)
_END = 0.1
"""Share of a sweep at its end that the current at its vertex comes from."""
_JUMP = 0.05
"""Share of a wave, of its height or of its width, by which it does not change in a row."""
_SIGNIFICANT = 8.0
"""Standard deviations of a jump that is no noise."""

_OF_SWEEPS = (
    "E_half", "dE_half", "i_lim", "tomes", "i_vertex", "E_pa", "j_pa", "E_pc", "j_pc",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Leg:
    """One sweep of a voltammogram from vertex to vertex, without the charging at its start."""

    rows: slice
    sweep: Sweep

    @property
    def span(self) -> float:
        """V from its lowest to its highest potential."""
        return float(np.ptp(self.sweep.potential)) if self.sweep.usable else 0.0


def settled_legs(trace: StepTrace, cycle: int) -> tuple[Leg, ...]:
    """Return the complete sweeps of a cycle, from 0, without the charging at their starts."""
    found = []
    for rows in legs_of(trace, cycle):
        settled = slice(rows.start + charging_rows(trace.I[rows]), rows.stop)
        found.append(Leg(settled, sweep(trace.E[settled], trace.I[settled])))
    return tuple(found)


def voltammogram(trace: StepTrace) -> Numbers:
    """Measure cycles, and the wave and peaks of the last complete one."""
    done = cycles_of(trace)
    count = len(done.cycles)
    found = {"cycles": Measured(Value.of(count, 0.0), WHOLE)}
    nothing = Value.none(Status.INCOMPLETE if done.incomplete else Status.TOO_SHORT)
    for which, place in (("first", 0), ("last", -1)):
        if count == 0:
            found |= {f"{n}_{which}": Measured(nothing, WHOLE) for n in ("CE", "Q_c", "Q_a")}
            continue
        found |= _charges(trace, done.cycles[place], which)
    return {**found, **sweeps(trace, max(count - 1, 0))}


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
        largest = float(np.max(np.abs(steps(y[leg.rows])), initial=0.0))
        if largest > max(_SIGNIFICANT * NOISE * noise(y[leg.rows]), least):
            return True
    return False


def _vertex(trace: StepTrace, leg: Leg) -> Measured:
    """Read the current where a sweep ends."""
    s, size = leg.sweep, leg.rows.stop - leg.rows.start
    rows = (slice(leg.rows.stop - max(5, int(_END * size)), leg.rows.stop),)
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
