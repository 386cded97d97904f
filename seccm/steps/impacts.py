"""Chronoamperometry in a suspension: hold a potential and wait for single particles to hit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from seccm.analysis.impacts import interval
from seccm.errors import Problem
from seccm.program.figures import Trend
from seccm.program.kind import Beginning, Found, Kind, StepSpec
from seccm.program.measured import Measured, Numbers
from seccm.program.quantities import Duration, Potential
from seccm.program.segment import Act
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.program.until import Until
from seccm.quantities import Density, Model, MolarMass, Ratio
from seccm.quantities import Duration as Time
from seccm.results import Result, Status, Value, Values
from seccm.results.result import signed
from seccm.rig import Constant
from seccm.steps.constant_potential import E_HELD, held
from seccm.steps.impact_events import (
    EVENTS,
    FIGURES,
    charges,
    events,
    found_in,
    material_of,
    settled,
)
from seccm.units import show, volts

ROW = 100e-6
"""Seconds of a data point, unless spikes are expected to be narrow."""
_ACROSS = 50
"""Data points over the widest spike, at the least."""
_SHORTEST = 50
"""Duration of a step in units of the widest spike: the baseline is a median over as much."""


class Particle(Model):
    """What the particles are made of, to turn charges into diameters."""

    molar_mass: Annotated[MolarMass, Field(gt=0)]
    """Of the formula unit, such as 180.8 g/mol for LiMn2O4."""
    density: Annotated[Density, Field(gt=0)]
    """Of the particles."""
    electrons: Annotated[Ratio, Field(gt=0, le=20)] = 1.0
    """That a formula unit takes or gives."""


class Impacts(StepSpec):
    """Hold a potential in a suspension and record the spikes of single particles."""

    step: Literal["impacts"] = "impacts"
    potential: Potential
    """What is held."""
    duration: Duration
    """How long it is held at most."""
    widest: Annotated[Time, Field(gt=0, le=10.0, examples=["20 ms"])] = 20e-3
    """The widest spike that is expected, at half of its height."""
    false_alarms: Annotated[Ratio, Field(gt=0, le=3600.0)] = 1.0
    """How many spikes per hour noise alone may make, at most."""
    particle: Particle | None = None
    """What the particles are made of; without it there are no diameters."""
    until: Until | None = None
    """What ends the step before its time."""


def _resolve(step: Impacts, setting: Setting) -> Act:
    seconds = setting.number(step.duration)
    label = f"impacts at {volts(setting.number(step.potential))} for {show(seconds, 's')}"
    given = [("widest", step.widest), ("false alarms", step.false_alarms / 3600.0)]
    if (of := step.particle) is not None:
        given += [
            ("molar mass", of.molar_mass), ("density", of.density), ("electrons", of.electrons)
        ]  # fmt: skip
    return Act(
        "potential",
        Constant(setting.raw(step.potential), seconds),
        label,
        setting.limits(step.until),
        given=tuple(given),
        row=min(ROW, step.widest / _ACROSS),
    )


def _begins(step: Impacts) -> Beginning:
    return Beginning("potential", step.potential, "potential")


def _problems(step: Impacts, where: str, setting: Setting) -> Iterable[Problem]:
    seconds, least = setting.number(step.duration), _SHORTEST * step.widest
    if seconds < least:
        what = (
            f"{show(seconds, 's')} is short for spikes up to {show(step.widest, 's')}: the current "
            f"between them is known from {show(least, 's')} on."
        )
        remedy = f"Give {show(least, 's')} or more, or a smaller widest."
        yield Problem(f"{where}.duration", what, remedy, "warning")


N_IMPACTS = Result("n_impacts", "1", "impacts that were found", r"$N$", rank=360)
RATE = Result("f_impacts", "Hz", "impacts per second", r"$f$", rank=361, mapped=True)
RATE_LOW = Result("f_impacts_low", "Hz",
                  "least rate that agrees with the number of impacts (95 %)",
                  r"$f_\mathrm{low}$")  # fmt: skip
RATE_HIGH = Result("f_impacts_high", "Hz",
                   "greatest rate that agrees with the number of impacts (95 %)",
                   r"$f_\mathrm{high}$")  # fmt: skip
Q_MEDIAN = signed("Q_impacts", "C", "median charge of the impacts",
                  r"$Q_\mathrm{med}$", 362, mapped=True)  # fmt: skip
D_MEDIAN = Result("d_impacts", "m", "diameter of the ball that has the median charge",
                  r"$d_\mathrm{med}$", rank=363, mapped=True)  # fmt: skip
N_STAYING = Result("n_staying", "1", "particles that stayed: steps of the current",
                   r"$N_\mathrm{stay}$", rank=364)  # fmt: skip
NUMBERS = (N_IMPACTS, RATE, RATE_LOW, RATE_HIGH, Q_MEDIAN, D_MEDIAN, N_STAYING, E_HELD)
AGAINST_POTENTIAL = Trend(
    slug="impact-potential",
    title="Rate (a) and median charge (b) of impacts against potential",
    against=E_HELD,
    panels=((RATE,), (Q_MEDIAN,)),
)


def _measure(trace: StepTrace, _: Sequence[StepTrace]) -> Numbers:
    # What came after the contact was lost is of no particle.
    seen = trace.in_contact
    found = seen.once(found_in)
    count, seconds = len(found.events), found.seconds
    numbers = {
        N_IMPACTS: Value.of(count, math.sqrt(count)),
        N_STAYING: Value.of(len(found.steps), math.sqrt(len(found.steps))),
        Q_MEDIAN: _median(charges(seen)),
    }
    if seconds > 0.0:
        low, high = interval(count)
        numbers[RATE] = Value.of(count / seconds, math.sqrt(max(count, 1)) / seconds)
        numbers[RATE_LOW] = Value.of(low / seconds, 0.0)
        numbers[RATE_HIGH] = Value.of(high / seconds, 0.0)
    else:
        none = Value.none(Status.NOT_MEASURED)
        numbers |= {RATE: none, RATE_LOW: none, RATE_HIGH: none}
    made_of = material_of(trace)
    median = numbers[Q_MEDIAN]
    numbers[D_MEDIAN] = (
        made_of.diameter(median) if made_of is not None else Value.none(Status.NOT_MEASURED)
    )
    rows = settled(trace)
    measured = {result.name: Measured(value, (rows,)) for result, value in numbers.items()}
    return {**measured, E_HELD.name: held(trace, rows)}


def _median(each: Sequence[Value]) -> Value:
    """Return the median of charges; those of saturated data points count: they are large ones."""
    known = np.array([value.value for value in each if value.status.has_value])
    if not known.size:
        return Value.none(Status.NOT_FOUND)
    scatter = 1.4826 * float(np.median(np.abs(known - np.median(known))))
    stated = float(np.median([value.error for value in each if value.status.has_value]))
    return Value.of(float(np.median(known)), 1.2533 * max(scatter, stated) / math.sqrt(known.size))


def _arrays(trace: StepTrace, _: Sequence[StepTrace]) -> Mapping[str, Values]:
    return events(trace.in_contact)


def _words(found: Found) -> str:
    count, rate = found[N_IMPACTS.name], found[RATE.name]
    if not count.status.has_value:
        return ""
    if count.value == 0:
        return "no impacts"
    low, high = (show(found[r.name].value, "Hz", 3) for r in (RATE_LOW, RATE_HIGH))
    said = [
        f"{count.value:.0f} impact{'s' if count.value > 1 else ''}",
        f"{show(rate.value, 'Hz', 3)} ({low} to {high})",
        show(found[Q_MEDIAN.name].value, "C", 3),
    ]
    if found[D_MEDIAN.name].status.has_value:
        said.append(show(found[D_MEDIAN.name].value, "m", 3))
    if found[N_STAYING.name].value:
        said.append(f"{found[N_STAYING.name].value:.0f} stayed")
    return ", ".join(said)


KIND = Kind(
    name="impacts",
    spec=Impacts,
    resolve=_resolve,
    example={"potential": "0.2 V", "duration": "60 s"},
    begins=_begins,
    problems=_problems,
    results=(*NUMBERS, *EVENTS),
    measure=_measure,
    arrays=_arrays,
    words=_words,
    curves=("I-t",),
    figures=(*FIGURES, AGAINST_POTENTIAL),
    main=(RATE, Q_MEDIAN, D_MEDIAN),
    rank=45,
)
