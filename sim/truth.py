"""What really happened in a virtual world, for tests; no measurement may look at it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Touchdown:
    """A contact of the meniscus with the surface."""

    x: float
    y: float
    t: float
    z: float


@dataclass(slots=True)
class Truth:
    """Everything that no measurement can know for certain."""

    landings: list[Touchdown] = field(default_factory=list)
    crashes: list[float] = field(default_factory=list)
    """When the glass touched the surface, in seconds; once for each landing."""
    parted: list[float] = field(default_factory=list)
    """When a liquid bridge broke, in seconds."""
    marks: list[tuple[int, str]] = field(default_factory=list)
    """Row and line of every mark."""
    made_safe: list[str] = field(default_factory=list)
    """Why the rig was made safe, each time that it could be."""
