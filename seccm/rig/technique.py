"""Techniques: what a potentiostat with a programme of its own runs, and delivers late and in bulk.

Such an instrument is told once what to do. It begins a little later, keeps its own time and its own
limits, changes its current ranges as it likes, and hands its points over in pieces. What it can
run is declared in `Runs`, so that a plan is checked before anything moves; how it is driven is
`RunningCell`. `seccm.rig.gate` brings its points into the rows of the rig.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.rig.actions import Drive, Mode
from seccm.rig.waveform import Constant, Limit, Lines, Waveform

ShapeName = Literal["constant", "ramp", "cycles", "other"]
_SAME = 1e-6
"""Part of the span of a waveform by which two of its levels may differ and count as one."""


@dataclass(frozen=True, slots=True)
class Held:
    """One value."""

    value: float
    """Volts or amperes."""
    seconds: float
    """For so long; without end if infinite."""
    name: ShapeName = "constant"


@dataclass(frozen=True, slots=True)
class Ramp:
    """One straight line."""

    first: float
    last: float
    """Volts or amperes."""
    seconds: float
    name: ShapeName = "ramp"

    @property
    def rate(self) -> float:
        """Volts or amperes in a second, above zero."""
        return abs(self.last - self.first) / self.seconds


@dataclass(frozen=True, slots=True)
class Cycles:
    """Cycles between two vertices at one rate that begin and end at one value."""

    begin: float
    first: float
    """The vertex to which it goes at first."""
    second: float
    rate: float
    """Volts or amperes in a second, above zero."""
    count: int
    name: ShapeName = "cycles"


@dataclass(frozen=True, slots=True)
class Other:
    """Anything else."""

    name: ShapeName = "other"


Shape = Held | Ramp | Cycles | Other


def shape_of(waveform: Waveform) -> Shape:
    """Return what a waveform is, as the techniques of instruments name it."""
    if isinstance(waveform, Constant):
        return Held(waveform.value, waveform.duration)
    if not isinstance(waveform, Lines):
        return Other()
    turns = _turns(waveform)
    if turns is None:
        return Other()
    times, values = turns
    if len(times) == 1:
        return Held(values[0], waveform.duration)
    if len(times) == 2:
        return Ramp(values[0], values[1], times[1] - times[0])
    return _cycles(times, values)


def _turns(lines: Lines) -> tuple[list[float], list[float]] | None:
    """Return where a waveform of one rate turns, its ends included; None if it has several."""
    lowest, highest = lines.extremes
    near = _SAME * (highest - lowest)
    if near == 0.0:
        return [lines.times[0]], [lines.values[0]]
    times, values = [lines.times[0]], [lines.values[0]]
    slopes: list[float] = []
    for t, value in zip(lines.times[1:], lines.values[1:], strict=True):
        if t <= times[-1]:
            if abs(value - values[-1]) > near:
                return None  # It jumps.
            continue
        slope = (value - values[-1]) / (t - times[-1])
        if slopes and math.isclose(slope, slopes[-1], rel_tol=1e-4):
            times[-1], values[-1] = t, value
            continue
        if slopes and not math.isclose(slope, -slopes[-1], rel_tol=1e-4):
            return None
        slopes.append(slope)
        times.append(t)
        values.append(value)
    return times, values


def _cycles(times: list[float], values: list[float]) -> Shape:
    """Return the cycles that turn at these values, if they are some."""
    begin, inner = values[0], values[1:-1]
    first, second = values[1], values[2]
    if len(values) == 3:
        second = begin
    near = _SAME * (max(values) - min(values))
    at_vertex = abs(begin - second) <= near
    wanted = [first if k % 2 == 0 else second for k in range(len(inner))]
    turned = all(abs(one - want) <= near for one, want in zip(inner, wanted, strict=True))
    ends = abs(values[-1] - begin) <= near
    # One that begins between its vertices turns twice a cycle, one that begins at one turns there.
    whole = len(inner) % 2 == (1 if at_vertex else 0)
    if not (turned and ends and whole):
        return Other()
    rate = abs(first - begin) / (times[1] - times[0])
    return Cycles(begin, first, second, rate, (len(inner) + 1) // 2)


@dataclass(frozen=True, slots=True)
class Runs:
    """What an instrument runs by itself, and how late its points come."""

    shapes: frozenset[tuple[Mode, ShapeName]]
    """What it can impose in which mode; an open circuit is a constant."""
    limits: frozenset[str]
    """The quantities at which it ends a technique by itself, as `Limit.quantity` names them."""
    late: float
    """Seconds by which its points come late, at most."""
    start: float
    """Seconds from the order until a technique has begun, at most."""
    interval: float
    """Seconds from one point to the next, at least."""
    edge: str = ""
    """The signal of the card that is high while a technique runs: a line of the instrument that is
    wired to an input. Without it both time bases are tied by a step that both have seen."""

    def refusal(self, mode: Mode, waveform: Waveform) -> str:
        """Return what it cannot run of a waveform, in words; empty if it can."""
        shape = shape_of(waveform)
        if (mode, shape.name) in self.shapes:
            return ""
        can = sorted(_SHAPES[name] for of, name in self.shapes if of == mode)
        known = f" It runs: {', '.join(can)}." if can else ""
        return f"its instrument cannot run {_SHAPES[shape.name]} of {_MODES[mode]}.{known}"


_SHAPES: dict[ShapeName, str] = {
    "constant": "a constant",
    "ramp": "a ramp",
    "cycles": "whole cycles between two vertices that end where they began",
    "other": "this waveform",
}
_MODES: dict[Mode, str] = {
    "potential": "the potential",
    "current": "the current",
    "open": "an open circuit",
}
Ending = Literal["", "time", "limit", "stopped"]
"""How a technique ended; empty while it runs."""


def _nothing() -> FloatArray:
    return np.zeros(0)


def _no_codes() -> npt.NDArray[np.uint8]:
    return np.zeros(0, np.uint8)


@dataclass(frozen=True, slots=True)
class Points:
    """Points of a technique as the instrument has them; each of shape (n,)."""

    t: FloatArray = field(default_factory=_nothing)
    """Seconds since it began, by the instrument's clock, rising."""
    potential: FloatArray = field(default_factory=_nothing)
    """Raw volts."""
    current: FloatArray = field(default_factory=_nothing)
    """Amperes, anodic positive: the mean since the point before."""
    flags: npt.NDArray[np.uint8] = field(default_factory=_no_codes)
    """`seccm.rig.Flag`: overload and saturation."""
    span: FloatArray = field(default_factory=_nothing)
    """Amperes, the end of the current range in which it was measured; NaN where nobody says."""

    def __len__(self) -> int:
        return len(self.t)

    def then(self, more: Points) -> Points:
        """Return these points and those that came after them."""
        if not len(more):
            return self
        names = ("t", "potential", "current", "flags", "span")
        return Points(*(np.concatenate((getattr(self, n), getattr(more, n))) for n in names))

    def part(self, first: int) -> Points:
        """Return the points from one on."""
        names = ("t", "potential", "current", "flags", "span")
        return Points(*(getattr(self, name)[first:] for name in names))

    @property
    def until(self) -> float:
        """The time of the newest one, 0 before there is any."""
        return float(self.t[-1]) if len(self.t) else 0.0


