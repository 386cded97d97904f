"""The virtual meniscus: how the liquid touches, spreads, is squeezed, and breaks."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from seccm.arrays import FloatArray
from sim.cell import Cell, Droplet
from sim.chance import stream
from sim.config import MeniscusConfig
from sim.sample_config import Droplets
from sim.solving import compiled
from sim.surface import Residue

RADIUS = 0.0002
"""Relative change of the footprint's radius after which the cell is told of its new shape. Fresh
surface comes uncharged, volts from where the rest is: this much of it moves lithium's potential
by a millivolt, and larger pieces would show as jumps of the record."""
HEIGHT = 0.4
"""Relative change of the droplet's height after which the cell is told."""
_THINNEST = 0.01
"""Of the mouth's radius: liquid squeezed thinner than this is not resolved."""


@dataclass(frozen=True, slots=True)
class Pipette:
    """The mounted pipette on the mounted sample; radii in metres."""

    aperture: float
    """Inner radius of the mouth."""
    wetting: float
    """Final radius of the footprint over that of the mouth."""
    capacity: float
    """Factor on the charges of surface film and alloys."""


@dataclass(frozen=True, slots=True)
class Drop:
    """What one landing will be like, known before it happens."""

    touch: float
    """Gap in metres at which the liquid jumps to the surface."""
    footprint: float
    """Final radius in metres on clean surface."""


def hanging_drop(
    config: MeniscusConfig, pipette: Pipette, seed: int, place: tuple[int, int, int]
) -> Drop:
    """Draw the drop that hangs from the pipette at one place.

    Args:
        config: of the meniscus.
        pipette: that it hangs from.
        seed: of the whole run.
        place: commanded x and y in nanometres, and how often this place was landed on before.
    """
    pendant, footprint = stream(seed, "meniscus", *place).standard_normal(2)
    height = config.pendant * (1.0 + config.pendant_scatter * pendant) + config.jump
    radius = pipette.wetting * (1.0 + config.footprint_scatter * footprint)
    return Drop(height * pipette.aperture, radius * pipette.aperture)


@dataclass(slots=True)
class Bridge:
    """The liquid between pipette and surface, from contact until it breaks."""

    since: float
    """Instant of contact in seconds."""
    x: float
    y: float
    """Where, in the sample's frame, metres."""
    base: float
    """Height of the surface there, in the sample's frame, metres."""
    touch: float
    """Gap in metres at contact."""
    aperture: float
    first: float
    """Radius of the footprint at contact."""
    final: float
    """Radius of the footprint when it has spread."""
    spreading: float
    """Time of the spreading in seconds."""
    breaks: float
    """Gap over radius at which the liquid breaks."""
    height: float
    """Of the cell's droplet at contact, metres."""
    half_angle: float
    cell: Cell | None
    """None where no current can pass."""
    lost: float = math.inf
    """Instant at which the liquid breaks whatever the gap."""
    flooded: bool = False
    """True for liquid that hangs on whatever the gap."""
    depth: float = 0.0
    """Metres that the tip was below its height at contact, at most."""
    pinned: float = 0.0
    """Radius reached so far: the contact line does not recede."""
    droplet: Droplet | None = None
    """What the cell was last told."""
    stray: float | None = None
    """Volts on the leads' stray capacitance while it discharges into the cell."""
    limited: bool = False
    """True while the galvanostat is at its compliance with the circuit closed."""

    def copy(self) -> Bridge:
        """Return an independent copy, for a rehearsal."""
        return replace(self, cell=self.cell.copy() if self.cell is not None else None)

    def radii(self, t: FloatArray, gap: FloatArray) -> FloatArray:
        """Return the radius of the footprint at times t for gaps in metres, each (n,).

        It spreads exponentially. A stage that goes on squeezes the liquid: at constant volume
        the radius grows as the root of the gap's fall. Pulled back, the line stays pinned.
        """
        spread = self.final + (self.first - self.final) * np.exp(-(t - self.since) / self.spreading)
        floor = _THINNEST * self.aperture
        squeezed = spread * np.sqrt(self.touch / np.clip(gap, floor, self.touch))
        radii: FloatArray = np.maximum(np.maximum.accumulate(squeezed), self.pinned)
        return radii

    def heights(self, gap: FloatArray) -> FloatArray:
        """Return the height of the cell's droplet for gaps in metres, each (n,)."""
        heights: FloatArray = self.height * np.maximum(gap, _THINNEST * self.aperture) / self.touch
        return heights

    def holds(self, radii: FloatArray, heights: FloatArray, start: int) -> int:
        """Return the first index from `start` on for whose shape the cell must be told.

        Args:
            radii: of the footprint, shape (n,), metres.
            heights: of the cell's droplet, shape (n,), metres.
            start: where to begin.

        Returns:
            n where the droplet that the cell knows serves to the end.
        """
        known = self.droplet
        if known is None:
            return start
        return _first_other(radii, heights, start, known.footprint, known.height)

    def shape(self, radius: float, height: float) -> Droplet:
        """Return the droplet to tell the cell, and remember it."""
        self.pinned = max(self.pinned, radius)
        self.droplet = Droplet(self.aperture, radius, height, self.half_angle)
        return self.droplet

    def parting(
        self, t: FloatArray, gap: FloatArray, radii: FloatArray
    ) -> tuple[int, float | None]:
        """Return how many rows the bridge holds, and the instant if it breaks in the next one.

        Args:
            t: beginnings of the rows, and the end of the last, shape (rows + 1,), seconds.
            gap: between pipette and surface then, metres.
            radii: of the footprint then, metres.
        """
        slack = self.breaks * radii - gap
        broken = (slack[1:] < 0.0) | (t[1:] > self.lost)
        if not broken.any():
            return len(t) - 1, None
        index = int(broken.argmax())
        early, late = float(t[index]), float(t[index + 1])
        instant = max(early, min(late, self.lost))
        if slack[index + 1] < 0.0 < slack[index]:
            share = float(slack[index] / (slack[index] - slack[index + 1]))
            instant = min(instant, early + share * (late - early))
        return index, instant

    def residue(self, config: MeniscusConfig) -> Residue:
        """Return the disc of liquid that stays behind."""
        return Residue(self.x, self.y, self.pinned, config.residue * self.pinned)


@compiled
def _first_other(
    radii: FloatArray, heights: FloatArray, start: int, radius: float, height: float
) -> int:
    """Return the first index from `start` on at which either differs from what is known."""
    for i in range(start, radii.size):
        if abs(heights[i] - height) > HEIGHT * height or abs(radii[i] - radius) > RADIUS * radius:
            return i
    return int(radii.size)


def interpolated(droplets: Droplets, diameter: float) -> Pipette | None:
    """Return what a pipette does on a sample, or None outside the sample's table.

    Args:
        droplets: the sample.
        diameter: of the pipette's mouth, metres.
    """
    sizes = [a.diameter for a in droplets.apertures]
    # A hair of tolerance, so that 6 um written in two ways is still 6 um.
    if not sizes[0] * (1 - 1e-9) <= diameter <= sizes[-1] * (1 + 1e-9):
        return None
    wetting = np.interp(diameter, sizes, [a.wetting for a in droplets.apertures])
    capacity = np.interp(diameter, sizes, [a.capacity for a in droplets.apertures])
    return Pipette(diameter / 2.0, float(wetting), float(capacity))
