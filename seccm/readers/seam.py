"""The seam between other programs' files and data files of this program.

A reader returns a `ReadScan`, which has everything, or a `Recording`: the columns as they are in
the file. What a recording leaves open (which column, unit, sign, place) is settled in one place,
`seccm.readers.understanding`, by what the user says of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seccm.arrays import FloatArray
from seccm.plan import Plan
from seccm.readers.recording import Recording


@dataclass(frozen=True, slots=True)
class ReadStep:
    """One step that was measured at a site; both arrays have shape (n,)."""

    potential: FloatArray
    """Volts against the reference electrode of the plan."""
    current: FloatArray
    """Amperes, anodic positive."""
    t: FloatArray | None = None
    """Seconds since any start, rising, shape (n,): where data points are not evenly spaced in time.
    Without it they follow one another by the period of the scan."""


@dataclass(frozen=True, slots=True)
class ReadSite:
    """What was measured at one place."""

    x: float
    y: float
    """Stage coordinates in metres."""
    steps: tuple[ReadStep, ...]
    """As many as the plan's programme has, or fewer where the measurement was broken off."""
    z: float = float("nan")
    """Height of the tip at contact in metres, up positive, where that is known."""


@dataclass(frozen=True, slots=True)
class ReadScan:
    """A scan of another program."""

    plan: Plan
    """What was done: its programme says what each step is, and its factors what varies."""
    period: float
    """Seconds from one data point to the next; of steps with times of their own, the tick to which
    these are rounded."""
    sites: tuple[ReadSite, ...]
    """In the order of the plan's sites."""
    rig: str
    """The name of the instrument."""
    started_at: str
    """ISO 8601, UTC; empty where that is not known."""
    understood: tuple[str, ...] = ()
    """Sentences that say how the file was understood: columns, units, signs, steps."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the files of one program."""

    name: str
    """Of the program, as a user knows it."""
    claims: Callable[[Path], bool]
    """Tells whether a file is one of that program; looks at its beginning, and never raises."""
    read: Callable[..., ReadScan | Recording]
    """Reads it, from its path. May raise `seccm.DataFileError` with what is wrong in the file."""
    rank: float = 0.0
    """Readers of a higher rank are asked later: one that would claim many files has a high one."""
    takes_said: bool = False
    """Whether `read` is given what the user said of the file (`seccm.readers.said.Said`) as its
    second argument."""
    folders: bool = False
    """Whether it reads folders; others are never asked about one."""
