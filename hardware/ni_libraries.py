"""NI's own libraries, or stand-ins for them that a rig file asks for by name.

A stand-in is found in the entry point group of its library; the drivers know no simulator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from seccm.errors import PlanError, Problem
from seccm.installed import entry_points
from seccm.mistakes import similar
from seccm.rig import Mounted

OWN = "ni"
"""NI's own library."""
Library = Callable[[], AbstractContextManager[Any]]


class NamesLibrary(Protocol):
    """A rig file that says which library drives its devices."""

    @property
    def library(self) -> str:
        """NI's own, or a stand-in by its name."""

    @property
    def virtual(self) -> dict[str, Any]:
        """What a stand-in is told."""


def find_library(
    group: str,
    config: NamesLibrary,
    mounted: Mounted,
    *,
    source: str,
    seed: int,
    faults: Sequence[str],
    pace: float,
    first_site: int,
) -> Library:
    """Return what makes a library available while it is entered.

    Args:
        group: of the entry points that name its stand-ins.
        config: of the rig.
        mounted: sample and pipette; a real device is told nothing of them.
        source: the rig file's name, for messages.
        seed: for a stand-in, as the next three.
        faults: to be played.
        pace: virtual seconds per real second.
        first_site: number of the first site to be travelled to.

    Raises:
        PlanError: no such stand-in, or a real device is asked to behave like a virtual one.
    """
    if config.library == OWN:
        if faults or pace:
            what = "faults and pace are for virtual rigs; this is a real one."
            raise PlanError(source, [Problem("library", what, "Leave them out.")])
        return _own
    known = {point.name: point for point in entry_points(group=group)}
    if config.library not in known:
        remedy = similar(config.library, [OWN, *known])
        raise PlanError(source, [Problem("library", f'"{config.library}" is not known.', remedy)])
    plug_in = known[config.library].load()

    def stand_in() -> AbstractContextManager[Any]:
        plugged: AbstractContextManager[Any] = plug_in(
            config.virtual,
            mounted,
            seed=seed,
            faults=faults,
            pace=pace,
            first_site=first_site,
            source=source,
        )
        return plugged

    return stand_in


@contextmanager
def _own() -> Iterator[None]:
    yield None
