"""Readers of other programs' files: what they read becomes a data file of this program.

Packages add readers by the entry point group `seccm.readers`, each of which names a `Reader`; a
script calls `READERS.register`. `seccm.import_file` asks them one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seccm.arrays import FloatArray
from seccm.open_kinds import OpenKinds
from seccm.plan import Plan

GROUP = "seccm.readers"


@dataclass(frozen=True, slots=True)
class ReadStep:
    """One step that was measured at a site; both arrays have shape (n,)."""

    potential: FloatArray
    """Volts against the reference electrode of the plan."""
    current: FloatArray
    """Amperes, anodic positive."""


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
    """Seconds from one data point to the next."""
    sites: tuple[ReadSite, ...]
    """In the order of the plan's sites."""
    rig: str
    """The name of the instrument."""
    started_at: str
    """ISO 8601, UTC; empty where that is not known."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the files of one program."""

    name: str
    """Of the program, as a user knows it."""
    claims: Callable[[Path], bool]
    """Tells whether a file is one of that program; looks at its beginning, and never raises."""
    read: Callable[[Path], ReadScan]
    """Reads it. May raise `seccm.DataFileError` with what is wrong in the file."""


def _refuse_other(reader: object) -> None:
    if not isinstance(reader, Reader):
        raise TypeError(f"{reader!r} is no seccm.Reader")


READERS: OpenKinds[Reader] = OpenKinds("reader", GROUP, lambda: (), lambda r: r.name, _refuse_other)
"""Every reader that is installed or was registered."""
