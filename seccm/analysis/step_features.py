"""Which numbers each kind of step yields, and how they are had from its rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt

from seccm.analysis.declared import RESULTS, Result
from seccm.analysis.evidence import NO_ROWS, WHOLE, Measured, Numbers
from seccm.analysis.galvanostatic import nucleation
from seccm.analysis.result import Status, Value
from seccm.analysis.step_trace import StepTrace
from seccm.analysis.sweep_features import sweeps, voltammogram
from seccm.analysis.trace import noise
from seccm.events import EndReason
from seccm.units import show

FloatArray = npt.NDArray[np.float64]
Found = Mapping[str, Value]

REASONS: tuple[str, ...] = get_args(EndReason)
"""What can end a step, in the order of the codes that are stored."""
_LAST = 0.1
"""Share of a step at whose end its last value is taken."""


def _results(*names: str) -> tuple[Result, ...]:
    return tuple(RESULTS[name] for name in names)


@dataclass(frozen=True, slots=True)
class StepAnalysis:
    """What is asked of one kind of step."""

    results: tuple[Result, ...]
    numbers: Callable[[StepTrace], Numbers]
    """The results, each with the rows that it comes from."""
    words: Callable[[Found], str]
    """The most telling of them in a phrase; empty if there is nothing to tell."""

    def measure(self, trace: StepTrace) -> Found:
        """Determine the numbers; what was wrong with the rows they come from is their status."""
        return {name: result.checked(trace) for name, result in self.numbers(trace).items()}


# --------------------------------------------------------------------------------- any step

_ANY = _results("Q", "ended_by")


def _any(trace: StepTrace) -> dict[str, Measured]:
    end = Value.none(Status.INCOMPLETE)
    if trace.reason is not None:
        end = Value.of(REASONS.index(trace.reason), 0.0)
    charge = net_charge(trace)
    density = Measured(trace.area.density(charge.value), charge.rows)
    return {"Q": density, "ended_by": Measured(end, NO_ROWS)}


def net_charge(trace: StepTrace) -> Measured:
    """Add up the rows, each a mean over its length; of two rows the noise is not known."""
    i, row = trace.passed, trace.row
    if i.size < 1:
        return Measured(Value.none(Status.TOO_SHORT), WHOLE)
    q = Value.of(row * float(i.sum()), row * trace.scatter * math.sqrt(i.size))
    return Measured(q, (trace.own,))


def _last(trace: StepTrace) -> slice:
    return slice(-max(5, int(_LAST * trace.t.size)), None)


def _level(trace: StepTrace, y: FloatArray) -> Measured:
    """Median of the last tenth."""
    rows = _last(trace)
    last = y[rows]
    last = last[np.isfinite(last)]
    if last.size < 5:
        return Measured(Value.none(Status.TOO_SHORT), (rows,))
    error = 1.2533 * noise(last) / math.sqrt(last.size)
    return Measured(Value.of(float(np.median(last)), error), (rows,))


# ------------------------------------------------------------------------------ galvanostatic

_PLATING = _results("E_nuc", "t_nuc", "Q_nuc", "E_growth", "eta_nuc", "t_seen", "Q_seen", "j")
_STRIPPING = _results("E_end", "j")


def _density(trace: StepTrace) -> Measured:
    # The middle of the sorted rows: the few of the contact transient do not count.
    if trace.I.size < 5:
        return Measured(Value.none(Status.TOO_SHORT), WHOLE)
    error = 1.2533 * trace.scatter / math.sqrt(trace.I.size)
    return Measured(trace.area.density(Value.of(float(np.median(trace.I)), error)), WHOLE)


def _plating(trace: StepTrace) -> Numbers:
    n = nucleation(trace.t, trace.E, trace.I, trace.area.value, trace.area.error, trace.overload)
    seen = Value.of(n.t_end, trace.row) if math.isfinite(n.t_end) else Value.none(n.status)
    passed = Value.of(n.q_end, 0.0) if math.isfinite(n.q_end) else Value.none(n.status)
    sought = trace.between(n.t_first, n.t_sure) if math.isfinite(n.t_sure) else slice(None)
    found = n.t_nuc.status.has_value
    before = trace.between(0.0, n.t_nuc.value) if found else sought
    after = trace.between(n.t_nuc.value, n.t_end) if found else sought
    return {
        "E_nuc": Measured(n.e_nuc, (sought,)),
        "t_nuc": Measured(n.t_nuc, (sought,)),
        "Q_nuc": Measured(n.q_nuc_per_area, (before, sought)),
        "E_growth": Measured(n.e_growth, (sought, after)),
        "eta_nuc": Measured(n.overpotential, (sought, after)),
        "t_seen": Measured(seen, WHOLE),
        "Q_seen": Measured(trace.area.density(passed), WHOLE),
        "j": _density(trace),
        **_any(trace),
    }


def _plating_words(found: Found) -> str:
    if found["t_nuc"].status.has_value:
        e, t, q = (
            show(found[name].value, unit, 3)
            for name, unit in (("E_nuc", "V"), ("t_nuc", "s"), ("Q_nuc", "C/m^2"))
        )
        status = found["E_nuc"].status
        doubt = "" if status.trusted else f" ({status.caveat})"
        return f"E_nuc {e}, t_nuc {t}, {q}{doubt}"
    if found["t_nuc"].status.censored and found["t_seen"].status.has_value:
        return f"no nucleation within {show(found['t_seen'].value, 's', 3)}"
    return f"no E_nuc: {found['t_nuc'].status.label}"


def _current(trace: StepTrace) -> Numbers:
    return {"E_end": _level(trace, trace.E), "j": _density(trace), **_any(trace)}


def _potential_words(found: Found) -> str:
    return f"E {show(found['E_end'].value, 'V', 3)}" if found["E_end"].status.has_value else ""


# ----------------------------------------------------------------------- potential and rest

_POTENTIAL = _results("i_end")
_REST = _results("E_end")


def _held(trace: StepTrace) -> Numbers:
    return {"i_end": _level(trace, trace.I), **_any(trace)}


def _held_words(found: Found) -> str:
    return f"i {show(found['i_end'].value, 'A', 3)}" if found["i_end"].status.has_value else ""


def _rest(trace: StepTrace) -> Numbers:
    return {"E_end": _level(trace, trace.E), **_any(trace)}


# -------------------------------------------------------------------------------- voltammetry

_WAVE = _results("E_half", "i_lim", "tomes", "i_vertex")
_RETURN = _results("dE_half")
_PEAKS = _results("E_pa", "j_pa", "E_pc", "j_pc")
_CYCLES = _results(
    "cycles", *(f"{name}_{which}" for which in ("first", "last") for name in ("CE", "Q_c", "Q_a"))
)


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


def _voltammogram(trace: StepTrace) -> Numbers:
    return {**voltammogram(trace), **_any(trace)}


def _linear_sweep(trace: StepTrace) -> Numbers:
    return {**sweeps(trace), **_any(trace)}


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


def analysis_of(kind: str, stripping: bool) -> StepAnalysis:
    """Return what is asked of a kind of step, as a plan names it.

    Args:
        kind: such as "constant current"; an unknown one yields charge and end alone.
        stripping: whether a current takes off what an earlier one deposited; another is looked
            at for nucleation, whatever its sign.
    """
    if kind == "constant current":
        return _CURRENT_STEP if stripping else _PLATING_STEP
    return _BY_KIND.get(kind, _UNKNOWN)
