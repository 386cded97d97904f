"""What is below the tip: where it is over the sample, and how far the surface is."""

from __future__ import annotations

import math

import numpy as np

from seccm.arrays import FloatArray
from sim.bath import Bath
from sim.ground import Ground
from sim.meniscus import Drop
from sim.stage import Stage
from sim.surface import Drift

_MARGIN = 0.2e-6
"""Above the highest point of the surface, in metres: higher up, nothing can touch."""
FAR = 2000.0
"""Felt lengths above the highest point of a surface from which on its shape does not matter."""


class Below:
    """The stage over the sample, which creeps. All heights are those of the stage, in metres.

    Args:
        stage: that moves the pipette.
        drift: of the sample.
        ground: the region of the sample that is below the tip.
    """

    def __init__(self, stage: Stage, drift: Drift, ground: Ground) -> None:
        self.stage, self.drift, self.ground = stage, drift, ground
        self.gone = False
        """Whether there is no surface; see `sim.faults`."""

    @property
    def key(self) -> tuple[int, int, int]:
        """Names the next landing here; see `Ground.key`."""
        return self.ground.key(*(self.stage.axes[axis].target for axis in ("x", "y")))

    def place(self, t: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return x and y in the sample's frame, and the sample's displacement in z, at times t."""
        dx, dy, dz = self.drift.at(t)
        return self.stage.axes["x"].at(t) - dx, self.stage.axes["y"].at(t) - dy, dz

    def height(self, t: FloatArray, base: float | None = None) -> FloatArray:
        """Return the height of the surface at times t, shape (n,).

        Args:
            t: the times, shape (n,) in seconds.
            base: the height in the sample's frame where a bridge stands; None if none does.
        """
        if self.gone:
            return np.full(len(t), -math.inf)
        if base is not None:
            return base + self.drift.along(2, t)
        x, y, dz = self.place(t)
        return self.ground.surface.height(x, y) + dz

    def reachable(self, drop: Drop, spent: float, t: float) -> float:
        """Return a height above which nothing can touch at about a time.

        Args:
            drop: that hangs from the pipette.
            spent: the gap at which the bridge before had formed; 0 once the tip was out of reach.
            t: the time, seconds.
        """
        risen = float(self.drift.along(2, np.array([t]))[0])
        touch = max(drop.touch, spent)
        ground = self.ground
        return ground.surface.highest + _MARGIN + ground.residues.highest + touch + risen

    def reach(self, drop: Drop, t: FloatArray) -> FloatArray:
        """Return the gap at which the meniscus touches, residues included, shape (n,)."""
        residues = self.ground.residues
        if not len(residues):
            return np.full(len(t), drop.touch)
        x, y, _ = self.place(t)
        return drop.touch + residues.thickness(x, y)

    def mean_gap(self, bath: Bath, t: FloatArray) -> FloatArray:
        """Return the mean height of the gap below the rim at times t, shape (n,)."""
        if self.gone:
            return np.full(len(t), math.inf)
        z = self.stage.axes["z"].at(t)
        gap = z - self.height(t)
        # So high up that the shape of the surface does not matter, its middle will do.
        low = z < self.ground.surface.highest + self.drift.along(2, t) + FAR * bath.felt
        if low.any():
            gap[low] = self.round_axis(bath, t[low], bath.middle).clip(0.0).mean(axis=1)
        return gap

    def round_axis(self, bath: Bath, t: FloatArray, radius: float) -> FloatArray:
        """Return the gaps below points round the pipette's axis, shape (n, sectors)."""
        x, y, dz = self.place(t)
        along, across = bath.circle(radius)
        at = (np.add.outer(x, along).ravel(), np.add.outer(y, across).ravel())
        ground = self.ground.surface.height(*at).reshape(len(t), len(along))
        gaps: FloatArray = self.stage.axes["z"].at(t)[:, None] - ground - dz[:, None]
        return gaps
