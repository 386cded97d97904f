"""What a second drive of the rig imposes, such as that of a substrate below a tip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from seccm.factors import Potential
from seccm.quantities import Model
from seccm.rig import Constant, Drive
from seccm.rig.signal_table import SignalName


class SecondDrive(Model):
    """A potential at which a second drive of the rig is held."""

    drive: Annotated[SignalName, Field(examples=["substrate"])]
    """As the rig file calls it, in its tables `drives`."""
    potential: Annotated[Potential, Field(examples=["0.5 V"])]
    """What is held."""


@dataclass(frozen=True, slots=True)
class Second:
    """The same as plain numbers."""

    drive: str
    value: float
    """Raw volts."""
    words: str = ""
    """The same for labels, against the plan's reference."""

    def imposed(self, since: int | None = None) -> Drive:
        """Return what the rig is told.

        Args:
            since: the row with which it begins; the next one by default.
        """
        return Drive("potential", Constant(self.value), since, on=self.drive)


def opened(drive: str) -> Drive:
    """Return what opens the circuit of another drive alone."""
    return Drive("open", Constant(0.0), on=drive)