@dataclass(frozen=True, slots=True)
class Collected:
    """What has come of one technique since the instrument was last asked."""

    order: int
    """Which one: the number of the call of `impose`, from 0."""
    points: Points = field(default_factory=Points)
    begun: bool = False
    """Whether the technique has begun by now."""
    ended: Ending = ""
    limit: Limit | None = None
    """Of the drive, that ended it; None if it was something else."""


class RunningCell(Protocol):
    """The drive of a cell that runs techniques by itself; a `seccm.rig.Cell` with `CellInfo.runs`.

    `impose` then starts a technique, in the place of the one that runs, and returns as soon as the
    instrument was told. A constant without end is a hold: it goes on until something else is
    imposed; an open circuit without end is no technique. When a technique has ended, the cell stays
    at its last potential, or open after an imposed current.
    """

    def impose(self, drive: Drive, row: int) -> None:
        """Start a technique; see `seccm.rig.Cell.impose`.

        Raises:
            LimitError: it cannot be run; nothing changed.
            RigError: the instrument is busy, or does not answer.
        """

    def stop(self) -> None:
        """End the technique where it is, as if its time were over; `collect` brings the end.

        Raises:
            RigError: the instrument does not answer.
        """

    def collect(self) -> tuple[Collected, ...]:
        """Return what has come since the last time, oldest first; never waits for the instrument.

        Points of a technique that was broken off may come after those of the next one began; its
        end comes with the last of them.

        Raises:
            RigError: the instrument is lost, or the technique ended in a way that nobody asked for.
        """
