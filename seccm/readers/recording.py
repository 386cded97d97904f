"""A recording: columns as another program wrote them, before it is settled what they mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from seccm.arrays import FloatArray

Quantity = Literal["time", "potential", "current", "x", "y", "z"]
UNITS: Mapping[Quantity, str] = {
    "time": "s", "potential": "V", "current": "A", "x": "m", "y": "m", "z": "m",
}  # fmt: skip
"""What a column may be, and its unit in SI."""
Sign = Literal["anodic positive", "cathodic positive"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file."""

    name: str
    """As the file has it, without the unit."""
    unit: str
    """As the file has it; empty where it says none."""
    values: FloatArray
    """Shape (rows,)."""
    quantity: Quantity | None = None
    """What it is, where the format says so; None where the file only has a name."""

    @property
    def title(self) -> str:
        """The name with the unit, as a user is told of it and may write it."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a file: a step at a site, or all of a stream."""

    columns: tuple[Column, ...]
    site: str = ""
    """What the file calls the site; parts of one site follow one another. Empty: there is one."""
    kind: str = ""
    """The kind of step, where the file says it: "cv", "lsv", "constant potential", "constant
    current" or "open circuit"."""
    where: str = ""
    """Where in the file it stands, for messages."""
    scan_rate: float = math.nan
    """Volts per second, where the file says it: tells times that the file does not have."""
    period: float = math.nan
    """Seconds from one data point to the next, where the file says so."""
    held: float = math.nan
    """The potential or current that was imposed, where the file has it in its head only."""

    def named(self, name: str) -> Column | None:
        """Return the column of a name or title, blanks and letter case aside."""
        wanted = squeezed(name)
        found = [c for c in self.columns if wanted in (squeezed(c.name), squeezed(c.title))]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Trace:
    """A stream of data points in SI, anodic positive; all arrays have shape (rows,)."""

    t: FloatArray
    potential: FloatArray
    current: FloatArray
    x: FloatArray
    y: FloatArray
    z: FloatArray
    """Metres; NaN where the file has no such column."""
    others: Mapping[str, FloatArray]
    """The columns that nobody has taken for one of these, by their names without blanks."""

    def part(self, rows: slice) -> Trace:
        """Return some of the rows."""
        return Trace(
            t=self.t[rows],
            potential=self.potential[rows],
            current=self.current[rows],
            x=self.x[rows],
            y=self.y[rows],
            z=self.z[rows],
            others={name: values[rows] for name, values in self.others.items()},
        )


@dataclass(frozen=True, slots=True)
class Visit:
    """What was measured at one place: steps, each with its kind where that is known."""

    site: str
    x: float
    y: float
    """Metres; NaN where the file does not say."""
    z: float
    """Height of the tip at contact in metres; NaN where the file does not say."""
    steps: tuple[tuple[str, Trace], ...]
    """Kind (empty where the shape must tell) and data points."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What is in a file, or in a folder of them."""

    instrument: str
    parts: tuple[Part, ...]
    sign: Sign | None = None
    """Which currents the program writes as positive; None where its user chooses, and the file does
    not tell."""
    why_sign: str = ""
    """How that is known, as a sentence."""
    reference: str = ""
    """What potentials are against, where the file says it."""
    started_at: str = ""
    """ISO 8601, with a time zone; empty where that is not known."""
    area: float = math.nan
    """Of the electrode in m^2, where the file says it."""
    divide: Callable[[Trace], Sequence[Visit]] | None = None
    """Divides a stream into what was measured at each place; None where each part is a step."""
    notes: tuple[str, ...] = ()
    """What else is to be said of the file, in sentences."""
    places: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """x and y in metres of each site, where the file says so."""
    leaves_open: tuple[str, ...] = ()
    """What the reader has to be told before it can tell parts and sites, each with the option that
    settles it; the user is asked for it with all else. The parts are then those found so far."""


def squeezed(name: str) -> str:
    """Return a name without blanks and in small letters: programs are not strict with either."""
    return "".join(name.replace("μ", "u").replace("µ", "u").split()).lower()


def even(t: FloatArray, tolerance: float = 0.01) -> float:
    """Return the period of evenly spaced times; NaN where an interval differs by more.

    Args:
        t: seconds, rising, shape (n,).
        tolerance: part of the period by which a time may miss its place.
    """
    if t.size < 2:
        return math.nan
    period = float(t[-1] - t[0]) / (t.size - 1)
    if not period > 0:
        return math.nan
    off = np.abs(t - t[0] - period * np.arange(t.size)).max()
    return period if off <= max(tolerance, 1e-9) * period + 1e-12 else math.nan
