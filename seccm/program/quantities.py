"""Quantities of a step: with a unit, from a factor, or from what an earlier step came to."""

from __future__ import annotations

from typing import Annotated

from seccm.factors import CurrentDensity, Follows, ScanRate, Value

__all__ = [
    "Charge", "Current", "CurrentDensity", "CurrentOrRate", "Duration", "Pause", "Potential",
    "ScanRate",
]  # fmt: skip

Potential = Annotated[Value, Follows("V", earlier=True)]
Current = Annotated[Value, Follows("A", earlier=True)]
CurrentOrRate = Annotated[Value, Follows("A", earlier=True, rate=True)]
"""A current, or a C-rate, for a step that has a capacity."""
Charge = Annotated[Value, Follows("C", above=0, earlier=True)]
Duration = Annotated[Value, Follows("s", above=0, earlier=True)]
Pause = Annotated[Value, Follows("s", at_least=0)]
