"""What the wires and the electrometer of a rig do to fast signals."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leads:
    """Between the cell and the numbers of the converters."""

    stray: float = 0.0
    """Capacitance beside the cell in F: its charging current is measured with that of the cell."""
    bandwidth: float = math.inf
    """Of the current amplifier in Hz: a single pole."""
    delay: float = 0.0
    """Seconds by which the current is sampled later than the potential."""
