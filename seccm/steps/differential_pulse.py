"""Differential pulse voltammetry: a small pulse on each step of a staircase."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from seccm.arrays import FloatArray
from seccm.program.figures import Axis, OwnCurve
from seccm.program.kind import Beginning, Kind
from seccm.program.measured import Numbers
from seccm.program.segment import Act
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.quantities import Duration, Potential
from seccm.steps.staircase import (
    E_AXIS,
    PEAK,
    Staircase,
    Stairs,
    climbed,
    corners_of,
    ends_of,
    known,
    levels,
    peak_numbers,
    peak_words,
    problems,
    read,
)
from seccm.units import show, volts


class DifferentialPulse(Staircase):
    """A staircase with a small pulse at the end of each step; the difference of both currents.

    It is drawn against the potential of the step. Of a reversible couple and a small pulse it
    peaks half a pulse before the half-wave potential, 90.4 mV wide at half its height.
    """

    step: Literal["differential pulse"] = "differential pulse"
    amplitude: Annotated[Potential, Field(gt=0, examples=["25 mV"])]
    """Of the pulse, in the direction of the staircase."""
    width: Annotated[Duration, Field(gt=0, examples=["50 ms"])]
    """How long the pulse lasts."""
    period: Annotated[Duration, Field(gt=0, examples=["200 ms"])]
    """From one step to the next."""

    @model_validator(mode="after")
    def _fits(self) -> DifferentialPulse:
        if self.width >= self.period:
            raise ValueError(f"width is {show(self.width, 's')}, not shorter than the period")
        return self


def _resolve(step: DifferentialPulse, setting: Setting) -> Act:
    base = levels(step, setting)
    way = math.copysign(step.amplitude, setting.raw(step.stop) - setting.raw(step.start))
    label = f"differential pulses of {volts(step.amplitude)}, {ends_of(step, setting)}"
    stairs = Stairs(base, base + way, step.period - step.width, step.width)
    return climbed(stairs, step.quiet, float(base[0]), label)


def _difference(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    """Return the potential of each step, and by how much the current of its pulse is larger."""
    found = read(trace)
    e, difference = known(found.first_potential, found.second - found.first)
    return e, difference


def _measure(trace: StepTrace, _: Sequence[StepTrace]) -> Numbers:
    return peak_numbers(trace, *_difference(trace))


KIND = Kind(
    name="differential pulse",
    spec=DifferentialPulse,
    resolve=_resolve,
    example={
        "start": "0.3 V", "stop": "-0.3 V", "increment": "5 mV", "amplitude": "25 mV",
        "width": "50 ms", "period": "200 ms",
    },
    begins=lambda step: Beginning("potential", step.start, "start"),
    vertices=corners_of,
    problems=problems,
    results=PEAK,
    measure=_measure,
    words=peak_words,
    curves=("I-t",),
    figures=(
        OwnCurve(
            slug="differential-pulse",
            title="Difference current of differential pulses",
            x=E_AXIS,
            y=Axis("difference current", "A"),
            points=_difference,
        ),
    ),
    rank=62,
)  # fmt: skip
