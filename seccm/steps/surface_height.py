"""Height of the surface below a pipette in a bath, from the ion current that it leaves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from seccm.analysis.ion_current import ApproachFit, distance, fit_approach
from seccm.arrays import FloatArray
from seccm.errors import Problem
from seccm.program.descent import Descent, Passage
from seccm.program.kind import Beginning, Found, Kind, StepSpec
from seccm.program.measured import NO_ROWS, Measured, Numbers, flawed
from seccm.program.quantities import Duration, Potential
from seccm.program.segment import Act, Segment
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.quantities import Length, Model, Ratio, YesNo
from seccm.results import Result, Status, Value, noise
from seccm.results.result import signed
from seccm.rig import Constant
from seccm.steps.approach_curve import CURVE, figure, kept, kept_of, lowest
from seccm.units import show, volts

SIGMAS = 5.0
"""Standard deviations of a data point by which the current has to fall to the setpoint."""
_BACK = 0.1
"""Share of the potential of the approach within which that of the retract is the same."""
_TOP = 0.25
"""Share of the retract at its end in which the current is that far away."""


class Felt(Model):
    """How far a pipette feels the surface, from approach curves over a flat spot."""

    length: Annotated[Length, Field(gt=0, examples=["2.7 nm"])]
    """At this distance the current is half of that far away, by the series-resistance model."""
    uncertainty: Annotated[Ratio, Field(ge=0, examples=["5 %"])]
    """Relative standard uncertainty."""


class SurfaceHeight(StepSpec):
    """Stay at the surface for a moment, and determine its height from the ion current."""

    step: Literal["surface height"] = "surface height"
    potential: Potential
    """What is held; that of the approach, so that nothing has to settle."""
    duration: Annotated[Duration, Field(examples=["35 ms"])]
    """How long the tip stays at the surface; its first 15 ms are left out."""
    felt: Felt | None = None
    """Turns the current into a distance. Without it, the height of the tip at the setpoint is
    determined, and what the approach curve of each site says of this length."""
    curve: YesNo = False
    """Whether the approach curve of each site is kept among its results; its data points are in
    the file in any case."""


def _resolve(step: SurfaceHeight, setting: Setting) -> Act:
    seconds = setting.number(step.duration)
    label = f"surface height at {volts(setting.number(step.potential))} for {show(seconds, 's')}"
    given: tuple[tuple[str, float | str], ...] = (("curve", float(step.curve)),)
    if step.felt is not None:
        given = (*given, ("felt", step.felt.length), ("of felt", step.felt.uncertainty))
    return Act("potential", Constant(setting.raw(step.potential), seconds), label, given=given)


def _begins(step: SurfaceHeight) -> Beginning:
    return Beginning("potential", step.potential, "potential")


def _problems(step: SurfaceHeight, where: str, setting: Setting) -> Iterable[Problem]:
    if setting.number(step.potential) == 0.0:
        what = "0 V drives no ion current, so that no height can be told from it."
        yield Problem(f"{where}.potential", what, "Write a potential that is not 0 V.")


Z_SET = Result("z_set", "m", "height of the tip at which the current is the setpoint",
               r"$z_\mathrm{set}$", rank=452, mapped=True, zero_chosen=True,
               surface=1)  # fmt: skip
Z_SURFACE = Result("z_surface", "m", "height of the surface, by the ion current",
                   r"$z_\mathrm{surface}$", rank=450, mapped=True, zero_chosen=True,
                   surface=2)  # fmt: skip
D_STOP = Result("d_stop", "m", "distance of the tip from the surface while it rested there",
                r"$d_\mathrm{stop}$", rank=454)  # fmt: skip
Z_STOP = Result("z_stop", "m", "height of the tip while it rested at the surface",
                r"$z_\mathrm{stop}$", zero_chosen=True)  # fmt: skip
I_FAR = signed("i_far", "A", "ion current far from the surface, before the tip came down",
               r"$i_\mathrm{far}$", 456, mapped=True)  # fmt: skip
SHARE = Result("share_stop", "1", "current at the surface over that far away",
               r"$i_\mathrm{stop}/i_\mathrm{far}$", rank=458)  # fmt: skip
CHANGE = Result("change_far", "1", "current after the tip was lifted over that before, less 1",
                r"$\Delta i_\mathrm{far}/i_\mathrm{far}$", rank=460)  # fmt: skip
CLEAR = Result("clear_far", "1",
               "fall of the current to the setpoint over the noise of a data point",
               "setpoint / noise", rank=462)  # fmt: skip
XI = Result("xi", "m", "distance at which the current is half of that far away, from the approach "
            "curve of the site", r"$ξ$", rank=464)  # fmt: skip
Z_FIT = Result("z_fit", "m", "height of the surface, from a fit of the approach curve",
               r"$z_\mathrm{fit}$", zero_chosen=True)  # fmt: skip
NUMBERS = (Z_SURFACE, Z_SET, D_STOP, Z_STOP, I_FAR, SHARE, CHANGE, CLEAR, XI, Z_FIT)


@dataclass(frozen=True, slots=True)
class _Levels:
    """What was read far from the surface and at it."""

    far: Value
    """A."""
    noise: float
    """A, of a data point at rest; NaN where it is not known."""
    share: Value
    """Current at the surface over that far away."""
    height: Value
    """m, of the tip at rest at the surface."""
    above: float
    """m by which it was higher before it came down."""
    setpoint: float
    """Current at which the tip was to stop over that far away; NaN if there was no such one."""
    change: Value
    """Current after the retract over that before, less 1."""


def _mean(values: FloatArray, flags: int) -> Value:
    known = values[np.isfinite(values)]
    if not known.size:
        return Value.none(Status.TOO_SHORT)
    error = noise(known) / math.sqrt(known.size)
    return Value.of(float(known.mean()), error, flawed(Status.OK, flags))


def _flags(rows: Passage) -> int:
    return int(np.bitwise_or.reduce(rows.flag, initial=0))


def _ratio(value: Value, of: Value) -> Value:
    """Divide two means; the uncertainty of either goes into the result."""
    status = value.status.worse(of.status)
    if not status.has_value or of.value == 0.0:
        return Value.none(status if not status.has_value else Status.UNDEFINED)
    share = value.value / of.value
    error = math.hypot(value.error / of.value, share * of.error / of.value)
    return Value.of(share, error, status)


def _levels(trace: StepTrace) -> _Levels | None:
    """Read the levels; None for a step that no approach in a current led to."""
    descent = trace.descent
    if descent is None or descent.signal != "current" or not len(descent.far):
        return None
    far = _mean(descent.far.I, _flags(descent.far))
    at = descent.at
    share = _ratio(_mean(at.I, _flags(at)), far)
    setpoint = descent.level / far.value if far.status.has_value and far.value else math.nan
    after = _ratio(_after(descent), far)
    change = replace(after, value=after.value - 1.0) if after.status.has_value else after
    height = _mean(at.z, _flags(at))
    above = float(np.mean(descent.far.z)) - height.value
    return _Levels(far, noise(descent.far.I), share, height, above, setpoint, change)


def _after(descent: Descent) -> Value:
    """Return the current at the end of the retract, where the cell was on as in the approach."""
    up, held = descent.up, descent.far.E
    if not len(up) or not held.size:
        return Value.none(Status.NOT_MEASURED)
    potential = float(np.median(held))
    on = np.abs(up.E - potential) < _BACK * abs(potential)
    if not on.any() or np.ptp(up.z) == 0.0:
        return Value.none(Status.NOT_MEASURED)
    high = up.z > up.z.max() - _TOP * float(np.ptp(up.z))
    rows = on & high
    if not rows.any():
        return Value.none(Status.NOT_MEASURED)
    # The last of them may be from when the cell was switched off already.
    current = up.I[rows][:-1] if rows.sum() > 1 else up.I[rows]
    return _mean(current, int(np.bitwise_or.reduce(up.flag[rows], initial=0)))


def _fit(trace: StepTrace) -> ApproachFit | None:
    descent = trace.descent
    if descent is None or descent.signal != "current":
        return None
    far, down = descent.far, descent.down
    return fit_approach(down.z, down.I, far.z, far.I)


def _felt(segment: Segment) -> Value:
    given = segment.numbers
    if "felt" not in given:
        return Value.none(Status.NOT_MEASURED)
    return Value.of(given["felt"], given["felt"] * given["of felt"])


def _measure(trace: StepTrace, _: Sequence[StepTrace]) -> Numbers:
    levels = trace.once(_levels)
    if levels is None:
        none = Measured(Value.none(Status.NOT_MEASURED), NO_ROWS)
        return dict.fromkeys((result.name for result in NUMBERS), none)
    fit = trace.once(_fit)
    felt = _felt(trace.segment)
    d_stop = distance(levels.share, felt, levels.above)
    surface = _less(levels.height, d_stop)
    drop = 1.0 - levels.setpoint
    numbers = {
        Z_SURFACE: surface,
        Z_SET: _at_setpoint(levels, surface, felt, fit),
        D_STOP: d_stop,
        Z_STOP: levels.height,
        I_FAR: levels.far,
        SHARE: levels.share,
        CHANGE: levels.change,
        CLEAR: _clear(levels, drop),
        XI: Value.none(Status.TOO_SHORT) if fit is None else fit.felt,
        Z_FIT: Value.none(Status.TOO_SHORT) if fit is None else fit.surface,
    }
    if changed(levels.change, drop):
        for result in (Z_SURFACE, Z_SET, D_STOP, SHARE, XI, Z_FIT):
            numbers[result] = numbers[result].doubted(Status.CHANGED)
    return {result.name: Measured(value, (trace.own,)) for result, value in numbers.items()}


def changed(change: Value, drop: float) -> bool:
    """Tell whether the current far away changed by so much that a height cannot be relied on.

    A change of half of what the surface does shifts the distance by half of it, or doubles it.
    """
    if not change.status.has_value or not math.isfinite(drop):
        return False
    sure = 0.0 if math.isnan(change.error) else 3.0 * change.error
    return abs(change.value) > max(0.5 * drop, sure)


def _clear(levels: _Levels, drop: float) -> Value:
    if math.isnan(levels.noise) or levels.noise == 0.0 or not levels.far.status.has_value:
        return Value.none(Status.NOT_MEASURED)
    return Value.of(abs(drop * levels.far.value) / levels.noise, math.nan)


def _less(height: Value, gap: Value) -> Value:
    status = height.status.worse(gap.status)
    if not status.has_value:
        return Value.none(status)
    return Value.of(height.value - gap.value, math.hypot(height.error, gap.error), status)


def _at_setpoint(levels: _Levels, surface: Value, felt: Value, fit: ApproachFit | None) -> Value:
    """Return the height at which the current is that of the setpoint, counted from infinitely far.

    From the felt length of the plan, or else from the approach curve of the site: the tip rests a
    little lower, and by how much its current and the slope of the curve say.
    """
    share, height, setpoint = levels.share, levels.height, levels.setpoint
    status = share.status.worse(height.status)
    if not status.has_value or not 0.0 < setpoint < 1.0:
        return Value.none(status if not status.has_value else Status.NOT_MEASURED)
    if felt.status.has_value:
        if not surface.status.has_value:
            return surface
        # The error of the felt length counts twice, with opposite signs: what is left of it is
        # of the short way from the rest to the setpoint.
        gap, past = height.value - surface.value, felt.value * setpoint / (1.0 - setpoint)
        left = abs(past - gap) * felt.error / felt.value
        slope = felt.value / (gap + felt.value) ** 2
        error = math.hypot(height.error, share.error / slope, left)
        return Value.of(surface.value + past, error, status)
    if fit is None or not fit.felt.status.has_value:
        return Value.none(Status.NOT_IDENTIFIED)
    slope = fit.slope(height.value)
    reached = share.value * levels.far.value / fit.far.value
    error = math.hypot(height.error, share.error / slope, fit.far.error / fit.far.value / slope)
    return Value.of(height.value + (setpoint - reached) / slope, error, status)


def _yields(segment: Segment, _: Sequence[Segment]) -> tuple[Result, ...]:
    return (*NUMBERS, *kept_of(segment))


def _model(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    fit = trace.once(_fit)
    if fit is None or not fit.felt.status.has_value or trace.descent is None:
        return np.empty(0), np.empty(0)
    z = trace.descent.down.z
    return z - lowest(trace), fit.current(z)


def _words(found: Found) -> str:
    said = []
    share, gap = found[SHARE.name], found[D_STOP.name]
    if share.status.has_value:
        said.append(f"{show(100.0 * share.value, '1', 3)} % of the current far away")
    if gap.status.has_value:
        said.append(f"{show(gap.value, 'm', 3)} above the surface")
    return ", ".join(said)


CURVES = figure(
    "ion-current-curve",
    "Line: series resistances of pipette and gap, fitted to each curve.",
    _model,
)
KIND = Kind(
    name="surface height",
    also=("sicm", "topography", "surface", "height"),
    spec=SurfaceHeight,
    resolve=_resolve,
    example={"potential": "100 mV", "duration": "35 ms"},
    begins=_begins,
    problems=_problems,
    results=(*NUMBERS, *CURVE),
    measure=_measure,
    arrays=kept,
    yields=_yields,
    words=_words,
    curves=("I-t",),
    figures=(CURVES,),
    main=(Z_SURFACE, Z_SET),
    rank=60,
)
