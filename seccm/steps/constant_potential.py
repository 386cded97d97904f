"""Potentiostatic: impose a potential."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from seccm.analysis.any_step import level
from seccm.program.kind import Beginning, Found, Kind, StepSpec
from seccm.program.measured import Numbers
from seccm.program.quantities import Duration, Potential
from seccm.program.segment import Act
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.program.until import Until
from seccm.results.result import signed
from seccm.rig import Constant
from seccm.units import show, volts


class ConstantPotential(StepSpec):
    """Potentiostatic: impose a potential."""

    step: Literal["constant potential"] = "constant potential"
    potential: Potential
    duration: Duration
    until: Until | None = None


def _resolve(step: ConstantPotential, setting: Setting) -> Act:
    seconds = setting.number(step.duration)
    label = f"{volts(setting.number(step.potential))} for {show(seconds, 's')}"
    waveform = Constant(setting.raw(step.potential), seconds)
    return Act("potential", waveform, label, setting.limits(step.until))


def _begins(step: ConstantPotential) -> Beginning:
    return Beginning("potential", step.potential, "potential")


I_END = signed("i_end", "A", "current at the end of the step, median of its last tenth",
               r"$i_\mathrm{end}$", 320, mapped=True)  # fmt: skip


def _measure(trace: StepTrace, _: Sequence[StepTrace]) -> Numbers:
    return {"i_end": level(trace, trace.I)}


def _words(found: Found) -> str:
    return f"i {show(found['i_end'].value, 'A', 3)}" if found["i_end"].status.has_value else ""


KIND = Kind(
    name="constant potential",
    spec=ConstantPotential,
    resolve=_resolve,
    example={"potential": "-0.1 V", "duration": "5 s"},
    begins=_begins,
    results=(I_END,),
    measure=_measure,
    words=_words,
    curves=("I-t",),
    rank=40,
)
