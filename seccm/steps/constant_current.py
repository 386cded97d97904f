"""Galvanostatic: impose a current; plating, and stripping of what was plated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import ValidationInfo, model_validator

from seccm.analysis.any_step import half_way, level, net_charge
from seccm.analysis.galvanostatic import nucleation
from seccm.analysis.voltammetry import efficiency
from seccm.errors import Problem
from seccm.mistakes import Mistakes, OneOf
from seccm.placeholder import Placeholder
from seccm.program.any_results import E_END, E_MID, T_SEEN
from seccm.program.figures import Trend, Turn
from seccm.program.kind import Beginning, Found, Kind, StepSpec
from seccm.program.measured import NO_ROWS, WHOLE, Measured, Numbers
from seccm.program.quantities import Charge, CurrentDensity, CurrentOrRate, Duration
from seccm.program.segment import Act, Segment
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.program.until import Until
from seccm.quantities import YesNo
from seccm.results import Result, Status, Value
from seccm.results.result import potential, signed
from seccm.rig import Constant
from seccm.suggestion import Suggestion
from seccm.units import C_RATE, show

NAME = "constant current"
WITHOUT, BLANK = "without nuclei", "blank"
"""What is said to the analysis: no nucleation is looked for; the charge of the bare electrode."""


class ConstantCurrent(StepSpec):
    """Galvanostatic: impose a current."""

    step: Literal["constant current"] = "constant current"
    current: CurrentOrRate | None = None
    """The current; or a C-rate, such as "C/3", with `capacity`."""
    current_density: CurrentDensity | None = None
    """The current over the footprint's area."""
    capacity: Charge | None = None
    """What a C-rate refers to: 1C passes it in an hour."""
    duration: Duration
    """How long it is held at most."""
    nuclei: YesNo = True
    """Whether the nucleation of a metal is looked for; not where lithium goes into a particle."""
    blank: Charge | None = None
    """The charge that the bare electrode takes in such a step: `Q_particle` is without it."""
    until: Until | None = None
    """What ends the step before its time."""

    @model_validator(mode="after")
    def _capacity_of_a_rate(self, info: ValidationInfo) -> ConstantCurrent:
        may_be_rate = isinstance(self.current, Placeholder) and not self.current.terms
        levels = ((info.context or {}).get("factors") or {}) if may_be_rate else {}
        units = {level.unit for level in levels.get(str(self.current)[1:], ())}
        is_rate = isinstance(self.current, Placeholder) and self.current.is_rate
        if self.capacity is None and (is_rate or C_RATE in units):
            what = "is missing: a C-rate refers to a capacity."
            put = Suggestion(("capacity",), "put", "278 pAh")
            remedy = 'Write one, such as "278 pAh".'
            raise Mistakes([Problem("capacity", what, remedy, suggestion=put)])
        if self.capacity is not None and not is_rate and (not may_be_rate or units - {C_RATE}):
            what = 'is used for a current that is a C-rate only, such as "C/3".'
            out = Suggestion(("capacity",), "remove")
            raise Mistakes([Problem("capacity", what, "Remove it.", suggestion=out)])
        return self

    @model_validator(mode="after")
    def _one_current(self) -> ConstantCurrent:
        given = [name for name in ("current", "current_density") if getattr(self, name) is not None]
        if len(given) != 1:
            raise OneOf(("current", "current_density"), given)
        return self


def _resolve(step: ConstantCurrent, setting: Setting) -> Act:
    amperes = setting.amperes(step.current, step.current_density, step.capacity)
    seconds = setting.number(step.duration)
    density = show(amperes / setting.area, "A/m^2")
    label = f"{density} ({show(amperes, 'A')}) for {show(seconds, 's')}"
    facts: tuple[tuple[str, float], ...] = () if step.nuclei else ((WITHOUT, 1.0),)
    facts += () if step.blank is None else ((BLANK, setting.number(step.blank)),)
    waveform = Constant(amperes, seconds)
    return Act("current", waveform, label, setting.limits(step.until), given=facts)


def _begins(step: ConstantCurrent) -> Beginning | None:
    if step.current is not None:
        return Beginning("current", step.current, "current")
    assert step.current_density is not None
    return Beginning("current_density", step.current_density, "current_density")


# ---------------------------------------------------------------------------------- results

CE = Result("CE", "1", "coulombic efficiency: charge of stripping over that of plating", "CE",
            rank=40, mapped=True)  # fmt: skip
Q_PARTICLE = signed("Q_particle", "C", "net charge of the step without that of the bare electrode",
                    r"$Q_\mathrm{particle}$", 329)  # fmt: skip
J = signed("j", "A/m^2", "current density: median of the measured current over the area", "$j$")
E_NUC = replace(
    potential("E_nuc", "nucleation potential", r"$E_\mathrm{nuc}$", 10, mapped=True),
    beyond="E_far",
)
T_NUC = Result("t_nuc", "s", "nucleation time, from contact", r"$t_\mathrm{nuc}$",
               waited=T_SEEN.name, rank=20, mapped=True)  # fmt: skip
Q_NUC = Result("Q_nuc", "C/m^2", "charge per area passed before nucleation, positive",
               r"$|Q_\mathrm{nuc}|$", waited="Q_seen", rank=50)  # fmt: skip
E_GROWTH = Result("E_growth", "V", "growth potential", r"$E_\mathrm{growth}$",
                  against_reference=True, rank=30, mapped=True, deposits=True)  # fmt: skip
