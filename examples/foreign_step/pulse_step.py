"""A kind of step from a package of its own: a potential, and a pulse to another one."""

from typing import Literal

import numpy as np

from seccm.errors import Problem
from seccm.program.figures import Axis, OwnCurve
from seccm.program.kind import Beginning, Kind, StepSpec
from seccm.program.measured import Measured
from seccm.program.quantities import Duration, Potential
from seccm.program.segment import Act
from seccm.results import Result, Value
from seccm.rig import Lines
from seccm.units import show, volts


class Pulse(StepSpec):
    """Hold a potential, and another one for a pulse."""

    step: Literal["pulse"] = "pulse"
    potential: Potential
    pulse: Potential
    """The potential of the pulse."""
    duration: Duration
    """How long each of the two is held."""


def resolve(step, setting):
    """Say what is imposed, in raw volts or amperes over seconds."""
    seconds = setting.number(step.duration)
    before, during = setting.raw(step.potential), setting.raw(step.pulse)
    times = (0.0, seconds, seconds + 1e-6, 2 * seconds)
    label = f"pulse to {volts(setting.number(step.pulse))} for {show(seconds, 's')}"
    return Act("potential", Lines(times, (before, before, during, during)), label)


def problems(step, where, setting):
    """Say what is wrong in itself, before anything moves."""
    if setting.number(step.potential) == setting.number(step.pulse):
        yield Problem(f"{where}.pulse", "is not a pulse: it equals potential.", "Give another one.")


def measure(trace, before):
    """Determine the results, each with the rows that it comes from."""
    rows = slice(3 * trace.t.size // 4, None)  # the second half of the pulse
    mean = Value.of(float(np.mean(trace.I[rows])), trace.scatter)
    return {"i_pulse": Measured(mean, (rows,))}


def response(trace):
    """Return a curve of the step's own: here the current over the charge that has passed."""
    during = trace.t > trace.segment.waveform.duration / 2
    return np.cumsum(trace.I[during]) * trace.row, trace.I[during]


RESPONSE = OwnCurve(
    slug="pulse-response",
    title="Current over charge of the pulse",
    x=Axis("charge", "C"),
    y=Axis("current", "A", signed=True),
    points=response,
)

PULSE = Kind(
    name="pulse",
    spec=Pulse,
    resolve=resolve,
    example={"potential": "0 V", "pulse": "0.2 V", "duration": "1 s"},
    begins=lambda step: Beginning("potential", step.potential, "potential"),
    problems=problems,
    results=(
        Result(
            "i_pulse",
            "A",
            "mean current of the pulse",
            "$i_\\mathrm{pulse}$",
            signed=True,
            rank=400,
            mapped=True,
        ),
    ),
    measure=measure,
    words=lambda found: f"i {show(found['i_pulse'].value, 'A', 3)}",
    curves=("I-t",),
    figures=(RESPONSE,),
)
