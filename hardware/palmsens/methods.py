"""Drives as methods of `pypalmsens`: volts, and currents in uA, as the maker has them."""

from __future__ import annotations

import math
from typing import Any

from seccm.rig import Drive, Limit, shape_of
from seccm.rig.technique import Cycles, Held, Ramp
from seccm.units import parse

UA = 1e-6
LONGEST_HOLD = 86_400.0
"""Seconds for which a hold is ordered: it is ended by what is ordered next."""
STEP = 1e-3
"""Volts of a step of a sweep, at most."""
_UNITS = "pnumkA"


def span_of(name: str) -> float:
    """Return the end of a current range by the maker's name, such as "100nA", in amperes.

    Raises:
        ValueError: it is none.
    """
    digits = name.rstrip(_UNITS)
    return parse(f"{digits} {name[len(digits) :]}", "A")


def method_of(package: Any, drive: Drive, ranges: tuple[str, ...], interval: float) -> Any:
    """Return a drive as a method.

    Args:
        package: `pypalmsens`.
        drive: that `seccm.rig.Runs` does not refuse.
        ranges: names of the current ranges, rising; a drive may name one of them.
        interval: seconds from point to point.
    """
    shape, settings = shape_of(drive.waveform), package.settings
    kept = (drive.range.replace(" ", ""),) if drive.range else ranges
    given: dict[str, Any] = {
        "current_range": settings.CurrentRange(min=kept[0], max=kept[-1], start=kept[-1]),
        "measurement_triggers": settings.MeasurementTriggers(d0=True),
    }
    if drive.mode == "current" and isinstance(shape, Held):
        name = smallest(ranges, abs(shape.value))
        return package.ChronoPotentiometry(
            current=shape.value / span_of(name),
            applied_current_range=name,
            interval_time=interval,
            run_time=_run_time(shape, drive.limits),
            potential_limits=settings.PotentialLimits(**_ends(drive.limits, "potential", 1.0)),
            **given,
        )
    if isinstance(shape, Held):
        return package.ChronoAmperometry(
            potential=shape.value,
            interval_time=interval,
            run_time=min(shape.seconds, LONGEST_HOLD),
            current_limits=settings.CurrentLimits(**_ends(drive.limits, "current", UA)),
            charge_limits=settings.ChargeLimits(**_charges(drive.limits)),
            post_measurement=_stays(package, shape.value),
            **given,
        )
    given["current_limits"] = settings.CurrentLimits(**_ends(drive.limits, "current", UA))
    if isinstance(shape, Ramp):
        return package.LinearSweepVoltammetry(
            begin_potential=shape.first,
            end_potential=shape.last,
            scanrate=shape.rate,
            step_potential=min(STEP, shape.rate * interval),
            post_measurement=_stays(package, shape.last),
            **given,
        )
    if isinstance(shape, Cycles):
        return package.CyclicVoltammetry(
            begin_potential=shape.begin,
            vertex1_potential=shape.first,
            vertex2_potential=shape.second,
            scanrate=shape.rate,
            step_potential=min(STEP, shape.rate * interval),
            n_scans=shape.count,
            post_measurement=_stays(package, shape.begin),
            **given,
        )
    raise ValueError(f"no method of PalmSens is {drive.waveform!r}")


def smallest(ranges: tuple[str, ...], current: float) -> str:
    """Return the smallest range that holds a current, the largest if none does."""
    return next((name for name in ranges if span_of(name) >= current), ranges[-1])


def _stays(package: Any, volts: float) -> Any:
    return package.settings.PostMeasurement(cell_on_after_measurement=True, standby_potential=volts)


def _run_time(shape: Held, limits: tuple[Limit, ...]) -> float:
    """Return how long an imposed current runs: its charge is its time."""
    times = [shape.seconds, LONGEST_HOLD]
    if shape.value:
        times += [one.value / abs(shape.value) for one in limits if one.quantity == "charge"]
    return min(times)


def _ends(limits: tuple[Limit, ...], quantity: str, unit: float) -> dict[str, float]:
    own = [one for one in limits if one.quantity == quantity]
    above = [one.value / unit for one in own if one.side == "above"]
    below = [one.value / unit for one in own if one.side == "below"]
    found = {"max": min(above, default=math.inf), "min": max(below, default=-math.inf)}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _charges(limits: tuple[Limit, ...]) -> dict[str, float]:
    most = min((one.value / UA for one in limits if one.quantity == "charge"), default=math.inf)
    return {"min": -most, "max": most} if math.isfinite(most) else {}
