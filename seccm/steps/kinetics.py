"""What a sweep says about the kinetics of electron transfer: steady waves, and Tafel plots."""

from __future__ import annotations

import numpy as np

from seccm.analysis.kinetics import Kinetics, kinetics
from seccm.analysis.tafel import tafel
from seccm.arrays import FloatArray
from seccm.program.figures import Axis, OwnCurve
from seccm.program.measured import WHOLE, Measured, Numbers
from seccm.program.trace import StepTrace
from seccm.results import Result, Status, Value
from seccm.results.result import potential
from seccm.steps.voltammogram import settled_legs

KINETIC = (
    Result("tafel_slope", "V", "potential per decade of the current, where its logarithm is "
           "straight in the first sweep", "Tafel slope", rank=350),
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


def _tafel(trace: StepTrace) -> Numbers:
    names = [result.name for result in KINETIC[:3]]
    legs = settled_legs(trace, 0)
    if not legs:
        return dict.fromkeys(names, Measured(Value.none(Status.INCOMPLETE), WHOLE))
    found = tafel(legs[0].sweep)
    values = (found.slope, trace.area.density(found.exchange), found.equilibrium)
    # The straight stretch is the longest of the whole sweep.
    return {n: Measured(v, (legs[0].rows,)) for n, v in zip(names, values, strict=True)}


def _wave(trace: StepTrace, wave: Measured, cycle: int) -> Numbers:
    legs = settled_legs(trace, cycle)
    names = [result.name for result in KINETIC[3:]]
    if not legs or wave.value.status is not Status.OK:
        none = wave.value.status if not _has(wave.value) else Status.UNDEFINED
        return dict.fromkeys(names, Measured(Value.none(none), wave.rows))
    found: Kinetics = kinetics(legs[0].sweep)
    values = (found.ratio, found.transfer, found.formal)
    return {n: Measured(v, (legs[0].rows,)) for n, v in zip(names, values, strict=True)}


def _has(value: Value) -> bool:
    return value.status.has_value


def _plot(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    """Return potential and magnitude of the current density of a sweep that has a Tafel slope."""
    legs = settled_legs(trace, 0)
    if not legs or not _has(tafel(legs[0].sweep).slope):
        return np.empty(0), np.empty(0)
    s = legs[0].sweep
    size = np.abs(s.current) / trace.area.value
    seen = size > 10.0**-_DECADES * float(size.max())
    return s.potential[seen], size[seen]


def _line(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    """Return the Tafel line, up to where no current flows."""
    legs = settled_legs(trace, 0)
    found = tafel(legs[0].sweep) if legs else None
    if found is None or not _has(found.slope):
        return np.empty(0), np.empty(0)
    s = legs[0].sweep
    low, high = found.span
    e = np.linspace(low, high, 50)
    at = high if s.anodic else low
    level = abs(float(np.interp(at, s.potential, s.current))) / trace.area.value
    return e, level * 10.0 ** (-np.abs(e - at) / found.slope.value)


TAFEL = OwnCurve(
    slug="tafel",
    title="Tafel plot of the first sweep, with its straight stretch",
    x=Axis("potential against the reference", "V", against_reference=True),
    y=Axis("|j|", "A/m^2", log=True),
    points=_plot,
    model=_line,
)
