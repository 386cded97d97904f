"""Feedback of a surface on a microelectrode: how fast the surface reacts, and where it lies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from seccm.analysis.secm.fit import ApproachFit, Interval95, fit_approach
from seccm.arrays import FloatArray
from seccm.errors import Problem
from seccm.program.kind import Beginning, Found, Kind, StepSpec
from seccm.program.measured import NO_ROWS, Measured, Numbers, flawed
from seccm.program.quantities import Duration, Potential
from seccm.program.segment import Act, Segment
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.quantities import Diffusivity, Length, Ratio, YesNo
from seccm.results import Result, Status, Value
from seccm.results.result import signed
from seccm.rig import Constant
from seccm.steps.approach_curve import CURVE, figure, kept, kept_of, lowest
from seccm.units import show, volts

_LATE = 0.5
"""The current is the mean over this share of the step, at its end."""


class SurfaceKinetics(StepSpec):
    """Hold a microelectrode near a surface, and determine what its approach curve says of it."""

    step: Literal["surface kinetics"] = "surface kinetics"
    potential: Potential
    """What is held; that of the approach, so that nothing has to settle."""
    duration: Annotated[Duration, Field(examples=["200 ms"])]
    """How long; the current is the mean of its second half."""
    radius: Annotated[Length, Field(gt=0, examples=["5 um"])]
    """Of the disk of the microelectrode."""
    rg: Annotated[Ratio, Field(ge=1.1, le=20, examples=[10.0])]
    """Radius of the glass over that of the disk."""
    rg_uncertainty: Annotated[Ratio, Field(ge=0, examples=[0.5])] = 0.0
    """Standard uncertainty of it; if it is not 0, it is determined from the curves, too."""
    diffusivity: Annotated[Diffusivity, Field(gt=0, examples=["1e-5 cm^2/s"])]
    """Of the mediator: turns the reaction of the surface into a rate constant."""
    curve: YesNo = False
    """Whether the approach curve of each site is kept among its results; its data points are in
    the file in any case."""


def _resolve(step: SurfaceKinetics, setting: Setting) -> Act:
    seconds = setting.number(step.duration)
    label = f"surface kinetics at {volts(setting.number(step.potential))} for {show(seconds, 's')}"
    given: tuple[tuple[str, float | str], ...] = (
        ("radius", step.radius),
        ("rg", step.rg),
        ("of rg", step.rg_uncertainty),
        ("diffusivity", step.diffusivity),
        ("curve", float(step.curve)),
    )
    return Act("potential", Constant(setting.raw(step.potential), seconds), label, given=given)


def _begins(step: SurfaceKinetics) -> Beginning:
    return Beginning("potential", step.potential, "potential")


def _problems(step: SurfaceKinetics, where: str, setting: Setting) -> Iterable[Problem]:
    if step.rg_uncertainty * 3.0 >= step.rg:
        what = f"{step.rg_uncertainty:g} leaves open whether there is any glass: rg is {step.rg:g}."
        yield Problem(f"{where}.rg_uncertainty", what, f"Write {step.rg / 4.0:.2g} or less.")


I_TIP = signed("i_tip", "A", "current of the tip at the surface", r"$i_\mathrm{T}$", 151)
SHARE = Result("i_tip_share", "1", "current of the tip at the surface over that far away",
               r"$i_\mathrm{T}/i_\mathrm{T,far}$", rank=153, mapped=True)  # fmt: skip
I_ALONE = signed("i_tip_far", "A", "current of the tip far from the surface, by the fit",
                 r"$i_\mathrm{T,far}$", 155)  # fmt: skip
RATE = Result("k_surface", "m/s", "rate constant of the surface, from the approach curve",
              r"$k$", rank=157, mapped=True)  # fmt: skip
RATE_LOW = Result("k_surface_low", "m/s", "least rate constant of the surface, of 95 %",
                  r"$k_\mathrm{low}$", rank=159)  # fmt: skip
RATE_HIGH = Result("k_surface_high", "m/s", "greatest rate constant of the surface, of 95 %",
                   r"$k_\mathrm{high}$", rank=161)  # fmt: skip
HEIGHT = Result("z_below", "m", "height of the surface below the tip, from the approach curve",
                r"$z_0$", rank=163, mapped=True, zero_chosen=True)  # fmt: skip
GAP = Result("d_tip", "m", "distance of the tip from the surface, from the approach curve",
             r"$d$", rank=165)  # fmt: skip
GLASS = Result("rg_tip", "1", "radius of the glass over that of the disk", "RG", rank=167)
NUMBERS = (I_TIP, SHARE, I_ALONE, RATE, RATE_LOW, RATE_HIGH, HEIGHT, GAP, GLASS)


def _fit(trace: StepTrace) -> ApproachFit | None:
    """Fit the descent, and the rest before it: what is far away is far away alike."""
    descent, given = trace.descent, trace.segment.numbers
    if descent is None or descent.signal != "current":
        return None
    z = np.concatenate([descent.far.z, descent.down.z])
    current = np.concatenate([descent.far.I, descent.down.I])
    return fit_approach(z, current, given["radius"], rg=(given["rg"], given["of rg"]))


def _flags(trace: StepTrace) -> int:
    assert trace.descent is not None
    parts = (trace.descent.far.flag, trace.descent.down.flag)
    return int(np.bitwise_or.reduce(np.concatenate(parts), initial=0))


def _late(trace: StepTrace) -> tuple[Value, slice]:
    """Return the current of the tip at rest, and the rows that it is of."""
    rows = slice(trace.own.start + int((1.0 - _LATE) * trace.passed.size), None)
    current = trace.I[rows]
    if not current.size:
        return Value.none(Status.TOO_SHORT), rows
    return Value.of(float(current.mean()), trace.scatter / math.sqrt(current.size)), rows


def _measure(trace: StepTrace, _: Sequence[StepTrace]) -> Numbers:
    tip, rows = _late(trace)
    fit = trace.once(_fit)
    if fit is None:
        none = Measured(Value.none(Status.NOT_MEASURED), NO_ROWS)
        return dict.fromkeys((result.name for result in NUMBERS), none) | {
            I_TIP.name: Measured(tip, (rows,))
        }
    given, flags = trace.segment.numbers, _flags(trace)
    rate = fit.rate(given["radius"], given["diffusivity"])
    alone = Value.of(fit.far, math.nan)
    share = Value.of(tip.value / fit.far, tip.error / abs(fit.far), tip.status)
    z0 = fit.surface.value
    found = {
        SHARE: share,
        I_ALONE: alone,
        RATE: rate.value,
        RATE_LOW: _end(rate, rate.low, 0.0),
        RATE_HIGH: _end(rate, rate.high, math.inf),
        HEIGHT: z0,
        GAP: _gap(trace, z0),
        GLASS: fit.rg.value,
    }
    doubted = {
        result.name: Measured(value.doubted(flawed(Status.OK, flags)), (rows,))
        for result, value in found.items()
    }
    return {I_TIP.name: Measured(tip, (rows,)), **doubted}


def _end(rate: Interval95, end: float, opened: float) -> Value:
    """Return an end of the interval; none where it is open."""
    return Value.none(Status.NOT_IDENTIFIED) if end == opened else Value.of(end, math.nan)


def _gap(trace: StepTrace, z0: Value) -> Value:
    """Return the distance of the tip from the surface while it rested there."""
    assert trace.descent is not None
    at = trace.descent.at.z
    if not at.size or not z0.status.has_value:
        return Value.none(Status.TOO_SHORT if not at.size else z0.status)
    return Value.of(float(at.mean()) - z0.value, z0.error, z0.status.inverse)


def _yields(segment: Segment, _: Sequence[Segment]) -> tuple[Result, ...]:
    return (*NUMBERS, *kept_of(segment))


def _model(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    fit = trace.once(_fit)
    if fit is None or trace.descent is None or not len(trace.descent.down):
        return np.empty(0), np.empty(0)
    z = trace.descent.down.z
    return z - lowest(trace), fit.curve(z, trace.segment.numbers["radius"])


def _words(found: Found) -> str:
    said = []
    share, rate = found[SHARE.name], found[RATE.name]
    low, high = found[RATE_LOW.name], found[RATE_HIGH.name]
    if share.status.has_value:
        said.append(f"{show(100.0 * share.value, '1', 3)} % of the current far away")
    if rate.status is Status.AT_MOST:
        said.append(f"k below {show(rate.value, 'm/s', 2)}")
    elif rate.status is Status.AT_LEAST:
        said.append(f"k above {show(rate.value, 'm/s', 2)}")
    elif rate.status.has_value:
        said.append(f"k {show(rate.value, 'm/s', 2)}")
    elif low.status.has_value and high.status.has_value:
        said.append(f"k {show(low.value, 'm/s', 2)} to {show(high.value, 'm/s', 2)}")
    return ", ".join(said)


CURVES = figure(
    "feedback-curve",
    "Line: feedback of a surface of finite kinetics (Cornut and Lefrou), fitted to each curve.",
    _model,
)
KIND = Kind(
    name="surface kinetics",
    also=("secm", "approach curve", "feedback mode", "rate constant"),
    spec=SurfaceKinetics,
    resolve=_resolve,
    example={
        "potential": "0.3 V",
        "duration": "200 ms",
        "radius": "5 um",
        "rg": 10.0,
        "diffusivity": "1e-5 cm^2/s",
    },
    begins=_begins,
    problems=_problems,
    results=(*NUMBERS, *CURVE),
    measure=_measure,
    arrays=kept,
    yields=_yields,
    words=_words,
    curves=("I-t",),
    figures=(CURVES,),
    main=(RATE, HEIGHT),
    rank=62,
)
