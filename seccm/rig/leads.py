"""What the wires and the electrometer of a rig do to fast signals."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leads:
    """Between the cell and the numbers of the converters."""

    stray: float = 0.0
    """Capacitance beside the cell in F: its charging current is measured with that of the cell."""
    time_constant: float = 0.0
    """Of the current amplifier in seconds: a single pole at 1 / (2 pi time_constant)."""
    delay: float = 0.0
    """Seconds by which the current is sampled later than the potential."""


NO_LEADS = Leads()
"""Of a rig of which nothing is known."""
