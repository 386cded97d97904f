"""A way of coming to a place and leaving it: what a visit is made of beside its programme.

    arrive      to where the programme can begin
    programme   the same for every way, see `seccm.hopping.measure`
    leave       to where the tip may travel, whatever happened before

A visit asks for nothing else. Like all pieces of a hop, a way is generators without a clock, a file
or a driver: they yield events and actions and receive the next rows, see `seccm.hopping.course`.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from seccm.events import Landing
from seccm.hopping.course import Course, Steps
from seccm.hopping.terrain import Terrain
from seccm.plan.site import Site
from seccm.plan.ways import KINDS
from seccm.rig import Block, RigInfo


class Arrived(NamedTuple):
    """The programme can begin."""

    landing: Landing
    """How the contact went. The first row of the measurement is its `row`; whatever was not
    measured, as in a way without an approach, is NaN."""
    seen: tuple[Block, ...] = ()
    """The blocks from the contact row on: they may already belong to the measurement."""


class Way(Protocol):
    """One visit of one site, from the rows before it to a tip that may travel again."""

    @property
    def wet(self) -> str:
        """A sentence where the tip is not known to have left the surface; else empty."""

    def arrive(self) -> Steps[Arrived]:
        """Come to the place; tell `Approaching` before the tip may touch, and `Landed`.

        The site counts as touched from `Approaching` on, and is not visited again after a crash.

        Raises:
            ContactError: the programme cannot begin; the site is closed, and `leave` follows.
            RigError: the rig failed; the run ends.
        """

    def leave(self) -> Steps[None]:
        """Switch the cell off, and bring the tip to where it may travel. Always called.

        Raises:
            RigError: the tip must not travel.
        """


def way_of(site: Site, info: RigInfo, course: Course, terrain: Terrain) -> Way:
    """Begin the visit of a site in the way that its plan names.

    Args:
        site: where, and what to do there.
        info: the rig's limits and latencies.
        course: the newest rows.
        terrain: what is known of the surface, and told what comes of this site.

    Raises:
        LookupError: there is no such way; the package that brings it is not installed.
    """
    way: Way = KINDS.of(site.way.kind).begin(site, info, course, terrain)
    return way
