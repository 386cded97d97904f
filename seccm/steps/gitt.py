"""GITT: the rest after a pulse of constant current, which tells diffusion and resistance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from seccm.analysis.any_step import level
from seccm.analysis.gitt import pulse
from seccm.program.any_results import E_END
from seccm.program.kind import Found, Kind
from seccm.program.measured import Measured, Numbers
from seccm.program.quantities import Duration
from seccm.program.segment import Act, Segment
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.program.until import Until
from seccm.results import Result, Value, noise
from seccm.rig import Constant
from seccm.steps.inserting import (
    D_GRAIN,
    D_R2,
    DIFFUSIVITY,
    E_REST,
    Titration,
    diffusivities,
    given,
    rest_before,
    scaled_rates,
    undefined,
)
from seccm.units import show

NAME = "gitt"


class Gitt(Titration):
    """Titrate a particle: the rest after a pulse of constant current, which began at a rest."""

    step: Literal["gitt"] = "gitt"
    duration: Duration
    """How long the rest lasts at most."""
    until: Until | None = None
    """What ends the step before its time."""


def _resolve(step: Gitt, setting: Setting) -> Act:
    seconds = setting.number(step.duration)
    label = f"GITT, open circuit for {show(seconds, 's')}"
    facts = given(step, setting)
    return Act("open", Constant(0.0, seconds), label, setting.limits(step.until), given=facts)


R_SERIES = Result("R_series", "ohm", "resistance that a pulse meets at once: of contact, solution "
                  "and surface", r"$R_\mathrm{s}$", rank=420)  # fmt: skip
RATES = (D_R2, R_SERIES, E_REST, E_END)


def _yields(segment: Segment, _: Sequence[Segment]) -> tuple[Result, ...]:
    return (*RATES, *diffusivities(segment))


def _measure(trace: StepTrace, before: Sequence[StepTrace]) -> Numbers:
    after = level(trace, trace.E)
    none = undefined(trace.own)
    numbers = {D_R2.name: none, R_SERIES.name: none, E_REST.name: none, E_END.name: after}
    modes = [one.segment.mode for one in before[-2:]]
    if modes == ["open", "current"]:
        begun = numbers[E_REST.name] = rest_before(before[:-1], trace.own)
        rate, resistance = _of_pulse(before[-1], begun.value, after.value)
        numbers[D_R2.name] = Measured(rate, after.rows)
        numbers[R_SERIES.name] = Measured(resistance, after.rows)
    return numbers | scaled_rates(trace.segment, numbers[D_R2.name])


def _of_pulse(trace: StepTrace, begun: Value, after: Value) -> tuple[Value, Value]:
    """Return D/R^2 and the resistance of a pulse between two rests."""
    status = begun.status.worse(after.status)
    if not status.has_value:
        return Value.none(status), Value.none(status)
    own = trace.own
    current = float(trace.passed.mean()) if trace.passed.size else 0.0
    found = pulse(
        trace.t[own], trace.E[own], noise(trace.E[own]), current, (begun.value, after.value)
    )
    # What is wrong with the rows of the pulse is wrong with what they say.
    rate, resistance = (Measured(v, (own,)).checked(trace) for v in (found.rate, found.resistance))
    return rate.doubted(begun.status), resistance.doubted(begun.status)


def _words(found: Found) -> str:
    rate, end = found[D_R2.name], found[E_END.name]
    said = [f"D/R^2 {rate.value:.3g} 1/s"] if rate.status.has_value else []
    return ", ".join([*said, *([f"E {show(end.value, 'V', 3)}"] if end.status.has_value else [])])


KIND = Kind(
    name=NAME,
    spec=Gitt,
    resolve=_resolve,
    example={"duration": "1 h"},
    results=(*RATES, DIFFUSIVITY, D_GRAIN),
    measure=_measure,
    yields=_yields,
    words=_words,
    curves=("E-t",),
    rank=48,
)
