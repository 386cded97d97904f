"""Pulses of a current or a potential, one like the other, with pauses between them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from seccm.analysis.lateness import lateness
from seccm.mistakes import OneOf
from seccm.program.kind import Beginning, Found, Kind, StepSpec
from seccm.program.measured import WHOLE, Measured, Numbers
from seccm.program.quantities import Current, CurrentDensity, Duration, Potential
from seccm.program.segment import Act, Segment
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.program.until import Until
from seccm.quantities import Count
from seccm.results import Result, Status, Value, Values
from seccm.results.result import potential, signed
from seccm.rig import Lines, Mode
from seccm.steps.level_series import LEVELS, PLOT, Point, level_arrays, level_numbers, told_of
from seccm.units import show, volts

JUMP = 1e-6
"""Seconds from one level to the other: less than a raw sample is a jump."""
LATE = 2
"""Data points after a pulse that may still show some of it."""
ROWS = 20
"""Data points of a pulse, at least, where there are raw samples to make them of."""


class Pulses(StepSpec):
    """Impose pulses of a current or a potential, with pauses before, between and after them."""

    step: Literal["pulses"] = "pulses"
    current: Current | None = None
    """Of a pulse."""
    current_density: CurrentDensity | None = None
    """The current of a pulse over the footprint's area."""
    potential: Potential | None = None
    """Of a pulse, instead of a current."""
    rest: Potential | None = None
    """The potential in the pauses, where pulses are of a potential."""
    rest_current: Current = 0.0
    """The current in the pauses, where pulses are of a current."""
    width: Duration
    """How long a pulse lasts."""
    pause: Duration
    """How long the pauses before, between and after the pulses last."""
    count: Annotated[Count, Field(le=100_000)] = 1
    """How many pulses there are."""
    until: Until | None = None
    """What ends the step before its time."""

    @model_validator(mode="after")
    def _one_height(self) -> Pulses:
        names = ("current", "current_density", "potential")
        given = [name for name in names if getattr(self, name) is not None]
        if len(given) != 1:
            raise OneOf(names, given)
        if (self.rest is None) != (self.potential is None):
            raise ValueError("rest and potential belong together: give both, or a current alone")
        return self


def _resolve(step: Pulses, setting: Setting) -> Act:
    width, pause = setting.number(step.width), setting.number(step.pause)
    mode: Mode = "potential"
    if step.potential is not None and step.rest is not None:
        height, rest = setting.raw(step.potential), setting.raw(step.rest)
        what = volts(setting.number(step.potential))
    else:
        height = setting.amperes(step.current, step.current_density)
        rest = setting.number(step.rest_current)
        mode, what = "current", f"{show(height / setting.area, 'A/m^2')} ({show(height, 'A')})"
    begins = pause + (width + pause) * np.arange(step.count)
    times = [0.0, *(t for b in begins for t in (b, b + JUMP, b + width, b + width + JUMP))]
    values = [rest, *((rest, height, height, rest) * step.count)]
    label = f"{step.count} pulses of {what}, {show(width, 's')} each, {show(pause, 's')} apart"
    return Act(
        mode,
        Lines((*times, float(begins[-1]) + width + pause), (*values, rest)),
        label,
        setting.limits(step.until),
        row=width / ROWS,
    )


def _begins(step: Pulses) -> Beginning:
    if step.rest is not None:
        return Beginning("potential", step.rest, "rest")
    return Beginning("current", step.rest_current, "rest_current")


def _vertices(step: Pulses) -> int:
    return 4 * step.count + 2


Q_PULSE = signed("Q_pulse", "C/m^2", "charge per area of a pulse, mean of all; what flows in the "
                 "pauses is taken off", r"$Q_\mathrm{pulse}$", 372, mapped=True)  # fmt: skip
E_PULSE = potential("E_pulse", "potential at the end of a pulse, mean of all",
                    r"$E_\mathrm{pulse}$", 374)  # fmt: skip
J_PULSE = signed("j_pulse", "A/m^2", "current density at the end of a pulse, mean of all",
                 r"$j_\mathrm{pulse}$", 376)  # fmt: skip
OF_PULSES = (
    signed("Q_of_pulses", "C/m^2", "charge per area of each pulse", r"$Q_\mathrm{pulse}$"),
    potential("E_of_pulses", "potential at the end of each pulse", r"$E_\mathrm{pulse}$"),
)
EACH = tuple(
    Result(r.name, r.unit, r.words, r.symbol, r.against_reference, r.signed, dims=("pulse",))
    for r in OF_PULSES
)


def _pulses(segment: Segment) -> Iterator[tuple[float, float]]:
    """Yield when each pulse begins and ends, in seconds."""
    wave = segment.waveform
    if isinstance(wave, Lines):
        corners = wave.times[1:-1]
        yield from zip(corners[0::4], corners[2::4], strict=True)


