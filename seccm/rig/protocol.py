"""The contract every rig keeps, virtual or real; one suite of tests holds them all to it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from seccm.rig.actions import Action
from seccm.rig.block import Axis, Block
from seccm.rig.info import RigInfo


@dataclass(frozen=True, slots=True)
class Readback:
    """Where things are, as far as the rig can tell, in metres."""

    position: Mapping[Axis, float]
    doubts: tuple[str, ...] = ()
    """What speaks against them, and what to do, in sentences: with a position sensor that shows
    something else, the rig carries out nothing but a retract."""


@dataclass(frozen=True, slots=True)
class SafeReport:
    """What `Rig.safe` achieved."""

    frozen: bool
    drive_off: bool
    retracted: bool
    """Whether the tip is up, as far as was asked for."""
    what: str
    """A sentence for the operator."""
    height: float | None = None
    """Where the tip is held now, z in metres; None where that is not known."""
    at_top: bool = False
    """Whether the tip is fully retracted."""
    checked: str = ""
    """What a look at the circuit showed after that, in sentences; empty where nobody looked."""
    remarks: tuple[str, ...] = ()
    """What a person should know of all that happened since the rig was opened, a sentence each."""

    @property
    def words(self) -> str:
        """All of it, for the operator."""
        return f"{self.what} {self.checked}".rstrip()


class Rig(Protocol):
    """A stage, a cell drive and a stream of rows, behind one face."""

    @property
    def info(self) -> RigInfo:
        """What the rig can do; known before it is opened."""

    def open(self) -> Readback:
        """Connect and read back where everything is. Moves nothing, switches nothing.

        Raises:
            RigError: a device is missing or refuses.
        """

    def start(self, *, raw: bool = False) -> None:
        """Start the stream of rows, which then runs until `close`.

        Args:
            raw: have the blocks carry every sample of the inputs in `RigInfo.raw` as well; where
                `RigInfo.raw_always` is false, those during drives that ask for them.

        Raises:
            RigError: the rig has no raw samples, or a device refuses; nothing moved.
        """

    def read(self) -> Block:
        """Return the next rows, waiting for them no longer than the rig's own time limit.

        Raises:
            RigError: the stream stalled, lost samples, or a device is gone.
        """

    def apply(self, action: Action) -> None:
        """Carry out one action; returns at once.

        Raises:
            LimitError: out of range or not possible; nothing moved or changed.
        """

    def safe(self, why: str, *, retract: bool = True, by: float = math.inf) -> SafeReport:
        """Freeze, switch the cell off and, if asked and the position is known, lift the tip.

        The order is this: the outputs stop, the cell goes off, and only then the tip goes up. It
        goes up at the speed `AxisRange.fastest` of z whatever a plan says: nothing lies above
        the tip, and a meniscus that breaks sooner harms nothing. What limits a lift is what the
        stage can follow, and how far an output may jump from one sample to the next; a rig has
        both in `fastest`.

        May be called at any time, any number of times; never raises. When it returns, the
        tip is lifted, or held where it was.

        Args:
            why: what the report ends with, behind the state of cell and tip, or the log says.
            retract: whether to lift the tip; it is held otherwise.
            by: metres to lift it by from where it is held; at most to the top of its travel.
        """

    def close(self) -> None:
        """Let go of the devices; outputs keep their last values. May be called twice."""
