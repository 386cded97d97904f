"""Sweeps in stairs: each potential is held, and read at its end, when charging has died away.

Imposed are the stairs. What a voltammogram comes from are data points one for each stair, as if the
potential had been swept: `as_swept` makes them. Charges come from all that flowed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Annotated

import numpy as np
from pydantic import Field

from seccm.analysis.lateness import lateness
from seccm.arrays import FloatArray
from seccm.errors import Problem
from seccm.factors import Value
from seccm.program.measured import NO_ROWS, Measured, Numbers
from seccm.program.segment import Act, Segment
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.quantities import Potential
from seccm.rig import Limit, Lines, RigInfo
from seccm.steps.ohmic import Ohmic
from seccm.steps.staircase import JUMP, MOST, ROWS, SAMPLED, means, windows_of
from seccm.steps.sweeping import swept
from seccm.suggestion import Suggestion, key_of
from seccm.units import show, volts

STAIR = "seconds of a stair"
"""What the segment of a step calls how long each stair lasts."""
FEWEST = 5
"""Data points of a stair, at the least: the last one is read."""
_WHOLE = 1e-6
"""Stairs by which a way may differ from a whole number of them."""


class Stepped(Ohmic):
    """A sweep that may go in stairs."""

    stair: Annotated[Annotated[Potential, Field(gt=0)] | None, Field(examples=["5 mV"])] = None
    """Height of the stairs, if the potential goes in stairs (staircase voltammetry): each is held,
    and its current read at its end. Without it the potential goes straight."""


def stepped(
    step: Stepped,
    corners: Sequence[Value],
    scan_rate: Value,
    setting: Setting,
    limits: tuple[Limit, ...],
    *,
    cycles: int = 1,
) -> Act:
    """Make a sweep, in stairs if the step says so.

    Args:
        step: of the plan.
        corners: potentials of one cycle, from its start to its end.
        scan_rate: between them.
        setting: what turns them into numbers.
        limits: what ends the sweep before its time.
        cycles: how many there are.
    """
    ramp = swept(corners, scan_rate, setting, limits, cycles=cycles, quiet=step.quiet)
    if step.stair is None:
        return ramp
    rate, raw = setting.number(scan_rate), [setting.raw(corner) for corner in corners]
    lasts = step.stair / rate
    way = np.concatenate([_stairs(a, b, step.stair) for a, b in pairwise(raw)])
    levels = np.tile(way, cycles)
    if raw[0] != raw[-1]:
        levels = np.append(levels, raw[-1])  # the stop is a stair, too
    begins = step.quiet + lasts * np.arange(levels.size)
    times = np.stack([begins[1:], begins[1:] + JUMP], axis=1).ravel()
    values = np.stack([levels[:-1], levels[1:]], axis=1).ravel()
    end = float(begins[-1] + lasts)
    period = lasts * way.size
    bounds = tuple(step.quiet + k * period for k in range(cycles + 1))
    return replace(
        ramp,
        waveform=Lines((0.0, *times.tolist(), end), (raw[0], *values.tolist(), float(levels[-1]))),
        label=f"{ramp.label}, stairs of {show(step.stair, 'V')}",
        cycles=(*bounds[:-1], end) if raw[0] != raw[-1] else bounds,
        row=lasts / ROWS,
        given=((STAIR, lasts), ("quiet", step.quiet)),
    )


def _stairs(start: float, stop: float, height: float) -> FloatArray:
    """Return the potentials of the stairs of one way, without its end."""
    count = max(1, round(abs(stop - start) / height))
    found: FloatArray = np.linspace(start, stop, count + 1)[:-1]
    return found


def corners_of(step: Stepped, corners: Sequence[Value], cycles: int = 1) -> int:
    """Count the corners of a waveform; the most there may be where its ends are not known yet."""
    if step.stair is None:
        return cycles * len(corners) + (1 if step.quiet else 0)
    if not all(isinstance(corner, float) for corner in corners):
        return 2 * MOST
    ways = (abs(float(b) - float(a)) for a, b in pairwise(corners))  # type: ignore[arg-type]
    return min(2 * cycles * (int(sum(ways) / step.stair) + 1), 2 * MOST + 2)


def stair_problems(
    step: Stepped, where: str, setting: Setting, corners: Sequence[Value], cycles: int = 1
) -> Iterable[Problem]:
    """Find stairs that do not lead to the ends of a sweep, or too many of them."""
    if step.stair is None:
        return
    key = f"{where}.stair"
    numbers = [setting.number(corner) for corner in corners]
    ways = [abs(b - a) for a, b in pairwise(numbers)]
    count = cycles * sum(ways) / step.stair
    if count > MOST:
        what = f"{show(step.stair, 'V')} makes {count:.3g} stairs; at most {MOST} are possible."
        yield Problem(key, what, "Make it larger, or take fewer cycles.")
        return
    wrong = [way for way in ways if abs(way / step.stair - round(way / step.stair)) > _WHOLE]
    if not wrong:
        return
    what = (
        f"{volts(wrong[0])}{setting.condition.under(*corners)} is not a whole number of stairs of "
        f"{show(step.stair, 'V')}."
    )
    fits = _fitting(ways, step.stair)
    if fits is None:
        yield Problem(key, what, "Give ends that are a whole number of stairs apart.")
        return
    written = show(fits, "V", 6)
    put = Suggestion(key_of(key), "put", written)
    yield Problem(key, what, f"Give {written}, or other ends.", suggestion=put)


def _fitting(ways: Sequence[float], height: float) -> float | None:
    """Return the height of stairs next to one, in whole microvolts, that fits every way."""
    common = math.gcd(*(round(way * 1e6) for way in ways))
    if any(abs(way * 1e6 - round(way * 1e6)) > 1e-3 for way in ways):
        return None
    small = [k for k in range(1, math.isqrt(common) + 1) if common % k == 0]
    heights = [1e-6 * d for k in small for d in (k, common // k)]
    fits = min(heights, key=lambda one: abs(math.log(one / height)), default=height)
    return fits if 0.2 < fits / height < 5.0 else None


def stair_sense(
    step: Stepped, where: str, setting: Setting, scan_rate: Value, info: RigInfo
) -> Iterable[Problem]:
    """Find stairs that are too short to be read at their ends."""
    if step.stair is None:
        return
    clock, lasts = info.clock, step.stair / setting.number(scan_rate)
    row = clock.samples(lasts / ROWS) / clock.rate if info.averages else clock.period
    if lasts < FEWEST * row:
        what = (
            f"stairs of {show(step.stair, 'V')} last {show(lasts, 's')} at "
            f"{show(setting.number(scan_rate), 'V/s')}: {lasts / row:.2g} data points of "
            f"{show(row, 's')}."
        )
        yield Problem(
            f"{where}.stair", what, f"{FEWEST} are needed: sweep slower, or make stairs higher."
        )


def as_ramp(segment: Segment) -> Segment:
    """Return a step in stairs as the sweep that its data points look like; others as they are."""
    given = dict(segment.given)
    if STAIR not in given:
        return segment
    lasts, quiet = float(given[STAIR]), float(given["quiet"])
    count = round((segment.waveform.duration - quiet) / lasts)
    begins = quiet + lasts * np.arange(count + 1, dtype=np.float64)
    levels = segment.waveform.at(begins[:-1] + 0.5 * lasts)
    change = np.diff(levels, append=2.0 * levels[-1] - levels[-2])
    turns = 1 + np.flatnonzero(np.sign(change[1:]) != np.sign(change[:-1]))
    at = np.concatenate([[0], turns, [count]])
    values = np.append(levels, levels[-1] + change[-1])[at]
    times = begins[at]
    if quiet:
        times, values = np.append(0.0, times), np.append(values[0], values)
    kept = tuple((name, value) for name, value in segment.given if name not in (STAIR, "quiet"))
    ramp = Lines(tuple(times.tolist()), tuple(values.tolist()))
    return replace(segment, waveform=ramp, given=kept)


def as_swept(trace: StepTrace) -> StepTrace:
    """Return a step in stairs with one data point for each, read at its end; others as they are.

    A data point is flagged as any of the rows is that it is read from.
    """
    given = dict(trace.segment.given)
    if STAIR not in given or trace.t.size < 2:
        return trace
    lasts, quiet = float(given[STAIR]), float(given["quiet"])
    late = lateness(trace.t, trace.sound(trace.E), trace.segment.waveform, trace.row)
    count = round((trace.segment.waveform.duration - quiet) / lasts)
    ends = quiet + late + lasts * np.arange(1, count + 1, dtype=np.float64)
    first, stop = windows_of(trace, ends, SAMPLED * lasts)
    there = stop > first
    first, stop, ends = first[there], stop[there], ends[there]
    e, i = (means(y, first, stop) for y in (trace.E, trace.I))
    flags = [int(np.bitwise_or.reduce(trace.flaws[a:b])) for a, b in zip(first, stop, strict=True)]
    lost = None if trace.lost is None else int(np.searchsorted(stop, trace.lost, side="right"))
    return replace(
        trace,
        segment=as_ramp(trace.segment),
        t=ends - late,
        E=e,
        I=i,
        flag=np.array(flags, np.uint8),
        row=lasts,
        lost=lost,
    )


def of_swept(numbers: Numbers, swept_trace: StepTrace, trace: StepTrace) -> Numbers:
    """Return results of the data points of stairs as results of their step, with what flags say."""
    if swept_trace is trace:
        return numbers
    return {n: Measured(one.checked(swept_trace), NO_ROWS) for n, one in numbers.items()}
