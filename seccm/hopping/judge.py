"""Whoever follows a site as it goes, and says in the end why it failed though all its steps ran."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from seccm.events import Landing, StepFinished
from seccm.plan.site import Site
from seccm.program.segment import Segment
from seccm.results import Value
from seccm.rig import Block


class Judge(Protocol):
    """Follows one site. No method may raise, and none may keep all rows: a site may last a day.

    Only a programme that asks for results has its rows kept, and may not be long.
    """

    def feed(self, block: Block) -> None:
        """Take the next rows of the visit, before the visit does."""
        ...

    def begin(self, segment: Segment, landing: Landing, first: int) -> None:
        """Take note that a step begins with a row, which may be among those that came before."""
        ...

    def finish(self, last: int) -> None:
        """Take note that the step has ended with a row, which is among those that came before."""
        ...

    def results(self, finished: StepFinished) -> Mapping[str, Value]:
        """Return what was found of the step that has ended, where the programme asks for it."""
        ...

    def verdict(self) -> str:
        """Return why the site failed, as a sentence; empty if it did not."""
        ...


Judges = Callable[[Site], Judge | None]
"""Gives the judge of a site; None if it needs none."""
