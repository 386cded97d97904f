"""Linear sweep voltammetry: sweep the potential once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from seccm.errors import Problem
from seccm.program.figures import Scatter
from seccm.program.kind import Beginning, Kind
from seccm.program.measured import Numbers
from seccm.program.quantities import Potential, ScanRate
from seccm.program.segment import Act, Segment
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.program.until import Until
from seccm.results import Result, Values
from seccm.rig import RigInfo
from seccm.steps.kinetics import KINETIC, TAFEL, kinetic_numbers
from seccm.steps.ohmic import FREE_CURVE, free_words, given, without_drop
from seccm.steps.peaks import EACH_PEAK, MARKED, ONSETS, PASSED, first_onsets, tables
from seccm.steps.rate_series import FAST, GROWTH, series_arrays, series_numbers, told_of
from seccm.steps.stairs import (
    Stepped,
    as_ramp,
    as_swept,
    corners_of,
    of_swept,
    stair_problems,
    stair_sense,
    stepped,
)
from seccm.steps.sweeping import (
    E_HALF,
    I_LIM,
    PEAKS,
    WAVE,
    coarse_problems,
    sweep_problems,
    wave_words,
)
from seccm.steps.voltammogram import sweeps


class LinearSweep(Stepped):
    """Sweep the potential once, from `start` to `stop`."""

    step: Literal["lsv"] = "lsv"
    start: Potential
    """Where the sweep begins."""
    stop: Potential
    """Where it ends."""
    scan_rate: ScanRate
    """How fast the potential changes."""
    until: Until | None = None
    """What ends the step before its time."""


def _resolve(step: LinearSweep, setting: Setting) -> Act:
    limits = setting.limits(step.until)
    act = stepped(step, (step.start, step.stop), step.scan_rate, setting, limits)
    cycles = act.cycles if step.quiet else ()  # the sweep is not all of the step
    return replace(act, cycles=cycles, given=(*given(step, setting), *act.given))


def _begins(step: LinearSweep) -> Beginning:
    return Beginning("potential", step.start, "start")


def _vertices(step: LinearSweep) -> int:
    return corners_of(step, (step.start, step.stop))


def _problems(step: LinearSweep, where: str, setting: Setting) -> Iterable[Problem]:
    corners = (("start", step.start), ("stop", step.stop))
    yield from sweep_problems(where, setting, corners, step.scan_rate)
    yield from stair_problems(step, where, setting, (step.start, step.stop))


def _sense(step: LinearSweep, where: str, setting: Setting, info: RigInfo) -> Iterable[Problem]:
    if step.stair is not None:
        return stair_sense(step, where, setting, step.scan_rate, info)
    return coarse_problems(where, setting, step.scan_rate, info)


def _measure(trace: StepTrace, before: Sequence[StepTrace]) -> Numbers:
    swept, earlier = trace.once(as_swept), [one.once(as_swept) for one in before]
    found, first = sweeps(swept), first_onsets(swept)
    own = {**found, **{result.name: first[result.name] for result in ONSETS}}
    own |= kinetic_numbers(swept, found["E_half"], 0)
    own |= {**without_drop(swept), **series_numbers(swept, earlier)}
    return of_swept(own, swept, trace)


def _arrays(trace: StepTrace, before: Sequence[StepTrace]) -> Mapping[str, Values]:
    swept, earlier = trace.once(as_swept), [one.once(as_swept) for one in before]
    found = tables(swept)
    own = {result.name: found[result.name] for result in EACH_PEAK}
    return {**own, **series_arrays(swept, earlier)}


RESULTS = (*WAVE, *PEAKS, *ONSETS, *EACH_PEAK, *KINETIC)


def _yields(segment: Segment, before: Sequence[Segment]) -> tuple[Result, ...]:
    return (*RESULTS, *told_of(as_ramp(segment), [as_ramp(one) for one in before]))


WAVES = Scatter(
    slug="waves",
    title="The sweep of every site (a); half-wave potential (b) and limiting current (c)",
    results=(E_HALF, I_LIM),
)

KIND = Kind(
    name="lsv",
    also=("linear sweep", "linear sweep voltammetry", "sweep"),
    spec=LinearSweep,
    resolve=_resolve,
    example={"start": "0 V", "stop": "-0.5 V", "scan_rate": "100 mV/s"},
    begins=_begins,
    vertices=_vertices,
    problems=_problems,
    sense=_sense,
    results=(*RESULTS, *FAST),
    measure=_measure,
    arrays=_arrays,
    yields=_yields,
    words=lambda found: wave_words(found) or free_words(found),
    curves=("I-E",),
    seen=as_swept,
    figures=(WAVES, MARKED, PASSED, TAFEL, FREE_CURVE, GROWTH),
    rank=20,
)
