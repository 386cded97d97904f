"""Cyclic voltammetry: sweep the potential to and fro."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from seccm.errors import Problem
from seccm.program.figures import ByCycle, Scatter
from seccm.program.kind import Beginning, Found, Kind
from seccm.program.measured import Numbers
from seccm.program.quantities import Potential, ScanRate
from seccm.program.segment import Act, Segment
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.program.until import Until
from seccm.quantities import Count
from seccm.results import Result, Values
from seccm.rig import RigInfo
from seccm.steps.kinetics import KINETIC, TAFEL, kinetic_numbers
from seccm.steps.ohmic import FREE_CURVE, given, without_drop
from seccm.steps.peaks import (
    COUPLE,
    CROSSOVER,
    EACH_ONSET,
    EACH_PEAK,
    MARKED,
    ONSETS,
    PASSED,
    couple,
    first_onsets,
    tables,
)
from seccm.steps.rate_series import FAST, GROWTH, series_arrays, series_numbers, told_of
from seccm.steps.separation import PLOT, SEPARATION, separation_arrays, separation_numbers
from seccm.steps.separation import told_of as told_of_separation
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
from seccm.steps.voltammogram import cycle_numbers, each_cycle, last_sweeps
from seccm.units import show


class CyclicVoltammetry(Stepped):
    """Sweep the potential to and fro.

    A cycle is the walk from `start` to each vertex in turn and back to `start`.
    """

    step: Literal["cv"] = "cv"
    start: Potential
    """Where each cycle begins and ends."""
    vertices: Annotated[
        tuple[Potential, ...], Field(min_length=1, max_length=1000, examples=[["0 V"]])
    ]
    """Where the sweep turns round, one after the other."""
    cycles: Annotated[Count, Field(le=100_000)] = 1
    """How often it goes round."""
    scan_rate: ScanRate
    """How fast the potential changes."""
    until: Until | None = None
    """What ends the step before its time."""


def _resolve(step: CyclicVoltammetry, setting: Setting) -> Act:
    corners = (step.start, *step.vertices, step.start)
    limits = setting.limits(step.until)
    act = stepped(step, corners, step.scan_rate, setting, limits, cycles=step.cycles)
    return replace(act, given=(*given(step, setting), *act.given))


def _begins(step: CyclicVoltammetry) -> Beginning:
    return Beginning("potential", step.start, "start")


def _vertices(step: CyclicVoltammetry) -> int:
    return corners_of(step, (step.start, *step.vertices, step.start), step.cycles)


def _problems(step: CyclicVoltammetry, where: str, setting: Setting) -> Iterable[Problem]:
    vertices = ((f"vertices[{k}]", vertex) for k, vertex in enumerate(step.vertices))
    corners = (("start", step.start), *vertices, ("", step.start))
    yield from sweep_problems(where, setting, corners, step.scan_rate, step.cycles)
    ways = (step.start, *step.vertices, step.start)
    yield from stair_problems(step, where, setting, ways, step.cycles)


def _sense(
    step: CyclicVoltammetry, where: str, setting: Setting, info: RigInfo
) -> Iterable[Problem]:
    if step.stair is not None:
        return stair_sense(step, where, setting, step.scan_rate, info)
    return coarse_problems(where, setting, step.scan_rate, info)


CE_LAST = Result("CE_last", "1", "coulombic efficiency Q_a / |Q_c| of the last complete cycle",
                 "CE, last cycle", rank=110, mapped=True)  # fmt: skip
CYCLES = (
    Result("cycles", "1", "complete cycles", "cycles"),
    Result("CE_first", "1", "coulombic efficiency Q_a / |Q_c| of the first complete cycle",
           "CE, first cycle", rank=120),
    Result("Q_c_first", "C/m^2", "cathodic charge per area of the first complete cycle",
           r"$|Q_\mathrm{c}|$, first cycle", rank=130),
    Result("Q_a_first", "C/m^2", "anodic charge per area of the first complete cycle",
           r"$Q_\mathrm{a}$, first cycle", rank=150),
    CE_LAST,
    Result("Q_c_last", "C/m^2", "cathodic charge per area of the last complete cycle",
           r"$|Q_\mathrm{c}|$, last cycle", rank=140),
    Result("Q_a_last", "C/m^2", "anodic charge per area of the last complete cycle",
           r"$Q_\mathrm{a}$, last cycle", rank=160),
    *ONSETS, CROSSOVER, *EACH_ONSET, *EACH_PEAK, *COUPLE, *KINETIC,
)  # fmt: skip
EACH_CYCLE = (
    Result("CE_of_cycles", "1", "coulombic efficiency Q_a / |Q_c| of each complete cycle", "CE",
           dims=("cycle",)),
    Result("Q_c_of_cycles", "C/m^2", "cathodic charge per area of each complete cycle",
           r"$|Q_\mathrm{c}|$", dims=("cycle",)),
    Result("Q_a_of_cycles", "C/m^2", "anodic charge per area of each complete cycle",
           r"$Q_\mathrm{a}$", dims=("cycle",)),
)  # fmt: skip
CHARGES = ByCycle(
    slug="efficiency",
    title="Coulombic efficiency (a) and charges (b) by cycle",
    results=EACH_CYCLE,
    words="Cycles are cut at the commanded vertices; charge is sorted by the sign of the current "
    "over the whole cycle; no baseline is subtracted. ",
    telling=CE_LAST,
)
RETURN = Result("dE_half", "V",
                "hysteresis: half-wave potential of the reverse sweep minus that of the forward "
                "sweep", r"$\Delta E_{1/2}$", rank=230)  # fmt: skip
WAVES = Scatter(
    slug="waves",
    title="The last cycle of every site (a); half-wave potential (b) and limiting current (c)",
    results=(E_HALF, I_LIM),
    words="Half-wave potential and limiting current are means of forward and reverse sweep of the "
    "last complete cycle. ",
    apart=RETURN,
)


RESULTS = (*CYCLES, *EACH_CYCLE, *WAVE, RETURN, *PEAKS)


def _measure(trace: StepTrace, before: Sequence[StepTrace]) -> Numbers:
    swept, earlier = trace.once(as_swept), [one.once(as_swept) for one in before]
    charges = cycle_numbers(trace)
    last = max(round(charges["cycles"].value.value) - 1, 0)
    found = last_sweeps(swept)
    own = {**found, **couple(found), **first_onsets(swept)}
    own |= kinetic_numbers(swept, found["E_half"], last)
    own |= {**without_drop(swept), **series_numbers(swept, earlier)}
    own |= separation_numbers(swept, earlier)
    return {**charges, **of_swept(own, swept, trace)}


def _arrays(trace: StepTrace, before: Sequence[StepTrace]) -> Mapping[str, Values]:
    swept, earlier = trace.once(as_swept), [one.once(as_swept) for one in before]
    own = {**each_cycle(trace), **tables(swept), **series_arrays(swept, earlier)}
    return {**own, **separation_arrays(swept, earlier)}


def _yields(segment: Segment, before: Sequence[Segment]) -> tuple[Result, ...]:
    ramp, earlier = as_ramp(segment), [as_ramp(one) for one in before]
    return (*RESULTS, *told_of(ramp, earlier), *told_of_separation(ramp, earlier))


def _words(found: Found) -> str:
    first, last = found["CE_first"], found["CE_last"]
    if found["E_half"].status.trusted:
        return wave_words(found)
    # More stripped than plated, and not by a little: nothing was plated in the first place.
    if first.status.has_value and last.status.has_value and last.value <= 1.2:
        count = round(found["cycles"].value)
        if count == 1:
            return f"CE {first.value:.2f}"
        return f"CE {first.value:.2f} to {last.value:.2f} in {count} cycles"
    vertex = found["i_vertex"]
    return f"no wave, {show(vertex.value, 'A', 3)} at the vertex" if vertex.status.has_value else ""


KIND = Kind(
    name="cv",
    also=("cyclic voltammetry", "voltammogram"),
    spec=CyclicVoltammetry,
    resolve=_resolve,
    example={"start": "0 V", "vertices": ["-0.5 V"], "scan_rate": "100 mV/s"},
    begins=_begins,
    vertices=_vertices,
    problems=_problems,
    sense=_sense,
    results=(*RESULTS, *FAST, *SEPARATION),
    measure=_measure,
    arrays=_arrays,
    yields=_yields,
    words=_words,
    curves=("I-E",),
    seen=as_swept,
    figures=(CHARGES, WAVES, MARKED, PASSED, TAFEL, FREE_CURVE, GROWTH, PLOT),
    rank=10,
)
