"""Tables of a voltammogram: every peak of every sweep, and the onsets of every cycle."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seccm.analysis.legs import legs_of
from seccm.analysis.onsets import onsets
from seccm.analysis.peak_shape import Shape, shapes
from seccm.arrays import FloatArray
from seccm.program.figures import POTENTIAL, Axis, OwnCurve
from seccm.program.measured import WHOLE, Measured, Numbers
from seccm.program.trace import StepTrace
from seccm.results import Result, Status, Value, Values
from seccm.results.result import potential
from seccm.steps.voltammogram import Leg, leg_of, of_sweep, settled_legs

_SMEARED = 0.01
"""V beyond the feet of a peak that smoothing takes into account."""
_NEIGHBOURS = 3
"""Points of the grid that it takes into account at least."""
_DRAWN = 500
"""Points of a drawn cycle."""
_A_COUPLE = 3.0
"""Factor by which the peaks of one couple differ in height at most."""
_REVERSIBLE = 0.057
"""V between the peaks of a reversible one-electron couple at 25 degrees C: 2.218 RT/F."""

EACH_PEAK = (
    Result("E_of_peaks", "V", "potential of each peak", r"$E_\mathrm{p}$",
           against_reference=True, dims=("peak",)),
    Result("j_of_peaks", "A/m^2", "current density of each peak, from zero", r"$j_\mathrm{p}$",
           signed=True, dims=("peak",)),
    Result("h_of_peaks", "A/m^2", "height of each peak over the line between its feet",
           r"$h_\mathrm{p}$", signed=True, dims=("peak",)),
    Result("E_half_of_peaks", "V", "potential before each peak at half of its height",
           r"$E_\mathrm{p/2}$", against_reference=True, dims=("peak",)),
    Result("w_of_peaks", "V", "width of each peak at half of its height", r"$w_\mathrm{p}$",
           dims=("peak",)),
    Result("Q_of_peaks", "C/m^2", "charge of each peak over the line between its feet",
           r"$Q_\mathrm{p}$", signed=True, dims=("peak",)),
    Result("cycle_of_peaks", "1", "cycle of each peak, from 0", "cycle", dims=("peak",)),
    Result("sweep_of_peaks", "1", "direction of each peak: 1 anodic, -1 cathodic", "direction",
           dims=("peak",)),
)  # fmt: skip
ONSETS = (
    potential("E_onset_threshold", "onset of the first sweep: the current leaves the line before "
              "it by five standard deviations", r"$E_\mathrm{onset}$ (threshold)", 290),
    potential("E_onset_tangent", "onset of the first sweep: its steepest tangent meets the line "
              "before it", r"$E_\mathrm{onset}$ (tangent)", 292, mapped=True),
)  # fmt: skip
CROSSOVER = potential("E_crossover", "crossover of the first cycle: the reverse sweep carries more "
                      "current up to there, as where nuclei were left",
                      r"$E_\mathrm{crossover}$", 294)  # fmt: skip
EACH_ONSET = (
    Result("E_onset_threshold_of_cycles", "V", "onset of each cycle, by threshold",
           r"$E_\mathrm{onset}$ (threshold)", against_reference=True, dims=("cycle",)),
    Result("E_onset_tangent_of_cycles", "V", "onset of each cycle, by tangent",
           r"$E_\mathrm{onset}$ (tangent)", against_reference=True, dims=("cycle",)),
    Result("E_crossover_of_cycles", "V", "crossover of each cycle", r"$E_\mathrm{crossover}$",
           against_reference=True, dims=("cycle",)),
)  # fmt: skip
COUPLE = (
    Result("dE_p", "V", "separation of the largest peaks: anodic minus cathodic potential",
           r"$\Delta E_\mathrm{p}$", rank=284),
    potential("E_couple", "mean of the potentials of the largest anodic and cathodic peak, if they "
              "are of one couple", r"$E_\mathrm{couple}$", 286),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Found:
    """A peak, and where it is."""

    cycle: int
    leg: Leg
    shape: Shape

    def rows(self, trace: StepTrace) -> tuple[slice]:
        """Return the rows of its sweep from foot to foot."""
        return _between(trace, self.leg, self.shape.feet)


def _legs(trace: StepTrace, cycle: int) -> tuple[Leg, ...]:
    """Return the complete sweeps of a cycle.

    Only the first sweep of a step may begin with a jump, and with the charging that follows it.
    """
    if cycle == 0:
        first = settled_legs(trace, 0)[:1]
        rest = legs_of(trace, 0)[1:]
    else:
        first, rest = (), legs_of(trace, cycle)
    return (*first, *(leg_of(trace, rows) for rows in rest))


def tables(trace: StepTrace) -> Mapping[str, Values]:
    """Measure every peak, in the order in which they came, and the onsets of every cycle.

    Returns:
        Arrays of shape (peaks,) and (cycles,).
    """
    peaks: dict[str, list[Value]] = {result.name: [] for result in EACH_PEAK}
    cycles: dict[str, list[Value]] = {result.name: [] for result in EACH_ONSET}
    for cycle in range(max(1, len(trace.segment.cycles) - 1)):
        legs = _legs(trace, cycle)
        if not legs:
            break
        for leg in legs:
            for shape in shapes(leg.sweep):
                for name, value in _row(trace, _Found(cycle, leg, shape)):
                    peaks[name].append(value)
        for result, measured in zip(EACH_ONSET, _onsets(trace, legs), strict=True):
            cycles[result.name].append(measured.checked(trace))
    return {name: Values.of(values) for name, values in (*peaks.items(), *cycles.items())}


def _row(trace: StepTrace, peak: _Found) -> Iterator[tuple[str, Value]]:
    """Return one row of the table of peaks."""
    rows, shape = peak.rows(trace), peak.shape
    rate, charge = _scan_rate(peak.leg, trace.row), shape.charge
    if charge.status.has_value:
        charge = Value.of(charge.value / rate, charge.error / rate, charge.status)
    density = trace.area.density
    for name, value in (
        ("E_of_peaks", shape.potential),
        ("j_of_peaks", density(shape.current)),
        ("h_of_peaks", density(shape.height)),
        ("E_half_of_peaks", shape.half),
        ("w_of_peaks", shape.width),
        ("Q_of_peaks", density(charge)),
        ("cycle_of_peaks", Value.of(peak.cycle, 0.0)),
        ("sweep_of_peaks", Value.of(1.0 if peak.leg.sweep.anodic else -1.0, 0.0)),
    ):
        yield name, Measured(value, rows).checked(trace)


def _scan_rate(leg: Leg, row: float) -> float:
    """Return the scan rate of a sweep, V/s, positive: from all of its rows."""
    e = leg.potential
    x = np.arange(e.size) - 0.5 * (e.size - 1)
    return abs(float(x @ e) / float(x @ x)) / row


def first_onsets(trace: StepTrace) -> Numbers:
    """Measure where the current of the first sweep sets in, and its crossover with the second."""
    found = _onsets(trace, _legs(trace, 0))
    return {result.name: one for result, one in zip((*ONSETS, CROSSOVER), found, strict=True)}


def _onsets(trace: StepTrace, legs: Sequence[Leg]) -> tuple[Measured, Measured, Measured]:
    """Measure the onsets of the first sweep of a cycle, and its crossover with the second."""
    if not legs:
        none = Measured(Value.none(Status.INCOMPLETE), WHOLE)
        return none, none, none
    there, back = legs[0], legs[1] if len(legs) > 1 else None
    found = onsets(there.sweep, back.sweep if back else None)
    rows = _between(trace, there, found.span)
    both = (there.rows, back.rows) if back else (there.rows,)
    return (
        Measured(found.threshold, rows),
        Measured(found.tangent, rows),
        Measured(found.crossover, both),
    )


def _between(trace: StepTrace, leg: Leg, span: tuple[float, float]) -> tuple[slice]:
    """Return the rows of a sweep between two potentials, and those smoothed together with them."""
    e = leg.potential
    smeared = max(_SMEARED, _NEIGHBOURS * leg.grid)
    inside = np.flatnonzero((e >= span[0] - smeared) & (e <= span[1] + smeared))
    if not inside.size:
        return (leg.rows,)
    start = leg.rows.start
    return of_sweep(trace, leg, slice(start + int(inside[0]), start + int(inside[-1]) + 1))


def couple(found: Numbers) -> Numbers:
    """Compare the largest anodic and cathodic peak of a cycle.

    The mean of their potentials is that of the couple where it is reversible. Where they are
    farther apart, kinetics have shifted them, by no one knows how much each: what the separation
    exceeds that of a reversible couple by may be of one of them or of the other.
    """
    up, down = found["E_pa"], found["E_pc"]
    rows = (*up.rows, *down.rows)
    if not (up.value.status.has_value and down.value.status.has_value):
        none = Value.none(Status.NOT_FOUND)
        return {result.name: Measured(none, rows) for result in COUPLE}
    apart = up.value.value - down.value.value
    doubt = math.hypot(up.value.error, down.value.error)
    high, low = (abs(found[name].value.value) for name in ("j_pa", "j_pc"))
    middle = Value.none(Status.UNDEFINED)
    if max(high, low) <= _A_COUPLE * min(high, low):
        shift = max(apart - _REVERSIBLE, 0.0) / 2.0 / math.sqrt(3.0)
        middle = Value.of(0.5 * (up.value.value + down.value.value), math.hypot(0.5 * doubt, shift))
    return {
        "dE_p": Measured(Value.of(apart, doubt), rows),
        "E_couple": Measured(middle, rows),
    }


def _passed(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    """Return time and the charge per area that has passed until then."""
    i = np.where(np.isfinite(trace.passed), trace.passed, 0.0)
    return trace.t[trace.own], trace.row * np.cumsum(i) / trace.area.value


def _apexes(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    """Return potential and current density of the peaks of the last complete cycle."""
    found = tables(trace)
    last = found["cycle_of_peaks"].values == _last(trace)
    return found["E_of_peaks"].values[last], found["j_of_peaks"].values[last]


def _around(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    """Return the cycle that they are of."""
    legs = _legs(trace, _last(trace))
    if not legs:
        return np.empty(0), np.empty(0)
    rows = slice(legs[0].rows.start, legs[-1].rows.stop)
    merge = max(1, (rows.stop - rows.start) // _DRAWN)
    count = (rows.stop - rows.start) // merge * merge
    e, i = (v[rows][:count].reshape(-1, merge).mean(axis=1) for v in (trace.E, trace.I))
    return e, i / trace.area.value


def _last(trace: StepTrace) -> int:
    """Return the last complete cycle, from 0."""
    ends = np.array(trace.segment.cycles[1:])
    end = trace.t[-1] if trace.t.size else 0.0
    return max(0, int(np.sum(ends <= end + 1.5 * trace.row)) - 1)


MARKED = OwnCurve(
    slug="peaks",
    title="Last cycle with its peaks",
    x=POTENTIAL,
    y=Axis("current density", "A/m^2", signed=True),
    points=_around,
    events=_apexes,
    seen=True,
    words="Marks: the peaks in the direction of their sweep.",
)
PASSED = OwnCurve(
    slug="charge",
    title="Charge that has passed since the step began",
    x=Axis("time", "s"),
    y=Axis("accumulated charge", "C/m^2", signed=True),
    points=_passed,
)
