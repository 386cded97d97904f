"""Which numbers each kind of step yields, and how they are had from its rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import get_args

import numpy as np
import numpy.typing as npt

from seccm.analysis.declared import RESULTS, Result
from seccm.analysis.galvanostatic import nucleation
from seccm.analysis.result import Status, Value
from seccm.analysis.step_trace import StepTrace
from seccm.analysis.sweep import Peak, Sweep, anodic_peaks, current_at, sweep
from seccm.analysis.trace import noise
from seccm.analysis.voltammetry import Cycle, Cycles, cycles
from seccm.analysis.wave import both_ways, wave
from seccm.events import EndReason
from seccm.rig import Lines
from seccm.units import show

FloatArray = npt.NDArray[np.float64]
Found = Mapping[str, Value]

REASONS: tuple[str, ...] = get_args(EndReason)
"""What can end a step, in the order of the codes that are stored."""
_FOOT, _PLATEAU = (0.02, 0.12), (0.86, 0.98)
"""Where on the first leg of a sweep a wave has its foot and its plateau, as fractions."""


def _results(*names: str) -> tuple[Result, ...]:
    return tuple(RESULTS[name] for name in names)


@dataclass(frozen=True, slots=True)
class StepAnalysis:
    """What is asked of one kind of step."""

    results: tuple[Result, ...]
    measure: Callable[[StepTrace], Found]
    words: Callable[[Found], str]
    """The most telling of them in a phrase; empty if there is nothing to tell."""


# --------------------------------------------------------------------------------- any step

_ANY = _results("Q", "ended_by")


def _any(trace: StepTrace) -> dict[str, Value]:
    end = Value.none(Status.INCOMPLETE)
    if trace.reason is not None:
        end = Value.of(REASONS.index(trace.reason), 0.0)
    return {"Q": trace.area.density(net_charge(trace)), "ended_by": end}


def net_charge(trace: StepTrace) -> Value:
    """Add up the rows, each a mean over its length."""
    i, row = trace.passed, trace.row
    if i.size < 3:
        return Value.none(Status.TOO_SHORT)
    return Value.of(row * float(i.sum()), row * trace.scatter * math.sqrt(i.size))


def _level(y: FloatArray) -> Value:
    """Median of the last tenth."""
    last = y[-max(5, y.size // 10) :]
    last = last[np.isfinite(last)]
    if last.size < 5:
        return Value.none(Status.TOO_SHORT)
    return Value.of(float(np.median(last)), 1.2533 * noise(last) / math.sqrt(last.size))


# ------------------------------------------------------------------------------ galvanostatic

_PLATING = _results("E_nuc", "t_nuc", "Q_nuc", "E_growth", "eta_nuc", "t_seen", "Q_seen", "j")
_STRIPPING = _results("E_end", "j")


def _density(trace: StepTrace) -> Value:
    # The middle of the sorted rows: the few of the contact transient do not count.
    if trace.I.size < 5:
        return Value.none(Status.TOO_SHORT)
    error = 1.2533 * trace.scatter / math.sqrt(trace.I.size)
    return trace.area.density(Value.of(float(np.median(trace.I)), error))


def _plating(trace: StepTrace) -> Found:
    n = nucleation(trace.t, trace.E, trace.I, trace.area.value, trace.area.error, trace.overload)
    seen = Value.of(n.t_end, trace.row) if math.isfinite(n.t_end) else Value.none(n.status)
    passed = Value.of(n.q_end, 0.0) if math.isfinite(n.q_end) else Value.none(n.status)
    return {
        "E_nuc": n.e_nuc,
        "t_nuc": n.t_nuc,
        "Q_nuc": n.q_nuc_per_area,
        "E_growth": n.e_growth,
        "eta_nuc": n.overpotential,
        "t_seen": seen,
        "Q_seen": trace.area.density(passed),
        "j": _density(trace),
        **_any(trace),
    }


def _plating_words(found: Found) -> str:
    if found["t_nuc"].status.has_value:
        e, t, q = (
            show(found[name].value, unit, 3)
            for name, unit in (("E_nuc", "V"), ("t_nuc", "s"), ("Q_nuc", "C/m^2"))
        )
        return f"E_nuc {e}, t_nuc {t}, {q}"
    if found["t_nuc"].status.censored and found["t_seen"].status.has_value:
        return f"no nucleation within {show(found['t_seen'].value, 's', 3)}"
    return f"no E_nuc: {found['t_nuc'].status.label}"


def _current(trace: StepTrace) -> Found:
    return {"E_end": _level(trace.E), "j": _density(trace), **_any(trace)}


def _potential_words(found: Found) -> str:
    return f"E {show(found['E_end'].value, 'V', 3)}" if found["E_end"].status.has_value else ""


# ----------------------------------------------------------------------- potential and rest

_POTENTIAL = _results("i_end")
_REST = _results("E_end")


def _held(trace: StepTrace) -> Found:
    return {"i_end": _level(trace.I), **_any(trace)}


def _held_words(found: Found) -> str:
    return f"i {show(found['i_end'].value, 'A', 3)}" if found["i_end"].status.has_value else ""


def _rest(trace: StepTrace) -> Found:
    return {"E_end": _level(trace.E), **_any(trace)}


# -------------------------------------------------------------------------------- voltammetry

_WAVE = _results("E_half", "i_lim", "tomes", "i_vertex")
_RETURN = _results("dE_half")
_PEAKS = _results("E_pa", "j_pa", "E_pc", "j_pc")
_CYCLES = _results(
    "cycles", *(f"{name}_{which}" for which in ("first", "last") for name in ("CE", "Q_c", "Q_a"))
)


def cycles_of(trace: StepTrace) -> Cycles:
    """Return charge and efficiency of each commanded cycle of a step; no baseline is taken off."""
    bounds = np.array(trace.segment.cycles)
    return cycles(trace.t, trace.E, trace.I, bounds)


def legs_of(trace: StepTrace, cycle: int = 0) -> tuple[slice, ...]:
    """Return the rows of each commanded leg, vertex to vertex, of one cycle (from 0) of a sweep.

    Legs that the step did not reach, or did not finish, are left out.
    """
    wave_form = trace.segment.waveform
    if not isinstance(wave_form, Lines) or trace.t.size < 2:
        return ()
    bounds = trace.segment.cycles or (0.0, wave_form.duration)
    slack = 1e-9 * wave_form.duration
    corners = [
        t for t in wave_form.times if bounds[cycle] - slack <= t <= bounds[cycle + 1] + slack
    ]
    row = float(trace.t[1] - trace.t[0])
    return tuple(
        slice(*(int(k) for k in np.searchsorted(trace.t, (a, b), side="right")))
        for a, b in pairwise(corners)
        if b <= trace.t[-1] + 1.5 * row
    )


def _leg_sweeps(trace: StepTrace, cycle: int) -> tuple[Sweep, ...]:
    return tuple(sweep(trace.E[leg], trace.I[leg]) for leg in legs_of(trace, cycle))


def _voltammogram(trace: StepTrace) -> Found:
    done = cycles_of(trace)
    count = len(done.cycles)
    found = {"cycles": Value.of(count, 0.0)}
    nothing = Status.INCOMPLETE if done.incomplete else Status.TOO_SHORT
    for which, place in (("first", 0), ("last", -1)):
        if count == 0:
            found |= {f"{n}_{which}": Value.none(nothing) for n in ("CE", "Q_c", "Q_a")}
            continue
        found |= _charges(trace, done.cycles[place], which)
    return {**found, **_features(trace, max(count - 1, 0)), **_any(trace)}


def _charges(trace: StepTrace, cycle: Cycle, which: str) -> dict[str, Value]:
    return {
        f"CE_{which}": cycle.efficiency,
        f"Q_c_{which}": trace.area.density(cycle.q_cathodic),
        f"Q_a_{which}": trace.area.density(cycle.q_anodic),
    }


def _features(trace: StepTrace, cycle: int) -> dict[str, Value]:
    """Wave and peaks of one cycle; of the first leg and its return, and the longest each way."""
    names = (c.name for c in (*_WAVE, *_RETURN, *_PEAKS))
    legs = _leg_sweeps(trace, cycle)
    if not legs:
        return dict.fromkeys(names, Value.none(Status.INCOMPLETE))
    up = max((s for s in legs if s.anodic), key=_span, default=None)
    down = max((s for s in legs if not s.anodic), key=_span, default=None)
    e_pa, j_pa = _largest(trace, up, 1.0)
    e_pc, j_pc = _largest(trace, down, -1.0)
    return {**_wave(*legs[:2]), "E_pa": e_pa, "j_pa": j_pa, "E_pc": e_pc, "j_pc": j_pc}


def _span(s: Sweep) -> float:
    return float(np.ptp(s.potential)) if s.usable else 0.0


def _wave(first: Sweep, back: Sweep | None = None) -> dict[str, Value]:
    """Take the first leg for a wave from a foot near its start to a plateau near its end.

    Where the next leg returns over both, it is the same wave seen from the other side.
    """
    if not first.usable:
        return {c.name: Value.none(Status.TOO_SHORT) for c in _WAVE + _RETURN}
    low, high = float(first.potential[0]), float(first.potential[-1])
    start, stop = (low, high) if first.anodic else (high, low)
    foot, plateau = (
        (start + a * (stop - start), start + b * (stop - start)) for a, b in (_FOOT, _PLATEAU)
    )
    w = wave(first, plateau, foot)
    if back is not None and back.usable and back.anodic != first.anodic:
        # Whether there is a plateau is decided on the way there: a current that decays with time
        # is a rising one on the way back.
        w = both_ways(w, wave(back, plateau, foot, most_slope=math.inf))
    return {
        "E_half": w.half_wave,
        "dE_half": w.hysteresis,
        "i_lim": w.limiting_current,
        "tomes": w.tomes,
        "i_vertex": current_at(first, stop),
    }


def _largest(trace: StepTrace, s: Sweep | None, sign: float) -> tuple[Value, Value]:
    """Potential and current density of the peak that stands out most; sign -1 for cathodic."""
    if s is None or not s.usable:
        return Value.none(Status.INCOMPLETE), Value.none(Status.INCOMPLETE)
    seen = Sweep(s.potential, sign * s.current, sign * s.raw, s.sigma, s.anodic)
    peaks = [p for p in anodic_peaks(seen) if p.current.value > 0.0]
    if not peaks:
        return Value.none(Status.NOT_FOUND), Value.none(Status.NOT_FOUND)
    best: Peak = max(peaks, key=lambda p: p.prominence)
    height = Value.of(sign * best.current.value, best.current.error, best.current.status)
    return best.potential, trace.area.density(height)


def _voltammogram_words(found: Found) -> str:
    first, last = found["CE_first"], found["CE_last"]
    if found["E_half"].status.trusted:
        return _wave_words(found)
    # More stripped than plated, and not by a little: nothing was plated in the first place.
    if first.status.has_value and last.status.has_value and last.value <= 1.2:
        count = round(found["cycles"].value)
        if count == 1:
            return f"CE {first.value:.2f}"
        return f"CE {first.value:.2f} to {last.value:.2f} in {count} cycles"
    vertex = found["i_vertex"]
    return f"no wave, {show(vertex.value, 'A', 3)} at the vertex" if vertex.status.has_value else ""


def _wave_words(found: Found) -> str:
    if not found["E_half"].status.trusted:
        return ""
    e, i = found["E_half"].value, found["i_lim"].value
    steady = ", not steady" if found["E_half"].status is Status.UNSTEADY else ""
    return f"E_half {show(e, 'V', 3)}, i_lim {show(i, 'A', 3)}{steady}"


def _linear_sweep(trace: StepTrace) -> Found:
    return {**_features(trace, 0), **_any(trace)}


# ----------------------------------------------------------------------------------- by kind

_PLATING_STEP = StepAnalysis(_PLATING + _ANY, _plating, _plating_words)
_CURRENT_STEP = StepAnalysis(_STRIPPING + _ANY, _current, _potential_words)
_BY_KIND: Mapping[str, StepAnalysis] = {
    "constant potential": StepAnalysis(_POTENTIAL + _ANY, _held, _held_words),
    "open circuit": StepAnalysis(_REST + _ANY, _rest, _potential_words),
    "cv": StepAnalysis(
        _CYCLES + _WAVE + _RETURN + _PEAKS + _ANY, _voltammogram, _voltammogram_words
    ),
    "lsv": StepAnalysis(_WAVE + _PEAKS + _ANY, _linear_sweep, _wave_words),
}
_UNKNOWN = StepAnalysis(_ANY, _any, lambda found: "")


def analysis_of(kind: str, cathodic: bool) -> StepAnalysis:
    """Return what is asked of a kind of step, as a plan names it.

    Args:
        kind: such as "constant current"; an unknown one yields charge and end alone.
        cathodic: whether the imposed current is, which decides between plating and stripping.
    """
    if kind == "constant current":
        return _PLATING_STEP if cathodic else _CURRENT_STEP
    return _BY_KIND.get(kind, _UNKNOWN)
