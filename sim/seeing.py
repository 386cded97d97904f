"""What a camera below a virtual world sees at one moment."""

from __future__ import annotations

import math

import numpy as np

from sim.growth import Growth
from sim.light import Seen
from sim.lithium import LithiumCell
from sim.world import World


class Seeing:
    """Looks at a world again and again, and follows what grows in its droplets.

    Args:
        world: that is looked at.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._growth, self._grown = Growth(), -1
        """Of the droplet with this number."""

    def seen(self, now: float, earlier: float = 0.0) -> Seen:
        """Return what is there now.

        Args:
            now: seconds since the stream of the rig opened.
            earlier: seconds for which the world had been there when it did.
        """
        world = self._world
        dx, dy, _ = world.drift.at(np.array([now + earlier]))
        drift = float(dx[0]), float(dy[0])
        bridge, number = world.bridge, len(world.truth.landings) - 1
        if bridge is None or bridge.flooded:
            return Seen(now, drift)
        if number != self._grown:
            self._growth, self._grown = Growth(), number
        live, dead = math.nan, 0.0
        if isinstance(bridge.cell, LithiumCell):
            self._growth.note(bridge.cell)
            left = bridge.cell.deposit
            live, dead = left.lithium_volume, left.dead_volume
        grown = self._growth
        return Seen(
            now, drift, number, bridge.since - earlier, bridge.x, bridge.y, bridge.pinned,
            grown.born, grown.path, grown.lithium, grown.other,
            live, dead,
        )  # fmt: skip
