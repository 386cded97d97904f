"""NI's own library, or a stand-in that a rig file asks for by name.

A stand-in is found in the entry point group `seccm.daqmx`; the drivers know no simulator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import entry_points
from typing import Any

from hardware.ni.config import NidaqConfig
from seccm.errors import PlanError, Problem
from seccm.mistakes import similar
from seccm.rig import Mounted

GROUP = "seccm.daqmx"
OWN = "ni"
"""NI's own library."""
Driver = Callable[[], AbstractContextManager[Any]]


def find_driver(
    config: NidaqConfig,
    mounted: Mounted,
    *,
    source: str,
    seed: int,
    faults: Sequence[str],
    pace: float,
    first_site: int,
) -> Driver:
    """Return what makes the driver available while it is entered.

    Raises:
        PlanError: no such stand-in, or a real card is asked to behave like a virtual one.
    """
    if config.library == OWN:
        if faults or pace:
            what = "faults and pace are for virtual rigs; this is a real one."
            raise PlanError(source, [Problem("library", what, "Leave them out.")])
        return _own
    known = {point.name: point for point in entry_points(group=GROUP)}
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
