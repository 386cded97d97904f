"""A closed interval of what can be imposed, measured or reached."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """A closed interval in SI units."""

    lower: float
    upper: float

    def holds(self, value: float) -> bool:
        """Tell whether a value lies inside."""
        return self.lower <= value <= self.upper
