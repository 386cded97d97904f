"""Sweeps of one site at several scan rates: how their peak grows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from seccm.arrays import FloatArray
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
           r"$\mathrm{d}j_\mathrm{p}/\mathrm{d}v^{1/2}$", 296),
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
SERIES = (*NUMBERS, RATES, HEIGHTS)
FAST = (*FREE, *SERIES)
"""Everything that some sweeps yield beside what all do."""


def in_series(segment: Segment, before: Sequence[Segment]) -> bool:
    """Tell whether a sweep ends a series: those before it had at least two other scan rates."""
    return len(_rates(segment, before)) >= FEWEST


def told_of(segment: Segment, before: Sequence[Segment]) -> tuple[Result, ...]:
    """Return which results a sweep yields beside what all sweeps do."""
    free = FREE if is_known(segment) else ()
    return (*free, *(SERIES if in_series(segment, before) else ()))


def _alike(segment: Segment, other: Segment) -> bool:
    """Tell whether two sweeps differ in their scan rate only."""
    return other.kind == segment.kind and np.array_equal(
        getattr(other.waveform, "values", ()), getattr(segment.waveform, "values", ())
    )


def _rates(segment: Segment, before: Sequence[Segment]) -> set[float]:
    return {round(abs(scan_rate(one)), 9) for one in (*before, segment) if _alike(segment, one)}


def _heights(trace: StepTrace, before: Sequence[StepTrace]) -> tuple[FloatArray, list[Value]]:
    """Return the scan rates of the sweeps of a series, and their peak currents in amperes."""
    alike = [one for one in (*before, trace) if _alike(trace.segment, one.segment)]
    rates = np.array([abs(scan_rate(one.segment)) for one in alike])
    return rates, [_height(one) for one in alike]


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


def series_numbers(trace: StepTrace, before: Sequence[StepTrace]) -> Numbers:
    """Fit the peak currents of a series; nothing where there is none."""
    if not in_series(trace.segment, [one.segment for one in before]):
        return {}
    rates, heights = _heights(trace, before)
    status = Status.OK
    for height in heights:
        status = status.worse(height.status)
    if not status.has_value:
        return dict.fromkeys(
            (result.name for result in NUMBERS), Measured(Value.none(status), NO_ROWS)
        )
    i = np.array([height.value for height in heights])
    error = np.array([height.error for height in heights])
    area = trace.area
    root = _slope(np.sqrt(rates), i, error, status, origin=is_known(trace.segment))
    return {
        "j_p_root": Measured(area.density(root), NO_ROWS),
        "j_p_linear": Measured(area.density(_slope(rates, i, error, status)), NO_ROWS),
        "j_p_power": Measured(
            _slope(np.log(rates), np.log(np.abs(i)), error / np.abs(i), status), NO_ROWS
        ),
    }


def series_arrays(trace: StepTrace, before: Sequence[StepTrace]) -> Mapping[str, Values]:
    """Return scan rates and peak current densities of a series; nothing where there is none."""
    if not in_series(trace.segment, [one.segment for one in before]):
        return {}
    rates, heights = _heights(trace, before)
    return {
        "v_of_sweeps": Values.of([Value.of(float(rate), 0.0) for rate in rates]),
        "j_p_of_sweeps": Values.of([trace.area.density(height) for height in heights]),
    }


def _slope(
    x: FloatArray, y: FloatArray, error: FloatArray, status: Status, *, origin: bool = False
) -> Value:
    """Fit a straight line; the uncertainty is the larger of that from scatter and from errors."""
    middle, height = (0.0, 0.0) if origin else (float(x.mean()), float(y.mean()))
    apart = x - middle
    share = apart / float(apart @ apart)
    slope = float(share @ y)
    left = y - height - slope * apart
    free = y.size - (1 if origin else 2)
    scatter = math.sqrt(float(left @ left) / max(free, 1) * float(share @ share))
    told = math.sqrt(float(np.nansum((share * error) ** 2)))
    return Value.of(slope, max(scatter, told), status)