PLATING = (
    E_NUC, T_NUC, Q_NUC, E_GROWTH,
    Result("eta_nuc", "V", "nucleation overpotential: growth minus nucleation potential",
           r"$E_\mathrm{growth}-E_\mathrm{nuc}$", rank=60),
    T_SEEN,
    Result("Q_seen", "C/m^2", "charge per area up to the end of the usable record, positive",
           r"$|Q_\mathrm{seen}|$"),
    potential("E_far", "potential that went farthest in the direction of the current",
              r"$E_\mathrm{far}$"),
    J,
)  # fmt: skip
STRIPPING = (E_END, J)
AGAINST_CURRENT = Trend(
    slug="nucleation",
    title="Nucleation and growth potential (a), nucleation time (b) and charge (c) against "
    "current density",
    against=J,
    panels=((E_NUC, E_GROWTH), (T_NUC,), (Q_NUC,)),
    event="nucleation",
)


def _deposits(segment: Segment) -> bool:
    """Tell whether a step deposits a metal: it imposes a cathodic current."""
    if segment.kind != NAME or WITHOUT in dict(segment.given):
        return False
    return segment.waveform.extremes[0] < 0.0


def _strips(segment: Segment, before: Sequence[Segment]) -> bool:
    """Tell whether an anodic current takes off what an earlier step deposited.

    Another current is looked at for nucleation, whatever its sign, unless the plan says that there
    is none.
    """
    if WITHOUT in dict(segment.given):
        return True
    return not _deposits(segment) and any(map(_deposits, before))


def _plated(segment: Segment, before: Sequence[Segment]) -> int | None:
    """Return which step deposited what this one takes off: the galvanostatic one just before it."""
    last = next((k for k in reversed(range(len(before))) if before[k].kind == NAME), None)
    found = last is not None and _deposits(before[last]) and not _deposits(segment)
    return last if found else None


def _to_a_potential(segment: Segment) -> bool:
    """Tell whether a step goes on up to a potential, as charge and discharge do."""
    return any(limit.quantity == "potential" for limit in segment.limits)


def _yields(segment: Segment, before: Sequence[Segment]) -> tuple[Result, ...]:
    efficient = (CE,) if _plated(segment, before) is not None else ()
    middle = (E_MID,) if _to_a_potential(segment) else ()
    particle = (Q_PARTICLE,) if BLANK in dict(segment.given) else ()
    own = STRIPPING if _strips(segment, before) else PLATING
    return own + efficient + middle + particle


def _measure(trace: StepTrace, before: Sequence[StepTrace]) -> Numbers:
    earlier = [one.segment for one in before]
    numbers = dict(_stripping(trace) if _strips(trace.segment, earlier) else _plating(trace))
    if _to_a_potential(trace.segment):
        numbers[E_MID.name] = half_way(trace)
    blank = dict(trace.segment.given).get(BLANK)
    if blank is not None:
        numbers[Q_PARTICLE.name] = _without(net_charge(trace), float(blank))
    plated = _plated(trace.segment, earlier)
    if plated is not None:
        numbers[CE.name] = Measured(_efficiency(before[plated], trace), NO_ROWS)
    return numbers


def _without(charge: Measured, blank: float) -> Measured:
    """Take the charge of the bare electrode, which has the sign of the current, off a charge."""
    value = charge.value
    if not value.status.has_value:
        return charge
    left = value.value - math.copysign(blank, value.value)
    return replace(charge, value=replace(value, value=left))


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
    went = math.isfinite(n.e_lowest)
    far = Value.of(n.e_lowest, n.noise) if went else Value.none(n.status)
    found = n.t_nuc.status.has_value
    before = trace.between(0.0, n.t_nuc.value) if found else sought
    # With the data point that ended the record, if an overload did.
    after = trace.between(n.t_nuc.value, n.t_end + trace.row) if found else sought
    return {
        "E_nuc": Measured(n.e_nuc, (sought,)),
        "t_nuc": Measured(n.t_nuc, (sought,)),
        "Q_nuc": Measured(n.q_nuc_per_area, (before, sought)),
        "E_growth": Measured(n.e_growth, (sought, after)),
        "eta_nuc": Measured(n.overpotential, (sought, after)),
        "t_seen": Measured(seen, WHOLE),
        "E_far": Measured(far, WHOLE),
        "Q_seen": Measured(trace.area.density(passed), WHOLE),
        "j": _density(trace),
    }


def _stripping(trace: StepTrace) -> Numbers:
    return {"E_end": level(trace, trace.E), "j": _density(trace)}


def _efficiency(plate: StepTrace, strip: StepTrace) -> Value:
    """Return the charge that a step took off over that which was deposited."""
    q_c, q_a = (net_charge(trace).checked(trace) for trace in (plate, strip))
    status = q_c.status.worse(q_a.status)
    if not status.has_value:
        return Value.none(status)
    ratio = efficiency(-q_c.value, q_a.value, math.hypot(q_c.error, q_a.error))
    return replace(ratio, status=ratio.status.worse(status))


def _words(found: Found) -> str:
    middle = found.get(E_MID.name)
    if "t_nuc" not in found and middle is not None and middle.status.has_value:
        return f"half of the charge at {show(middle.value, 'V', 3)}"
    if "t_nuc" not in found:
        end = found["E_end"]
        return f"E {show(end.value, 'V', 3)}" if end.status.has_value else ""
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


KIND = Kind(
    name=NAME,
    also=("cp", "cc", "chronopotentiometry", "galvanostatic"),
    spec=ConstantCurrent,
    resolve=_resolve,
    example={"current": "-1 nA", "duration": "5 s"},
    begins=_begins,
    results=(*PLATING, E_END, CE, E_MID, Q_PARTICLE),
    measure=_measure,
    yields=_yields,
    words=_words,
    curves=("E-t", "E-Q"),
    turn=Turn(T_NUC, E_NUC),
    figures=(AGAINST_CURRENT,),
    rank=30,
)
