"""Normal pulse voltammetry: pulses that grow, each from the same potential."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from seccm.analysis.pulse_wave import pulse_wave
from seccm.arrays import FloatArray
from seccm.errors import Problem
from seccm.program.figures import POTENTIAL, Axis, OwnCurve
from seccm.program.kind import Beginning, Found, Kind
from seccm.program.measured import Measured, Numbers
from seccm.program.segment import Act
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.results.result import potential, signed
from seccm.steps.staircase import (
    CUT_SHORT,
    Span,
    Staircase,
    Stairs,
    climbed,
    corners_of,
    ends_of,
    known,
    levels,
    problems,
    read,
    too_short,
)
from seccm.units import show


class NormalPulse(Staircase):
    """Pulses from the potential of the start, each a little larger; the current at their ends.

    Between the pulses the electrode recovers at the start. The wave has the half-wave potential of
    a reversible couple and the Cottrell current of the time at which the pulses are read.
    """

    step: Literal["normal pulse"] = "normal pulse"
    width: Annotated[Span, Field(examples=["50 ms"])]
    """How long a pulse lasts."""
    period: Annotated[Span, Field(examples=["1 s"])]
    """From one pulse to the next."""


def _resolve(step: NormalPulse, setting: Setting) -> Act:
    high = levels(step, setting)
    base = np.full(high.size, high[0])
    width = setting.number(step.width)
    label = f"normal pulses of {show(width, 's')}, {ends_of(step, setting)}"
    stairs = Stairs(base, high, setting.number(step.period) - width, width)
    return climbed(stairs, setting.number(step.quiet), float(base[0]), label)


def _problems(step: NormalPulse, where: str, setting: Setting) -> Iterator[Problem]:
    yield from problems(step, where, setting)
    yield from too_short(step.period, step.width, where, setting)


E_PULSES = potential("E_half_pulses", "half-wave potential of the pulses", r"$E_{1/2}$", 369,
                     mapped=True)  # fmt: skip
J_PULSES = signed("j_lim_pulses", "A/m^2", "limiting current density of the pulses, above the foot",
                  r"$j_\mathrm{lim}$", 370, mapped=True)  # fmt: skip


def _wave(trace: StepTrace) -> tuple[FloatArray, FloatArray]:
    """Return the potential and the current at the end of each pulse."""
    found = trace.once(read)
    e, current = known(found.second_potential, found.second)
    return e, current


def _measure(trace: StepTrace, _: Sequence[StepTrace]) -> Numbers:
    if not trace.once(read).whole:
        return {"E_half_pulses": CUT_SHORT, "j_lim_pulses": CUT_SHORT}
    wave, rows = pulse_wave(*_wave(trace)), trace.once(read).rows
    return {
        "E_half_pulses": Measured(wave.half, rows),
        "j_lim_pulses": Measured(trace.area.density(wave.limit), rows),
    }


def _words(found: Found) -> str:
    half = found["E_half_pulses"]
    return f"E_half {show(half.value, 'V', 3)}" if half.status.has_value else "no wave"


KIND = Kind(
    name="normal pulse",
    also=('npv',),
    spec=NormalPulse,
    resolve=_resolve,
    example={
        "start": "0.3 V", "stop": "-0.3 V", "increment": "10 mV", "width": "50 ms",
        "period": "1 s",
    },
    begins=lambda step: Beginning("potential", step.start, "start"),
    vertices=corners_of,
    problems=_problems,
    results=(E_PULSES, J_PULSES),
    main=(E_PULSES, J_PULSES),
    measure=_measure,
    words=_words,
    curves=("I-t",),
    figures=(
        OwnCurve(
            slug="normal-pulse",
            title="Current at the end of normal pulses",
            x=POTENTIAL,
            y=Axis("current", "A", signed=True),
            points=_wave,
        ),
    ),
    rank=66,
)  # fmt: skip
