"""Potentiostatic: impose a potential."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from seccm.analysis import nuclei
from seccm.analysis.any_step import level
from seccm.analysis.potentiostatic import transient
from seccm.program.any_results import T_SEEN
from seccm.program.figures import Trend, Turn
from seccm.program.kind import Beginning, Found, Kind, StepSpec
from seccm.program.measured import WHOLE, Measured, Numbers
from seccm.program.quantities import Duration, Potential
from seccm.program.segment import Act, Segment
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.program.until import Until
from seccm.quantities import Concentration, Density, Model, MolarMass, Ratio
from seccm.results import Result, Status, Value, Values, noise
from seccm.results.result import potential, signed
from seccm.rig import Constant, Flag
from seccm.steps.level_series import LEVELS, PLOT, Point, level_arrays, level_numbers, told_of
from seccm.units import show, volts


class Deposit(Model):
    """What is deposited and from what, to turn a nucleation transient into a number of nuclei."""

    concentration: Annotated[Concentration, Field(gt=0, examples=["50 mM"])]
    """Of the ion in solution."""
    molar_mass: Annotated[MolarMass, Field(gt=0)]
    """Of the deposit, such as 6.94 g/mol for lithium."""
    density: Annotated[Density, Field(gt=0)]
    """Of the deposit, such as 0.534 g/cm^3 for lithium."""
    electrons: Annotated[Ratio, Field(gt=0, le=20)] = 1.0
    """That an ion takes."""


class ConstantPotential(StepSpec):
    """Potentiostatic: impose a potential."""

    step: Literal["constant potential"] = "constant potential"
    potential: Potential
    """What is held."""
    duration: Duration
    """How long it is held at most."""
    deposit: Deposit | None = None
    """What is deposited; without it there are no densities of nuclei."""
    until: Until | None = None
    """What ends the step before its time."""


def _resolve(step: ConstantPotential, setting: Setting) -> Act:
    seconds = setting.number(step.duration)
    label = f"{volts(setting.number(step.potential))} for {show(seconds, 's')}"
    waveform = Constant(setting.raw(step.potential), seconds)
    given: tuple[tuple[str, float], ...] = ()
    if (of := step.deposit) is not None:
        volume = of.molar_mass / of.density
        given = tuple(zip(_DEPOSIT, (of.concentration, volume, of.electrons), strict=True))
    return Act("potential", waveform, label, setting.limits(step.until), given=given)


_DEPOSIT = ("concentration", "molar volume", "electrons")
"""What the segment of a step calls the numbers of a deposit."""


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
A_NUC = Result("A_nuc", "1/s", "rate of nucleation at a site, by the general form of Scharifker "
               "and Hills; a bound towards its limits", r"$A_\mathrm{nuc}$", rank=309)  # fmt: skip
N_NUC = Result("N0_nuc", "1/m^2", "density of the sites of nucleation, by the same",
               r"$N_0$", rank=311)  # fmt: skip
AN_NUC = Result("AN0_nuc", "m^-2 s^-1", "rate at which nuclei appear at first, A N0, by the same",
                r"$A N_0$", rank=313)  # fmt: skip
D_NUC = Result("D_nuc", "m^2/s", "diffusivity of the ion, by the same", r"$D$", rank=314)
NUCLEI = (A_NUC, N_NUC, AN_NUC, D_NUC)
E_HELD = potential("E_held", "potential held: median of the measured potential",
                   r"$E_\mathrm{held}$")  # fmt: skip
TRANSIENT = (T_ONSET, I_ONSET, T_MAX, I_MAX, SHAPE, *NUCLEI, T_SEEN, E_HELD)
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


def _later(trace: StepTrace) -> slice:
    """Return the rows after the charging that went beyond the range of the input."""
    begun = trace.flaws[trace.own] & Flag.SATURATED
    charged = begun.size if begun.all() else int((begun == 0).argmax())
    return slice(trace.own.start + charged, None)


def _point(trace: StepTrace) -> Point:
    """Return the potential that was held, and the current at the end."""
    e, i = held(trace, _later(trace)), level(trace, trace.I)
    return Point(e.checked(trace), i.checked(trace))


def _deposit(segment: Segment) -> nuclei.Deposit | None:
    """Return what is deposited; None if the plan does not say."""
    given = dict(segment.given)
    return nuclei.Deposit(*(float(given[name]) for name in _DEPOSIT)) if given else None


def _measure(trace: StepTrace, before: Sequence[StepTrace]) -> Numbers:
    return {**_transient(trace), **level_numbers(trace, before, _point)}


def _arrays(trace: StepTrace, before: Sequence[StepTrace]) -> Mapping[str, Values]:
    return level_arrays(trace, before, _point)


def _transient(trace: StepTrace) -> Numbers:
    later = _later(trace)
    numbers = {I_END.name: level(trace, trace.I), E_HELD.name: held(trace, later)}
    radius = math.sqrt(trace.area.value / math.pi)
    found = transient(trace.t[later], trace.I[later], radius)
    if not math.isfinite(found.t_end):
        none = Measured(found.t_onset, WHOLE)
        return numbers | {result.name: none for result in TRANSIENT if result is not E_HELD}
    sought = (trace.between(found.t_first, found.t_sure),)
    whole = (trace.between(found.t_first, found.t_end),)
    grown = nuclei.nuclei(found.form, trace.area, _deposit(trace.segment))
    return numbers | {
        T_ONSET.name: Measured(found.t_onset, sought),
        I_ONSET.name: Measured(found.i_onset, sought),
        T_MAX.name: Measured(found.t_max, whole),
        I_MAX.name: Measured(found.i_max, whole),
        SHAPE.name: Measured(found.shape, whole),
        T_SEEN.name: Measured(Value.of(found.t_end, trace.row), whole),
        A_NUC.name: Measured(grown.rate, whole),
        N_NUC.name: Measured(grown.density, whole),
        AN_NUC.name: Measured(grown.product, whole),
        D_NUC.name: Measured(grown.diffusivity, whole),
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


RESULTS = (*TRANSIENT, I_END)


def _yields(segment: Segment, before: Sequence[Segment]) -> tuple[Result, ...]:
    return (*RESULTS, *told_of(segment, before))


KIND = Kind(
    name="constant potential",
    also=("ca", "chronoamperometry", "potentiostatic"),
    spec=ConstantPotential,
    resolve=_resolve,
    example={"potential": "-0.1 V", "duration": "5 s"},
    begins=_begins,
    results=(*RESULTS, *LEVELS),
    measure=_measure,
    arrays=_arrays,
    yields=_yields,
    words=_words,
    curves=("I-t",),
    turn=Turn(T_ONSET, I_ONSET),
    figures=(ONSETS, MAXIMA, PLOT),
    rank=40,
)
