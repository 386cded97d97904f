"""Square wave voltammetry: a pulse forth and one back on each step of a staircase."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from seccm.arrays import FloatArray
from seccm.program.figures import POTENTIAL, Axis, OwnCurve
from seccm.program.kind import Beginning, Kind
from seccm.program.measured import Numbers
from seccm.program.segment import Act
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.steps.staircase import (
    PEAK,
    Rate,
    Size,
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


class SquareWave(Staircase):
    """A staircase with a pulse forth and one back on each step; the current forth minus back.

    It is drawn against the potential of the step, between both pulses, and peaks at the half-wave
    potential of a reversible couple.
    """

    step: Literal["square wave"] = "square wave"
    amplitude: Annotated[Size, Field(examples=["25 mV"])]
    """By which each pulse is away from the step."""
    frequency: Annotated[Rate, Field(examples=["25 Hz"])]
    """Steps in a second."""


def _resolve(step: SquareWave, setting: Setting) -> Act:
    base = levels(step, setting)
    amplitude, frequency = setting.number(step.amplitude), setting.number(step.frequency)
    way = math.copysign(amplitude, setting.raw(step.stop) - setting.raw(step.start))
    half = 0.5 / frequency
    pulse = f"{volts(amplitude)} at {show(frequency, 'Hz')}"
    label = f"square wave of {pulse}, {ends_of(step, setting)}"
    quiet = setting.number(step.quiet)
    return climbed(Stairs(base + way, base - way, half, half), quiet, float(base[0]), label)


def _difference(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    """Return the potential of each step, and the current forth minus that back."""
    found = trace.once(read)
    middle = (found.first_potential + found.second_potential) / 2.0
    e, difference = known(middle, found.first - found.second)
    return e, difference


def _measure(trace: StepTrace, _: Sequence[StepTrace]) -> Numbers:
    return peak_numbers(trace, *_difference(trace))


KIND = Kind(
    name="square wave",
    also=('swv',),
    spec=SquareWave,
    resolve=_resolve,
    example={
        "start": "0.3 V", "stop": "-0.3 V", "increment": "5 mV", "amplitude": "25 mV",
        "frequency": "25 Hz",
    },
    begins=lambda step: Beginning("potential", step.start, "start"),
    vertices=corners_of,
    problems=problems,
    results=PEAK,
    main=PEAK[:2],
    measure=_measure,
    words=peak_words,
    curves=("I-t",),
    figures=(
        OwnCurve(
            slug="square-wave",
            title="Difference current of a square wave",
            x=POTENTIAL,
            y=Axis("difference current", "A", signed=True),
            points=_difference,
        ),
    ),
    rank=64,
)  # fmt: skip
