"""The particles that a micrograph of a virtual sample shows: those that its own cell grew.

Theory of operation. The cell of a landing is made again from seed and place, and driven again as
the record of the landing says: by the potential where that was imposed, else by the current, so
that what it grows has the charge that was measured. Single particles are drawn from its populations
by the same chance as those of a film (`sim.born`): film and micrograph show the same ones. Metal
that stripping has cut off from the electrode is seen in a micrograph, too, where its particle was.
A landing at a place that was landed on before, or on liquid, had another cell.
"""

from __future__ import annotations

import numpy as np

from seccm.constants import FARADAY
from seccm.rig.grown import Driven, Grown
from sim.born import Particles
from sim.growth import Growth
from sim.lithium import LithiumCell
from sim.meniscus import Bridge

_SHORTEST = 1e-6
"""Seconds: of a row that contact falls into, less than this is left away."""


def grow_again(bridge: Bridge, driven: Driven, shift: float, particles: Particles) -> Grown | None:
    """Drive a fresh droplet as a record says.

    Args:
        bridge: a fresh one, at time 0.
        driven: the record.
        shift: volts to add to a raw potential to have it against the reference of the cell.
        particles: none yet.

    Returns:
        What it grew; None where no lithium can be plated.
    """
    cell, growth = bridge.cell, Growth()
    if not isinstance(cell, LithiumCell):
        return None
    cell.wet(bridge.shape(bridge.first, bridge.height))
    gaps = np.maximum(bridge.touch - driven.depth, 0.0)
    radii, heights = bridge.radii(driven.t, gaps), bridge.heights(gaps)
    before = 0.0
    for k, now in enumerate(driven.t.tolist()):
        step, before = now - before, now
        if step < _SHORTEST:
            continue
        if bridge.holds(radii[k : k + 1], heights[k : k + 1], 0) == 0:
            cell.reshape(bridge.shape(float(radii[k]), float(heights[k])))
        if driven.held[k]:
            cell.run("potential", driven.potential[k : k + 1] + shift, step)
        else:
            cell.run("current", driven.current[k : k + 1], step)
        growth.note(cell)
        particles.grow(growth.born, growth.path, bridge.pinned)
    left = cell.deposit
    x, y, radius = particles.of_volume(left.lithium_volume, left.dead_volume)
    return Grown(x, y, 2 * radius, bridge.pinned, growth.lithium / FARADAY)
