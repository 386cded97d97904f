"""PITT: a small step of the potential after a rest, and the current of lithium that follows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from seccm.analysis.pitt import (
    INITIAL,
    Diffusion,
    Intervals,
    diffusion,
    initial_current,
    intervals,
    mean_current,
)
from seccm.arrays import FloatArray
from seccm.constants import FARADAY, GAS
from seccm.program.figures import Axis, OwnCurve
from seccm.program.kind import Beginning, Found, Kind
from seccm.program.measured import Measured, Numbers
from seccm.program.quantities import Duration, Potential
from seccm.program.segment import Act, Segment
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.program.until import Until
from seccm.results import Result, Status, Value
from seccm.results.result import signed
from seccm.rig import Constant
from seccm.steps.inserting import (
    D_GRAIN,
    D_R2,
    DIFFUSIVITY,
    E_REST,
    Titration,
    diffusivities,
    given,
    of,
    rest_before,
    scaled,
    scaled_rates,
)
from seccm.units import show, volts

NAME = "pitt"


class Pitt(Titration):
    """Titrate a particle: step the potential a little after a rest, and watch the current."""

    step: Literal["pitt"] = "pitt"
    potential: Potential
    """Usually a little above or below what the last open circuit came to."""
    duration: Duration
    """How long it is held at most."""
    temperature: Annotated[float, Field(gt=0, le=1000)] = 298.15
    """Of the particle, in kelvin."""
    until: Until | None = None
    """What ends the step before its time."""


def _resolve(step: Pitt, setting: Setting) -> Act:
    seconds = setting.number(step.duration)
    label = f"PITT at {volts(setting.number(step.potential))} for {show(seconds, 's')}"
    waveform = Constant(setting.raw(step.potential), seconds)
    facts = given(step, setting, temperature=step.temperature)
    return Act("potential", waveform, label, setting.limits(step.until), given=facts)


def _begins(step: Pitt) -> Beginning:
    return Beginning("potential", step.potential, "potential")


BIOT = Result("Biot", "1", "the Biot number: how fast the surface is over how fast diffusion is",
              "$B$", rank=404)  # fmt: skip
TAU_R = Result("tau_R", "s", "reaction time: resistance of the surface times capacity of the "
               "particle, R^2/(3 B D)", r"$τ_\mathrm{R}$", rank=406, mapped=True)  # fmt: skip
TAU_D = Result("tau_D", "s", "diffusion time, R^2/(4 D)", r"$τ_\mathrm{D}$", rank=408,
               mapped=True)  # fmt: skip
T_CHAR = Result("t_char", "s", "time in which the current falls to 1/e of that after 0.1 s",
                r"$t_{1/\mathrm{e}}$", rank=410, mapped=True)  # fmt: skip
Q_STEP = signed("Q_step", "C", "charge of the step if it went on for ever", r"$Q_\mathrm{step}$",
                412)  # fmt: skip
I_BACK = signed("i_background", "A", "background current under that of diffusion",
                r"$i_\mathrm{bg}$", 414)  # fmt: skip
I_0 = Result("i_0", "A", "exchange current of the whole surface", r"$i_0$", rank=416)
J_0 = Result("j_0", "A/m^2", "exchange current density on a sphere of the radius that the plan "
             "gives", r"$j_0$", rank=418, mapped=True)  # fmt: skip
RATES = (D_R2, BIOT, TAU_R, TAU_D, T_CHAR, Q_STEP, I_BACK, I_0, E_REST)
J_GRAIN = Result("j_grain", "A/m^2", "exchange current density over the surface of all grains that "
                 "fill the sphere", r"$j_\mathrm{0,grain}$", rank=419, mapped=True)  # fmt: skip


def _yields(segment: Segment, _: Sequence[Segment]) -> tuple[Result, ...]:
    exchange = (J_0,) if of(segment, "radius") else ()
    filled = (J_GRAIN,) if exchange and of(segment, "grain_radius") else ()
    return (*RATES, *diffusivities(segment), *exchange, *filled)


def _found(trace: StepTrace, step: float = 0.0) -> Diffusion:
    thermal = GAS * of(trace.segment, "temperature") / FARADAY
    return diffusion(trace.t[trace.own], trace.passed, trace.scatter, step, thermal)


def _measure(trace: StepTrace, before: Sequence[StepTrace]) -> Numbers:
    own = trace.own
    rest = rest_before(before, own)
    step = float(np.median(trace.E[own])) - rest.value.value if rest.value.status.has_value else 0.0
    found = _found(trace, step)
    # How large the step is says how far the surface is from answering in proportion.
    doubt = rest.value.status if step else Status.OK
    rate = Measured(found.rate.doubted(doubt), (own,))
    numbers = {
        D_R2.name: rate,
        BIOT.name: Measured(found.biot.doubted(doubt), (own,)),
        TAU_R.name: Measured(found.reaction.doubted(doubt), (own,)),
        TAU_D.name: Measured(_inverse(rate.value), (own,)),
        T_CHAR.name: Measured(found.characteristic, (own,)),
        Q_STEP.name: Measured(found.charge, (own,)),
        I_BACK.name: Measured(found.background, (own,)),
    }
    numbers[E_REST.name] = rest
    exchange = Measured(_exchange(trace, rest.value, step, found), (own,))
    numbers[I_0.name] = exchange
    numbers |= scaled_rates(trace.segment, rate)
    radius, grain = of(trace.segment, "radius"), of(trace.segment, "grain_radius")
    if radius:
        numbers[J_0.name] = scaled(exchange, 1.0 / (4.0 * math.pi * radius**2))
    if radius and grain:  # Spheres of radius r that fill a volume V have a surface of 3 V / r.
        numbers[J_GRAIN.name] = scaled(exchange, grain / (4.0 * math.pi * radius**3))
    return numbers


def _inverse(rate: Value) -> Value:
    """Return R^2/(4 D); a bound becomes one from the other side."""
    if not rate.status.has_value:
        return rate
    time = 1.0 / (4.0 * rate.value)
    return Value(time, time * rate.error / rate.value, rate.status.inverse)


def _exchange(trace: StepTrace, rest: Value, step: float, found: Diffusion) -> Value:
    """Return i0 = (Q / dE) R_g T / (F tau_R): the capacity over the reaction time.

    The product of B and D/R^2 is known where neither is; so this is a number even then.
    """
    time, charge = found.reaction, found.charge
    status = time.status.inverse.worse(charge.status).worse(rest.status)
    if not status.has_value:
        return Value.none(status)
    if step == 0.0:
        return Value.none(Status.UNDEFINED)
    thermal = GAS * of(trace.segment, "temperature") / FARADAY
    amperes = charge.value / step * thermal / time.value
    parts = (charge.error / charge.value, time.error / time.value, rest.error / step)
    return Value.of(amperes, abs(amperes) * math.hypot(*parts), status)


def _words(found: Found) -> str:
    said = []
    for name, short in ((TAU_D.name, "tau_D"), (TAU_R.name, "tau_R")):
        value = found[name]
        if value.status.has_value:
            doubt = f" ({value.status.caveat})" if value.status.caveat else ""
            said.append(f"{short} {show(value.value, 's', 3)}{doubt}")
    return ", ".join(said)


def _decay(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    """Return the magnitude of the current, averaged evenly in the square root of time."""
    if trace.t[trace.own].size < 3:
        return np.empty(0), np.empty(0)
    means, back = _means(trace), _found(trace).background
    return _drawn(trace, means, means.current - (back.value if back.status.has_value else 0.0))


def _normalised(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    """Return the current without its background over that of 0.1 s: the same for all sizes, or not.

    Nothing where the current of 0.1 s is not clear.
    """
    if trace.t[trace.own].size < 3:
        return np.empty(0), np.empty(0)
    means, back = _means(trace), _found(trace).background
    under = back.value if back.status.has_value else 0.0
    return _over_begun(trace, means, means.current - under, under)


def _normalised_model(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    """Return the fitted current over the measured one of 0.1 s, both without the background."""
    found = _found(trace)
    if found.fitted is None:
        return np.empty(0), np.empty(0)
    rate, biot, charge = found.fitted
    means = _means(trace)
    under = found.background.value if found.background.status.has_value else 0.0
    return _over_begun(trace, means, charge * mean_current(means, rate, biot), under)


def _over_begun(
    trace: StepTrace, means: Intervals, current: FloatArray, under: float
) -> tuple[FloatArray, FloatArray]:
    """Return roots of times, and a current without its background over the one of 0.1 s."""
    begun = initial_current(means, trace.row)
    if not begun.status.has_value:
        return np.empty(0), np.empty(0)
    root = 0.5 * (np.sqrt(means.start) + np.sqrt(means.stop))
    later = root**2 >= 0.5 * INITIAL
    return root[later], current[later] / (begun.value - under)


def _model(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    """Return the fitted current without its background."""
    fitted = _found(trace).fitted
    if fitted is None:
        return np.empty(0), np.empty(0)
    rate, biot, charge = fitted
    means = _means(trace)
    return _drawn(trace, means, charge * mean_current(means, rate, biot))


def _means(trace: StepTrace) -> Intervals:
    return intervals(trace.t[trace.own], trace.passed, trace.scatter)


def _drawn(
    trace: StepTrace, means: Intervals, current: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return times and currents, positive while the current flows, as far as noise lets them."""
    positive = current * float(np.sign(np.nansum(trace.passed)))
    clear = positive > 2.0 * means.sigma
    return 0.5 * (means.start + means.stop)[clear], positive[clear]


DECAY = OwnCurve(
    slug="pitt",
    title="PITT",
    x=Axis("time", "s"),
    y=Axis("current", "A", log=True),
    points=_decay,
    model=_model,
    marks=True,
    words="Magnitude of the current without its background; line: exact current of a sphere. ",
)

NORMALISED = OwnCurve(
    slug="pitt-normalised",
    title="PITT, normalised",
    x=Axis("√(time / s)", "1"),
    y=Axis("current / current after 0.1 s", "1"),
    points=_normalised,
    model=_normalised_model,
    words="Current without its background over that after 0.1 s, of every site: particles of the "
    "same times fall alike; line: exact current of a sphere. ",
)

KIND = Kind(
    name=NAME,
    spec=Pitt,
    resolve=_resolve,
    example={"potential": "4 V", "duration": "20 min"},
    begins=_begins,
    results=(*RATES, DIFFUSIVITY, D_GRAIN, J_0, J_GRAIN),
    measure=_measure,
    yields=_yields,
    words=_words,
    curves=("I-t",),
    figures=(DECAY, NORMALISED),
    rank=45,
)
