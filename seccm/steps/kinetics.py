"""What a sweep says about the kinetics of electron transfer: steady waves, and Tafel plots."""

from __future__ import annotations

import numpy as np

from seccm.analysis.kinetics import Kinetics, kinetics
from seccm.analysis.sweep import sweep
from seccm.analysis.tafel import tafel
from seccm.arrays import FloatArray
from seccm.program.figures import POTENTIAL, Axis, OwnCurve
from seccm.program.measured import WHOLE, Measured, Numbers
from seccm.program.trace import StepTrace
from seccm.results import Result, Status, Value
from seccm.results.result import potential
from seccm.steps.ohmic import is_known, resistance
from seccm.steps.voltammogram import Leg, settled_legs

KINETIC = (
    Result("tafel_slope", "V", "potential per decade of the current, where its logarithm is "
           "straight in the first sweep; without the ohmic drop where the resistance is given",
           "Tafel slope", rank=350),
    Result("j_exchange", "A/m^2", "exchange current density: the Tafel line at zero current",
           "$j_0$", rank=352),
    potential("E_zero", "potential of zero current in the first sweep", r"$E_{I=0}$", 354),
    Result("k0_over_m", "1", "rate constant k0 over the coefficient of mass transfer, from the "
           "shape of a steady wave", "$k^0/m$", rank=356),
    Result("alpha_transfer", "1", "transfer coefficient of the driven reaction, from the shape of "
           "a steady wave", "$α$", rank=358),
    potential("E_formal", "formal potential, from the shape of a steady wave", r"$E_\mathrm{f}$",
              359),
)  # fmt: skip
_DECADES = 4.0
"""Decades below the largest current that a Tafel plot shows."""


def kinetic_numbers(trace: StepTrace, wave: Measured, cycle: int) -> Numbers:
    """Measure the Tafel slope of the first sweep, and the kinetics of a steady wave.

    Args:
        trace: a step that sweeps.
        wave: its half-wave potential.
        cycle: that it is of, from 0.
    """
    return {**_tafel(trace), **_wave(trace, wave, cycle)}


def _first(trace: StepTrace) -> Leg | None:
    """Return the first sweep, against the potential without the ohmic drop where that is known."""
    legs = settled_legs(trace, 0)
    if not legs or not is_known(trace.segment):
        return legs[0] if legs else None
    rows = legs[0].rows
    free = legs[0].potential - resistance(trace.segment) * trace.I[rows]
    return Leg(rows, free, sweep(free, trace.I[rows]))


def _tafel(trace: StepTrace) -> Numbers:
    names = [result.name for result in KINETIC[:3]]
    first = trace.once(_first)
    if first is None:
        return dict.fromkeys(names, Measured(Value.none(Status.INCOMPLETE), WHOLE))
    found = tafel(first.sweep)
    values = (found.slope, trace.area.density(found.exchange), found.equilibrium)
    # The straight stretch is the longest of the whole sweep.
    return {n: Measured(v, (first.rows,)) for n, v in zip(names, values, strict=True)}


def _wave(trace: StepTrace, wave: Measured, cycle: int) -> Numbers:
    legs = settled_legs(trace, cycle)
    names = [result.name for result in KINETIC[3:]]
    if not legs or wave.value.status is not Status.OK:
        none = wave.value.status if not _has(wave.value) else Status.UNDEFINED
        return dict.fromkeys(names, Measured(Value.none(none), wave.rows))
    found: Kinetics = kinetics(legs[0].sweep)
    values = (found.ratio, found.transfer, found.formal)
    rows = (*wave.rows, legs[0].rows)
    return {n: Measured(v, rows) for n, v in zip(names, values, strict=True)}


def _has(value: Value) -> bool:
    return value.status.has_value


def _plot(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    """Return potential and magnitude of the current density of a sweep that has a Tafel slope."""
    first = trace.once(_first)
    if first is None or not _has(tafel(first.sweep).slope):
        return np.empty(0), np.empty(0)
    s = first.sweep
    size = np.abs(s.current) / trace.area.value
    seen = size > 10.0**-_DECADES * float(size.max())
    return s.potential[seen], size[seen]


def _line(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    """Return the Tafel line, up to where no current flows."""
    first = trace.once(_first)
    found = tafel(first.sweep) if first is not None else None
    if first is None or found is None or not _has(found.slope):
        return np.empty(0), np.empty(0)
    s = first.sweep
    low, high = found.span
    e = np.linspace(low, high, 50)
    at = high if s.anodic else low
    level = abs(float(np.interp(at, s.potential, s.current))) / trace.area.value
    return e, level * 10.0 ** (-np.abs(e - at) / found.slope.value)


TAFEL = OwnCurve(
    slug="tafel",
    title="Tafel plot of the first sweep, with its straight stretch",
    x=POTENTIAL,
    y=Axis("|j|", "A/m^2", log=True),
    points=_plot,
    model=_line,
    seen=True,
)
