"""Open circuit: impose nothing and watch the potential."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from seccm.analysis.any_step import level
from seccm.program.any_results import E_END
from seccm.program.kind import Found, Kind, StepSpec
from seccm.program.measured import Numbers
from seccm.program.quantities import Duration
from seccm.program.segment import Act
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.program.until import Until
from seccm.rig import Constant
from seccm.units import show


class OpenCircuit(StepSpec):
    """Impose nothing and watch the potential."""

    step: Literal["open circuit"] = "open circuit"
    duration: Duration
    """How long it is watched at most."""
    until: Until | None = None
    """What ends the step before its time."""


def _resolve(step: OpenCircuit, setting: Setting) -> Act:
    seconds = setting.number(step.duration)
    label = f"open circuit for {show(seconds, 's')}"
    return Act("open", Constant(0.0, seconds), label, setting.limits(step.until))


def _measure(trace: StepTrace, _: Sequence[StepTrace]) -> Numbers:
    return {"E_end": level(trace, trace.E)}


def _words(found: Found) -> str:
    return f"E {show(found['E_end'].value, 'V', 3)}" if found["E_end"].status.has_value else ""


KIND = Kind(
    name="open circuit",
    also=("ocp", "ocv", "rest", "open"),
    spec=OpenCircuit,
    resolve=_resolve,
    example={"duration": "5 s"},
    results=(E_END,),
    measure=_measure,
    words=_words,
    curves=("E-t",),
    rank=50,
)
