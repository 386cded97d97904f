"""What a block brings of a technique that an instrument runs by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seccm.rig.technique import Points
from seccm.rig.tie import Means, Tie
from seccm.rig.waveform import Limit

EndedBy = Literal["time", "limit", "stopped"]


@dataclass(frozen=True, slots=True)
class Begun:
    """A technique has begun."""

    row: int
    """The row in which it began."""
    tie: Tie


@dataclass(frozen=True, slots=True)
class Over:
    """A technique has ended, and all its points are there."""

    row: int
    """The last row that is all of it."""
    by: EndedBy
    limit: Limit | None
    """That the instrument saw; None if it was something else."""
    drift: float
    """Seconds by which the instrument's clock was found late at the end; NaN if nobody saw it."""


@dataclass(frozen=True, slots=True)
class Late:
    """What came of a technique since the last block; its points as they are, and what was found."""

    number: int
    """Of the technique since the rig was opened, from 0."""
    points: Points
    begun: Begun | None = None
    over: Over | None = None
    first: int = 0
    """How many of its points were delivered before these."""

    @property
    def means(self) -> Means | None:
        """How its time was tied to that of the rows, where this says so."""
        return None if self.begun is None else self.begun.tie.by