def _each(trace: StepTrace) -> tuple[list[Measured], list[Measured], list[Measured]]:
    """Measure charge, potential and current of every pulse that was complete."""
    charges: list[Measured] = []
    ends: list[Measured] = []
    currents: list[Measured] = []
    rests = trace.segment.waveform.at(np.zeros(1))[0]
    last = -math.inf
    imposed = trace.I if trace.segment.mode == "current" else trace.E
    late = lateness(trace.t, trace.sound(imposed), trace.segment.waveform, trace.row)
    every = [(begin + late, end + late) for begin, end in _pulses(trace.segment)]
    apart = every[1][0] - every[0][0] if len(every) > 1 else math.inf
    for begin, end in every:
        if trace.t.size == 0 or end > trace.t[-1]:
            break
        rows = _rows(trace, begin, min(end + LATE * trace.row, begin + apart))
        before = _rows(trace, max(last, begin - (end - begin), 0.0) + trace.row, begin - trace.row)
        last = end
        base = float(np.mean(trace.I[before])) if before.stop > before.start + 1 else math.nan
        if not math.isfinite(base) and trace.segment.mode == "current":
            base = rests
        passed = float(np.sum(trace.I[rows] - base)) * trace.row
        count = rows.stop - rows.start
        share = count / max(before.stop - before.start, 1)
        error = trace.scatter * trace.row * math.sqrt(count * (1.0 + share))
        known = count > 0 and math.isfinite(base)
        charge = Value.of(passed, error) if known else Value.none(Status.TOO_SHORT)
        charges.append(Measured(trace.area.density(charge), (before, rows)))
        final = _rows(trace, end - 0.2 * (end - begin), end - trace.row)
        for found, y in ((ends, trace.E), (currents, trace.I)):
            value = _mean(y[final])
            density = trace.area.density(value) if found is currents else value
            found.append(Measured(density, (final,)))
    return charges, ends, currents


def _rows(trace: StepTrace, begin: float, end: float) -> slice:
    """Return the rows that reach into some time."""
    slack = 1e-3 * trace.row
    first = int(np.searchsorted(trace.t, begin + slack, side="right"))
    stop = int(np.searchsorted(trace.t - trace.row, end - slack))
    return slice(first, max(first, stop))


def _mean(y: np.ndarray) -> Value:
    if y.size < 1:
        return Value.none(Status.TOO_SHORT)
    error = float(np.std(y, ddof=1)) / math.sqrt(y.size) if y.size > 1 else math.nan
    return Value.of(float(np.mean(y)), error)


def _measure(trace: StepTrace, before: Sequence[StepTrace]) -> Numbers:
    names = ("Q_pulse", "E_pulse", "j_pulse")
    own = {n: _over(trace, each) for n, each in zip(names, _each(trace), strict=True)}
    return {**own, **level_numbers(trace, before, _point)}


def _point(trace: StepTrace) -> Point:
    """Return potential and current at the ends of the pulses."""
    _, ends, densities = (_over(trace, each).checked(trace) for each in _each(trace))
    if not densities.status.has_value:
        return Point(ends, densities)
    area = trace.area.value
    current = replace(densities, value=densities.value * area, error=densities.error * area)
    return Point(ends, current)


def _over(trace: StepTrace, each: Sequence[Measured]) -> Measured:
    """Return the mean over the pulses, with the rows of all of them.

    Where rows are missing, whole pulses may be.
    """
    known = [one.value for one in each if one.value.status.has_value]
    if not known:
        return Measured(Value.none(Status.INCOMPLETE), WHOLE)
    values = np.array([value.value for value in known])
    told = math.sqrt(sum(value.error**2 for value in known)) / len(known)
    scatter = float(np.std(values, ddof=1)) / math.sqrt(values.size) if values.size > 1 else 0.0
    error = max(told, scatter) if math.isfinite(told) else scatter
    rows = tuple(rows for one in each for rows in one.rows)
    rows = WHOLE if trace.misses(slice(None)) else rows
    return Measured(Value.of(float(values.mean()), error), rows)


def _arrays(trace: StepTrace, before: Sequence[StepTrace]) -> Mapping[str, Values]:
    charges, ends, _currents = _each(trace)
    if not charges:
        return {}
    return {
        **level_arrays(trace, before, _point),
        "Q_of_pulses": Values.of([one.checked(trace) for one in charges]),
        "E_of_pulses": Values.of([one.checked(trace) for one in ends]),
    }


def _words(found: Found) -> str:
    charge, end = found["Q_pulse"], found["E_pulse"]
    if not (charge.status.has_value and end.status.has_value):
        return ""
    return f"{show(charge.value, 'C/m^2', 3)} a pulse, to {show(end.value, 'V', 3)}"


RESULTS = (Q_PULSE, E_PULSE, J_PULSE, *EACH)


def _yields(segment: Segment, before: Sequence[Segment]) -> tuple[Result, ...]:
    return (*RESULTS, *told_of(segment, before))


KIND = Kind(
    name="pulses",
    also=("pulse",),
    spec=Pulses,
    resolve=_resolve,
    example={"current_density": "-10 mA/cm^2", "width": "1 ms", "pause": "20 ms", "count": 10},
    begins=_begins,
    vertices=_vertices,
    results=(*RESULTS, *LEVELS),
    measure=_measure,
    arrays=_arrays,
    yields=_yields,
    words=_words,
    curves=("E-t", "I-t"),
    figures=(PLOT,),
    rank=60,
)
