"""A plan resolved for one place: everything a hop needs, as plain numbers.

Potentials are raw here, against the rig's quasi-reference electrode: the plan's reference
offset has been taken off, so that nothing below the plan converts anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seccm.plan.ways import KINDS, WaySpec, usual
from seccm.program.program import Programme
from seccm.program.second import Second
from seccm.program.segment import Segment
from seccm.rig import NEVER, Clock, ContactRule, Mode

if TYPE_CHECKING:
    from seccm.plan.decision import Decision
    from seccm.plan.recipe import Recipe

NOISE = 100e-9
"""Metres by which a position may read wrong."""
HANGS = 0.05
"""Height of the meniscus over the diameter of the aperture, at the least."""


@dataclass(frozen=True, slots=True)
class Hold:
    """What is imposed on the cell while the tip approaches."""

    mode: Mode
    value: float
    """Raw volts or amperes."""


@dataclass(frozen=True, slots=True)
class CircuitLook:
    """How an open circuit is told from a closed one, with the tip at rest."""

    rule: ContactRule
    hold: Hold
    settle: float
    """Seconds in which leads and filters come to rest."""


@dataclass(frozen=True, slots=True)
class ApproachSpec:
    """How the tip comes down and when it has landed."""

    speed: float
    travel: float
    """Metres below the start of the approach at which it is given up."""
    rule: ContactRule
    hold: Hold
    settle: float
    """Seconds with the tip at rest before the descent: blanking, and the baseline's measure."""
    confirm: int
    """Rows after the stop in which the contact must persist; most of them decide."""
    false_contacts: int
    """How many contacts that did not persist are forgiven before the landing has failed."""
    overtravel: float
    """The farthest the tip may go past contact, in metres, before a site is flagged."""
    surface_margin: float
    """Metres below the surface, where that is known, at which the approach is given up."""
    continues: bool
    """True when the first segment goes on with the hold, without a gap, from contact."""
    second: Second | None = None
    """What a second drive of the rig imposes meanwhile."""


NO_APPROACH = ApproachSpec(
    speed=0.0,
    travel=0.0,
    rule=NEVER,
    hold=Hold("open", 0.0),
    settle=0.0,
    confirm=0,
    false_contacts=0,
    overtravel=0.0,
    surface_margin=0.0,
    continues=False,
)
"""Of a site at which nothing moves: it has no approach."""


@dataclass(frozen=True, slots=True)
class Detaching:
    """How the break of the meniscus is looked for while the tip rises."""

    hold: Hold
    speed: float
    """Metres per second until it broke."""
    margin: float | None
    """Metres above the break up to which the tip is lifted; None for the whole retract."""
    slope: float | None = None
    """Of the footprint's radius against the height of the break above contact; None if unknown."""
    radius: float = 0.0
    """Of the footprint where that height is zero, metres."""
    uncertainty: float = 0.0
    """Relative standard uncertainty of an area that follows from both."""


@dataclass(frozen=True, slots=True)
class Lift:
    """A motion away from the surface or sideways: metres where it says so, metres per second."""

    distance: float
    speed: float
    detaching: Detaching | None = None
    """Whether the break of the meniscus is looked for in it."""


@dataclass(frozen=True, slots=True)
class NoContact:
    """What to do when an approach ends without contact."""

    then: str
    """"skip", "retry" or "stop"."""
    retries: int
    shift: float
    """How far each retry moves sideways, in metres."""

    def offsets(self) -> tuple[tuple[float, float], ...]:
        """Return where each attempt lands, counted from the site, the first one at the site itself.

        Retries go round the site in quarter turns, farther out by the shift with each turn.
        """
        retries = self.retries if self.then == "retry" else 0
        around = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))
        found = [(0.0, 0.0)]
        for turn, quarter in (divmod(retry, 4) for retry in range(retries)):
            reach, (x, y) = (turn + 1) * self.shift, around[quarter]
            found.append((reach * x, reach * y))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Site:
    """One place to land, with everything that happens there."""

    number: int
    """Place in the visiting order, from 0; the row of the site table."""
    x: float
    y: float
    """Stage coordinates in metres."""
    ix: int
    iy: int
    """Column and row in the grid; -1 where there is none."""
    condition: int
    """Index into the plan's list of conditions."""
    repeat: int
    """Which repeat of that condition this is, from 0."""
    approach: ApproachSpec
    program: Programme
    retract: Lift
    travel_speed: float
    travel_settle: float
    """Seconds to rest after a lateral move, before the approach settles."""
    no_contact: NoContact
    way: WaySpec = field(default_factory=usual)
    """How the place is come to and left."""
    levels: tuple[float, ...] = ()
    """The values of the plan's factors at this site, in SI, in the order of the factors; and behind
    them those of the site itself."""
    label: str = ""
    """What the site is called; empty if nothing."""
    recipe: Recipe | None = field(default=None, compare=False, repr=False)
    """What the site was made from, for its data file; None for one that was put together."""
    decision: Decision | None = field(default=None, compare=False, repr=False)
    """Why a planner asked for it; None where nobody said."""

    def at(self, x: float, y: float, ix: int, iy: int, *, number: int, repeat: int) -> Site:
        """Return the same at another place, in metres, with a number of its own."""
        # Not dataclasses.replace, which takes twenty times as long: plans have many sites.
        return Site(
            number, x, y, ix, iy, self.condition, repeat, self.approach, self.program,
            self.retract, self.travel_speed, self.travel_settle, self.no_contact, self.way,
            self.levels, self.label, self.recipe, self.decision,
        )  # fmt: skip

    @property
    def region(self) -> str:
        """The region of the sample in which it lies; empty where there is only one."""
        return "" if self.recipe is None else self.recipe.region

    @property
    def moves(self) -> bool:
        """Whether a tip moves to it."""
        return KINDS.of(self.way.kind).moves

    @property
    def goes_on(self) -> bool:
        """Whether a run that is resumed goes on inside of it, where it broke off."""
        return KINDS.of(self.way.kind).goes_on(self.way)

    def measuring_time(self, clock: Clock) -> tuple[float, float]:
        """Return how long the steps last at least and at most if no limit ends them, in s."""
        return self.program.lasts(clock.period)

    def raw_time(self, clock: Clock) -> float:
        """Return the seconds at most in which steps have their raw samples kept."""
        return self.program.lasts(clock.period, raw=True)[1]

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The steps in the order in which they are meant to run."""
        return self.program.planned
