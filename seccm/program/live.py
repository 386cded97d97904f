"""What is known of the steps that ran at a site, by the names that the plan gives them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Known:
    """What the rows of a step said when it ended; raw volts, amperes, coulombs, seconds."""

    E: float
    """Potential: the mean of the last rows, over whole periods of the mains."""
    i: float
    """Current, likewise."""
    charge: float
    """Net charge of the step."""
    time: float
    """How long the step lasted."""
    count: int = 1
    """How many times a step of that name has run at this site."""


@dataclass(slots=True)
class Live:
    """What is known by now at a site: of each named step, its last run."""

    steps: dict[str, Known] = field(default_factory=dict)

    def tell(self, name: str, known: Known) -> None:
        """Take in how a step ended; one without a name cannot be asked for."""
        if name:
            before = self.steps[name].count if name in self.steps else 0
            self.steps[name] = Known(known.E, known.i, known.charge, known.time, before + 1)
