"""Normal pulse voltammetry: pulses that grow, each from the same potential."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from seccm.analysis.pulse_peak import pulse_wave
from seccm.arrays import FloatArray
from seccm.program.figures import Axis, OwnCurve
from seccm.program.kind import Beginning, Found, Kind
from seccm.program.measured import Measured, Numbers
from seccm.program.segment import Act
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.quantities import Duration
from seccm.results.result import potential, signed
from seccm.steps.staircase import (
    E_AXIS,
    Staircase,
    Stairs,
    climbed,
    corners_of,
    ends_of,
    known,
    levels,
    problems,
    read,
)
from seccm.units import show


class NormalPulse(Staircase):
    """Pulses from the potential of the start, each a little larger; the current at their ends.

    Between the pulses the electrode recovers at the start. The wave has the half-wave potential of
    a reversible couple and the Cottrell current of the time at which the pulses are read.
    """

    step: Literal["normal pulse"] = "normal pulse"
    width: Annotated[Duration, Field(gt=0, examples=["50 ms"])]
    """How long a pulse lasts."""
    period: Annotated[Duration, Field(gt=0, examples=["1 s"])]
    """From one pulse to the next."""

    @model_validator(mode="after")
    def _fits(self) -> NormalPulse:
        if self.width >= self.period:
            raise ValueError(f"width is {show(self.width, 's')}, not shorter than the period")
        return self


def _resolve(step: NormalPulse, setting: Setting) -> Act:
    high = levels(step, setting)
    base = np.full(high.size, high[0])
    label = f"normal pulses of {show(step.width, 's')}, {ends_of(step, setting)}"
    stairs = Stairs(base, high, step.period - step.width, step.width)
    return climbed(stairs, step.quiet, float(base[0]), label)


E_PULSES = potential("E_half_pulses", "half-wave potential of the pulses", r"$E_{1/2}$", 369,
                     mapped=True)  # fmt: skip
J_PULSES = signed("j_lim_pulses", "A/m^2", "limiting current density of the pulses, above the foot",
                  r"$j_\mathrm{lim}$", 370, mapped=True)  # fmt: skip


def _wave(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    """Return the potential and the current at the end of each pulse."""
    found = read(trace)
    e, current = known(found.second_potential, found.second)
    return e, current


def _measure(trace: StepTrace, _: Sequence[StepTrace]) -> Numbers:
    wave, rows = pulse_wave(*_wave(trace)), (trace.own,)
    return {
        "E_half_pulses": Measured(wave.half, rows),
        "j_lim_pulses": Measured(trace.area.density(wave.limit), rows),
    }


def _words(found: Found) -> str:
    half = found["E_half_pulses"]
    return f"E_half {show(half.value, 'V', 3)}" if half.status.has_value else "no wave"


KIND = Kind(
    name="normal pulse",
    spec=NormalPulse,
    resolve=_resolve,
    example={
        "start": "0.3 V", "stop": "-0.3 V", "increment": "10 mV", "width": "50 ms",
        "period": "1 s",
    },
    begins=lambda step: Beginning("potential", step.start, "start"),
    vertices=corners_of,
    problems=problems,
    results=(E_PULSES, J_PULSES),
    measure=_measure,
    words=_words,
    curves=("I-t",),
    figures=(
        OwnCurve(
            slug="normal-pulse",
            title="Current at the end of normal pulses",
            x=E_AXIS,
            y=Axis("current", "A"),
            points=_wave,
        ),
    ),
    rank=66,
)  # fmt: skip
