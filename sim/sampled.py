"""The world sample by sample, for as long as somebody wants to see every raw sample.

The cell is then computed in steps of half a raw sample, 5 us at 100 kHz, instead of once a row.
That is the shortest step there is. It is taken whatever the waveform: what follows a corner, or a
contact, is as fast as the cell, and nobody knows beforehand how fast that is.

Sample n is taken at n / rate. What is imposed is held from sample to sample at its value half way
between them, and the current of a sample is the mean over half a sample before and after it. So
imposed value, potential and current belong to the same instant: phases between them are right,
with errors that fall with the square of the step. A sine of 1 kHz on resistors and capacitors has
its impedance to some tenths of a percent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray
from seccm.rig import Clock
from sim.electronics import Signals
from sim.galvanostat import Imposed
from sim.world import World

MOST_ROWS = 64
"""Rows that are simulated together: 16,448 raw samples."""


@dataclass(frozen=True, slots=True)
class Held(Imposed):
    """A drive in steps of half a raw sample; since a raw sample."""

    def values(self, start: int, stop: int, clock: Clock) -> FloatArray:
        """Return what is imposed in steps `start` up to `stop`, shape (steps,).

        Step 2n ends when sample n is taken, and step 2n + 1 begins then.
        """
        half_way = (np.arange(start, stop) + 1) // 2 - self.since - 0.5
        return self.waveform.at(np.maximum(half_way * (2.0 / clock.rate), 0.0))


def advance(world: World, start: int, stop: int) -> Signals:
    """Simulate rows in steps of half a raw sample.

    Args:
        world: of which the newest row is the one before.
        start: first row.
        stop: the row after the last. A row in which the meniscus touches or breaks is the last.

    Returns:
        One value for each raw sample of whole rows; numbered like raw samples.
    """
    rows, drive = world.clock, world.drive
    a_row = 2 * rows.spacing
    at, end, before = start * a_row, stop * a_row, world.potential
    parts: list[Signals] = []
    world.clock = Clock(2.0 * rows.rate, averaged=1, spacing=1)
    world.drive = Held(drive.mode, drive.waveform, drive.since * rows.spacing)
    try:
        while at < end:
            bridge = world.bridge
            parts.append(world.advance(at, end))
            at = parts[-1].stop
            if world.bridge is not bridge:
                end = min(end, -(-at // a_row) * a_row)
    finally:
        world.clock, world.drive = rows, drive
    first, second = np.concatenate([part.potential for part in parts]).reshape(-1, 2).T
    if drive.mode != "potential":
        # A potential that is not imposed changes within a step: the ends of a sample's interval.
        first = np.concatenate(([before], second[:-1]))
    return Signals(
        start * rows.spacing,
        (first + second) / 2.0,
        np.concatenate([part.current for part in parts]).reshape(-1, 2).mean(axis=1),
        np.concatenate([part.overload for part in parts])[1::2],
    )
