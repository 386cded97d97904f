"""What an earlier session did at a site that it left half measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from seccm.errors import ContactError
from seccm.events import Path
from seccm.program.live import Known, Live
from seccm.program.program import Walking
from seccm.results import Value
from seccm.rig import Block


@dataclass(frozen=True, slots=True)
class Ran:
    """A step that ended."""

    path: Path
    known: Known
    found: Mapping[str, Value] = field(default_factory=dict)
    """Its results, where the programme asks for them."""


def _no_rows(before: int) -> Iterator[Block]:
    yield from ()


@dataclass(frozen=True, slots=True)
class Before:
    """The steps that ended, in their order, and how much there is of the one under way."""

    steps: tuple[Ran, ...] = ()
    rows: int = 0
    """Data points of the step that was under way; 0 where none was."""
    blocks: Callable[[int], Iterator[Block]] = _no_rows
    """Gives these data points, numbered as if they came just before a row of this session."""

    def tell(self, walk: Walking, live: Live) -> None:
        """Bring the walk of the programme to where it broke off.

        Raises:
            ContactError: the steps in the file are not those of the programme.
        """
        for ran in self.steps:
            segment = walk.next(live)
            if segment is None or (ran.path and segment.path != ran.path):
                where = "nothing" if segment is None else f"{segment.kind} {segment.path}"
                raise ContactError(
                    "not-the-same",
                    f"the data file has a step at {ran.path} where the programme has {where}: the "
                    "site cannot go on. Nothing was imposed.",
                )
            live.tell(segment.name, ran.known, segment.kind, ran.found)
