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
from seccm.steps.ohmic import FREE_CURVE, Ohmic, free_words, given, without_drop
from seccm.steps.peaks import EACH_PEAK, MARKED, ONSETS, PASSED, first_onsets, tables
from seccm.steps.rate_series import FAST, series_arrays, series_numbers, told_of
from seccm.steps.sweeping import (
    E_HALF,
    I_LIM,
    PEAKS,
    WAVE,
    coarse_problems,
    sweep_problems,
    swept,
    wave_words,
)
from seccm.steps.voltammogram import sweeps


class LinearSweep(Ohmic):
    """Sweep the potential once, from `start` to `stop`."""

    step: Literal["lsv"] = "lsv"
    start: Potential
    stop: Potential
    scan_rate: ScanRate
    until: Until | None = None


def _resolve(step: LinearSweep, setting: Setting) -> Act:
    limits = setting.limits(step.until)
    act = swept((step.start, step.stop), step.scan_rate, setting, limits, quiet=step.quiet)
    cycles = act.cycles if step.quiet else ()  # the sweep is not all of the step
    return replace(act, cycles=cycles, given=given(step, setting))


def _begins(step: LinearSweep) -> Beginning:
    return Beginning("potential", step.start, "start")


def _problems(step: LinearSweep, where: str, setting: Setting) -> Iterable[Problem]:
    corners = (("start", step.start), ("stop", step.stop))
    return sweep_problems(where, setting, corners, step.scan_rate)


def _sense(step: LinearSweep, where: str, setting: Setting, info: RigInfo) -> Iterable[Problem]:
    return coarse_problems(where, setting, step.scan_rate, info)


def _measure(trace: StepTrace, before: Sequence[StepTrace]) -> Numbers:
    found, first = sweeps(trace), first_onsets(trace)
    own = {**found, **{result.name: first[result.name] for result in ONSETS}}
    own |= kinetic_numbers(trace, found["E_half"], 0)
    return {**own, **without_drop(trace), **series_numbers(trace, before)}


def _arrays(trace: StepTrace, before: Sequence[StepTrace]) -> Mapping[str, Values]:
    found = tables(trace)
    own = {result.name: found[result.name] for result in EACH_PEAK}
    return {**own, **series_arrays(trace, before)}


RESULTS = (*WAVE, *PEAKS, *ONSETS, *EACH_PEAK, *KINETIC)


def _yields(segment: Segment, before: Sequence[Segment]) -> tuple[Result, ...]:
    return (*RESULTS, *told_of(segment, before))


WAVES = Scatter(
    slug="waves",
    title="The sweep of every site (a); half-wave potential (b) and limiting current (c)",
    results=(E_HALF, I_LIM),
)

KIND = Kind(
    name="lsv",
    spec=LinearSweep,
    resolve=_resolve,
    example={"start": "0 V", "stop": "-0.5 V", "scan_rate": "100 mV/s"},
    begins=_begins,
    problems=_problems,
    sense=_sense,
    results=(*RESULTS, *FAST),
    measure=_measure,
    arrays=_arrays,
    yields=_yields,
    words=lambda found: wave_words(found) or free_words(found),
    curves=("I-E",),
    figures=(WAVES, MARKED, PASSED, TAFEL, FREE_CURVE),
    rank=20,
)
