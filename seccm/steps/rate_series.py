"""Sweeps of one site at several scan rates: how their peak grows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from seccm.arrays import FloatArray
from seccm.program.figures import Axis, Series, SeriesPanel
from seccm.program.measured import NO_ROWS, Measured, Numbers
from seccm.program.segment import Segment
from seccm.program.trace import StepTrace
from seccm.results import Result, Status, Value, Values
from seccm.results.result import signed
from seccm.steps.ohmic import FREE, freed, is_known, scan_rate
from seccm.steps.voltammogram import sweeps

FEWEST = 3
"""Scan rates that make a series."""
ROOT, STRAIGHT, POWER = (
    signed("j_p_root", "A/m^2/(V/s)^0.5", "slope of the peak current density against the square "
           "root of the scan rate, over the sweeps of the site so far; through the origin where "
           "the peaks are those without resistance",
           r"$\mathrm{d}j_\mathrm{p}/\mathrm{d}v^{1/2}$", 296, mapped=True),
    signed("j_p_linear", "A/m^2/(V/s)", "slope of the peak current density against the scan rate, "
           "over the sweeps of the site so far", r"$\mathrm{d}j_\mathrm{p}/\mathrm{d}v$", 297),
    Result("j_p_power", "1", "power of the scan rate with which the peak current grows: 1/2 for "
           "diffusion, 1 for what is adsorbed",
           r"$\mathrm{d}\mathrm{ln}|j_\mathrm{p}|/\mathrm{d}\mathrm{ln}v$",
           rank=298),
)  # fmt: skip
RATES = Result("v_of_sweeps", "V/s", "scan rate of each sweep of the site so far", "$v$",
               dims=("sweep",))  # fmt: skip
HEIGHTS = Result("j_p_of_sweeps", "A/m^2", "peak current density of each sweep of the site so far",
                 r"$j_\mathrm{p}$", signed=True, dims=("sweep",))  # fmt: skip
NUMBERS = (ROOT, STRAIGHT, POWER)
LINES = tuple(
    Result(f"{result.name}_line_of_sweeps", "A/m^2", f"fit of the peak current densities: {words}",
           r"$j_\mathrm{p}$ (fit)", signed=True, dims=("sweep",))
    for result, words in (
        (ROOT, "straight in the square root of the scan rate"),
        (STRAIGHT, "straight in the scan rate"),
        (POWER, "a power of the scan rate"),
    )
)  # fmt: skip
SERIES = (*NUMBERS, RATES, HEIGHTS, *LINES)
_HEIGHT = Axis("peak current density", "A/m^2", signed=True)
GROWTH = Series(
    slug="scan-rates",
    title="Peak current density against the square root of the scan rate (a), against the scan "
    "rate (b), and against it on logarithmic axes (c)",
    panels=(
        SeriesPanel("peaks-root", "Peaks against the root of the scan rate",
                    Axis("root of scan rate", "(V/s)^0.5"), _HEIGHT,
                    RATES, HEIGHTS, LINES[0], 0.5, (ROOT,)),
        SeriesPanel("peaks-rate", "Peaks against the scan rate", Axis("scan rate", "V/s"), _HEIGHT,
                    RATES, HEIGHTS, LINES[1], slopes=(STRAIGHT,)),
        SeriesPanel("peaks-power", "Peaks against the scan rate, logarithms",
                    Axis("scan rate", "V/s", log=True),
                    Axis("|peak current density|", "A/m^2", log=True),
                    RATES, HEIGHTS, LINES[2], slopes=(POWER,)),
    ),
    words="Diffusion makes (a) straight, with a power of 1/2 in (c); what is adsorbed makes (b) "
    "straight, with a power of 1. Where the peaks are those without resistance, the line in (a) "
    "goes through the origin. ",
)  # fmt: skip
FAST = (*FREE, *SERIES)
"""Everything that some sweeps yield beside what all do."""


def in_series(segment: Segment, before: Sequence[Segment]) -> bool:
    """Tell whether a sweep ends a series: those before it had at least two other scan rates."""
    return len(_rates(segment, before)) >= FEWEST


def told_of(segment: Segment, before: Sequence[Segment]) -> tuple[Result, ...]:
    """Return which results a sweep yields beside what all sweeps do."""
    free = FREE if is_known(segment) else ()
    return (*free, *(SERIES if in_series(segment, before) else ()))


def members(trace: StepTrace, before: Sequence[StepTrace]) -> list[StepTrace]:
    """Return the sweeps of a series, in their order; the step itself is the last one."""
    return [one for one in (*before, trace) if _alike(trace.segment, one.segment)]


def power(trace: StepTrace, before: Sequence[StepTrace]) -> Value:
    """Return the power of the scan rate with which the peaks of a series grow."""
    found = _growth(trace, before)
    return Value.none(found) if isinstance(found, Status) else found.power.slope


def _alike(segment: Segment, other: Segment) -> bool:
    """Tell whether two sweeps differ in their scan rate only."""
    return other.kind == segment.kind and np.array_equal(
        getattr(other.waveform, "values", ()), getattr(segment.waveform, "values", ())
    )


def _rates(segment: Segment, before: Sequence[Segment]) -> set[float]:
    return {round(abs(scan_rate(one)), 9) for one in (*before, segment) if _alike(segment, one)}


def _heights(trace: StepTrace, before: Sequence[StepTrace]) -> tuple[FloatArray, list[Value]]:
    """Return the scan rates of the sweeps of a series, and their peak currents in amperes."""
    alike = members(trace, before)
    rates = np.array([abs(scan_rate(one.segment)) for one in alike])
    return rates, [one.once(_height) for one in alike]


def _height(trace: StepTrace) -> Value:
    """Return the peak current of the first sweep: without resistance where that is known."""
    if is_known(trace.segment):
        straight, rows = freed(trace)
        height = Value.none(Status.TOO_SHORT) if straight is None else straight.height
        return Measured(height, (rows,)).checked(trace)
    name = "j_pa" if scan_rate(trace.segment) > 0.0 else "j_pc"
    density = sweeps(trace)[name].checked(trace)
    value, error = density.value * trace.area.value, density.error * trace.area.value
    return replace(density, value=value, error=error)


@dataclass(frozen=True, slots=True)
class _Line:
    """A straight line through the points of a series."""

    slope: Value
    at: FloatArray
    """Its height at each point."""


@dataclass(frozen=True, slots=True)
class _Growth:
    """How the peak currents of a series grow; all in amperes."""

    root: _Line
    straight: _Line
    power: _Line
    """Of the logarithms; its heights are currents."""


def _growth(trace: StepTrace, before: Sequence[StepTrace]) -> _Growth | Status:
    """Fit the peak currents of a series; where there is none, say why."""
    rates, heights = _heights(trace, before)
    status = Status.OK
    for height in heights:
        status = status.worse(height.status)
    if not status.has_value:
        return status
    i = np.array([height.value for height in heights])
    error = np.array([height.error for height in heights])
    power = _line(np.log(rates), np.log(np.abs(i)), error / np.abs(i), status)
    return _Growth(
        _line(np.sqrt(rates), i, error, status, origin=is_known(trace.segment)),
        _line(rates, i, error, status),
        replace(power, at=np.copysign(np.exp(power.at), i)),
    )


def series_numbers(trace: StepTrace, before: Sequence[StepTrace]) -> Numbers:
    """Fit the peak currents of a series; nothing where there is none."""
    if not in_series(trace.segment, [one.segment for one in before]):
        return {}
    found = _growth(trace, before)
    if isinstance(found, Status):
        none = Measured(Value.none(found), NO_ROWS)
        return dict.fromkeys((result.name for result in NUMBERS), none)
    density = trace.area.density
    return {
        ROOT.name: Measured(density(found.root.slope), NO_ROWS),
        STRAIGHT.name: Measured(density(found.straight.slope), NO_ROWS),
        POWER.name: Measured(found.power.slope, NO_ROWS),
    }


def series_arrays(trace: StepTrace, before: Sequence[StepTrace]) -> Mapping[str, Values]:
    """Return scan rates, peak current densities and their fits; nothing where there is no series.

    Peaks that were not found are NaN, and then there is no fit.
    """
    if not in_series(trace.segment, [one.segment for one in before]):
        return {}
    rates, heights = _heights(trace, before)
    points = {
        RATES.name: Values.of([Value.of(float(rate), 0.0) for rate in rates]),
        HEIGHTS.name: Values.of([trace.area.density(height) for height in heights]),
    }
    found = _growth(trace, before)
    if isinstance(found, Status):
        return points
    lines = (found.root, found.straight, found.power)
    unknown = np.full(rates.size, np.nan)
    return points | {
        result.name: Values(line.at / trace.area.value, unknown, line.slope.status)
        for result, line in zip(LINES, lines, strict=True)
    }


def _line(
    x: FloatArray, y: FloatArray, error: FloatArray, status: Status, *, origin: bool = False
) -> _Line:
    """Fit a straight line; the uncertainty is the larger of that from scatter and from errors."""
    middle, height = (0.0, 0.0) if origin else (float(x.mean()), float(y.mean()))
    apart = x - middle
    share = apart / float(apart @ apart)
    slope = float(share @ y)
    left = y - height - slope * apart
    free = y.size - (1 if origin else 2)
    scatter = math.sqrt(float(left @ left) / max(free, 1) * float(share @ share))
    told = math.sqrt(float(np.nansum((share * error) ** 2)))
    return _Line(Value.of(slope, max(scatter, told), status), height + slope * apart)
