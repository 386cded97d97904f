"""What the kinds of pulse voltammetry have in common: two potentials a step of a staircase."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from seccm.analysis.lateness import lateness
from seccm.analysis.pulse_peak import pulse_peak
from seccm.arrays import FloatArray, IntArray
from seccm.errors import Problem
from seccm.factors import Follows
from seccm.factors import Value as Quantity
from seccm.plan.rounding import rounded_up
from seccm.program.kind import Found, StepSpec
from seccm.program.measured import WHOLE, Measured, Numbers
from seccm.program.quantities import Potential
from seccm.program.segment import Act
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.results import Result, Status, Value
from seccm.results.result import potential, signed
from seccm.rig import Lines
from seccm.suggestion import Suggestion, key_of
from seccm.units import show, volts

JUMP = 1e-6
"""Seconds from one potential to the other: less than a raw sample is a jump."""
ROWS = 20
"""Data points of the shorter of both potentials, at least."""
SAMPLED = 0.2
"""Share at the end of a pulse in which its current is read."""
MOST = 20_000
"""Steps of a staircase."""


Size = Annotated[Quantity, Follows("V", above=0)]
Span = Annotated[Quantity, Follows("s", above=0)]
Rate = Annotated[Quantity, Follows("Hz", above=0)]
"""A difference of potentials, a time and a frequency, which a name may stand for."""


class Staircase(StepSpec):
    """A staircase of potentials, with a pulse on each step."""

    start: Potential
    """Where the staircase begins."""
    stop: Potential
    """Where it ends."""
    increment: Annotated[Size, Field(examples=["5 mV"])]
    """From one step to the next, whichever way the staircase goes."""
    quiet: Annotated[Span, Field(examples=["20 ms"])] = 20e-3
    """How long the potential at which it starts is held before."""


@dataclass(frozen=True, slots=True)
class Stairs:
    """The potentials of a staircase as they are imposed, two for each step."""

    first: FloatArray
    """Raw volts, shape (steps,)."""
    second: FloatArray
    lasts: float
    """Seconds of the first potential of a step."""
    width: float
    """Seconds of the second one."""


def levels(step: Staircase, setting: Setting) -> FloatArray:
    """Return the steps of a staircase, raw volts; the last one is not beyond its stop."""
    start, stop = setting.raw(step.start), setting.raw(step.stop)
    increment = setting.number(step.increment)
    count = math.floor(abs(stop - start) / increment + 1e-9) + 1
    way = math.copysign(increment, stop - start)
    steps: FloatArray = start + way * np.arange(min(count, MOST + 1), dtype=np.float64)
    return steps


def ends_of(step: Staircase, setting: Setting) -> str:
    """Return where a staircase starts and stops, in words."""
    return " to ".join(volts(setting.number(end)) for end in (step.start, step.stop))


def corners_of(step: Staircase) -> int:
    """Count the corners of a staircase; the most there may be where its ends are not known yet."""
    start, stop, increment = step.start, step.stop, step.increment
    if isinstance(start, float) and isinstance(stop, float) and isinstance(increment, float):
        return 4 * int(abs(stop - start) / increment + 1)
    return 4 * MOST


def climbed(stairs: Stairs, quiet: float, before: float, label: str) -> Act:
    """Make the act of a staircase.

    Args:
        stairs: what is imposed.
        quiet: seconds before it.
        before: raw volts in this time.
        label: in words.
    """
    period = stairs.lasts + stairs.width
    begins = quiet + period * np.arange(stairs.first.size)
    times = np.stack([begins, begins + stairs.lasts], axis=1).ravel()
    heights = np.stack([stairs.first, stairs.second], axis=1).ravel()
    corners = np.stack([times, times + JUMP], axis=1).ravel()
    values = np.stack([np.concatenate([[before], heights[:-1]]), heights], axis=1).ravel()
    end = float(begins[-1]) + period
    return Act(
        "potential",
        Lines((0.0, *corners.tolist(), end), (before, *values.tolist(), float(heights[-1]))),
        label,
        given=(("quiet", quiet), ("lasts", stairs.lasts), ("width", stairs.width)),
        row=min(stairs.lasts, stairs.width) / ROWS,
    )


def problems(step: Staircase, where: str, setting: Setting) -> Iterable[Problem]:
    """Find staircases that go nowhere, or have too many steps."""
    start, stop = setting.number(step.start), setting.number(step.stop)
    if start == stop:
        yield Problem(f"{where}.stop", f"{volts(stop)} is where it starts.", "Give another one.")
        return
    increment = setting.number(step.increment)
    count = abs(stop - start) / increment
    if count > MOST:
        what = f"{show(increment, 'V')} makes {count:.3g} steps; at most {MOST} are possible."
        yield Problem(f"{where}.increment", what, "Make it larger.")
    elif count < 10:
        what = f"{show(increment, 'V')} makes {count:.3g} steps; 10 are needed for a peak."
        yield Problem(f"{where}.increment", what, "Make it smaller.", "warning")


def too_short(period: Quantity, width: Quantity, where: str, setting: Setting) -> Iterable[Problem]:
    """Find a period in which the pulse has no place."""
    whole, wide = setting.number(period), setting.number(width)
    if whole > wide:
        return
    what = f"{show(whole, 's')} is not longer than the width, {show(wide, 's')}."
    key = f"{where}.period"
    if not isinstance(period, float):
        yield Problem(key, what)
        return
    put = Suggestion(key_of(key), "put", show(rounded_up(4.0 * wide), "s"))
    yield Problem(key, what, f'Write, for example, "{put.value}".', suggestion=put)


@dataclass(frozen=True, slots=True)
class Read:
    """Currents and potentials read at the ends of both potentials of each step."""

    first: FloatArray
    """A, shape (steps,); NaN where it was not read."""
    second: FloatArray
    first_potential: FloatArray
    """V against the reference."""
    second_potential: FloatArray
    rows: tuple[slice, ...]
    """Where they were read: in these rows of the step. Where some are missing, of its whole."""

    @property
    def whole(self) -> bool:
        """Whether the staircase went on to its end."""
        return bool(np.isfinite(self.first[-1:] + self.second[-1:]).all())


def read(trace: StepTrace) -> Read:
    """Read a staircase at the ends of its potentials, as late as they came."""
    about = trace.segment.numbers
    lasts, width = about["lasts"], about["width"]
    wave = trace.segment.waveform
    late = lateness(trace.t, trace.sound(trace.E), wave, trace.row)
    period = lasts + width
    steps = round((wave.duration - about["quiet"]) / period)
    begins = about["quiet"] + late + period * np.arange(steps, dtype=np.float64)
    found: list[FloatArray] = []
    rows: list[slice] = []
    for end, long in ((begins + lasts, lasts), (begins + period, width)):
        windows = windows_of(trace, end, SAMPLED * long)
        found += [means(y, *windows) for y in (trace.I, trace.E)]
        rows += [slice(int(a), int(b)) for a, b in zip(*windows, strict=True)]
    where = (trace.own,) if trace.misses(trace.own) else tuple(rows)
    return Read(found[0], found[2], found[1], found[3], where)


def windows_of(trace: StepTrace, ends: FloatArray, long: float) -> tuple[IntArray, IntArray]:
    """Return the first row, and that after the last one, that end within some time before ends.

    Args:
        trace: of the step.
        ends: s since it began, shape (n,).
        long: s before each end; two rows at the least.

    Returns:
        Two arrays of shape (n,); alike where a step has ended before.
    """
    # A row before the end: what comes next may begin in the last one.
    spans = np.stack([ends - max(long, 2.0 * trace.row), ends - trace.row], axis=1)
    slack = 0.01 * trace.row
    first, stop = (np.searchsorted(trace.t, side) for side in (spans + slack).T)
    stop = np.maximum(stop, np.minimum(first + 1, trace.t.size))
    # The last step may end in the very last row, and rows that are missing are no step's.
    there = np.searchsorted(trace.t, spans[:, 1] - trace.row) < trace.t.size
    return first, np.where(there, stop, first)


def means(y: FloatArray, first: IntArray, stop: IntArray) -> FloatArray:
    """Return means of rows, each of those that have a number; NaN where none has.

    Args:
        y: shape (rows,).
        first: of each mean, shape (n,).
        stop: the row after the last one of each, shape (n,).
    """
    known = np.isfinite(y)
    sums, counts = (
        np.concatenate([[0.0], np.cumsum(each)]) for each in (np.where(known, y, 0.0), known)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        found: FloatArray = (sums[stop] - sums[first]) / (counts[stop] - counts[first])
    return found


E_PEAK = potential("E_peak", "potential of the peak of the difference current",
                   r"$E_\mathrm{peak}$", 366, mapped=True)  # fmt: skip
J_PEAK = signed("j_peak", "A/m^2", "height of the peak of the difference current, per area, above "
                "a straight background", r"$\Delta j_\mathrm{peak}$", 367, mapped=True)  # fmt: skip
W_PEAK = Result("W_half", "V", "width of the peak of the difference current at half its height",
                r"$W_{1/2}$", rank=368)  # fmt: skip
PEAK = (E_PEAK, J_PEAK, W_PEAK)
CUT_SHORT = Measured(Value.none(Status.INCOMPLETE), WHOLE)


def peak_numbers(trace: StepTrace, e: FloatArray, difference: FloatArray) -> Numbers:
    """Measure the peak of a difference current; none of a staircase that was cut short."""
    if not trace.once(read).whole:
        return dict.fromkeys((result.name for result in PEAK), CUT_SHORT)
    peak = pulse_peak(e, difference)
    height = trace.area.density(peak.height)
    values = dict(zip(PEAK, (peak.potential, height, peak.width), strict=True))
    rows = trace.once(read).rows
    return {result.name: Measured(value, rows) for result, value in values.items()}


def peak_words(found: Found) -> str:
    """Say where the peak is; empty if there is none."""
    e, width = found["E_peak"], found["W_half"]
    if not e.status.has_value:
        return "no peak"
    wide = f", {show(width.value, 'V', 3)} wide" if width.status.has_value else ""
    return f"peak at {show(e.value, 'V', 3)}{wide}"


def known(*arrays: FloatArray) -> Sequence[FloatArray]:
    """Return the entries at which all of some arrays have a number."""
    good = np.isfinite(np.sum(arrays, axis=0))
    return [values[good] for values in arrays]
