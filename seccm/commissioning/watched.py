"""A rig whose rows are looked at as they come, by somebody who may put an end to it."""

from __future__ import annotations

import math
from collections.abc import Callable

from seccm.rig import Action, Block, Readback, Rig, RigInfo, SafeReport


class StoppedError(Exception):
    """Somebody put an end to a commissioning step; its text says who."""


class WatchedRig:
    """Behaves as another rig, and shows every block to somebody.

    Whoever commissions a rig reads it again and again; so a look at every block is where progress
    is seen, and where a request to stop is carried out: in the thread that drives the rig, between
    two of its calls, and never in the midst of making it safe.

    Args:
        rig: the other.
        look: shown every block; may raise to put an end to what is done.
    """

    def __init__(self, rig: Rig, look: Callable[[Block], None]) -> None:
        self._rig, self._look = rig, look

    @property
    def info(self) -> RigInfo:
        """What the rig can do."""
        return self._rig.info

    def open(self) -> Readback:
        """See `Rig.open`."""
        return self._rig.open()

    def start(self, *, raw: bool = False) -> None:
        """See `Rig.start`."""
        self._rig.start(raw=raw)

    def read(self) -> Block:
        """Return the next rows, which have been looked at; see `Rig.read`."""
        block = self._rig.read()
        self._look(block)
        return block

    def apply(self, action: Action) -> None:
        """See `Rig.apply`."""
        self._rig.apply(action)

    def safe(self, why: str, *, retract: bool = True, by: float = math.inf) -> SafeReport:
        """See `Rig.safe`."""
        return self._rig.safe(why, retract=retract, by=by)

    def close(self) -> None:
        """See `Rig.close`."""
        self._rig.close()
