"""The other drives of a rig: what holds a second electrode at a potential, such as a substrate.

The drive of the cell is the one through which a tip is approached; it has no name, and `potential`
and `current` are its signals. A rig file may declare others by name. Each has two signals of its
own, and a step says what is imposed on it meanwhile. The cell is switched off as a whole: an open
circuit of the drive of the cell opens the others too, and so does `Rig.safe`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from seccm.quantities import Current, Model, Potential
from seccm.rig.signals import Signal
from seccm.rig.span import Range


def signal_names(drive: str) -> tuple[str, str]:
    """Return the names of the signals of a drive beside that of the cell: potential and current."""
    return f"{drive}_potential", f"{drive}_current"


@dataclass(frozen=True, slots=True)
class DriveInfo:
    """What another drive of a rig can do; volts and amperes, potentials raw."""

    name: str
    potential: Range
    """What can be imposed, against the quasi-reference."""
    current: Range
    """What can be measured."""
    words: str = ""
    """What it drives, for labels; the name unless given."""

    @property
    def potential_signal(self) -> str:
        """The name of the signal of its potential."""
        return signal_names(self.name)[0]

    @property
    def current_signal(self) -> str:
        """The name of the signal of its current, anodic positive."""
        return signal_names(self.name)[1]

    @property
    def signals(self) -> tuple[Signal, Signal]:
        """The signals that it adds to those of the rig."""
        words = self.words or self.name.replace("_", " ")
        return (
            Signal(self.potential_signal, "V", f"potential of the {words}", "potential"),
            Signal(self.current_signal, "A", f"current of the {words}", "current"),
        )


class DriveTable(Model):
    """Another drive beside that of the cell: the part that is alike for every kind of rig."""

    potential: Annotated[Potential, Field(gt=0)] = 10.0
    """Largest potential that can be imposed, either sign."""
    range: Annotated[Current, Field(gt=0)] = 20e-9
    """Largest current that can be measured, either sign."""
    words: Annotated[str, Field(max_length=60, examples=["substrate"])] = ""
    """What it drives, for labels; the name of the table unless given."""

    def info(self, name: str) -> DriveInfo:
        """Return the declaration of this drive.

        Args:
            name: that of the table.
        """
        return DriveInfo(
            name,
            Range(-self.potential, self.potential),
            Range(-self.range, self.range),
            self.words,
        )


def described(tables: Mapping[str, DriveTable]) -> tuple[DriveInfo, ...]:
    """Return what the tables of a rig file declare."""
    return tuple(table.info(name) for name, table in tables.items())


def signals_of(drives: Iterable[DriveInfo]) -> tuple[Signal, ...]:
    """Return the signals that drives add."""
    return tuple(signal for drive in drives for signal in drive.signals)
