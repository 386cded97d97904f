"""How a place is come to and left, as a plan says it: the table `way`.

A kind of way is one object: its keys in a plan, what a rig must be able to do for it, and what is
carried out. Hopping is built in. Packages of others add kinds by the entry point group
`seccm.ways`, each of which names a `WayKind`; a script calls `KINDS.register`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

from seccm.errors import Problem
from seccm.open_kinds import OpenKinds
from seccm.plan.way_words import ELECTRODE, TIP, WayWords
from seccm.quantities import AnyModel, Model
from seccm.rig import RigInfo

if TYPE_CHECKING:
    from seccm.plan.site import Site
    from seccm.plan.subject import Subject

GROUP = "seccm.ways"
"""The package of the built-in kinds, and the group of entry points of all others."""


class WaySpec(Model):
    """The keys of a way in a plan; every kind has a class of its own."""

    kind: str


def _no_problems(spec: WaySpec, subject: Subject) -> Iterator[Problem]:
    yield from ()


def _never(spec: WaySpec) -> bool:
    return False


def _asks_nothing(spec: WaySpec, site: Site) -> str:
    return ""


REST_ROWS = 16
"""Rows that a tip rests before it is lifted slowly: the circuit comes to what is imposed, 40 ms."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the parts of a visit take beside its steps, as far as that is known beforehand."""

    travel: float
    """Seconds per metre sideways."""
    settle: float
    """Seconds in which the tip stands still before the descent."""
    first: float
    """Seconds per metre of the first descent of a run: nobody knows yet where the surface is."""
    descent: float
    """Seconds per metre of the others."""
    landing: float
    """Seconds at the landing speed, where that is not the speed of the descent, and of the stop."""
    retract: float
    """Seconds from the end of the steps until the tip is up."""
    fastest_descent: float = 0.0
    """Metres per second; the tip stops from it."""
    lift: float | None = None
    """Metres that the tip comes down again, but for the first site; None for retract.distance."""


def retract_time(site: Site, speed: float, info: RigInfo) -> float:
    """Return the seconds in which a tip rises, slower until its meniscus breaks.

    Nobody knows beforehand where that is: half way is assumed.

    Args:
        site: whose retract it is.
        speed: of the rest of the retract, metres per second.
        info: of the rig.
    """
    lift, slow = site.retract, site.retract.detaching
    if slow is None:
        return lift.distance / speed
    listening = REST_ROWS * info.clock.period
    return listening + 0.5 * lift.distance * (1.0 / slow.speed + 1.0 / speed)


def listening(site: Site, info: RigInfo) -> float:
    """Return the seconds in which a tip at rest listens before its descent."""
    return max(site.approach.settle, info.settling(site.approach.rule.signal))


def plain_timing(spec: WaySpec, site: Site, info: RigInfo) -> Timing:
    """Return the timing of a way that moves as the tables of the plan say."""
    down = 1.0 / site.approach.speed
    return Timing(
        travel=1.0 / site.travel_speed,
        settle=site.travel_settle + listening(site, info),
        first=down,
        descent=down,
        landing=site.approach.confirm * info.clock.period,
        retract=retract_time(site, site.retract.speed, info),
        fastest_descent=site.approach.speed,
    )


@dataclass(frozen=True, slots=True)
class WayKind:
    """Everything about one way of coming to a place and leaving it."""

    name: str
    """As plans call it."""
    spec: type[WaySpec]
    """Its keys, with `kind` among them."""
    begin: Callable[..., Any]
    """Called with site, rig info, course and terrain for each visit; see `seccm.hopping.way.Way`
    for what it returns."""
    problems: Callable[[Any, Subject], Iterator[Problem]] = _no_problems
    """Finds what keeps this plan from being carried out on this rig in this way."""
    timing: Callable[[Any, Site, RigInfo], Timing] = plain_timing
    """Says how long the parts of a visit take on a rig."""
    moves: bool = True
    """Whether a tip moves. Where none does, no motion is carried out at all, whatever is asked for,
    also in an emergency and at the end of a run: cell off, everything held."""
    goes_on: Callable[[Any], bool] = _never
    """Tells whether a run that is resumed goes on inside a site where it broke off, at the step
    that was under way. Else the site is given up: it was touched, and is not landed on again."""
    speaks: WayWords | None = None
    """What buttons, answers and messages say of a run; the usual words of a tip, or of electrodes
    where none moves, without it."""
    asks: Callable[[Any, Site], str] = _asks_nothing
    """Says what a person has to do before a site begins, as a sentence; empty if nothing. The run
    waits until somebody resumes it."""

    @property
    def words(self) -> WayWords:
        """How runs in this way are spoken of."""
        return self.speaks or (TIP if self.moves else ELECTRODE)


def _own() -> Iterator[WayKind]:
    # Looked up by name: what carries a way out stands above the plan.
    for name in ("hopping", "fast", "topography", "height", "connected"):
        yield import_module(f"{GROUP}.{name}").KIND


def _refuse_other(kind: object) -> None:
    if not isinstance(kind, WayKind):
        raise TypeError(f"{kind!r} is not a seccm.plan.ways.WayKind")


KINDS: OpenKinds[WayKind] = OpenKinds("way", GROUP, _own, lambda kind: kind.name, _refuse_other)
"""Every kind of way that plans may use."""


AnyWay = Annotated[WaySpec, AnyModel("kind", lambda: (kind.spec for kind in KINDS.all().values()))]


def timing_of(site: Site, info: RigInfo) -> Timing:
    """Return how long the parts of a visit take on a rig, in the way of the site."""
    return KINDS.of(site.way.kind).timing(site.way, site, info)


def asked_of(site: Site) -> str:
    """Return what a person has to do before a site begins, as a sentence; empty if nothing."""
    return KINDS.of(site.way.kind).asks(site.way, site)


def kind_in(plan_json: str) -> WayKind:
    """Return the way of a plan; the usual one where the text says none that is known here.

    Args:
        plan_json: as `Plan.to_json` gives it; empty where there is no plan.
    """
    try:
        return KINDS.of(json.loads(plan_json)["way"]["kind"])
    except (ValueError, TypeError, LookupError):
        return KINDS.of(usual().kind)


def usual() -> WaySpec:
    """Return the way of a plan that names none: hopping."""
    return KINDS.of("hopping").spec(kind="hopping")
