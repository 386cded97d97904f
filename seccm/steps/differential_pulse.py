"""Differential pulse voltammetry: a small pulse on each step of a staircase."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from seccm.arrays import FloatArray
from seccm.errors import Problem
from seccm.program.figures import POTENTIAL, Axis, OwnCurve
from seccm.program.kind import Beginning, Kind
from seccm.program.measured import Numbers
from seccm.program.segment import Act
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.steps.staircase import (
    PEAK,
    Size,
    Span,
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
    too_short,
)
from seccm.units import volts


class DifferentialPulse(Staircase):
    """A staircase with a small pulse at the end of each step; the difference of both currents.

    It is drawn against the potential of the step. Of a reversible couple and a small pulse it
    peaks half a pulse before the half-wave potential, 90.4 mV wide at half its height.
    """

    step: Literal["differential pulse"] = "differential pulse"
    amplitude: Annotated[Size, Field(examples=["25 mV"])]
    """Of the pulse, in the direction of the staircase."""
    width: Annotated[Span, Field(examples=["50 ms"])]
    """How long the pulse lasts."""
    period: Annotated[Span, Field(examples=["200 ms"])]
    """From one step to the next."""


def _resolve(step: DifferentialPulse, setting: Setting) -> Act:
    base = levels(step, setting)
    amplitude, width = setting.number(step.amplitude), setting.number(step.width)
    way = math.copysign(amplitude, setting.raw(step.stop) - setting.raw(step.start))
    label = f"differential pulses of {volts(amplitude)}, {ends_of(step, setting)}"
    stairs = Stairs(base, base + way, setting.number(step.period) - width, width)
    return climbed(stairs, setting.number(step.quiet), float(base[0]), label)


def _problems(step: DifferentialPulse, where: str, setting: Setting) -> Iterator[Problem]:
    yield from problems(step, where, setting)
    yield from too_short(step.period, step.width, where, setting)


def _difference(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    """Return the potential of each step, and by how much the current of its pulse is larger."""
    found = trace.once(read)
    e, difference = known(found.first_potential, found.second - found.first)
    return e, difference


def _measure(trace: StepTrace, _: Sequence[StepTrace]) -> Numbers:
    return peak_numbers(trace, *_difference(trace))


KIND = Kind(
    name="differential pulse",
    also=('dpv',),
    spec=DifferentialPulse,
    resolve=_resolve,
    example={
        "start": "0.3 V", "stop": "-0.3 V", "increment": "5 mV", "amplitude": "25 mV",
        "width": "50 ms", "period": "200 ms",
    },
    begins=lambda step: Beginning("potential", step.start, "start"),
    vertices=corners_of,
    problems=_problems,
    results=PEAK,
    main=PEAK[:2],
    measure=_measure,
    words=peak_words,
    curves=("I-t",),
    figures=(
        OwnCurve(
            slug="differential-pulse",
            title="Difference current of differential pulses",
            x=POTENTIAL,
            y=Axis("difference current", "A", signed=True),
            points=_difference,
        ),
    ),
    rank=62,
)  # fmt: skip
