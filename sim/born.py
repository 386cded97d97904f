"""The single particles of a droplet, born where and when the populations of its cell are.

Drawn from seed and landing alone, so that a film and a micrograph show the same ones.
"""

from __future__ import annotations

import math

import numpy as np

from seccm.arrays import BoolArray, FloatArray
from sim.chance import stream

SMALLEST = 3e-9
"""Radius at birth, m."""


class Particles:
    """Those of one landing; arrays have shape (particles,), the oldest first.

    Args:
        seed: of the run.
        landing: its number.
    """

    def __init__(self, seed: int, landing: int) -> None:
        self._rng = stream(seed, "optics", landing)
        self.x: FloatArray = np.empty(0)
        """Metres from the middle of the footprint, along the stage's x."""
        self.y: FloatArray = np.empty(0)
        self._paths: FloatArray = np.empty(0)
        self._alive: BoolArray = np.empty(0, np.bool_)
        self._most: FloatArray = np.empty(0)
        """The largest radius that each has had, m."""
        self._due = 0.0
        """Births per m^2 at which the next particle comes."""
        self._seen: tuple[float, float] | None = None

    def grow(self, nuclei: float, path: float, footprint: float) -> None:
        """Let particles be born up to now, and the old ones that have dissolved be gone.

        Args:
            nuclei: born until now, per m^2.
            path: by how much the radius of the oldest has grown until now, m.
            footprint: its radius, m.
        """
        before, self._seen = self._seen or (nuclei, path), (nuclei, path)
        area = math.pi * footprint**2
        if not area:
            return
        came: list[tuple[float, float, float]] = []
        while True:
            if self._due == 0.0:
                self._due = float(self._rng.exponential()) / area
            if self._due > nuclei:
                break
            span = nuclei - before[0]
            part = (self._due - before[0]) / span if span > 0 else 1.0
            born = before[1] + min(1.0, max(0.0, part)) * (path - before[1])
            away = footprint * math.sqrt(self._rng.uniform())
            angle = self._rng.uniform(0.0, 2 * math.pi)
            came.append((-away * math.cos(angle), -away * math.sin(angle), born))
            self._due += float(self._rng.exponential()) / area
        if came:
            x, y, paths = np.array(came).T
            self.x, self.y = np.concatenate([self.x, x]), np.concatenate([self.y, y])
            self._paths = np.concatenate([self._paths, paths])
            self._alive = np.concatenate([self._alive, np.ones(len(x), np.bool_)])
            self._most = np.concatenate([self._most, np.zeros(len(x))])
        self._alive &= self._radius > 0.0
        self._most = np.where(self._alive, np.maximum(self._most, self._radius), self._most)

    def there(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return x, y and radius, metres, of those that have not dissolved."""
        here = self._alive
        return self.x[here], self.y[here], self._radius[here]

    @property
    def _radius(self) -> FloatArray:
        path = 0.0 if self._seen is None else self._seen[1]
        return SMALLEST + path - self._paths

    def of_volume(self, live: float, dead: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return x, y and radius, metres, of particles that have just the metal of a cell.

        Volume is charge, and their number is drawn: so their sizes are what gives way. Dead metal
        lies where a particle was, and is shared by how large each has been at most.

        Args:
            live: volume of what is connected to the electrode, m^3.
            dead: volume of what is not.
        """
        cubes = np.zeros(len(self.x))
        for volume, radius in (
            (live, np.where(self._alive, self._radius, 0.0)),
            (dead, self._most),
        ):
            shares = radius**3
            whole = 4 / 3 * math.pi * float(shares.sum())
            if whole > 0.0:
                cubes += volume / whole * shares
        seen = cubes > 0.0
        return self.x[seen], self.y[seen], np.cbrt(cubes[seen])
