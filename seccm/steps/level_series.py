"""Steps of one site at several potentials or currents: how the current follows the potential.

A series are the turns of a repeat over values. What each step came to, a potential and a current,
is a point of a polarization curve.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seccm.analysis.polarization import Polarization, polarization
from seccm.program.figures import POTENTIAL, Axis, Series, SeriesPanel
from seccm.program.measured import NO_ROWS, Measured, Numbers
from seccm.program.segment import Segment
from seccm.program.trace import StepTrace
from seccm.results import Result, Status, Value, Values
from seccm.results.result import potential

FEWEST = 3
"""Levels that make a series."""
J0 = Result("j0_series", "A/m^2", "exchange current density, from the currents at several "
            "potentials on both sides of equilibrium", r"$j_0$", rank=323)  # fmt: skip
ALPHA = Result("alpha_series", "1", "transfer coefficient of the oxidation, from the currents at "
               "several potentials, by Butler and Volmer", r"$α$", rank=324)  # fmt: skip
E0 = potential("E0_series", "potential of zero current, from the currents at several potentials",
               r"$E_{I=0}$", 334)  # fmt: skip
LAMBDA = Result("lambda_series", "V", "reorganization energy over the elementary charge, from the "
                "bend of the Tafel plot, by Marcus, Hush and Chidsey; a bound where it is straight",
                r"$λ/e$", rank=336)  # fmt: skip
NUMBERS = (J0, ALPHA, E0, LAMBDA)
AT = Result("E_of_levels", "V", "potential of each step of the series so far", "$E$",
            against_reference=True, dims=("level",))  # fmt: skip
CURRENTS = Result("j_of_levels", "A/m^2", "current density of each step of the series so far",
                  "$j$", signed=True, dims=("level",))  # fmt: skip
LINE = Result("j_line_of_levels", "A/m^2", "fit of the current densities of the series",
              "$j$ (fit)", signed=True, dims=("level",))  # fmt: skip
LEVELS = (*NUMBERS, AT, CURRENTS, LINE)
PLOT = Series(
    slug="polarization",
    title="Current density against potential (a), and its logarithm (b)",
    panels=(
        SeriesPanel("levels", "Current density against potential", POTENTIAL,
                    Axis("current density", "A/m^2", signed=True), AT, CURRENTS, LINE,
                    slopes=(J0, ALPHA)),
        SeriesPanel("levels-tafel", "Tafel plot of a series", POTENTIAL,
                    Axis("|current density|", "A/m^2", log=True), AT, CURRENTS, LINE,
                    slopes=(LAMBDA,)),
    ),
    words="Each step of the series is a point. The line is by Butler and Volmer or, where that is "
    "better, by Marcus, Hush and Chidsey; transport to the electrode is in neither. ",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Point:
    """What one step of a series came to."""

    potential: Value
    """V against the reference."""
    current: Value
    """A."""


Read = Callable[[StepTrace], Point]
"""Reads the point of one step."""


def is_series(segment: Segment, before: Sequence[Segment]) -> bool:
    """Tell whether a step ends a series: those before it had at least two other levels."""
    alike = [one for one in (*before, segment) if _alike(segment, one)]
    return len({round(_level(one), 15) for one in alike}) >= FEWEST


def told_of(segment: Segment, before: Sequence[Segment]) -> tuple[Result, ...]:
    """Return what the steps of a series yield beside what every step of their kind does."""
    return LEVELS if is_series(segment, before) else ()


def level_numbers(trace: StepTrace, before: Sequence[StepTrace], read: Read) -> Numbers:
    """Fit the points of a series; nothing where there is none."""
    if not is_series(trace.segment, [one.segment for one in before]):
        return {}
    points = _points(trace, before, read)
    found, status = _fit(points)
    density = trace.area.density
    values = (density(found.exchange), found.transfer, found.equilibrium, found.reorganization)
    return {
        result.name: Measured(_doubted(value, status), NO_ROWS)
        for result, value in zip(NUMBERS, values, strict=True)
    }


def level_arrays(trace: StepTrace, before: Sequence[StepTrace], read: Read) -> Mapping[str, Values]:
    """Return the points of a series and their fit; nothing where there is none."""
    if not is_series(trace.segment, [one.segment for one in before]):
        return {}
    points = _points(trace, before, read)
    found, status = _fit(points)
    line = found.line / trace.area.value
    return {
        AT.name: Values.of([point.potential for point in points]),
        CURRENTS.name: Values.of([trace.area.density(point.current) for point in points]),
        LINE.name: Values(line, np.full(line.size, np.nan), status),
    }


def _alike(segment: Segment, other: Segment) -> bool:
    """Tell whether two steps stand in one place of a repeat over values."""
    if segment is other:
        return True
    return (
        bool(segment.values)
        and other.kind == segment.kind
        and len(other.path) == len(segment.path)
        and (other.path[0], other.path[-1]) == (segment.path[0], segment.path[-1])
        and [name for name, _ in other.values] == [name for name, _ in segment.values]
    )


def _level(segment: Segment) -> float:
    """Return what a step imposes: the largest magnitude, with its sign."""
    low, high = segment.waveform.extremes
    return high if abs(high) >= abs(low) else low


def _points(trace: StepTrace, before: Sequence[StepTrace], read: Read) -> list[Point]:
    alike = (one for one in (*before, trace) if _alike(trace.segment, one.segment))
    return [one.once(read) for one in alike]


def _fit(points: Sequence[Point]) -> tuple[Polarization, Status]:
    """Fit the points that have both numbers; the worst that is said of them goes with it."""
    e, i, error = np.array(
        [(p.potential.value, p.current.value, p.current.error) for p in points]
    ).T
    status = Status.OK
    for point in points:
        for value in (point.potential, point.current):
            if value.status.has_value:
                status = status.worse(value.status)
    return polarization(e, i, error), status


def _doubted(value: Value, status: Status) -> Value:
    if not value.status.has_value:
        return value
    return Value.of(value.value, value.error, value.status.worse(status))
