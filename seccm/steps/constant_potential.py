"""Potentiostatic: impose a potential."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from seccm.analysis.any_step import level
from seccm.analysis.potentiostatic import transient
from seccm.program.any_results import T_SEEN
from seccm.program.figures import Trend, Turn
from seccm.program.kind import Beginning, Found, Kind, StepSpec
from seccm.program.measured import WHOLE, Measured, Numbers
from seccm.program.quantities import Duration, Potential
from seccm.program.segment import Act
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.program.until import Until
from seccm.results import Result, Status, Value, noise
from seccm.results.result import potential, signed
from seccm.rig import Constant, Flag
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


T_ONSET = Result("t_onset", "s", "onset of nucleation: time of the least current, before it rises",
                 r"$t_\mathrm{onset}$", waited=T_SEEN.name, rank=300, mapped=True)  # fmt: skip
I_ONSET = signed("i_onset", "A", "least current before nuclei carry it",
                 r"$i_\mathrm{onset}$", 302)  # fmt: skip
T_MAX = Result("t_max", "s", "time of the current maximum of a nucleation transient",
               r"$t_\mathrm{max}$", waited=T_SEEN.name, rank=304, mapped=True)  # fmt: skip
I_MAX = signed("i_max", "A", "current maximum of a nucleation transient",
               r"$i_\mathrm{max}$", 306, mapped=True)  # fmt: skip
SHAPE = Result("shape_nuc", "1", "shape of a nucleation transient: 1 instantaneous, 0 progressive",
               "shape", rank=308)  # fmt: skip
E_HELD = potential("E_held", "potential held: median of the measured potential",
                   r"$E_\mathrm{held}$")  # fmt: skip
TRANSIENT = (T_ONSET, I_ONSET, T_MAX, I_MAX, SHAPE, T_SEEN, E_HELD)
ONSETS = Trend(
    slug="onset",
    title="Onset of nucleation: time (a) and current (b) against potential",
    against=E_HELD,
    panels=((T_ONSET,), (I_ONSET,)),
    event="the onset",
)
MAXIMA = Trend(
    slug="maximum",
    title="Maximum of the current: time (a) and current (b) against potential",
    against=E_HELD,
    panels=((T_MAX,), (I_MAX,)),
    event="the maximum",
)
I_END = signed("i_end", "A", "current at the end of the step, median of its last tenth",
               r"$i_\mathrm{end}$", 320, mapped=True)  # fmt: skip


def _measure(trace: StepTrace, _: Sequence[StepTrace]) -> Numbers:
    begun = trace.flaws[trace.own] & Flag.SATURATED
    charged = begun.size if begun.all() else int((begun == 0).argmax())
    later = slice(trace.own.start + charged, None)
    numbers = {I_END.name: level(trace, trace.I), E_HELD.name: held(trace, later)}
    radius = math.sqrt(trace.area.value / math.pi)
    found = transient(trace.t[later], trace.I[later], radius)
    if not math.isfinite(found.t_end):
        none = Measured(found.t_onset, WHOLE)
        return numbers | {result.name: none for result in TRANSIENT if result is not E_HELD}
    sought = (trace.between(found.t_first, found.t_sure),)
    whole = (trace.between(found.t_first, found.t_end),)
    return numbers | {
        T_ONSET.name: Measured(found.t_onset, sought),
        I_ONSET.name: Measured(found.i_onset, sought),
        T_MAX.name: Measured(found.t_max, whole),
        I_MAX.name: Measured(found.i_max, whole),
        SHAPE.name: Measured(found.shape, whole),
        T_SEEN.name: Measured(Value.of(found.t_end, trace.row), whole),
    }


def held(trace: StepTrace, rows: slice) -> Measured:
    """Return the potential that was held, the median over some rows."""
    known = trace.E[rows][np.isfinite(trace.E[rows])]
    if known.size < 5:
        return Measured(Value.none(Status.TOO_SHORT), WHOLE)
    error = 1.2533 * noise(known) / math.sqrt(known.size)
    return Measured(Value.of(float(np.median(known)), error), (rows,))


def _words(found: Found) -> str:
    said = []
    onset, peak, form = found[T_ONSET.name], found[T_MAX.name], found[SHAPE.name]
    if onset.status.trusted and onset.status.has_value:
        said.append(f"onset {show(onset.value, 's', 3)}")
    if peak.status.trusted:
        height = show(found[I_MAX.name].value, "A", 3)
        said.append(f"maximum {height} at {show(peak.value, 's', 3)}{_limit(form)}")
    if found[I_END.name].status.has_value:
        said.append(f"i {show(found[I_END.name].value, 'A', 3)}")
    return ", ".join(said)


def _limit(form: Value) -> str:
    """Name the limit that a transient follows, if it excludes the other one."""
    if not form.status.has_value:
        return ""
    far_from_0, far_from_1 = (abs(form.value - k) > 3.0 * form.error for k in (0.0, 1.0))
    word = ""
    if far_from_0 != far_from_1:
        word = "instantaneous" if far_from_0 else "progressive"
    doubt = f" ({form.status.caveat})" if word and form.status.caveat else ""
    return f", {word}{doubt}" if word else ""


KIND = Kind(
    name="constant potential",
    spec=ConstantPotential,
    resolve=_resolve,
    example={"potential": "-0.1 V", "duration": "5 s"},
    begins=_begins,
    results=(*TRANSIENT, I_END),
    measure=_measure,
    words=_words,
    curves=("I-t",),
    turn=Turn(T_ONSET, I_ONSET),
    figures=(ONSETS, MAXIMA),
    rank=40,
)
