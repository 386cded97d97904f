"""Kinetics of a couple from cyclic voltammograms of one site at several scan rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from seccm.analysis.legs import cycles_of
from seccm.analysis.separation import (
    Reading,
    adsorbed,
    diffusing,
    reading_of,
    separation,
    together,
)
from seccm.program.figures import Axis, Series, SeriesPanel
from seccm.program.measured import NO_ROWS, Measured, Numbers
from seccm.program.segment import Segment
from seccm.program.trace import StepTrace
from seccm.results import Result, Status, Value, Values
from seccm.steps.ohmic import is_known, resistance, scan_rate
from seccm.steps.peaks import couple
from seccm.steps.rate_series import RATES, in_series, members, power
from seccm.steps.voltammogram import sweeps

K_ROOT_D = Result("k0_root_D", "s^-1/2", "rate constant k0 over the root of the diffusivity, from "
                  "the separation of the peaks (Nicholson), over the sweeps of the site so far",
                  r"$k^0/D^{1/2}$", rank=355)  # fmt: skip
K_ADSORBED = Result("k_adsorbed", "1/s", "rate constant of an adsorbed couple, from the separation "
                    "of its peaks (Laviron), over the sweeps of the site so far",
                    r"$k_\mathrm{ads}$", rank=357)  # fmt: skip
APART = Result("dE_p_of_sweeps", "V", "separation of the largest peaks of each sweep of the site "
               "so far, without the ohmic drop where the plan gives the resistance",
               r"$\Delta E_\mathrm{p}$", dims=("sweep",))  # fmt: skip
LINE = Result("dE_p_line_of_sweeps", "V", "separation that the rate constant of the series makes",
              r"$\Delta E_\mathrm{p}$ (fit)", dims=("sweep",))  # fmt: skip
SEPARATION = (K_ROOT_D, K_ADSORBED, APART, LINE)
PLOT = Series(
    slug="separation",
    title="Separation of the peaks against the scan rate",
    panels=(
        SeriesPanel("peaks-apart", "Separation of the peaks against the scan rate",
                    Axis("scan rate", "V/s", log=True), Axis("separation of the peaks", "V"),
                    RATES, APART, LINE, slopes=(K_ROOT_D, K_ADSORBED)),
    ),
    words="The line is that of one rate constant: of a couple that diffuses, where its peaks grow "
    "with the root of the scan rate, or of one that is adsorbed, where they grow in proportion to "
    "it. A resistance separates the peaks, too: where the plan does not give it, there is a lower "
    "bound. ",
)  # fmt: skip


def told_of(segment: Segment, before: Sequence[Segment]) -> tuple[Result, ...]:
    """Return what a cyclic voltammogram tells of the kinetics after those before it."""
    return SEPARATION if in_series(segment, before) else ()


def separation_numbers(trace: StepTrace, before: Sequence[StepTrace]) -> Numbers:
    """Determine the rate constant of a series; nothing where there is none."""
    if not in_series(trace.segment, [one.segment for one in before]):
        return {}
    reading, constant = _constant(trace, before)
    other = Value.none(Status.UNDEFINED)
    return {
        K_ROOT_D.name: Measured(constant if reading is diffusing else other, NO_ROWS),
        K_ADSORBED.name: Measured(constant if reading is adsorbed else other, NO_ROWS),
    }


def separation_arrays(trace: StepTrace, before: Sequence[StepTrace]) -> Mapping[str, Values]:
    """Return the separations of a series, and what its rate constant makes of them."""
    if not in_series(trace.segment, [one.segment for one in before]):
        return {}
    sweeps = members(trace, before)
    points = {APART.name: Values.of([one.once(apart) for one in sweeps])}
    reading, constant = _constant(trace, before)
    if reading is None or not constant.status.has_value:
        return points
    rates = np.array([abs(scan_rate(one.segment)) for one in sweeps])
    line = separation(reading, constant.value, rates)
    return points | {LINE.name: Values(line, np.full(rates.size, np.nan), constant.status)}


def apart(trace: StepTrace) -> Value:
    """Return the separation of the largest peaks of the last complete cycle.

    Without the ohmic drop at both, where the plan gives the resistance.
    """
    last = max(len(cycles_of(trace).cycles) - 1, 0)
    found = sweeps(trace, last)
    value = couple(found)["dE_p"].checked(trace)
    if not (value.status.has_value and is_known(trace.segment)):
        return value
    currents = found["j_pa"].value.value - found["j_pc"].value.value
    drop = resistance(trace.segment) * trace.area.value * currents
    return replace(value, value=value.value - drop)


def _constant(trace: StepTrace, before: Sequence[StepTrace]) -> tuple[Reading | None, Value]:
    """Return how the separations of a series are read, and what they come to."""
    growth = power(trace, before)
    reading = reading_of(growth)
    if reading is None:
        return None, Value.none(Status.UNDEFINED if growth.status.has_value else growth.status)
    each = [reading(one.once(apart), abs(scan_rate(one.segment))) for one in members(trace, before)]
    found = together(each)
    return reading, found if is_known(trace.segment) else _at_least(found)


def _at_least(found: Value) -> Value:
    """Return what is left of a rate constant where a resistance may have done the same.

    An ohmic drop separates the peaks in proportion to the current, as slow kinetics do: only faster
    ones are possible.
    """
    if found.status is Status.AT_MOST:
        return Value.none(Status.NOT_IDENTIFIED)
    if not found.status.trusted:
        return found
    least = found.value - 2.0 * found.error
    return Value.of(max(least, 0.1 * found.value), 0.0, Status.AT_LEAST)
