"""Substrate generation and tip collection: pulses of the tip while a substrate is held.

The tip collects during the pulses, and is at rest in between. Of each pulse its last part counts:
what charges the double layer is over, and the current is that of what comes from the substrate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from seccm.arrays import FloatArray
from seccm.errors import Problem
from seccm.program.figures import Axis, Series, SeriesPanel
from seccm.program.kind import Beginning, Found, Kind, StepSpec
from seccm.program.measured import NO_ROWS, Measured, Numbers
from seccm.program.quantities import Duration, Potential
from seccm.program.second import Second
from seccm.program.segment import Act, Segment
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.quantities import Count, Ratio
from seccm.results import Result, Status, Value, Values
from seccm.results.result import signed
from seccm.rig import Lines
from seccm.steps.pulses import JUMP
from seccm.units import show, volts

FEWEST = 3
"""Potentials of the substrate that make a series."""


class TipCollection(StepSpec):
    """Collect at the tip, in pulses, what a substrate makes that a second drive holds."""

    step: Literal["tip collection"] = "tip collection"
    collect: Potential
    """Of the tip in a pulse: it collects."""
    rest: Potential
    """Of the tip before each pulse: it does not."""
    width: Duration
    """How long a pulse lasts."""
    pause: Duration
    """How long the tip rests before each pulse."""
    count: Annotated[Count, Field(le=10_000)] = 5
    """How many pulses there are."""
    late: Annotated[Ratio, Field(gt=0, le=1, examples=[0.3])] = 0.3
    """Share of each pulse, at its end, over which the mean is taken."""


def _resolve(step: TipCollection, setting: Setting) -> Act:
    width, pause = setting.number(step.width), setting.number(step.pause)
    on, off = setting.raw(step.collect), setting.raw(step.rest)
    begins = pause + (width + pause) * np.arange(step.count)
    ends = begins + width
    times: list[float] = [0.0]
    levels: list[float] = [off]
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        times += [begin, begin + JUMP, end, end + JUMP]
        levels += [off, on, on, off]
    label = (
        f"{step.count} pulses of the tip to {volts(setting.number(step.collect))} for "
        f"{show(width, 's')}, {show(pause, 's')} at {volts(setting.number(step.rest))} between"
    )
    given: tuple[tuple[str, float | str], ...] = (
        ("width", width), ("pause", pause), ("count", float(step.count)), ("late", step.late)
    )  # fmt: skip
    return Act("potential", Lines(tuple(times), tuple(levels)), label, given=given)


def _begins(step: TipCollection) -> Beginning:
    return Beginning("potential", step.rest, "rest")


def _vertices(step: TipCollection) -> int:
    return 4 * step.count + 1


def _problems(step: TipCollection, where: str, setting: Setting) -> Iterable[Problem]:
    if setting.number(step.collect) == setting.number(step.rest):
        what = "is that of rest, so that there are no pulses."
        yield Problem(f"{where}.collect", what, "Give two different potentials.")
    if step.beside is None:
        what = "nothing holds the substrate, so that nothing is made that could be collected"
        remedy = 'Write beside = { drive = "substrate", potential = "0.3 V" }.'
        yield Problem(where, f"{what}.", remedy)


I_COLLECTED = signed("i_collected", "A", "current of the tip at the end of its pulses, mean of all",
                     r"$i_\mathrm{T}$", 180, mapped=True)  # fmt: skip
I_MADE = signed("i_substrate", "A", "current of the substrate at the same time",
                r"$i_\mathrm{S}$", 182)  # fmt: skip
EFFICIENCY = Result("collection", "1", "collection efficiency: current of the tip over that of the "
                    "substrate, less the signs", r"$N_\mathrm{coll}$", rank=184,
                    mapped=True)  # fmt: skip
NUMBERS = (I_COLLECTED, I_MADE, EFFICIENCY)
OF_PULSES = Result("i_of_collections", "A", "current of the tip at the end of each pulse",
                   r"$i_\mathrm{T}$", signed=True, dims=("pulse",))  # fmt: skip
LEVELS = Result("E_of_substrate", "V", "potential of the substrate in each step of the site so far",
                r"$E_\mathrm{S}$", against_reference=True, dims=("level",))  # fmt: skip
TIPS = Result("i_of_levels", "A", "current of the tip that collects, of each step so far",
              r"$i_\mathrm{T}$", signed=True, dims=("level",))  # fmt: skip
SERIES = (LEVELS, TIPS)
GROWTH = Series(
    slug="collection",
    title="Current that the tip collects against the potential of the substrate",
    panels=(
        SeriesPanel(
            "collection",
            "Collected current against the potential of the substrate",
            Axis("potential of the substrate", "V", against_reference=True),
            Axis("current of the tip", "A", signed=True),
            LEVELS,
            TIPS,
        ),
    ),
    words="Each point is the mean of the last part of all pulses of a step. ",
)


def _windows(trace: StepTrace) -> list[slice]:
    """Return the rows at the end of each pulse that was measured to its end."""
    given = trace.segment.numbers
    width, pause, late = given["width"], given["pause"], given["late"]
    found = []
    for number in range(int(given["count"])):
        end = (number + 1) * (width + pause)
        # A row is the mean of what came before it: whole rows inside the window count.
        first, stop = np.searchsorted(
            trace.t, (end - late * width + trace.row * 0.999, end + 1e-3 * trace.row)
        )
        if stop > first and trace.t[-1] >= end - trace.row:
            found.append(slice(int(first), int(stop)))
    return found


def _means(values: FloatArray, windows: Sequence[slice]) -> FloatArray:
    return np.array([float(values[rows].mean()) for rows in windows])


def _mean(each: FloatArray) -> Value:
    """Return the mean of the pulses; its uncertainty is what their scatter gives."""
    if not each.size:
        return Value.none(Status.TOO_SHORT)
    error = float(each.std(ddof=1)) / math.sqrt(each.size) if each.size > 1 else math.nan
    return Value.of(float(each.mean()), error)


def _measure(trace: StepTrace, _: Sequence[StepTrace]) -> Numbers:
    windows = _windows(trace)
    if not windows:
        none = Measured(Value.none(Status.TOO_SHORT), NO_ROWS)
        return dict.fromkeys((result.name for result in NUMBERS), none)
    rows = tuple(windows)
    tip = _mean(_means(trace.I, windows))
    made = Value.none(Status.NOT_MEASURED)
    if trace.second is not None:
        made = _mean(_means(trace.second.I, windows))
    return {
        I_COLLECTED.name: Measured(tip, rows),
        I_MADE.name: Measured(made, rows),
        EFFICIENCY.name: Measured(_efficiency(tip, made), rows),
    }


def _efficiency(tip: Value, made: Value) -> Value:
    """Return what share of what the substrate makes the tip collects."""
    status = tip.status.worse(made.status)
    if not status.has_value:
        return Value.none(status)
    # Below its own scatter the substrate makes nothing, and no share of it is known.
    if made.value == 0.0 or not abs(made.value) > 5.0 * (made.error or 0.0):
        return Value.none(Status.UNDEFINED)
    share = -tip.value / made.value
    error = math.hypot(tip.error / made.value, share * made.error / made.value)
    return Value.of(share, error, status)


def _potential(segment: Segment) -> float | None:
    return None if segment.second is None else segment.second.value


def _alike(segment: Segment, other: Segment) -> bool:
    return (
        other.kind == segment.kind
        and _drive(other.second) == _drive(segment.second)
        and other.waveform == segment.waveform
    )


def _drive(second: Second | None) -> str:
    return "" if second is None else second.drive


def _in_series(segment: Segment, before: Sequence[Segment]) -> bool:
    """Tell whether there are enough steps that differ in the potential of the substrate only."""
    levels = {_potential(one) for one in (*before, segment) if _alike(segment, one)}
    return len(levels - {None}) >= FEWEST


def _arrays(trace: StepTrace, before: Sequence[StepTrace]) -> Mapping[str, Values]:
    windows = _windows(trace)
    each = [
        Measured(Value.of(one, math.nan), (rows,)).checked(trace)
        for one, rows in zip(_means(trace.I, windows).tolist(), windows, strict=True)
    ]
    found = {OF_PULSES.name: Values.of(each)}
    if not _in_series(trace.segment, [one.segment for one in before]):
        return found
    series = [one for one in (*before, trace) if _alike(trace.segment, one.segment)]
    numbers = [_measure(one, ())[I_COLLECTED.name].checked(one) for one in series]
    levels = [_level(one) for one in series]
    return found | {LEVELS.name: Values.of(levels), TIPS.name: Values.of(numbers)}


def _level(trace: StepTrace) -> Value:
    """Return the potential of the substrate during a step, as it was measured."""
    if trace.second is None or not trace.second.E.size:
        return Value.none(Status.NOT_MEASURED)
    return Value.of(float(trace.second.E.mean()), math.nan)


def _yields(segment: Segment, before: Sequence[Segment]) -> tuple[Result, ...]:
    series = SERIES if _in_series(segment, before) else ()
    return (*NUMBERS, OF_PULSES, *series)


def _words(found: Found) -> str:
    tip, share = found[I_COLLECTED.name], found[EFFICIENCY.name]
    said = [f"tip {show(tip.value, 'A', 3)}"] if tip.status.has_value else []
    if share.status.has_value:
        said.append(f"collects {show(100.0 * share.value, '1', 3)} %")
    return ", ".join(said)


KIND = Kind(
    name="tip collection",
    also=("sg/tc", "generation collection", "substrate generation", "collection"),
    spec=TipCollection,
    resolve=_resolve,
    example={
        "collect": "-0.3 V",
        "rest": "0.3 V",
        "width": "0.5 s",
        "pause": "0.5 s",
        "count": 3,
        "beside": {"drive": "substrate", "potential": "0.3 V"},
    },
    begins=_begins,
    vertices=_vertices,
    problems=_problems,
    results=(*NUMBERS, OF_PULSES, *SERIES),
    measure=_measure,
    arrays=_arrays,
    yields=_yields,
    words=_words,
    curves=("I-t",),
    figures=(GROWTH,),
    main=(EFFICIENCY, I_COLLECTED),
    rank=64,
)
