"""The world sample by sample, for as long as somebody wants to see every raw sample.

The cell is then computed in steps of half a raw sample, 5 us at 100 kHz, instead of once a row;
while sines are imposed, whose phase matters, of an eighth. What follows a corner, or a contact, is
as fast as the cell, and nobody knows beforehand how fast that is.

Sample n is taken at n / rate: it is the mean of potential and current from half a sample before it
to half a sample after it. What is imposed is held over two steps at its value half way through
them, so that no change falls on the border of two samples. Imposed value, potential and current
belong to the same instant: phases between them are right, with errors that fall with the square of
the step. Imposed as sines, 1 Mohm before 20 pF has its impedance to 0.1 % up to 5 kHz, for four
times the effort.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray
from seccm.rig import Clock, Sines
from sim.electronics import Signals
from sim.galvanostat import Imposed
from sim.world import World

STEPS, OF_SINES = 2, 8
"""In a raw sample, an even number; of sines."""
MOST_ROWS = 64
"""Rows that are simulated together: 16,448 raw samples."""


@dataclass(frozen=True, slots=True)
class Held(Imposed):
    """A drive in steps of a part of a raw sample; since a raw sample."""

    steps: int = STEPS
    """In a raw sample."""

    def values(self, start: int, stop: int, clock: Clock) -> FloatArray:
        """Return what is imposed in steps `start` up to `stop`, shape (steps,).

        The steps of sample n go from half a sample before it to half a sample after it.
        """
        half_way = (np.arange(start, stop) + 1) // 2 * 2 - self.steps * (self.since + 0.5)
        return self.waveform.at(np.maximum(half_way * clock.period, 0.0))


def advance(world: World, start: int, stop: int) -> Signals:
    """Simulate rows in steps of a part of a raw sample.

    Args:
        world: of which the newest row is the one before.
        start: first row.
        stop: the row after the last. A row in which the meniscus touches or breaks is the last.

    Returns:
        One value for each raw sample of whole rows; numbered like raw samples.
    """
    rows, drive = world.clock, world.drive
    steps = OF_SINES if isinstance(drive.waveform, Sines) else STEPS
    a_row = steps * rows.spacing
    at, end, before = start * a_row, stop * a_row, world.potential
    parts: list[Signals] = []
    world.clock = Clock(steps * rows.rate, averaged=1, spacing=1)
    world.drive = Held(drive.mode, drive.waveform, drive.since * rows.spacing, steps)
    others, world.others = (
        world.others,
        {
            name: Held(one.mode, one.waveform, one.since * rows.spacing, steps)
            for name, one in world.others.items()
        },
    )
    try:
        while at < end:
            bridge = world.bridge
            parts.append(world.advance(at, end))
            at = parts[-1].stop
            if world.bridge is not bridge:
                end = min(end, -(-at // a_row) * a_row)
    finally:
        world.clock, world.drive, world.others = rows, drive, others
    potential = np.concatenate([part.potential for part in parts])
    current = np.concatenate([part.current for part in parts])
    if drive.mode != "potential":
        # A potential that is not imposed changes within a step. Every other step ends in the middle
        # of what is held: the mean from one of these ends to the next.
        ends = np.concatenate(([before], potential[1::2]))
        potential = (ends[1:] + ends[:-1]) / 2.0
    samples = len(current) // steps
    heard = {
        name: _sampled([part.others[name] for part in parts], samples) for name in parts[0].others
    }
    return Signals(
        start * rows.spacing,
        potential.reshape(samples, -1).mean(axis=1),
        current.reshape(samples, -1).mean(axis=1),
        np.concatenate([part.overload for part in parts])[steps - 1 :: steps],
        heard,
    )


def _sampled(
    parts: Sequence[tuple[FloatArray, FloatArray]], samples: int
) -> tuple[FloatArray, FloatArray]:
    """Return what another drive reads at raw samples, from what it reads in steps."""
    potential, current = (
        np.concatenate(part).reshape(samples, -1).mean(axis=1) for part in zip(*parts, strict=True)
    )
    return potential, current
