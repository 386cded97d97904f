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
from seccm.arrays import FloatArray
from seccm.errors import Problem
from seccm.program.figures import Axis
from seccm.program.kind import Found, StepSpec
from seccm.program.measured import Measured, Numbers
from seccm.program.quantities import Potential
from seccm.program.segment import Act
from seccm.program.setting import Setting
from seccm.program.trace import StepTrace
from seccm.quantities import Duration
from seccm.quantities import Potential as Volts
from seccm.results import Result
from seccm.results.result import potential, signed
from seccm.rig import Lines
from seccm.units import show, volts

JUMP = 1e-6
"""Seconds from one potential to the other: less than a raw sample is a jump."""
ROWS = 20
"""Data points of the shorter of both potentials, at least."""
SAMPLED = 0.2
"""Share at the end of a pulse in which its current is read."""
MOST = 20_000
"""Steps of a staircase."""
E_AXIS = Axis("potential", "V")


class Staircase(StepSpec):
    """A staircase of potentials, with a pulse on each step."""

    start: Potential
    stop: Potential
    increment: Annotated[Volts, Field(gt=0, examples=["5 mV"])]
    """From one step to the next, whichever way the staircase goes."""
    quiet: Annotated[Duration, Field(gt=0, examples=["20 ms"])] = 20e-3
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
    count = math.floor(abs(stop - start) / step.increment + 1e-9) + 1
    way = math.copysign(step.increment, stop - start)
    steps: FloatArray = start + way * np.arange(min(count, MOST + 1), dtype=np.float64)
    return steps


def ends_of(step: Staircase, setting: Setting) -> str:
    """Return where a staircase starts and stops, in words."""
    return " to ".join(volts(setting.number(end)) for end in (step.start, step.stop))


def corners_of(step: Staircase) -> int:
    """Count the corners of a staircase; the most there may be where its ends are not known yet."""
    if not (isinstance(step.start, float) and isinstance(step.stop, float)):
        return 4 * MOST
    return 4 * int(abs(step.stop - step.start) / step.increment + 1)


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
    count = abs(stop - start) / step.increment
    if count > MOST:
        what = f"{show(step.increment, 'V')} makes {count:.3g} steps; at most {MOST} are possible."
        yield Problem(f"{where}.increment", what, "Make it larger.")
    elif count < 10:
        what = f"{show(step.increment, 'V')} makes {count:.3g} steps; 10 are needed for a peak."
        yield Problem(f"{where}.increment", what, "Make it smaller.", "warning")


@dataclass(frozen=True, slots=True)
class Read:
    """Currents and potentials read at the ends of both potentials of each step."""

    first: FloatArray
    """A, shape (steps,); NaN where it was not read."""
    second: FloatArray
    first_potential: FloatArray
    """V against the reference."""
    second_potential: FloatArray

    @property
    def whole(self) -> bool:
        """Whether every step was read."""
        return bool(np.isfinite(self.first + self.second).all())


def read(trace: StepTrace) -> Read:
    """Read a staircase at the ends of its potentials, as late as they came."""
    about = {name: float(value) for name, value in trace.segment.given}
    lasts, width = about["lasts"], about["width"]
    wave = trace.segment.waveform
    late = lateness(trace.t, trace.E, wave, trace.row)
    period = lasts + width
    steps = round((wave.duration - about["quiet"]) / period)
    begins = about["quiet"] + late + period * np.arange(steps)
    found = []
    for end, long in ((begins + lasts, lasts), (begins + period, width)):
        # A row before the end: what comes next may begin in the last one.
        spans = np.stack([end - max(SAMPLED * long, 2.0 * trace.row), end - trace.row], axis=1)
        found += [_means(trace, y, spans) for y in (trace.I, trace.E)]
    return Read(found[0], found[2], found[1], found[3])


def _means(trace: StepTrace, y: FloatArray, spans: FloatArray) -> FloatArray:
    """Return means of the rows that end within some times; NaN where there are none."""
    slack = 0.01 * trace.row
    first, stop = (np.searchsorted(trace.t, side) for side in (spans + slack).T)
    stop = np.maximum(stop, np.minimum(first + 1, trace.t.size))
    sums = np.concatenate([[0.0], np.cumsum(y)])
    count = stop - first
    with np.errstate(invalid="ignore", divide="ignore"):
        means: FloatArray = np.where(count > 0, (sums[stop] - sums[first]) / count, np.nan)
    # The last step may end in the very last row, and rows that are missing are no step's.
    there = np.searchsorted(trace.t, spans[:, 1] - trace.row) < trace.t.size
    return np.where(there, means, np.nan)


E_PEAK = potential("E_peak", "potential of the peak of the difference current",
                   r"$E_\mathrm{peak}$", 366, mapped=True)  # fmt: skip
J_PEAK = signed("j_peak", "A/m^2", "height of the peak of the difference current, per area, above "
                "a straight background", r"$\Delta j_\mathrm{peak}$", 367, mapped=True)  # fmt: skip
W_PEAK = Result("W_half", "V", "width of the peak of the difference current at half its height",
                r"$W_{1/2}$", rank=368)  # fmt: skip
PEAK = (E_PEAK, J_PEAK, W_PEAK)


def peak_numbers(trace: StepTrace, e: FloatArray, difference: FloatArray) -> Numbers:
    """Measure the peak of a difference current."""
    peak = pulse_peak(e, difference)
    height = trace.area.density(peak.height)
    values = dict(zip(PEAK, (peak.potential, height, peak.width), strict=True))
    return {result.name: Measured(value, (trace.own,)) for result, value in values.items()}


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
