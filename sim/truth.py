"""What really happened in a virtual world, for tests; no measurement may look at it.

Enough to tell, without the program under test, what a run did to its sample and pipette: where the
meniscus touched, what it wetted and how low the tip was meanwhile, and where glass met the surface.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from seccm.units import show


@dataclass(frozen=True, slots=True)
class Touchdown:
    """A contact of the meniscus with the surface; x and y as the stage was told, metres."""

    x: float
    y: float
    t: float
    z: float


@dataclass(frozen=True, slots=True)
class Wetted:
    """A place that a broken bridge of liquid left behind, in the sample's frame, metres."""

    x: float
    y: float
    radius: float
    depth: float
    """How far the tip was below its height at contact, at most."""
    height: float = 0.0
    """How far the tip was above its height at contact when the liquid broke."""


@dataclass(frozen=True, slots=True)
class Crash:
    """Glass on the surface, from its first touch until it came off again."""

    x: float
    y: float
    """Where the stage was told to be, metres."""
    t: float
    """Of the first touch, seconds."""
    row: int
    """In which that was."""
    depth: float
    """How far the glass was pressed on, at most, metres."""


@dataclass(frozen=True, slots=True)
class Carried:
    """The sample was moved until another of its regions was below the tip."""

    region: str
    z: float
    """Where the tip was meanwhile, as the stage was told, metres."""
    wet: bool
    """Whether liquid joined tip and sample."""
    landings: int
    """How many contacts there were before."""


@dataclass(slots=True)
class Truth:
    """Everything that no measurement can know for certain."""

    landings: list[Touchdown] = field(default_factory=list)
    crashes: list[Crash] = field(default_factory=list)
    """Every touch of the glass."""
    parted: list[float] = field(default_factory=list)
    """When a liquid bridge broke, in seconds."""
    wetted: list[Wetted] = field(default_factory=list)
    """What each of those bridges left behind."""
    bridged: list[tuple[float, tuple[str, ...]]] = field(default_factory=list)
    """When channels of an electrode array were connected to each other, in seconds, and which."""
    carried: list[Carried] = field(default_factory=list)
    """When the sample was moved to another region."""
    marks: list[tuple[int, str]] = field(default_factory=list)
    """Row and line of every mark."""
    made_safe: list[str] = field(default_factory=list)
    """Why the rig was made safe, each time that it could be."""

    @property
    def words(self) -> tuple[str, ...]:
        """What whoever tries a plan has to know before a real pipette does the same."""
        if not self.crashes:
            return ()
        first, deepest = self.crashes[0], max(crash.depth for crash in self.crashes)
        times = f"{len(self.crashes)} times" if len(self.crashes) > 1 else "once"
        return (
            f"SIMULATION: glass touched the surface {times}, first at x = {show(first.x, 'm')}, "
            f"y = {show(first.y, 'm')}, at most {show(deepest, 'm', 2)} deep: a real pipette may "
            "break.",
        )
