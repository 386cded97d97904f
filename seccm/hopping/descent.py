"""How a descent is divided: stretches from where the tip is down to where it gives up.

Contact is watched for in every stretch. The last one goes at the landing speed, in which contacts
are measured; those before it may only be so fast that the tip still stops in time wherever a
contact comes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from seccm.hopping.terrain import Expected
from seccm.plan.site import Site
from seccm.rig import RigInfo


@dataclass(frozen=True, slots=True)
class Pacing:
    """How fast a motion is, and how gently it begins and ends."""

    speed: float
    """Metres per second."""
    smooth: float = 0.0
    """Seconds over which its speed is reached and lost, see `seccm.rig.Move`."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a descent."""

    to: float
    """Where it ends, z in metres."""
    pacing: Pacing


Stretches = tuple[Stretch, ...]
Division = Callable[[float, float, Expected | None], Stretches]
"""Divides the descent from one height to another, in metres, by what is known of the surface."""


@dataclass(frozen=True, slots=True)
class InOne:
    """The plain descent: in one stretch, at the landing speed."""

    speed: float

    def __call__(self, start: float, target: float, expected: Expected | None) -> Stretches:
        """Return the only stretch."""
        return (Stretch(target, Pacing(self.speed)),)


@dataclass(frozen=True, slots=True)
class Swift:
    """Fast to where the surface may be, and at the landing speed from there on.

    Args:
        site: whose approach has the landing speed.
        pacing: of the fast stretch.
        above: metres above the expected surface at which it ends, at the least; more where the
            surface is less well known.
    """

    site: Site
    pacing: Pacing
    above: float

    def __call__(self, start: float, target: float, expected: Expected | None) -> Stretches:
        """Return both stretches; only the last one where the first would be of no use."""
        slow = Stretch(target, Pacing(self.site.approach.speed))
        if expected is None or self.pacing.speed <= slow.pacing.speed:
            return (slow,)
        begins = expected.z + max(self.above, expected.scatter)
        gained = (start - begins) * (1.0 / slow.pacing.speed - 1.0 / self.pacing.speed)
        if gained <= 2.0 * self.pacing.smooth or begins <= target:
            return (slow,)
        return Stretch(begins, self.pacing), slow


def fastest_descent(site: Site, info: RigInfo) -> float:
    """Return the speed at which a contact still stops within the plan's overtravel, m/s.

    Wherever the contact comes, and with the worst stop of the rig; no faster than the stage goes,
    and no slower than the landing speed.
    """
    approach = site.approach
    one = info.overtravel(1.0, approach.rule.consecutive, approach.rule.signal)
    most = info.axes["z"].fastest if "z" in info.axes else approach.speed
    allowed = approach.overtravel / one if one > 0.0 else most
    return max(approach.speed, min(most, allowed))
