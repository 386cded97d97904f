"""The table `[potentiostat]` of a rig file with an instrument of PalmSens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from seccm.quantities import Duration, Model, Potential


class PalmSensTable(Model):
    """An instrument of PalmSens at the cell."""

    kind: str = "palmsens"
    library: Annotated[str, Field(min_length=1)] = "palmsens"
    """"palmsens" is the maker's library; any other names a stand-in, found by entry point."""
    device: str = ""
    """The name of the instrument, where several are plugged in."""
    potential: Potential = Field(10.0, gt=0)
    """Largest potential that it can impose, either sign; see its manual."""
    overload: Potential = Field(10.0, gt=0)
    """What it reads where an anodic current is imposed and no circuit is closed."""
    ranges: tuple[Annotated[str, Field(min_length=1)], ...] = ("100pA", "1nA", "10nA", "100nA")
    """Its current ranges as the maker names them, rising; it changes between them by itself."""
    interval: Duration = Field(2e-3, gt=0)
    """From point to point, where nothing else follows from a scan rate."""
    late: Duration = Field(0.5, gt=0)
    """By which its points may come late: measured on a bench, on this computer."""
    start: Duration = Field(0.5, gt=0)
    """From an order until a technique has begun, at most: measured as well."""
    edge: str = ""
    """The signal of the card to which its line D0 is wired; it is high while a technique runs."""
    patience: Duration = Field(5.0, gt=0)
    """For which an answer is waited for."""
    virtual: Mapping[str, Any] = {}
    """What a stand-in is like; see `sim.instrument.config`."""
