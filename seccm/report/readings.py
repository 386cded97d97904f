"""The steps of each site, read once for all figures as far as they fit into memory.

Figures go through the same sites one after the other. What was read first is kept, and not what
was read last: of sites that do not fit together, each figure would find the last ones only, after
it has read the first ones again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from seccm.program.trace import StepTrace

ROOM = 500_000_000
"""Bytes of samples that are kept: of 14 hours in rows of 2.57 ms, whatever the number of sites."""

Ran = tuple[StepTrace, ...]
"""The steps that began at a site."""


class Readings:
    """The steps that began at each site.

    Args:
        read: returns them for the number of a site.
        room: bytes of samples to keep at most.
    """

    def __init__(self, read: Callable[[int], Ran], room: int = ROOM) -> None:
        self._read = read
        self._room = room
        self._kept: dict[int, Ran] = {}

    def of(self, number: int) -> Ran:
        """Return the steps of a site; see `Readings`."""
        if number in self._kept:
            return self._kept[number]
        ran = self._read(number)
        size = _size(ran)
        if size <= self._room:
            self._room -= size
            self._kept[number] = ran
        return ran


def _size(ran: Ran) -> int:
    """Return the bytes that steps hold; those that look into one array hold it together."""
    parts = (part for trace in ran for part in (trace.t, trace.E, trace.I, trace.flag))
    return sum({id(whole): whole.nbytes for whole in _wholes(parts)}.values())


def _wholes(parts: Iterable[np.ndarray]) -> Iterable[np.ndarray]:
    for part in parts:
        yield part if part.base is None else part.base
