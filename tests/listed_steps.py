"""A programme that is a list of steps made by hand, of any kind and with any waveform."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from seccm.events import Path
from seccm.program.live import Live
from seccm.program.segment import Segment


@dataclass(frozen=True)
class Listed:
    """Runs its segments one after the other."""

    planned: tuple[Segment, ...]
    mains: float = 50.0

    def walk(self) -> ListedWalk:
        return ListedWalk(iter(self.planned))

    def ran(self, index: int, path: Path, resolved: str) -> Segment | None:
        return self.planned[index] if index < len(self.planned) else None

    def lasts(self, period: float, *, raw: bool = False) -> tuple[float, float]:
        seconds = sum(segment.waveform.duration + period for segment in self.planned)
        return seconds, seconds


@dataclass
class ListedWalk:
    rest: Iterator[Segment]

    def next(self, _: Live) -> Segment | None:
        return next(self.rest, None)
