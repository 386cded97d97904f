"""A kind of step of another package: a staircase of potentials, and the current of each tread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np

from seccm.errors import Problem
from seccm.program.figures import POTENTIAL, Axis, OwnCurve
from seccm.program.kind import Beginning, Found, Kind, StepSpec
from seccm.program.measured import WHOLE, Measured, Numbers
from seccm.program.quantities import Duration, Potential
from seccm.program.segment import Act
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.quantities import Count
from seccm.results import Result, Value, Values
from seccm.rig import Lines, RigInfo
from seccm.units import show, volts

RISE = 1e-6
"""Seconds from one tread to the next."""


class Staircase(StepSpec):
    """Hold one potential after the other, from `start` to `stop`."""

    step: Literal["staircase"] = "staircase"
    start: Potential
    stop: Potential
    treads: Count = 5
    tread: Duration
    """How long each potential is held."""


def levels(step: Staircase, setting: Setting) -> np.ndarray:
    """Return the potential of each tread in raw volts, shape (treads,)."""
    return np.linspace(setting.raw(step.start), setting.raw(step.stop), step.treads)


def resolve(step: Staircase, setting: Setting) -> Act:
    """Return the treads as straight lines."""
    seconds = setting.number(step.tread)
    begins = seconds * np.arange(step.treads)
    times = np.column_stack([begins + RISE, begins + seconds]).ravel()
    times[0] = 0.0
    label = f"{step.treads} treads from {volts(setting.number(step.start))}"
    waveform = Lines(tuple(times.tolist()), tuple(np.repeat(levels(step, setting), 2).tolist()))
    cycles = tuple((seconds * np.arange(step.treads + 1)).tolist())
    return Act("potential", waveform, label, (), cycles)


def problems(step: Staircase, where: str, setting: Setting) -> Iterable[Problem]:
    """Refuse a staircase that goes nowhere."""
    if setting.number(step.start) == setting.number(step.stop):
        yield Problem(f"{where}.stop", "equals start: there is no staircase.", "Give another one.")


def sense(step: Staircase, where: str, setting: Setting, info: RigInfo) -> Iterable[Problem]:
    """Warn of treads with too few data points for a mean."""
    seconds = setting.number(step.tread)
    if seconds < 10 * info.clock.period:
        what = f"{show(seconds, 's')} is less than ten data points."
        yield Problem(f"{where}.tread", what, "Hold each potential longer.", "warning")


def treads(trace: StepTrace) -> list[slice]:
    """Return the rows of the second half of each tread."""
    bounds = np.array(trace.segment.cycles)
    middle = (bounds[:-1] + bounds[1:]) / 2
    found = (np.searchsorted(trace.t, ends) for ends in zip(middle, bounds[1:], strict=True))
    return [slice(int(first), int(last)) for first, last in found]


def arrays(trace: StepTrace, _: Sequence[StepTrace]) -> Mapping[str, Values]:
    """Return the mean current of each tread."""
    means = [
        Measured(Value.of(float(trace.I[rows].mean()), trace.scatter), (rows,)).checked(trace)
        for rows in treads(trace)
    ]
    return {"i_tread": Values.of(means)}


def measure(trace: StepTrace, _: Sequence[StepTrace]) -> Numbers:
    """Return the largest current."""
    largest = float(np.max(np.abs(trace.I), initial=0.0))
    return {"i_most": Measured(Value.of(largest, trace.scatter), WHOLE)}


def words(found: Found) -> str:
    """Say the largest current."""
    return f"at most {show(found['i_most'].value, 'A', 3)}"


def ladder(trace: StepTrace) -> tuple[np.ndarray, np.ndarray]:
    """Return potential and mean current of each tread."""
    rows = treads(trace)
    if not all(trace.I[tread].size for tread in rows):
        return np.zeros(0), np.zeros(0)  # it ended before its last tread
    means = [(trace.E[tread].mean(), trace.I[tread].mean()) for tread in rows]
    potential, current = np.array(means).T
    return potential, current


LADDER = OwnCurve(
    slug="ladder",
    title="Current of each tread",
    x=POTENTIAL,
    y=Axis("mean current", "A", signed=True),
    points=ladder,
)
STAIRCASE = Kind(
    name="staircase",
    spec=Staircase,
    resolve=resolve,
    example={"start": "0 V", "stop": "0.2 V", "tread": "1 s"},
    begins=lambda step: Beginning("potential", step.start, "start"),
    vertices=lambda step: 2 * step.treads,
    problems=problems,
    sense=sense,
    results=(
        Result("i_tread", "A", "mean current of each tread", "$i$", dims=("tread",)),
        Result("i_most", "A", "largest current of a staircase", "$i_\\mathrm{max}$", rank=500),
    ),
    measure=measure,
    arrays=arrays,
    words=words,
    curves=("I-t",),
    figures=(LADDER,),
    rank=15,
)
